import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

const running = new Set();
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
let heeding = 0;
let farewell;
let leaving = false;
// Where one fails, the others have nothing to go on for.
process.on('exit', () => killAll('SIGTERM'));

/**
 * Until it is taken back, Ctrl-C and other signals end this process and all that it started, at the latest after a second and
 * a half. Gives what takes it back.
 * @param {string} [words] what is said at the end
 */
export function endOnSignal(words) {
  farewell ??= words;
  if (heeding++ === 0) for (const signal of signals) process.on(signal, leave);
  return () => {
    if (--heeding === 0) for (const signal of signals) process.off(signal, leave);
  };
}

async function leave(signal) {
  if (leaving) return;
  leaving = true;
  const gone = () => {
    // In the place of what is typed and shown there.
    if (farewell) process.stderr.write(`${process.stderr.isTTY ? '\r\u001b[K' : ''}${farewell}\n`);
    process.exit(128 + constants.signals[signal]);
  };
  killAll('SIGTERM');
  setTimeout(() => killAll('SIGKILL'), 1000);
  setTimeout(gone, 1500);
  await Promise.all([...running].map((child) => new Promise((resolve) => child.once('close', resolve))));
  gone();
}

function killAll(signal) {
  for (const { pid } of running) {
    try {
      process.kill(-pid, signal);
    } catch {
      // It is gone.
    }
  }
}

/**
 * Runs a program quietly, in a group of its own that ends with us; gives how it ended and what it said.
 * @param {string} program
 * @param {string[]} args
 * @param {import('node:child_process').SpawnOptions} options
 * @returns {Promise<{ failure?: string, code: number, said: string }>}
 */
export async function runQuietly(program, args, options = {}) {
  const heed = endOnSignal();
  const child = spawn(program, args, { cwd: root, ...options, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  if (child.pid) running.add(child);
  const chunks = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => chunks.push(chunk));
  const [code, signal, error] = await new Promise((resolve) => {
    child.on('error', (error) => resolve([1, null, error]));
    child.on('close', (code, signal) => resolve([code, signal]));
  });
  running.delete(child);
  // What was ended has nothing to say.
  if (leaving) await new Promise(() => {});
  heed();
  const said = Buffer.concat(chunks).toString();
  if (code === 0) return { code, said };
  const why = error?.message ?? signal ?? `exit code ${code}`;
  return {
    code: signal ? 128 + constants.signals[signal] : code,
    said,
    failure: `${program} ${args.join(' ')} failed: ${why}`,
  };
}

/**
 * Runs a program quietly; when it fails, shows what it said and ends the process.
 * @param {string} program
 * @param {string[]} args
 */
export async function run(program, args) {
  const { failure, code, said } = await runQuietly(program, args);
  if (failure === undefined) return;
  process.stderr.write(said);
  console.error(failure);
  process.exit(code);
}

/**
 * Runs a program that shows what it does, in a group of its own that ends with us; gives its exit code.
 * @param {string} program
 * @param {string[]} args
 * @param {import('node:child_process').SpawnOptions} options
 * @returns {Promise<number>}
 */
export async function show(program, args, options = {}) {
  const heed = endOnSignal();
  const child = spawn(program, args, {
    cwd: root,
    ...options,
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (child.pid) running.add(child);
  const code = await new Promise((resolve) => {
    child.on('error', () => resolve(1));
    child.on('close', (code, signal) => resolve(signal ? 128 + constants.signals[signal] : code));
  });
  running.delete(child);
  if (leaving) await new Promise(() => {});
  heed();
  return code;
}
