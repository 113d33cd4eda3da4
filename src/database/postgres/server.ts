import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { Mistake } from '../../mistake.ts';
import { type Account, accountOf, chooseOwner, type Owner } from './account.ts';
import { findBinaries } from './binaries.ts';
import { environment, name, openCluster } from './cluster.ts';
import { type Lock, lockFile } from './lock.ts';
import { claim } from './ownership.ts';

/** A running embedded server. */
export interface Postgres {
  /** With the password: never to be logged. */
  url: string;
  /** Resolves when the server is gone and its files are at rest. */
  stop(): Promise<void>;
}

/** What is asked of the logger. */
export interface Log {
  debug(message: string): void;
  error(message: string): void;
}

/**
 * Starts the embedded Postgres of a data folder, made at its first start. It listens on 127.0.0.1 only, and ends when
 * this process ends, however that happens. A `Mistake` when another process uses the folder, or it cannot be used.
 * @param flags more command line for the server, as `['-c', 'fsync=off']`
 */
export async function startPostgres(folder: string, log: Log, flags: string[] = []): Promise<Postgres> {
  const binaries = findBinaries();
  const home = join(folder, 'postgres');
  let lock: Lock | undefined;
  try {
    const owner = chooseOwner(home);
    makeFolder(folder, owner);
    lock = await lockFile(
      join(folder, 'postgres.lock'),
      (by) => `${folder} is in use by another Latchkey (${by}): stop it, or set LATCHKEY_DATA to another folder`,
    );
    claim(home, owner);
    const account = accountOf(owner, binaries.postgres, folder);
    const { files, password } = await openCluster(folder, home, account, binaries);
    // The lock says that no server lives on these files: a lock file of Postgres is a dead one's.
    rmSync(join(files, 'postmaster.pid'), { force: true });
    const { child, port } = await serve(account, lock, [binaries.postgres, '-D', files, ...settings, ...flags], log);
    return { url: `postgres://${name}:${password}@127.0.0.1:${port}/${name}`, stop: watch(child, lock) };
  } catch (error) {
    lock?.release();
    const { code, path } = error as NodeJS.ErrnoException;
    if (!code || !path) throw error;
    throw new Mistake(`LATCHKEY_DATA: ${path} cannot be made, read or written (${code}): choose another folder`);
  }
}

/** Another program may take the free port before Postgres does: then the next one is tried. */
async function serve(account: Account, lock: Lock, command: string[], log: Log) {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const child = launch(account, lock.fd, [...command, '-p', String(port)]);
    const failed = await readiness(child, log);
    if (failed === undefined) return { child, port };
    const taken = failed.includes('could not create any TCP/IP sockets');
    if (!taken || attempt === 5) throw new Mistake(`The embedded Postgres did not start: ${failed}`);
  }
}

const settings = [
  ...['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'password_encryption=scram-sha-256'],
  ...['TimeZone=UTC', 'log_timezone=UTC', 'lc_messages=C', 'logging_collector=off', 'log_destination=stderr'],
  // Statements and their values are not the log's business; `log` ranks above `error` here.
  ...['log_min_messages=log', 'log_min_error_statement=panic', 'log_error_verbosity=terse', 'log_line_prefix='],
  // One process fewer each to start; the just-in-time compiler does not pay for short statements.
  ...['io_method=sync', 'max_logical_replication_workers=0', 'log_checkpoints=off', 'jit=off', 'huge_pages=off'],
].flatMap((setting) => ['-c', setting]);

/**
 * Runs the server until it ends, or until our end of stdin closes: then it is asked to shut down fast. The kernel closes
 * our end even when we are killed. Signals of the terminal or a supervisor are for us: we drain first.
 */
const guard = `trap '' INT TERM HUP
exec 4<&0
"$@" </dev/null 4<&- & server=$!
{ read -r _ <&4; kill -INT $server; } 3<&- >/dev/null 2>&1 & watch=$!
wait $server; status=$?
kill -KILL $watch 2>/dev/null
exit $status`;

function launch({ prefix, options }: Account, lock: number, command: string[]): ChildProcess {
  const [program = '', ...args] = [...prefix, '/bin/sh', '-c', guard, 'sh', ...command];
  const stdio: ('pipe' | 'ignore' | number)[] = ['pipe', 'ignore', 'pipe', lock];
  return spawn(program, args, { ...options, cwd: '/', env: environment, detached: true, stdio });
}

/** Undefined once the server takes connections, else why it does not. */
function readiness(child: ChildProcess, log: Log): Promise<string | undefined> {
  return new Promise((resolve) => {
    const said: string[] = [];
    child.on('error', (error) => resolve(error.message));
    child.on('close', () =>
      resolve(said.findLast((line) => /^(FATAL|PANIC)/.test(line)) ?? said.at(-1) ?? 'no reason given'),
    );
    if (!child.stderr) return;
    createInterface({ input: child.stderr }).on('line', (line) => {
      if (said.push(line) > 20) said.shift();
      if (line.includes('database system is ready to accept connections')) resolve(undefined);
      if (/^(FATAL|PANIC)/.test(line)) log.error(`postgres: ${line}`);
      else log.debug(`postgres: ${line}`);
    });
  });
}

function watch(child: ChildProcess, lock: Lock): () => Promise<void> {
  let stopping = false;
  const gone = new Promise<void>((resolve) => {
    child.once('exit', (code, signal) => {
      lock.release();
      resolve();
      // Nothing goes on without it: this ends the process as any other uncaught error does.
      if (!stopping) throw new Mistake(`The embedded Postgres ended by itself (${signal ?? code})`);
    });
  });
  return () => {
    stopping = true;
    child.stdin?.destroy();
    return gone;
  };
}

/** Makes the data folder ours alone, but for Postgres's group to pass through; a folder that is there stays as it is. */
function makeFolder(folder: string, owner: Owner | undefined) {
  mkdirSync(dirname(folder), { recursive: true });
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST' && statSync(folder).isDirectory()) return;
    throw error;
  }
  if (!owner) return;
  chownSync(folder, 0, owner.gid);
  chmodSync(folder, 0o710);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
