import type { Knex } from 'knex';
import { Failure } from '../../contract/failure.ts';
import type { Context } from '../context.ts';
import { accountOf } from '../rules.ts';
import { isUuid } from '../uuid.ts';
import type { FileRow, Upload } from './file.ts';
import { cleanName, mediaTypeOf } from './file_name.ts';
import { unavailable } from './storage.ts';

/**
 * The number of a content's lock. Whoever keeps it shares the lock until the end of the transaction; the collector, who
 * must have it alone, never waits for it, so that nobody waits in a circle.
 */
export const lockOf = `hashtextextended('latchkey file ' || ?, 0)`;

/**
 * Keeps an upload: its bytes in the store, a row in the context's transaction. Where that is rolled back, the bytes are
 * collected; there is no row without bytes. `named` overrides what the upload says of itself; an `id` that was promised
 * beforehand is good once; a pinned file stays although nothing refers to it. Throws `unavailable`, and `conflict` for an id that is taken.
 */
export function keepFile(
  context: Context,
  upload: Upload,
  named: { id?: string; name?: string; mediaType?: string; pinned?: boolean } = {},
): Promise<FileRow> {
  const { house, principal } = context;
  const { path, size, sha256 } = upload;
  const name = cleanName(named.name ?? upload.name);
  // A transaction of its own where there is none: the lock must outlast the row's insertion.
  return context.db.transaction(async (db: Knex) => {
    await db.raw(`select pg_advisory_xact_lock_shared(${lockOf})`, [sha256]);
    await house.files.storage.put(sha256, path, size).catch((cause) => {
      throw unavailable(cause);
    });
    const [row] = await db('files')
      .insert({
        ...(named.id !== undefined && { id: named.id }),
        pinned: named.pinned ?? false,
        account_id: accountOf(context),
        user_id: principal.kind === 'user' ? principal.userId : null,
        name,
        media_type: mediaTypeOf(named.mediaType ?? upload.mediaType, name),
        size,
        sha256,
      })
      .returning('*');
    return row as FileRow;
  });
}

/** One file of the caller's account. Throws `not_found`, also for what is no uuid. */
export async function fileOf(context: Context, id: string): Promise<FileRow> {
  // Asked for something else, Postgres would end the transaction.
  const file =
    isUuid(id) &&
    (await context
      .db('files')
      .where({ id, account_id: accountOf(context) })
      .first());
  if (file) return file;
  throw missing();
}

/**
 * Deletes files of the caller's account, in the context's transaction; once that is over, jobs collect their bytes, if no
 * other row refers to them: after whatever somebody waits for. Gives how many were there.
 */
export async function dropFiles(context: Context, ids: readonly string[]): Promise<number> {
  const { rows } = await context.db.raw<{ rows: unknown[] }>(
    `with gone as (delete from files where id = any(?::uuid[]) and account_id = ? returning sha256)
     select gone.sha256
     from gone, graphile_worker.add_job('collect_file', json_build_object('sha256', gone.sha256), priority => 10)`,
    [[...ids], accountOf(context)],
  );
  return rows.length;
}

/** The same for one. Throws `not_found`. */
export async function dropFile(context: Context, id: string): Promise<void> {
  if (!isUuid(id) || (await dropFiles(context, [id])) === 0) throw missing();
}

function missing(): Failure {
  return new Failure('not_found', 'There is no such file.', { reason: { missing: 'record' } });
}
