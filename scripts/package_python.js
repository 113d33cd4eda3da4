import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { zipSync } from 'fflate';
import { createTarGzip } from 'nanotar';
import { root } from './children.js';

const client = join(root, 'generated/clients/python');
/** Files of a package bear one time, so that packing again gives the same bytes. */
const time = Date.UTC(2026, 0, 1);

/**
 * Packs the Python client without Python: `latchkey.tar.gz`, the sdist under a name that stays, and the wheel, whose name has the
 * version in it as pip wants it.
 * @param {string} folder where they go
 */
export async function packPython(folder) {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const files = filesOf(client);
  const metadata = metadataOf(version, files.get('README.md'), files.get('pyproject.toml'));
  mkdirSync(folder, { recursive: true });
  const sdist = [...files, ['PKG-INFO', metadata]].map(([name, data]) => ({
    name: `latchkey-${version}/${name}`,
    data,
  }));
  writeFileSync(join(folder, 'latchkey.tar.gz'), await createTarGzip(sdist, { attrs: { mtime: time, mode: '644' } }));
  writeFileSync(join(folder, `latchkey-${version}-py3-none-any.whl`), wheelOf(version, files, metadata));
}

function filesOf(folder) {
  const paths = readdirSync(folder, { recursive: true }).map((path) => path.replaceAll('\\', '/'));
  const wanted = paths.filter((path) => statSync(join(folder, path)).isFile() && !/__pycache__|\.egg-info/.test(path));
  return new Map(wanted.sort().map((path) => [path, readFileSync(join(folder, path), 'utf8')]));
}

/** https://packaging.python.org/en/latest/specifications/core-metadata/ */
function metadataOf(version, readme, pyproject) {
  const said = (name) => new RegExp(`^${name} = "(.*)"$`, 'm').exec(pyproject)?.[1];
  const needs = /^dependencies = \[(.*)\]$/m.exec(pyproject)?.[1] ?? '';
  return [
    'Metadata-Version: 2.4',
    'Name: latchkey',
    `Version: ${version}`,
    `Summary: ${said('description')}`,
    `License-Expression: ${said('license')}`,
    `Requires-Python: ${said('requires-python')}`,
    ...needs
      .split(/,\s*(?=")/)
      .filter(Boolean)
      .map((one) => `Requires-Dist: ${one.replaceAll('"', '')}`),
    'Description-Content-Type: text/markdown',
    '',
    readme,
  ].join('\n');
}

/** https://packaging.python.org/en/latest/specifications/binary-distribution-format/ */
function wheelOf(version, files, metadata) {
  const info = `latchkey-${version}.dist-info`;
  const within = new Map([...files].filter(([name]) => name.startsWith('latchkey/')));
  within.set(`${info}/METADATA`, metadata);
  within.set(`${info}/WHEEL`, 'Wheel-Version: 1.0\nGenerator: latchkey\nRoot-Is-Purelib: true\nTag: py3-none-any\n');
  const record = [...within].map(([name, text]) => {
    const hash = createHash('sha256').update(text).digest('base64url');
    return `${name},sha256=${hash},${Buffer.byteLength(text)}\n`;
  });
  within.set(`${info}/RECORD`, `${record.join('')}${info}/RECORD,,\n`);
  const entries = [...within].map(([name, text]) => [name, [Buffer.from(text), { mtime: new Date(time) }]]);
  return zipSync(Object.fromEntries(entries));
}

// In a process of its own, as what packs the other client.
if (process.argv[1] === fileURLToPath(import.meta.url)) await packPython(process.argv[2] ?? '');
