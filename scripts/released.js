// Keeps the contracts as they are for what comes after: `npm run released`, when a version is released. The docs say what has changed since.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { root } from './children.js';
import { readContracts } from './clients/model.js';

const path = join(root, 'openapi/released.json.gz');

/**
 * The contracts of the last version that was released.
 * @returns {{ version: string, contracts: Record<string, object> }} contracts by their surfaces, as generated/ has them
 */
export const readReleased = () => JSON.parse(gunzipSync(readFileSync(path)));

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  writeFileSync(path, gzipSync(JSON.stringify({ version, contracts: readContracts() }), { level: 9 }));
  console.log(`openapi/released.json.gz has the contracts of ${version}`);
}
