import type { Context } from '../../endpoint.ts';
import { dropFile } from './index.ts';

/**
 * Drops a file that something referred to, unless something else still does: foreign keys say so, whatever tables there
 * are. Inside a transaction it is tried in a savepoint.
 */
export async function releaseFile(context: Context, id: string): Promise<void> {
  const tried = context.db.transaction((db) => dropFile({ ...context, db }, id));
  await tried.catch((thrown: { code?: string }) => {
    if (thrown.code !== '23503') throw thrown;
  });
}
