import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root, run } from '../children.js';
import { step } from '../step.js';

const version = '4.32.5';

/** Schemathesis, in a Python environment of its own outside of git; it is made where it is not there. Python 3 must be. */
export async function schemathesis() {
  const folder = join(root, `node_modules/.cache/schemathesis-${version}`);
  const program = join(folder, 'bin/schemathesis');
  if (existsSync(program)) return program;
  await step(`Schemathesis ${version}`, async () => {
    rmSync(folder, { recursive: true, force: true });
    await run('python3', ['-m', 'venv', folder]);
    await run(join(folder, 'bin/pip'), ['install', '--quiet', '--no-input', `schemathesis==${version}`]);
  });
  return program;
}
