import type { Context } from './context.ts';
import { accountOf } from './rules.ts';

/** Those of some rows that the caller's account has, by their ids. Nobody deletes one of them before the context's transaction is over. */
export async function rowsHeld(
  context: Context,
  table: 'attachments' | 'inboxes' | 'knowledge_bases',
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  const found: { id: string }[] = await context
    .db(table)
    .where('account_id', accountOf(context))
    .whereIn('id', [...new Set(ids)])
    .orderBy('id')
    .forKeyShare()
    .select('id');
  return new Set(found.map(({ id }) => id));
}
