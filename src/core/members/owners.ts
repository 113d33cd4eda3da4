import type { Context } from '../context.ts';
import { accountOf } from '../rules.ts';

/**
 * Whether an account would have no owner who may come in without this user. The rows of its owners, and this user's, are locked
 * until the transaction ends, in one order for all: two owners who remove each other at once cannot both succeed.
 */
export async function isLastOwner(context: Context, userId: number): Promise<boolean> {
  const rows: { user_id: number; owns: boolean }[] = await context
    .db('memberships')
    .where('account_id', accountOf(context))
    .whereRaw('(1 = any(role_ids) or user_id = ?)', [userId])
    .orderBy('user_id')
    .forUpdate()
    .select('user_id', context.db.raw('1 = any(role_ids) and disabled_at is null as owns'));
  const owners = rows.filter(({ owns }) => owns).map(({ user_id }) => user_id);
  return owners.length === 1 && owners[0] === userId;
}
