import { cpSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root, run } from './children.js';

/**
 * Packs the block runner's sources as `latchkey-runner.tar.gz`, which pip builds without an index: its build backend is in it. npm packs it, as
 * a machine that builds need not have Python.
 * @param {string} folder where it goes
 */
export async function packRunner(folder) {
  const source = join(root, 'runners/python');
  const stage = mkdtempSync(join(tmpdir(), 'latchkey-runner-'));
  const clean = () => rmSync(stage, { recursive: true, force: true });
  process.on('exit', clean);
  try {
    for (const name of ['pyproject.toml', 'build_backend.py', 'README.md', 'latchkey_runner'])
      cpSync(join(source, name), join(stage, name), {
        recursive: true,
        filter: (path) => !path.endsWith('__pycache__'),
      });
    writeFileSync(join(stage, 'package.json'), '{ "name": "latchkey-runner", "version": "0.0.0" }\n');
    mkdirSync(folder, { recursive: true });
    const npm = process.env.npm_execpath?.endsWith('.js') ? [process.execPath, process.env.npm_execpath] : ['npm'];
    await run(npm[0], [...npm.slice(1), 'pack', stage, '--pack-destination', folder, '--loglevel=error']);
    const packed = readdirSync(folder).find((name) => name.startsWith('latchkey-runner-'));
    renameSync(join(folder, packed), join(folder, 'latchkey-runner.tar.gz'));
  } finally {
    clean();
    process.off('exit', clean);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await packRunner(process.argv[2] ?? '');
