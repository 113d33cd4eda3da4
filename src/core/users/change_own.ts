import type { User } from '../../../generated/tables.ts';
import { Failure } from '../../contract/failure.ts';
import type { Context } from '../context.ts';
import { hashPassword } from '../credentials/password_hash.ts';
import { weaknessOf } from '../credentials/strength.ts';
import { isEmail } from '../email.ts';
import { emailColumns, identifierFault, withNames } from '../names.ts';
import { needFresh, provenUser } from '../sign_in/fresh.ts';
import { setPassword } from '../sign_in/new_password.ts';
import { auditUser } from './user_audit.ts';

/** What users change of themselves; null takes a name away. */
export interface OwnChanges {
  email?: string;
  username?: string | null;
  first_name?: string | null;
  last_name?: string | null;
}

/**
 * Changes what is given of the caller. `shown`: what a precondition is asked of. Throws `invalid` by field, `conflict` for a
 * name or an address that somebody has, `stale`, and `forbidden` for another address from a session that is not fresh: whoever
 * has the address can have a new password sent there.
 */
export async function changeOwn(context: Context, asked: OwnChanges, shown: (within: Context) => Promise<unknown>) {
  const { principal } = context;
  const id = principal.kind === 'user' ? principal.userId : 0;
  const changes = columnsOf(asked);
  await context.db.transaction(async (db) => {
    const within = { ...context, db };
    const before = (await db('users').where({ id }).forUpdate().first()) as User;
    if (context.precondition) await context.precondition(await shown(within));
    if (changes.email !== undefined && changes.email !== before.email) needFresh(context);
    const [after] = await db('users')
      .where({ id })
      .update({ ...changes, updated_at: db.fn.now() })
      .returning('*')
      .catch(taken);
    await auditUser(within, before, after as User);
  });
}

/**
 * Gives the caller another password, for the one they have. With `endOthers` whatever else the old one opened ends; else it
 * goes on. Throws `invalid` by field, `too_many`.
 */
export async function changeOwnPassword(context: Context, current: string, wanted: string, endOthers: boolean) {
  const user = await provenUser(context, current, 'current_password');
  const fault = passwordFaultOf(context, wanted, [user.email, user.username]);
  const same = wanted === current ? 'This is the password that you have.' : undefined;
  if (fault ?? same) throw wrong('new_password', (fault ?? same) as string);
  const hash = await hashPassword(wanted);
  const { principal } = context;
  await context.db.transaction(async (db) => {
    await setPassword({ ...context, db }, user, hash, { endOthers });
    const own = { id: (principal.kind === 'user' && principal.sessionId) || null };
    await db('sessions').where(own).update({ reauthenticated_at: db.fn.now() });
  });
}

/** What is wrong with a new password, for people, by the one rule for them. */
export function passwordFaultOf({ house }: Context, password: string, about: (string | null | undefined)[]) {
  return weaknessOf(password, house.config.passwordLength, about)?.sentence;
}

/** The columns that a profile writes. Throws `invalid` by field. */
export function columnsOf(asked: OwnChanges): Partial<User> {
  const { email, username, ...names } = withNames(asked);
  const fault = username && identifierFault(username);
  if (fault) throw wrong('username', fault);
  if (username === '') throw wrong('username', 'This must not be empty.');
  if (email !== undefined && !isEmail(email)) {
    throw wrong('email', identifierFault(email) ?? 'This is no e-mail address.');
  }
  return {
    ...names,
    ...(username !== undefined && { username: username?.normalize('NFC') ?? null }),
    ...(email !== undefined && emailColumns(email)),
  };
}

/** Uniqueness is the database's: its index says which of the two somebody has. Throws `conflict`. */
export function taken(thrown: { constraint?: string }): never {
  if (thrown.constraint === 'users_email_key') throw new Failure('conflict', 'Somebody has this e-mail address.');
  if (thrown.constraint === 'users_username_key') throw new Failure('conflict', 'Somebody has this username.');
  throw thrown;
}

function wrong(field: string, sentence: string): Failure {
  return new Failure('invalid', sentence, { fields: { [field]: [sentence] } });
}
