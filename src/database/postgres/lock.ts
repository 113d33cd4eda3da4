import { spawnSync } from 'node:child_process';
import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Mistake } from '../../mistake.ts';

/** A lock that the kernel keeps while this descriptor, or a child's copy of it, is open. */
export interface Lock {
  fd: number;
  release(): void;
}

/** Somebody else holds the lock, and lives. */
export class Held extends Mistake {}

const patience = 10_000;
/** What the two programs below exit with when another holds the lock. */
const held = 75;

/**
 * Locks a file, made when it is missing, for as long as this process or a child that was given `fd` lives: no crash
 * leaves it locked. A `Mistake` when another live process holds it. A holder that died is waited for, up to 10 s: its
 * database is on its way down.
 */
export async function lockFile(path: string, inUse: (process: string) => string): Promise<Lock> {
  const fd = openSync(path, 'a+', 0o600);
  try {
    const deadline = Date.now() + patience;
    while (!tryLock(fd)) {
      const holder = Number(readFileSync(path, 'utf8'));
      if (isAlive(holder) || Date.now() > deadline)
        throw new Held(inUse(holder ? `process ${holder}` : 'starting or stopping'));
      await sleep(50);
    }
    ftruncateSync(fd);
    writeSync(fd, String(process.pid));
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  return { fd, release: () => closeSync(fd) };
}

/** Node cannot call flock(2), but a child can: the lock belongs to the open file, which both share. */
function tryLock(fd: number): boolean {
  const programs = [
    ['flock', '-n', '-E', `${held}`, '3'],
    ['perl', '-e', `open(F, "<&=3") && flock(F, 6) or exit ${held}`],
  ];
  for (const [program = '', ...args] of programs) {
    const { status } = spawnSync(program, args, { stdio: ['ignore', 'ignore', 'ignore', fd] });
    if (status === 0 || status === held) return status === 0;
  }
  throw new Mistake(
    'The embedded Postgres needs the program flock (util-linux) or perl: install it, or set DATABASE_URL',
  );
}

function isAlive(pid: number): boolean {
  // In a container a restarted process often has the number of the one before it.
  if (!pid || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
