import { audit } from '../audit.ts';
import type { Context } from '../context.ts';
import { accountOf } from '../rules.ts';
import { endSignIns } from '../sign_in/end.ts';

/** Who leaves, as the audit log names them. */
interface Leaving {
  id: number;
  uuid: string;
  email: string;
  username: string | null;
  role_ids: number[];
}

/**
 * Takes a user out of the caller's account, in the caller's transaction: whatever acts in it for them ends. Whoever belongs to
 * another account too only leaves this one; nobody else is left behind.
 */
export async function leave(context: Context, { id, uuid, email, username, role_ids }: Leaving): Promise<void> {
  const { db } = context;
  const here = { user_id: id, account_id: accountOf(context) };
  await endSignIns(context, id, { accountId: here.account_id, keys: true });
  await db('memberships').where(here).delete();
  const elsewhere = db('memberships').select('user_id');
  const gone = await db('users').where({ id }).whereNotIn('id', elsewhere).delete();
  await audit(context, gone > 0 ? 'user_deleted' : 'user_removed', uuid, undefined, { email, username, role_ids });
}
