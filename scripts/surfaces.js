import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = fileURLToPath(new URL('..', import.meta.url));

/** The names of the surfaces: each has a root contract, and an entry of the same name in redocly.yaml. */
export const surfaces = readdirSync(join(root, 'openapi'))
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => name.slice(0, -'.yaml'.length))
  .sort();

/** Runs the contract tool in the project's root. Throws with what it printed. */
export async function redocly(...args) {
  const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
  await run(process.execPath, [join(root, 'node_modules/@redocly/cli/bin/cli.js'), ...args], { cwd: root, env });
}
