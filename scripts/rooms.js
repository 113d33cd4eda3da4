// Holds every room of src/ to what it may import (.dependency-cruiser.mjs), and docs/architecture.md to the picture of it:
// `npm run rooms`. With --write the picture is drawn anew.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const page = `${root}docs/architecture.md`;
const [begin, end] = ['<!-- rooms: drawn by `npm run rooms -- --write` -->', '<!-- /rooms -->'];

const cruised = () => {
  const bin = 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs';
  const args = [bin, 'src', '--output-type', 'json'];
  const options = { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 28, stdio: ['ignore', 'pipe', 'inherit'] };
  try {
    return JSON.parse(execFileSync(process.execPath, args, options));
  } catch (error) {
    // Violations end it with their number; what it printed is whole.
    if (!error.stdout) throw error;
    return JSON.parse(error.stdout);
  }
};

/** What is known everywhere would be arrows from everywhere. */
const known = /^src\/(config|log|mistake|s3_settings|contract\/(failure|json))\.ts$/;

const roomOf = (path) => /^src\/([^/]+)\//.exec(path)?.[1] ?? 'process';

/** The arrows between rooms, each with the number of imports behind it, in Mermaid's words. */
function drawn(modules) {
  const rooms = new Set();
  const arrows = new Set();
  for (const { source, dependencies } of modules.filter(({ source }) => source.startsWith('src/'))) {
    rooms.add(roomOf(source));
    for (const { resolved } of dependencies) {
      if (!resolved.startsWith('src/') || known.test(resolved)) continue;
      const [from, to] = [roomOf(source), roomOf(resolved)];
      if (from !== to) arrows.add(`${from} --> ${to}`);
    }
  }
  return ['```mermaid', 'flowchart TD', ...[...rooms, ...arrows].sort().map((arrow) => `  ${arrow}`), '```'].join('\n');
}

const { modules, summary } = cruised();
for (const { rule, from, to, cycle } of summary.violations) {
  const way = cycle ? [from, ...cycle.map(({ name }) => name)] : [from, to];
  console.error(`${rule.name}: ${way.join(' -> ')}`);
  process.exitCode = 1;
}

const text = readFileSync(page, 'utf8');
const [before, rest = ''] = text.split(begin);
const [, after] = rest.split(end);
if (after === undefined) throw new Error(`${page} has no place for the picture: ${begin} … ${end}`);
const fresh = `${before}${begin}\n${drawn(modules)}\n${end}${after}`;
if (fresh !== text && process.argv.includes('--write')) writeFileSync(page, fresh);
else if (fresh !== text) {
  console.error('The picture in docs/architecture.md is old: npm run rooms -- --write, and commit it');
  process.exitCode = 1;
}
