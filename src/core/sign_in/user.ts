import type { User } from '../../../generated/tables.ts';
import type { Context } from '../../endpoint.ts';
import { Failure } from '../../failure.ts';
import { checkPassword, hashPassword } from '../credentials/password.ts';
import { isEmail } from '../email.ts';
import type { SignedIn } from './password.ts';

/** GoTrue says the same of one that is missing and one that is wrong. */
const currentPassword = 'Current password required when setting new password.';

interface Changes {
  email?: string;
  password?: string;
  current_password?: string;
}

/**
 * Changes what the caller signs in with; the current password is asked for, and a new one ends the caller's other
 * sessions. Throws `invalid`: no or a wrong current password, a weak password or the same one, an address that is no
 * address or is taken; and `too_many` for too many wrong current passwords.
 */
export async function changeUser(context: Context, { email, password, current_password }: Changes): Promise<User> {
  const { principal, db, house, asker } = context;
  const id = principal.kind === 'user' ? principal.userId : 0;
  const user = (await db('users').where({ id }).first()) as User;
  if (email === undefined && password === undefined) return user;
  if (!current_password) throw refused('current_password_required', currentPassword);
  // Whoever got hold of a session must not guess the password here either.
  const check = () => checkPassword(current_password, user.password_hash);
  const held = await house.limits.attempt(user.email, asker.address, check);
  if (!held) throw refused('current_password_invalid', currentPassword);
  const changes = {
    ...(email !== undefined && { email: checkedEmail(email) }),
    ...(password !== undefined && { password_hash: await hashPassword(checkedPassword(password, current_password)) }),
  };
  return db.transaction(async (trx) => {
    const query = trx('users').where({ id });
    const [row] = await query
      .update({ ...changes, updated_at: trx.fn.now() })
      .returning('*')
      .catch(takenEmail('email_exists', 'A user with this email address has already been registered'));
    if (password !== undefined) {
      const others = trx('sessions').where({ user_id: id }).whereNull('ended_at');
      if (principal.kind === 'user' && principal.sessionId) others.whereNot('id', principal.sessionId);
      await others.update({ ended_at: trx.fn.now() });
    }
    return row as User;
  });
}

/** Makes a user of the first account, without a role. Throws `invalid`, and `too_many` for too many of one address. */
export async function signUp(context: Context, email: string, password: string): Promise<SignedIn> {
  const { db, house, asker } = context;
  await house.limits.signUp(asker.address);
  const user = { email: checkedEmail(email), password_hash: await hashPassword(checkedPassword(password)) };
  const { accountId: account_id } = house.installation;
  const taken = takenEmail('user_already_exists', 'User already registered');
  return db.transaction(async (trx) => {
    const [row] = await trx('users').insert(user).returning('id').catch(taken);
    const user_id = (row as { id: number }).id;
    await trx('memberships').insert({ account_id, user_id });
    return { account_id, user_id };
  });
}

function checkedEmail(email: string): string {
  if (isEmail(email) && email.length <= 320) return email;
  throw refused('validation_failed', 'Unable to validate email address: invalid format');
}

function checkedPassword(password: string, old?: string): string {
  if ([...password].length < 8 || password.length > 1024) {
    throw refused('weak_password', 'Password should be at least 8 characters.');
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
