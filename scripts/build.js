import { existsSync, mkdirSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root, run } from './install.js';

const dist = join(root, 'dist');
/** Its time is that of the newest source when the build began. */
const stamp = join(dist, '.built');
const sources = ['src', 'generated', 'package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json'];

/** Compiles src and generated to dist, and builds the reference. */
export async function build() {
  const time = newest(sources.map((name) => join(root, name)));
  rmSync(dist, { recursive: true, force: true });
  const { buildDocs } = await import('./docs.js');
  // Types are what `npm run check` is for: whoever starts the server waits half as long without.
  const tsc = ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--noCheck'];
  const compiled = run(process.execPath, tsc);
  await Promise.all([compiled, buildDocs()]);
  mkdirSync(dist, { recursive: true });
  writeFileSync(stamp, '');
  utimesSync(stamp, time / 1000, time / 1000);
}

/** Builds when there is no build, or one of the sources is newer. */
export async function buildIfNeeded() {
  // Times of files are kept in fractions of a millisecond, and set in whole ones.
  const isBuilt = existsSync(stamp) && newest(sources.map((name) => join(root, name))) <= statSync(stamp).mtimeMs + 1;
  if (isBuilt) return;
  console.log('Building …');
  await build();
}

/** The newest time of change below; a folder's own tells of what was removed from it. */
function newest(paths) {
  const times = paths.map((path) => {
    const { mtimeMs } = statSync(path);
    const below = statSync(path).isDirectory() ? readdirSync(path).map((name) => join(path, name)) : [];
    return Math.max(mtimeMs, below.length ? newest(below) : 0);
  });
  return Math.max(...times);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await build();
