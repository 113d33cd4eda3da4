// Fails when generated/ is not what `npm run generate` makes: `npm run drift`. Afterwards it is.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generate, snapshot } from './generate.js';

const folder = join(fileURLToPath(new URL('..', import.meta.url)), 'generated');
const before = snapshot(folder);
await generate();
const after = snapshot(folder);

const paths = [...new Set([...before.keys(), ...after.keys()])].sort();
const stale = paths.filter((path) => before.get(path) !== after.get(path));
if (stale.length > 0) {
  console.error(`generated/ was out of date and is rebuilt, commit it: ${stale.join(', ')}`);
  process.exitCode = 1;
}
