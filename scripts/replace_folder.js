import { renameSync, rmSync } from 'node:fs';

/** Puts a whole folder in the place of the one before. Another process may have done so in the meantime: then that one stays. */
export function replaceFolder(draft, place) {
  const old = `${draft}.old`;
  unless(['ENOENT'], () => renameSync(place, old));
  unless(['ENOTEMPTY', 'EEXIST'], () => renameSync(draft, place));
  for (const path of [draft, old]) rmSync(path, { recursive: true, force: true });
}

function unless(codes, work) {
  try {
    work();
  } catch (error) {
    if (!codes.includes(error.code)) throw error;
  }
}
