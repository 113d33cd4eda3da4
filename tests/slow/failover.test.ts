import { execFile } from 'node:child_process';
import { appendFileSync, existsSync, readdirSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeKey } from '../../src/core/api_keys/form.ts';
import { digest } from '../../src/core/credentials/digest.ts';
import { connect } from '../../src/database/database.ts';
import { freePort } from '../support/free_port.ts';
import { openProxy, type PostgresProxy } from '../support/postgres_proxy.ts';
import { type Program, ready, startProgram } from '../support/process.ts';

// Postgres as Debian packs it, with a standby: `apt-get install postgresql`. Without one there is nothing to see.
const debian = '/usr/lib/postgresql';
const [version] = existsSync(debian) ? readdirSync(debian) : [];
const bin = `${debian}/${version}/bin`;
const failovers = Number(process.env.REVOCATION_FAILOVERS ?? 2);
const run = promisify(execFile);
/** As another user where we are root, whom Postgres does not let in. */
const as = (program: string, ...args: string[]) =>
  process.getuid?.() === 0 ? run('runuser', ['-u', 'postgres', '--', program, ...args]) : run(program, args);

interface Server {
  folder: string;
  port: number;
  url: string;
}

let folder: string;
let made = 0;
const place = async (): Promise<Server> => {
  const port = await freePort();
  made += 1;
  return { folder: join(folder, `server${made}`), port, url: `postgres://app@127.0.0.1:${port}/postgres` };
};
const settings = (port: number) => ['-o', `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=''`];
const begin = ({ folder, port }: Server) =>
  as(`${bin}/pg_ctl`, '-w', '-D', folder, '-l', `${folder}.log`, ...settings(port), 'start');
const kill = ({ folder }: Server) => as(`${bin}/pg_ctl`, '-D', folder, '-m', 'immediate', 'stop');

async function makePrimary(): Promise<Server> {
  const server = await place();
  await as(`${bin}/initdb`, '-D', server.folder, '-U', 'app', '--auth', 'trust', '-E', 'UTF8', '--locale', 'C');
  appendFileSync(join(server.folder, 'postgresql.conf'), 'fsync = off\nsynchronous_commit = on\nmax_wal_senders = 5\n');
  await begin(server);
  return server;
}

/** A standby, by a wire that can be cut, in step with its primary. */
async function makeStandby(primary: Server): Promise<Server & { wire: PostgresProxy }> {
  const wire = await openProxy(primary.url);
  const server = await place();
  await as(`${bin}/pg_basebackup`, '-d', wire.url, '-D', server.folder, '-R', '-X', 'stream', '-c', 'fast');
  await begin(server);
  const db = connect(primary.url);
  const state = async () => (await db.raw('select state from pg_stat_replication')).rows[0]?.state;
  while ((await state()) !== 'streaming') await new Promise((resolve) => setTimeout(resolve, 50));
  await db.destroy();
  return { ...server, wire };
}

async function setSynchronous({ url }: Server, names: string) {
  const db = connect(url);
  await db.raw(`alter system set synchronous_standby_names = '${names}'`);
  await db.raw('select pg_reload_conf()');
  await db.destroy();
}

describe.skipIf(version === undefined)('when Postgres fails over', () => {
  let primary: Server;
  let standby: Awaited<ReturnType<typeof makeStandby>>;
  let proxy: PostgresProxy;
  const ships: Program[] = [];
  const bases: string[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'latchkey-failover-'));
    await chmod(folder, 0o777);
    primary = await makePrimary();
    standby = await makeStandby(primary);
    await setSynchronous(primary, '*');
    proxy = await openProxy(primary.url);
    for (const at of [0, 1]) {
      ships[at] = startProgram('src/main.ts', {
        PATH: process.env.PATH ?? '',
        ...{ HOST: '127.0.0.1', PORT: '0', DATABASE_URL: proxy.url, LATCHKEY_DATA: join(folder, 'data') },
        ...{ LATCHKEY_OWNER_PASSWORD: 'correct horse battery staple', LATCHKEY_FAILURES_PER_MINUTE: '0' },
      });
      bases[at] = (await ships[at].said(ready))[1] as string;
    }
  }, 240_000);
  afterAll(async () => {
    for (const { child, ended } of ships) {
      child.kill('SIGKILL');
      await ended;
    }
    await proxy?.close();
    await standby?.wire.close();
    for (const server of [primary, standby]) if (server) await kill(server).catch(() => {});
    await rm(folder, { recursive: true, force: true });
  });

  /** Once a process answers at all. */
  const accepted = async (base: string, key: string): Promise<boolean> => {
    for (;;) {
      const asked = fetch(`${base}/v1/forward-auth`, { headers: { authorization: `Bearer ${key}` } });
      const { status } = await asked.catch(() => ({ status: 503 }));
      if (status < 500) return status === 200;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  /** A key that both remember is revoked at one; in the moment of the answer the primary dies, and the standby takes its place. */
  const failOver = async (before: () => void): Promise<boolean[]> => {
    const key = makeKey();
    const uuid = crypto.randomUUID();
    const db = connect(proxy.url);
    const row = {
      uuid,
      hash: digest(key),
      prefix: 'mgp_test',
      name: 'k',
      account_id: 1,
      user_id: 1,
      checksummed: true,
    };
    await db('api_keys').insert(row);
    await db.destroy();
    for (const base of [...bases, ...bases]) expect(await accepted(base, key)).toBe(true);
    before();
    const revoked = await fetch(`${bases[0]}/v1/keys/key_${uuid.replaceAll('-', '')}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${key}` },
    });
    expect(revoked.status).toBe(204);
    await kill(primary);
    await as(`${bin}/pg_ctl`, '-w', '-D', standby.folder, 'promote');
    proxy.turnTo(standby.url);
    const answers = await Promise.all(bases.map((base) => accepted(base, key)));
    await standby.wire.close();
    primary = standby;
    return answers;
  };

  it(
    `${failovers} times, with a synchronous standby: what was revoked stays so`,
    async () => {
      const seen: boolean[] = [];
      for (let time = 0; time < failovers; time += 1) {
        seen.push(...(await failOver(() => {})));
        // Nothing is committed until there is a standby again.
        await setSynchronous(primary, '');
        standby = await makeStandby(primary);
        await setSynchronous(primary, '*');
      }
      process.stdout.write(`${failovers} failovers, ${seen.filter(Boolean).length} accepted after\n`);
      expect(seen).toEqual(Array(2 * failovers).fill(false));
    },
    60_000 + failovers * 30_000,
  );

  it('asynchronously, with a standby that lags: the revocation is lost, as the documentation says', async () => {
    await setSynchronous(primary, '');
    expect(await failOver(() => standby.wire.freeze('all'))).toEqual([true, true]);
  });
});
