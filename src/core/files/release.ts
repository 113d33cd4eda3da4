import type { Context } from '../context.ts';
import { accountOf } from '../rules.ts';
import { dropFiles } from './index.ts';

/** The tables whose `file_id` keeps a file: one that none of them has any more is dropped. */
const referrers = ['attachments', 'knowledge_base_files', 'run_files'] as const;

/**
 * Does what ends references to files (deletes rows, lets them refer to others), then drops those of the files that nothing
 * refers to any more and nobody pinned; in the context's transaction.
 * @returns what `letGo` gives
 */
export async function releaseFiles<T>(
  context: Context,
  ids: readonly string[],
  letGo: () => PromiseLike<T>,
): Promise<T> {
  const { db } = context;
  const files = () =>
    db('files')
      .whereRaw('files.id = any(?::uuid[])', [[...ids]])
      .where('files.account_id', accountOf(context));
  // Locked before the rows that refer to them, and in one order: two who let go of the same file come one after the other,
  // and who refers to it anew is seen below, or finds it gone.
  await files().orderBy('files.id').forUpdate().select('files.id');
  const done = await letGo();
  const free = files().where('files.pinned', false).select('files.id');
  for (const table of referrers) free.whereNotExists(db(table).whereRaw('file_id = files.id').select(db.raw('1')));
  const unreferred = (await free).map(({ id }) => id);
  if (unreferred.length > 0) await dropFiles(context, unreferred);
  return done;
}
