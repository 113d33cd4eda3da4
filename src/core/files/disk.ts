import { type FileHandle, mkdir, open, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gone, type Storage, unavailable } from './storage.ts';

/** A folder of this machine, or one that several share: `ab/cd/abcd…`. Only its owner may look into it. */
export function diskStorage(folder: string): Storage {
  const place = (sha256: string) => join(folder, sha256.slice(0, 2), sha256.slice(2, 4), sha256);
  return {
    async put(sha256, path, size) {
      const target = place(sha256);
      const there = await stat(target).catch(absent);
      if (there?.size === size) await touch(target).then(() => rm(path, { force: true }));
      else await move(path, target);
      // A name outlives a power cut only once the folders that lead to it are written down.
      for (const at of [dirname(target), dirname(dirname(target)), folder]) await settle(at);
    },

    async read(sha256, size, range) {
      const file = await open(place(sha256)).catch((cause: NodeJS.ErrnoException) => {
        throw cause.code === 'ENOENT' ? gone(cause) : unavailable(cause);
      });
      await whole(file, size);
      return file.createReadStream(range);
    },

    remove: (sha256) => rm(place(sha256), { force: true }),

    async *list(before) {
      for (const one of await inside(folder, /^[\da-f]{2}$/)) {
        for (const two of await inside(join(folder, one), /^[\da-f]{2}$/)) {
          const old: string[] = [];
          for (const sha256 of await inside(join(folder, one, two), /^[\da-f]{64}$/)) {
            const there = await stat(place(sha256)).catch(absent);
            if (there && there.mtime < before) old.push(sha256);
          }
          for (; old.length > 0; ) yield old.splice(0, 1000);
        }
      }
    },

    close() {},
  };
}

async function move(path: string, target: string) {
  await settle(path);
  await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  await rename(path, target);
}

async function touch(path: string) {
  const now = new Date();
  await utimes(path, now, now);
}

/** Waits until a file or a folder is on the disk, and not only in memory. */
async function settle(path: string) {
  const file = await open(path);
  await file.sync().finally(() => file.close());
}

async function whole(file: FileHandle, size: number) {
  const there = await file.stat();
  if (there.size === size) return;
  await file.close();
  throw unavailable(new Error(`${there.size} bytes are there of ${size}`));
}

async function inside(folder: string, names: RegExp): Promise<string[]> {
  const all = await readdir(folder).catch(absent);
  return (all ?? []).filter((name) => names.test(name));
}

/** For what may not be there, at the end of a promise. */
export function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
