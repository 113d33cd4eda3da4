import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { Mistake } from '../../mistake.ts';

/** A user of the operating system. */
export interface Owner {
  uid: number;
  gid: number;
}

/** How a program is started as the user that Postgres runs as. */
export interface Account {
  /** Who owns the database's files; unset when it is whoever runs this process. */
  owner?: Owner | undefined;
  /** What goes before a program and its arguments. */
  prefix: string[];
  /** What `spawn` is told. */
  options: Partial<Owner>;
}

/**
 * Postgres refuses to run as root. Then it runs as the owner of its folder when that exists, else as `postgres`, else as
 * `nobody`. Undefined when this process is not root.
 */
export function chooseOwner(home: string): Owner | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const { uid, gid } = statSync(home, { throwIfNoEntry: false }) ?? { uid: 0, gid: 0 };
  const owner = uid === 0 ? (named('postgres') ?? named('nobody')) : { uid, gid };
  if (!owner) throw new Mistake('Postgres cannot run as root: add a user named postgres, or set DATABASE_URL');
  return owner;
}

/**
 * How programs run as `owner`. Where that user may not enter one of `paths` (a clone under /root, say), it is lent the
 * one capability that opens folders, so that no folder's mode is changed. A `Mistake` where that cannot be done.
 * @param program the server, tried once when a capability is lent
 */
export function accountOf(owner: Owner | undefined, program: string, folder: string): Account {
  if (!owner) return { prefix: [], options: {} };
  const enters = ['-c', 'test -x "$1" && test -x "$2"', 'sh', program, folder];
  if (spawnSync('/bin/sh', enters, { ...owner, cwd: '/' }).status === 0) return { owner, prefix: [], options: owner };

  const capability = lendable();
  const caps = ['--inh-caps', `-all,+${capability}`, '--ambient-caps', `+${capability}`, '--no-new-privs'];
  // Without this bit access(2), which the programs ask whether they may, leaves the capability out of account.
  caps.push('--securebits', '+no_setuid_fixup');
  const lent = ['--reuid', String(owner.uid), '--regid', String(owner.gid), '--clear-groups', ...caps];
  if (!capability || spawnSync('setpriv', [...lent, program, '--version'], { cwd: '/' }).status !== 0)
    throw new Mistake(
      `Postgres, which refuses to run as root, may not enter ${program} or ${folder} as user ${owner.uid}: keep the ` +
        'clone and LATCHKEY_DATA out of private folders, start as another user, or set DATABASE_URL',
    );
  return { owner, prefix: ['setpriv', ...lent], options: {} };
}

function named(name: string): Owner | undefined {
  const [uid, gid] = ['-u', '-g'].map((flag) => spawnSync('id', [flag, name], { encoding: 'utf8' }));
  return uid?.status === 0 && gid?.status === 0 ? { uid: Number(uid.stdout), gid: Number(gid.stdout) } : undefined;
}

/** The capability of this process that lets another user pass through closed folders; Docker leaves only the wider. */
function lendable(): 'dac_read_search' | 'dac_override' | undefined {
  if (process.platform !== 'linux') return undefined;
  const permitted = BigInt(`0x${/^CapPrm:\s*(\w+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0}`);
  if (permitted & 4n) return 'dac_read_search';
  return permitted & 2n ? 'dac_override' : undefined;
}
