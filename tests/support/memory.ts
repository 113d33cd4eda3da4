import { readdir, rm, stat, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const shared = '/dev/shm';
/** What a run needs at most, in bytes; it stays well below. */
const needed = 1024 ** 3;
const hour = 3_600_000;

/** Where the files of a run live: in memory where there is room, as a database is hundreds of files that nobody keeps. */
export async function memory(): Promise<string> {
  const room = await statfs(shared).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => 0,
  );
  return room > needed ? shared : tmpdir();
}

/** Removes what runs that were killed left there. */
export async function removeLeft(folder: string, prefix: string): Promise<void> {
  for (const name of (await readdir(folder)).filter((one) => one.startsWith(prefix))) {
    const path = join(folder, name);
    const { mtimeMs = Date.now() } = await stat(path).catch(() => ({ mtimeMs: undefined }));
    if (Date.now() - mtimeMs > hour) await rm(path, { recursive: true, force: true });
  }
}
