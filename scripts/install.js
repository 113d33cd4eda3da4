import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { run } from './children.js';
import { checkNode } from './preflight.js';
import { step } from './step.js';

const packages = fileURLToPath(new URL('../node_modules', import.meta.url));

/**
 * Installs the packages that package-lock.json names, unless they are there.
 * @param {NodeJS.WriteStream} [out] where that is shown
 */
export async function install(out) {
  if (isInstalled()) return;
  // npm would empty what the link leads to: the packages of another clone.
  if (lstatSync(packages, { throwIfNoEntry: false })?.isSymbolicLink()) {
    console.error('node_modules is a link to other packages than package-lock.json names: remove it, and start again');
    process.exit(1);
  }
  const npm = process.env.npm_execpath;
  const args = ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error'];
  await step('install', () => (npm?.endsWith('.js') ? run(process.execPath, [npm, ...args]) : run('npm', args)), out);
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
