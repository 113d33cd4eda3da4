import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root, run } from './children.js';
import { hasFreshDocs } from './docs.js';
import { isAlive } from './preflight.js';
import { replaceFolder } from './replace_folder.js';
import { step } from './step.js';

const dist = join(root, 'dist');
/** Its time is that of the newest source when the build began. */
const stamp = '.built';
// What is compiled: of generated/ only the files themselves, not the clients, where packages are packed.
const sources = [
  'src',
  'console',
  'runners',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
];

/**
 * Compiles src and generated, bundles the server, builds the docs and the console and packs the client, in a folder beside dist that then takes its
 * place: a server that runs from dist finds all of it at any moment.
 */
export async function build() {
  const time = newestSource();
  const draft = `${dist}.${process.pid}`;
  const clean = () => rmSync(draft, { recursive: true, force: true });
  // A program that fails ends this process.
  process.on('exit', clean);
  removeDrafts();
  mkdirSync(draft);
  const { bundleServer } = await import('./bundle.js');
  const { packGo } = await import('./package_go.js');
  const { packPython } = await import('./package_python.js');
  // Types are what `npm run check` is for: whoever starts the server waits half as long without.
  const tsc = ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--noCheck', '--outDir', draft];
  await Promise.all([
    run(process.execPath, tsc).then(() => bundleServer(join(draft, 'src'))),
    docsInto(join(draft, 'docs')),
    run(process.execPath, ['scripts/package.js', join(draft, 'install')]),
    packPython(join(draft, 'install')),
    packGo(join(draft, 'install')),
    run(process.execPath, ['scripts/pack_runner.js', join(draft, 'install')]),
    run(process.execPath, ['scripts/console.js', join(draft, 'console')]),
  ]);
  writeFileSync(join(draft, stamp), '');
  utimesSync(join(draft, stamp), time / 1000, time / 1000);
  replaceFolder(draft, dist);
  process.off('exit', clean);
}

/** The docs site: as it is where it is newer than what it is made of. */
async function docsInto(folder) {
  const there = join(dist, 'docs');
  if (hasFreshDocs(there)) cpSync(there, folder, { recursive: true, preserveTimestamps: true });
  else await run(process.execPath, ['scripts/docs.js', folder]);
}

/** What builds left that were killed; another build may be under way. */
function removeDrafts() {
  const drafts = readdirSync(root).filter((name) => /^dist\.\d+(\.old)?$/.test(name));
  for (const name of drafts) {
    const builder = Number.parseInt(name.slice('dist.'.length), 10);
    if (builder === process.pid || !isAlive(builder)) rmSync(join(root, name), { recursive: true, force: true });
  }
}

/**
 * Builds when there is no build, or one of the sources is newer.
 * @param {NodeJS.WriteStream} [out] where that is shown
 */
export async function buildIfNeeded(out) {
  // Times of files are kept in fractions of a millisecond, and set in whole ones.
  const isBuilt = hasBuild() && newestSource() <= statSync(join(dist, stamp)).mtimeMs + 1;
  if (!isBuilt) return step('build', build, out);
  if (!hasFreshDocs(join(dist, 'docs')))
    await step('docs', () => run(process.execPath, ['scripts/docs.js', join(dist, 'docs')]), out);
}

/** Builds when there is no build at all: for a command beside a server, which runs from the one that is there. */
export async function buildIfMissing(out) {
  if (!hasBuild()) await step('build', build, out);
}

const hasBuild = () => existsSync(join(dist, stamp));

function newestSource() {
  const generated = readdirSync(join(root, 'generated'), { withFileTypes: true });
  const files = generated.filter((entry) => entry.isFile()).map(({ name }) => join('generated', name));
  return newest([...sources, ...files].map((name) => join(root, name)));
}

/** The newest time of change below; a folder's own tells of what was removed from it. */
function newest(paths) {
  const times = paths.map((path) => {
    const { mtimeMs } = statSync(path);
    const names = statSync(path).isDirectory() ? readdirSync(path) : [];
    // What Python makes of its sources when they run.
    const below = names.filter((name) => name !== '__pycache__').map((name) => join(path, name));
    return Math.max(mtimeMs, below.length ? newest(below) : 0);
  });
  return Math.max(...times);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await build();
