import { randomUUID } from 'node:crypto';
import type { User } from '../../../generated/tables.ts';
import { Failure } from '../../contract/failure.ts';
import type { Context } from '../context.ts';
import { checkPassword, hashPassword } from '../credentials/password_hash.ts';
import { weaknessOf } from '../credentials/strength.ts';
import { isEmail } from '../email.ts';
import { canonicalEmail, emailColumns, identifierFault } from '../names.ts';
import { auditUser } from '../users/user_audit.ts';
import type { SignedIn } from './by_password.ts';
import { checkedMetadata, mergedMetadata, type UserMetadata } from './metadata.ts';
import { setPassword } from './new_password.ts';

/** GoTrue says the same of one that is missing and one that is wrong. */
const currentPassword = 'Current password required when setting new password.';

interface Changes {
  email?: string;
  password?: string;
  current_password?: string;
  data?: UserMetadata;
}

/**
 * Changes what the caller signs in with, and what they say of themselves. A new address or password takes the current
 * password, and a new password ends all else that the caller opened with the old one. Throws `invalid`: no or a wrong current
 * password, a weak password or the same one, an address that is no address or is taken, too much data; and `too_many` for too
 * many wrong current passwords.
 */
export async function changeUser(context: Context, asked: Changes): Promise<User> {
  const { password, current_password } = asked;
  const { principal, db, house, asker } = context;
  const id = principal.kind === 'user' ? principal.userId : 0;
  const user = (await db('users').where({ id }).first()) as User;
  const email = asked.email === undefined || asked.email === user.email ? undefined : checkedEmail(asked.email);
  const data = asked.data && checkedMetadata(asked.data);
  if (email !== undefined || password !== undefined) {
    if (!current_password) throw refused('current_password_required', currentPassword);
    // Whoever got hold of a session must not guess the password here either.
    const check = () => checkPassword(current_password, user.password_hash);
    const held = await house.limits.attempt(user.email, asker.address, check);
    if (!held) throw refused('current_password_invalid', currentPassword);
  }
  const hash =
    password === undefined
      ? undefined
      : await hashPassword(checkedPassword(context, password, [user.username, user.email, email], current_password));
  if (email === undefined && hash === undefined && data === undefined) return user;

  return db.transaction(async (trx) => {
    const within = { ...context, db: trx };
    if (hash !== undefined) await setPassword(within, user, hash);
    const [row] = await trx('users')
      .where({ id })
      .update({
        ...(email !== undefined && emailColumns(asked.email as string)),
        ...(data && { user_metadata: mergedMetadata(trx, data) }),
        updated_at: trx.fn.now(),
      })
      .returning('*')
      .catch(takenEmail('email_exists', 'A user with this email address has already been registered'));
    const changed = row as User;
    if (data) checkedMetadata(changed.user_metadata as UserMetadata);
    await auditUser(within, user, changed);
    return changed;
  });
}

/** Makes a user of the first account, without a role. Throws `invalid`, and `too_many` for too many of one address. */
export async function signUp(
  context: Context,
  email: string,
  password: string,
  data: UserMetadata = {},
): Promise<SignedIn> {
  const { db, house, asker } = context;
  await house.limits.signUp(asker.address);
  const sub = randomUUID();
  const address = checkedEmail(email);
  // GoTrue says these four of whoever signs up, beside what they say themselves.
  const said = checkedMetadata({ ...data, email: address, email_verified: true, phone_verified: false, sub });
  const password_hash = await hashPassword(checkedPassword(context, password, [address]));
  const user = { uuid: sub, ...emailColumns(email), password_hash, user_metadata: JSON.stringify(said) };
  const { accountId: account_id } = house.installation;
  const taken = takenEmail('user_already_exists', 'User already registered');
  return db.transaction(async (trx) => {
    const [row] = await trx('users').insert(user).returning('*').catch(taken);
    const made = row as User;
    await trx('memberships').insert({ account_id, user_id: made.id });
    await auditUser({ ...context, db: trx }, undefined, { ...made, role_ids: [] }, { account_id, user_id: made.id });
    return { account_id, user_id: made.id, password_version: made.password_version };
  });
}

function checkedEmail(email: string): string {
  if (isEmail(email) && email.length <= 320) return canonicalEmail(email);
  const fault = /[\t-\r ]/.test(email) ? undefined : identifierFault(email);
  throw refused('validation_failed', `Unable to validate email address: ${fault ?? 'invalid format'}`);
}

/** By the one rule for new passwords, in GoTrue's words where it has them. */
function checkedPassword(
  { house }: Context,
  password: string,
  about: (string | null | undefined)[],
  old?: string,
): string {
  const { passwordLength } = house.config;
  const weakness = weaknessOf(password, passwordLength, about);
  if (weakness) {
    const isShort = weakness.why === 'length' && [...password].length < passwordLength;
    const sentence = isShort ? `Password should be at least ${passwordLength} characters.` : weakness.sentence;
    throw new Failure('invalid', sentence, { reason: { auth: 'weak_password', weak: weakness.why } });
  }
  if (password !== old) return password;
  throw refused('same_password', 'New password should be different from the old password.');
}

const takenEmail =
  (auth: string, sentence: string) =>
  (thrown: { constraint?: string }): never => {
    throw thrown.constraint === 'users_email_key' ? refused(auth, sentence) : thrown;
  };

function refused(auth: string, sentence: string): Failure {
  return new Failure('invalid', sentence, { reason: { auth } });
}
