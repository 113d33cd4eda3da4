import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** Ends the process with one line when this Node is too old. Plain JavaScript, so that an old one gets this far. */
export function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  console.error(
    `Latchkey needs Node 20.19 or newer; this is ${process.versions.node}. Install a newer one: https://nodejs.org`,
  );
  process.exit(1);
}

/**
 * Runs a program quietly; when it fails, shows what it said and ends the process. Signals go to it first.
 * @param {string} program
 * @param {string[]} args
 */
export async function run(program, args) {
  const child = spawn(program, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => said.push(chunk));
  const pass = (signal) => child.kill(signal);
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, pass);
  const [code, signal, error] = await new Promise((resolve) => {
    child.on('error', (error) => resolve([1, null, error]));
    child.on('close', (code, signal) => resolve([code, signal]));
  });
  for (const signal of ['SIGINT', 'SIGTERM']) process.off(signal, pass);
  if (code === 0) return;
  process.stderr.write(Buffer.concat(said));
  console.error(`${program} ${args.join(' ')} failed: ${error?.message ?? signal ?? `exit code ${code}`}`);
  process.exit(signal ? 128 + constants.signals[signal] : code);
}

/** Installs the packages that package-lock.json names, unless they are there. */
export async function install() {
  if (isInstalled()) return;
  console.log('Installing the packages that Latchkey needs; this takes a minute the first time …');
  const npm = process.env.npm_execpath;
  const args = ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error'];
  await (npm?.endsWith('.js') ? run(process.execPath, [npm, ...args]) : run('npm', args));
}

/** npm writes its own lock file last: an installation that broke off has none. */
function isInstalled() {
  const done = new URL('../node_modules/.package-lock.json', import.meta.url);
  if (!existsSync(done)) return false;
  const there = JSON.parse(readFileSync(done, 'utf8')).packages;
  const wanted = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8')).packages;
  const names = new Set([...Object.keys(there), ...Object.keys(wanted)]);
  names.delete('');
  return [...names].every((name) =>
    // Packages for other machines are in package-lock.json only.
    there[name] ? there[name].integrity === wanted[name]?.integrity : wanted[name].optional || wanted[name].peer,
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  checkNode();
  await install();
}
