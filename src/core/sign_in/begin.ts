import type { Session, User } from '../../../generated/tables.ts';
import { audit } from '../audit.ts';
import type { Context } from '../context.ts';
import type { SignedIn } from './by_password.ts';
import { holdSignedIn } from './new_password.ts';

/**
 * Begins a session of any kind for somebody whose password was checked, in the caller's transaction: the one place that does.
 * Throws `conflict` where the password has been changed since.
 */
export async function beginSession(
  context: Context,
  signedIn: SignedIn,
  kind: Partial<Session>,
): Promise<{ session: Session; user: User }> {
  const { db, asker } = context;
  const { user_id, account_id } = signedIn;
  await holdSignedIn(db, signedIn);
  const from = { address: asker.address || null, user_agent: asker.userAgent?.slice(0, 512) ?? null };
  const [session] = await db('sessions')
    .insert({ ...kind, ...from, user_id, account_id })
    .returning('*');
  const [user] = await db('users').where({ id: user_id }).update({ last_sign_in_at: db.fn.now() }).returning('*');
  await audit(context, 'signed_in', (session as Session).id, { user_id, account_id });
  return { session: session as Session, user: user as User };
}
