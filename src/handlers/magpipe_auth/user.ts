import type { User } from '../../../generated/tables.ts';
import { openSession, type Scope, signOut } from '../../core/sign_in/session.ts';
import { changeUser, signUp as makeUser } from '../../core/sign_in/user.ts';
import type { Call, Context } from '../../endpoint.ts';
import { failed, sessionBody, userBody } from './token.ts';

interface Asked {
  email?: unknown;
  password?: unknown;
  current_password?: unknown;
}

/** The user of the session. */
export async function getUser({ db, principal }: Context) {
  const user = principal.kind === 'user' && (await db('users').where({ id: principal.userId }).first());
  return userBody(user as User);
}

/** Changes the e-mail address or the password, which takes the current one. Throws `invalid`. */
export async function updateUser(context: Context, { body }: Call<unknown, Asked>) {
  const { email, password, current_password: current } = body;
  for (const [name, value] of Object.entries({ email, password, current_password: current })) {
    if (value !== undefined && typeof value !== 'string') throw failed('validation_failed', `${name} must be a string`);
  }
  return userBody(await changeUser(context, body as { [Name in keyof Asked]?: string }));
}

const scopes: readonly unknown[] = ['global', 'local', 'others'];

/** Ends sessions: all of the user's, unless `scope` says which. Throws `invalid`. */
export async function logout(context: Context, { query }: Call<{ scope?: unknown }>): Promise<undefined> {
  const { scope = 'global' } = query;
  if (!scopes.includes(scope)) throw failed('validation_failed', 'scope must be global, local or others');
  await signOut(context, scope as Scope);
  return undefined;
}

/** Makes a user where the installation lets anybody; that user has no role until somebody gives one. Throws `invalid`. */
export async function signUp(context: Context, { body }: Call<unknown, Asked>) {
  const { openSignUp } = context.house.config;
  if (!openSignUp) throw failed('signup_disabled', 'Signups not allowed for this instance');
  const { email, password } = body;
  if (typeof password !== 'string' || password === '') {
    throw failed('validation_failed', 'Signup requires a valid password');
  }
  const made = await makeUser(context, typeof email === 'string' ? email : '', password);
  return sessionBody(await openSession(context, made));
}
