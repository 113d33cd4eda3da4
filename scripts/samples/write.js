// Writes the samples in Python and Go as files, for their compilers: `node scripts/samples/write.js FOLDER`. Each of Go is a program of
// one module; a file of Python is named by its surface and operation.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../children.js';
import { surfaces } from '../surfaces.js';

const [folder] = process.argv.slice(2);
const write = (path, text) => {
  mkdirSync(join(folder, path, '..'), { recursive: true });
  writeFileSync(join(folder, path), text);
};
for (const surface of surfaces) {
  const samples = JSON.parse(readFileSync(join(root, `generated/samples/${surface}.json`), 'utf8'));
  for (const [id, { python, go }] of Object.entries(samples)) {
    write(`python/${surface}_${id}.py`, `${python}\n`);
    write(`go/${surface}_${id}/main.go`, `${go}\n`);
  }
}
const client = join(root, 'generated/clients/go');
write(
  'go/go.mod',
  `module samples\n\ngo 1.24\n\nrequire latchkey.local/latchkey v0.0.0\n\nreplace latchkey.local/latchkey => ${client}\n`,
);
