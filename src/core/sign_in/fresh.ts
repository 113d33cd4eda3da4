import type { User } from '../../../generated/tables.ts';
import { Failure } from '../../contract/failure.ts';
import { audit } from '../audit.ts';
import type { Context } from '../context.ts';
import { checkPassword } from '../credentials/password_hash.ts';

/** For so long after its password was typed a session makes keys, or stronger ones; milliseconds (ASVS 7.5.3). */
const fresh = 15 * 60_000;

/** Throws `forbidden`: `reauthenticate`. Keys have no password: what they may make is bounded by what they are. */
export function needFresh({ principal }: Context): void {
  if (principal.kind !== 'user' || principal.signedInAt === undefined) return;
  if (Date.now() - Date.parse(principal.signedInAt) > fresh) throw new Failure('forbidden', 'reauthenticate');
}

/**
 * Whoever asks, once they have typed their password again; `field` is where it stood. Wrong ones count as those of signing in
 * do: whoever got hold of a session must not guess here either. Throws `invalid` by the field, `too_many`.
 */
export async function provenUser(context: Context, password: string, field: string): Promise<User> {
  const { db, house, asker, principal } = context;
  if (principal.kind !== 'user') throw new Failure('unauthenticated', 'Nobody is signed in.');
  const user = (await db('users').where({ id: principal.userId }).first()) as User;
  const check = () => checkPassword(password, user.password_hash);
  if (await house.limits.attempt(user.email, asker.address, check)) return user;
  await audit(context, 'sign_in_failed', user.email);
  const sentence = 'This is not your password.';
  throw new Failure('invalid', sentence, { fields: { [field]: [sentence] } });
}

/** Has the session that asks be as fresh as one that was just opened, for its password. Throws as `provenUser` does. */
export async function reauthenticate(context: Context, password: string): Promise<string> {
  await provenUser(context, password, 'password');
  const { principal } = context;
  const id = principal.kind === 'user' ? (principal.sessionId ?? '') : '';
  await context.db.transaction(async (db) => {
    await db('sessions').where({ id }).update({ reauthenticated_at: db.fn.now() });
    await audit({ ...context, db }, 'reauthenticated', id);
  });
  return id;
}
