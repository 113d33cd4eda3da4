import type { User } from '../../../generated/tables.ts';
import type { Call, Context } from '../../core/context.ts';
import { isEmail } from '../../core/email.ts';
import { askForReset } from '../../core/one_time_links/resets.ts';
import { changeUser, signUp as makeUser } from '../../core/sign_in/identity.ts';
import type { UserMetadata } from '../../core/sign_in/metadata.ts';
import { openSession, type Scope, signOut } from '../../core/sign_in/session.ts';
import { failed, sessionBody, userBody } from './token.ts';

interface Asked {
  email?: unknown;
  phone?: unknown;
  password?: unknown;
  current_password?: unknown;
  data?: unknown;
  app_metadata?: unknown;
}

/** The user of the session. */
export async function getUser({ db, principal }: Context) {
  const user = principal.kind === 'user' && (await db('users').where({ id: principal.userId }).first());
  return userBody(user as User);
}

/**
 * Changes the e-mail address or the password, which takes the current one, and what users say of themselves. What is null
 * is left as it is. Throws `invalid`.
 */
export async function updateUser(context: Context, { body }: Call<unknown, Asked>) {
  const { email, phone, password, current_password, data } = body;
  const given = Object.entries({ email, password, current_password }).filter(([, value]) => value != null);
  for (const [name, value] of given) {
    if (typeof value !== 'string') throw failed('validation_failed', `${name} must be a string`);
  }
  if (phone) throw failed('phone_provider_disabled', 'Phone numbers are not kept here', 422);
  const said = dataOf(body);
  const changes = { ...Object.fromEntries(given), ...(data != null && { data: said }) };
  return userBody(await changeUser(context, changes));
}

const scopes: readonly unknown[] = ['global', 'local', 'others'];

/** Ends the session, or all that the user's password has opened, unless `scope` says which. Throws `invalid`. */
export async function logout(context: Context, { query }: Call<{ scope?: unknown }>): Promise<undefined> {
  const scope = query.scope || 'global';
  if (!scopes.includes(scope)) throw failed('validation_failed', 'scope must be global, local or others');
  await signOut(context, scope as Scope);
  return undefined;
}

/** Makes a user where the installation lets anybody; that user has no role until somebody gives one. Throws `invalid`. */
export async function signUp(context: Context, { body }: Call<unknown, Asked>) {
  const { openSignUp } = context.house.config;
  const { email, phone, password } = body;
  if (!email && !phone) throw failed('anonymous_provider_disabled', 'Anonymous sign-ins are disabled');
  if (!openSignUp) throw failed('signup_disabled', 'Signups not allowed for this instance');
  if (typeof password !== 'string' || password === '') {
    throw failed('validation_failed', 'Signup requires a valid password');
  }
  if (email && phone) {
    throw failed('validation_failed', 'Only an email address or phone number should be provided on signup.');
  }
  if (phone) throw failed('phone_provider_disabled', 'Phone signups are disabled');
  const made = await makeUser(context, typeof email === 'string' ? email : '', password, dataOf(body));
  return sessionBody(await openSession(context, made));
}

/** Has a link to a new password mailed to whoever has an address. Throws `invalid`. */
export async function recover(context: Context, { body }: Call<unknown, { email?: unknown }>) {
  const { email } = body;
  if (!email) throw failed('validation_failed', 'Password recovery requires an email');
  if (typeof email !== 'string' || !isEmail(email) || email.length > 320)
    throw failed('validation_failed', 'Unable to validate email address: invalid format');
  await askForReset(context, email);
  return {};
}

/** What users say of themselves; what the installation says of them is not theirs to write. Throws `invalid`. */
function dataOf({ data, app_metadata }: Asked): UserMetadata {
  if (app_metadata != null) throw failed('not_admin', 'Updating app_metadata requires admin privileges', 403);
  if (data == null) return {};
  if (typeof data === 'object' && !Array.isArray(data)) return data as UserMetadata;
  throw failed('bad_json', 'Could not parse request body as JSON: data must be an object');
}
