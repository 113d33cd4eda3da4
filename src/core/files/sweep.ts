import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { House } from '../house.ts';
import { absent } from './disk.ts';
import { lockOf } from './keep.ts';

/** How old bytes without a row, and uploads that nobody finished, must be before they are swept; milliseconds. */
const grace = 24 * 3_600_000;

/**
 * Removes a content from the store where no row refers to it. One that is being kept, or collected, at this moment is
 * left: should nobody refer to it in the end, the next sweep finds it.
 */
export async function collectFile({ db, files }: House, sha256: string): Promise<void> {
  await db.transaction(async (trx) => {
    const { rows } = await trx.raw(`select pg_try_advisory_xact_lock(${lockOf}) as alone`, [sha256]);
    // Asked after the lock was got, so that every row that was inserted under it is seen.
    if (!rows[0].alone || (await trx('files').where({ sha256 }).first('id'))) return;
    await files.storage.remove(sha256);
  });
}

/**
 * Removes what crashes and rolled back transactions left: uploads on this disk that nobody finished, and bytes in the store
 * that no row refers to. Ends early when it is told to stop.
 */
export async function sweepFiles(house: House, stopping: AbortSignal, age = grace): Promise<void> {
  const before = new Date(Date.now() - age);
  await sweepIncoming(house.files.incoming, before);
  for await (const all of house.files.storage.list(before)) {
    const referred = await house.db('files').distinct('sha256').whereIn('sha256', all);
    const known = new Set(referred.map(({ sha256 }) => sha256));
    for (const sha256 of all) {
      if (stopping.aborted) return;
      if (!known.has(sha256)) await collectFile(house, sha256);
    }
  }
}

async function sweepIncoming(folder: string, before: Date) {
  for (const name of (await readdir(folder).catch(absent)) ?? []) {
    const there = await stat(join(folder, name)).catch(absent);
    if (there && there.mtime < before) await rm(join(folder, name), { force: true });
  }
}
