// Builds the docs site into dist/docs, as pages that load nothing from elsewhere: `npm run docs`.
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { root } from './children.js';
import { replaceFolder } from './replace_folder.js';

/** What a page is made of: nothing else changes one. */
const sources = [
  ...['docs', 'examples', 'openapi', 'generated', 'CHANGELOG.md', 'package.json', 'scripts/docs', 'scripts/docs.js'],
  ...['typescript', 'python', 'go'].map((language) => `generated/clients/${language}/README.md`),
  ...['src/handlers/latchkey/errors.json', 'console/src/tokens.css', 'console/src/key.svg'],
];
/** Its time is when the build began. */
const stamp = '.built';

/** Whether there is a site that no source is newer than. */
export function hasFreshDocs(out = join(root, 'dist/docs')) {
  const made = statSync(join(out, stamp), { throwIfNoEntry: false })?.mtimeMs;
  return made !== undefined && newest(sources.map((path) => join(root, path))) <= made;
}

function newest(paths) {
  const times = paths.map((path) => {
    const found = statSync(path, { throwIfNoEntry: false });
    if (!found) return 0;
    const below = found.isDirectory() ? readdirSync(path).filter((name) => name !== 'clients') : [];
    return Math.max(found.mtimeMs, newest(below.map((name) => join(path, name))));
  });
  return Math.max(0, ...times);
}

/**
 * Builds the site unless it is newer than its sources, in a folder beside, which then takes its place.
 * @returns {Promise<string[]>} what is wrong with the sources: links that lead nowhere
 */
export async function buildDocs(out = join(root, 'dist/docs')) {
  const { site } = await import('./docs/site.js');
  const began = new Date();
  const { files, problems } = await site();
  const draft = `${out}.${process.pid}`;
  rmSync(draft, { recursive: true, force: true });
  for (const [path, content] of files) put(join(draft, path), content);
  writeFileSync(join(draft, stamp), '');
  utimesSync(join(draft, stamp), began, began);
  replaceFolder(draft, out);
  return problems;
}

/** A file, and beside it what is sent to whoever takes gzip. */
function put(path, content) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  if (/\.(html|css|js|json|svg|txt|md|yaml)$/.test(path)) writeFileSync(`${path}.gz`, gzipSync(content));
}

/** What a reader loads for the first page, what search loads besides, and what lies on the disk. */
function sizes(folder = join(root, 'dist/docs')) {
  const bytesOf = (path) => statSync(join(folder, path)).size;
  const all = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => /\.\w+$/.test(path));
  const loaded = readFileSync(join(folder, 'index.html'), 'utf8').matchAll(/(?:href|src)="(assets\/[^"]+)"/g);
  const first = ['index.html', ...[...loaded].map(([, path]) => path)].map((path) => bytesOf(`${path}.gz`));
  const sum = (numbers) => Math.round(numbers.reduce((one, other) => one + other, 0) / 1000);
  const whole = sum(all.filter((path) => !path.endsWith('.gz')).map(bytesOf)) / 1000;
  const pages = all.filter((path) => path.endsWith('.html')).length;
  return `${pages} pages, ${whole.toFixed(1)} MB; the first is ${sum(first)} kB packed with all that it loads, search ${sum([bytesOf('assets/search.json.gz')])} kB`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [out] = process.argv.slice(2);
  try {
    const since = performance.now();
    const problems = await buildDocs(out);
    for (const problem of problems) console.error(problem);
    if (out === undefined) {
      const seconds = ((performance.now() - since) / 1000).toFixed(1);
      console.log(
        `The docs are in dist/docs, for any web server; a running Latchkey has them at /docs. ${sizes()}, in ${seconds} s`,
      );
    }
    // A start is not held up by a link.
    if (problems.length > 0 && out === undefined) process.exitCode = 1;
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
