import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  closeSync,
  cpSync,
  existsSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Mistake } from '../../mistake.ts';
import type { Account } from './account.ts';
import type { Binaries } from './binaries.ts';

/** The database and its superuser, both. */
export const name = 'latchkey';

const unfinished = 'postgres.unfinished-';

/**
 * The folder of the database's files, made when it is missing: whole, or not at all. Beside it lies the superuser's
 * password, 32 random bytes, made with it.
 * @param folder the data folder, whose lock the caller holds
 */
export async function openCluster(folder: string, home: string, account: Account, binaries: Binaries) {
  if (!existsSync(home)) await make(folder, home, account, binaries);
  return { files: join(home, 'files'), password: readFileSync(join(home, 'password'), 'utf8') };
}

async function make(folder: string, home: string, account: Account, binaries: Binaries) {
  for (const left of readdirSync(folder).filter((entry) => entry.startsWith(unfinished)))
    rmSync(join(folder, left), { recursive: true, force: true });
  const draft = mkdtempSync(join(folder, unfinished));
  const password = join(draft, 'password');
  writeFileSync(password, randomBytes(32).toString('base64url'), { mode: 0o600 });
  const { owner } = account;
  if (owner) for (const path of [draft, password]) chownSync(path, owner.uid, owner.gid);

  const clean = () => rmSync(draft, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 });
  process.on('exit', clean);
  try {
    await withShellSafe(binaries, async ({ initdb, postgres }) => {
      const files = join(draft, 'files');
      await as(account, initdb, [
        ...['-D', files, '-U', name, '--pwfile', password, '--auth', 'scram-sha-256', '--no-instructions'],
        ...['-E', 'UTF8', '--locale', 'C', '--locale-provider', 'builtin', '--builtin-locale', 'C.UTF-8'],
      ]);
      await as(account, postgres, ['--single', '-D', files, 'postgres'], `create database ${name}\n`);
    });
    renameSync(draft, home);
    sync(folder);
  } catch (error) {
    clean();
    throw error;
  } finally {
    process.off('exit', clean);
  }
}

/** initdb calls its neighbour through a shell, between double quotes: a path that those do not hold needs another. */
async function withShellSafe(binaries: Binaries, work: (binaries: Binaries) => Promise<void>) {
  if (!/["$`\n]/.test(binaries.root)) return work(binaries);
  const copy = mkdtempSync(join(tmpdir(), 'latchkey-'));
  try {
    chmodSync(copy, 0o755);
    cpSync(binaries.root, copy, { recursive: true, verbatimSymlinks: true });
    await work({ root: copy, initdb: join(copy, 'bin', 'initdb'), postgres: join(copy, 'bin', 'postgres') });
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/** Runs a program that ends when this process does, with all that it started itself. */
async function as({ prefix, options }: Account, program: string, args: string[], input?: string) {
  const [command = program, ...rest] = [...prefix, program, ...args];
  const child = spawn(command, rest, { ...options, cwd: '/', env: environment, detached: true });
  const kill = () => child.pid && process.kill(-child.pid, 'SIGKILL');
  // Before what it writes is removed.
  process.prependListener('exit', kill);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk));
  child.stdin.on('error', () => {}).end(input);
  const why = await once(child, 'close').then(
    ([code, signal]) => code !== 0 && `${program} ended with ${code ?? signal}`,
    ({ message }: Error) => message,
  );
  process.off('exit', kill);
  if (!why) return;
  const line = said.split('\n').find((each) => /error|fatal|panic|cannot|not /i.test(each));
  throw new Mistake(`Postgres could not make its files: ${(line ?? why).trim()}`);
}

/** What the server's programs see of ours: English messages, and none of the PG… variables that would steer them. */
export const environment = { LC_ALL: 'C', PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin' };

function sync(folder: string) {
  const fd = openSync(folder, 'r');
  fsyncSync(fd);
  closeSync(fd);
}

/** Where the server that runs on a data folder listens, or undefined where none seems to. */
export function runningUrl(folder: string): string | undefined {
  const read = (...path: string[]) => readFileSync(join(folder, 'postgres', ...path), 'utf8');
  try {
    const port = read('files', 'postmaster.pid').split('\n')[3];
    return port && `postgres://${name}:${read('password')}@127.0.0.1:${port}/${name}`;
  } catch {
    return undefined;
  }
}
