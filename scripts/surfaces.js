import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root, runQuietly } from './children.js';

/** The names of the surfaces: each has a root contract, and an entry of the same name in redocly.yaml. */
export const surfaces = readdirSync(join(root, 'openapi'))
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => name.slice(0, -'.yaml'.length))
  .sort();

/** Runs the contract tool in the project's root. Throws with what it printed. */
export async function redocly(...args) {
  const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
  const command = [join(root, 'node_modules/@redocly/cli/bin/cli.js'), ...args];
  const { failure, said } = await runQuietly(process.execPath, command, { env });
  if (failure !== undefined) throw new Error(`${failure}\n${said}`);
}
