import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { zipSync } from 'fflate';
import { root } from './children.js';

const client = join(root, 'generated/clients/go');

/**
 * Packs the Go client as a module proxy has it, in `go/`: `GOPROXY=http://…/install/go,direct` (https://go.dev/ref/mod#goproxy-protocol).
 * @param {string} folder where it goes
 */
export function packGo(folder) {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const mod = readFileSync(join(client, 'go.mod'), 'utf8');
  const [, name = ''] = /^module (\S+)$/m.exec(mod) ?? [];
  const to = join(folder, 'go', name, '@v');
  mkdirSync(to, { recursive: true });
  const time = '2026-01-01T00:00:00Z';
  const files = readdirSync(client, { recursive: true })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => statSync(join(client, path)).isFile())
    .sort();
  const entries = files.map((path) => [
    `${name}@v${version}/${path}`,
    [readFileSync(join(client, path)), { mtime: new Date(time) }],
  ]);
  writeFileSync(join(to, `v${version}.zip`), zipSync(Object.fromEntries(entries)));
  writeFileSync(join(to, `v${version}.mod`), mod);
  writeFileSync(join(to, `v${version}.info`), `${JSON.stringify({ Version: `v${version}`, Time: time })}\n`);
  writeFileSync(join(to, 'list'), `v${version}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) packGo(process.argv[2] ?? '');
