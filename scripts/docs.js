// Builds the reference of every surface into dist/docs, as pages that load nothing from elsewhere: `npm run docs`.
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { redocly, surfaces } from './surfaces.js';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Builds what is older than its contract. A page is there at any moment: a new one takes the place of the old. */
export async function buildDocs(out = join(root, 'dist/docs')) {
  mkdirSync(out, { recursive: true });
  const page = (surface) => join(out, `${surface}.html`);
  await Promise.all(surfaces.filter((name) => isStale(name, page(name))).map((name) => reference(name, page(name))));
  put(join(out, 'index.html'), index());
  buildErrorPages(out);
}

const errors = JSON.parse(readFileSync(join(root, 'src/handlers/latchkey/errors.json'), 'utf8'));

/** A page for each `type` of a problem, at `errors/<kind>`. */
export function buildErrorPages(out) {
  mkdirSync(join(out, 'errors'), { recursive: true });
  for (const [kind, about] of Object.entries(errors)) put(join(out, `errors/${kind}.html`), errorPage(about));
}

/** The page that the `type` of a problem opens. */
function errorPage({ status, title, text }) {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)} · Latchkey</title>
<style>
:root { color-scheme: light dark; font: 1rem/1.6 system-ui, sans-serif; }
main { max-width: 40rem; margin: 2rem auto; padding: 0 1rem; }
</style>
</head>
<body>
<main>
<h1>${escaped(title)}</h1>
<p>HTTP status ${status}</p>
<p>${escaped(text)}</p>
<p><a href="../latchkey.html">The reference</a></p>
</main>
</body>
</html>
`;
}

function put(path, text) {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

const bundle = (surface) => join(root, `generated/${surface}.json`);
const changed = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
const isStale = (surface, page) => changed(page) <= Math.max(changed(bundle(surface)), changed(import.meta.filename));
const infoOf = (surface) => JSON.parse(readFileSync(bundle(surface), 'utf8')).info;

async function reference(surface, page) {
  const title = `${infoOf(surface).title} · Latchkey`;
  await redocly('build-docs', bundle(surface), '--output', `${page}.draft`, '--title', title, '--inlineBundle');
  const html = readFileSync(`${page}.draft`, 'utf8');
  rmSync(`${page}.draft`);
  const loaded = html.match(/<(?:script|link|img|iframe)\b[^>]*(?:src|href)="(?:https?:)?\/\/[^>]*>/i);
  if (loaded) throw new Error(`${page} would load ${loaded[0]}`);
  put(page, html.replace('<head>', `<head>${policy}${anchors(surface)}`));
}

/**
 * What refusals point to, `#operation/<operationId>`, in the words of the page's own router: `#/<tag>/<operationid>`. The
 * one is ours and stays, the other is the tool's.
 */
function anchors(surface) {
  const { paths } = JSON.parse(readFileSync(bundle(surface), 'utf8'));
  const operations = Object.values(paths).flatMap((item) => Object.values(item).filter((one) => one?.operationId));
  const places = operations.map(({ operationId, tags }) => [operationId, `#/${tags[0]}/${operationId}`.toLowerCase()]);
  const table = JSON.stringify(Object.fromEntries(places));
  return `<script>{const places=${table},go=()=>{const place=places[location.hash.replace('#operation/','')];if(place)location.replace(place)};go();addEventListener('hashchange',go)}</script>`;
}

// What is inlined knows of icons and telemetry elsewhere; the browser is told to fetch nothing.
const policy = `<meta http-equiv="Content-Security-Policy" content="connect-src 'none'; img-src data: blob:; font-src data:">`;

function index() {
  const links = surfaces.map((surface) => {
    const { title, summary } = infoOf(surface);
    return `<li><a href="${surface}.html">${escaped(title)}</a><br>${escaped(summary ?? '')}</li>`;
  });
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Latchkey reference</title>
<style>
:root { color-scheme: light dark; font: 1rem/1.6 system-ui, sans-serif; }
main { max-width: 40rem; margin: 2rem auto; padding: 0 1rem; }
ul { padding: 0; list-style: none; }
li { margin: 1.5rem 0; }
a { font-size: 1.2rem; }
</style>
</head>
<body>
<main>
<h1>Latchkey reference</h1>
<p>The APIs that this server answers, each with its calls, its errors and an example of both.</p>
<ul>
${links.join('\n')}
</ul>
</main>
</body>
</html>
`;
}

const escaped = (text) => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await buildDocs();
    console.log('The reference is in dist/docs: open dist/docs/index.html');
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
