import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect as dial } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../../src/database/database.ts';
import { type Postgres, startPostgres } from '../../src/database/postgres/server.ts';
import { startProgram } from '../support/process.ts';
import { silent } from '../support/silent.ts';

const base = mkdtempSync(join(tmpdir(), 'latchkey-postgres-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));

const start = (folder: string) => startProgram('tests/slow/postgres-program.ts', {}, [folder]);
const started = async (folder: string) => {
  const program = start(folder);
  const [, count, url = ''] = await program.said(/^(\d+) (postgres:.+)$/m);
  return { ...program, count: Number(count), url };
};
const stop = async ({ child, ended }: ReturnType<typeof start>) => {
  child.kill('SIGTERM');
  expect(await ended).toBe(0);
};
const pidFile = (folder: string) => join(folder, 'postgres', 'files', 'postmaster.pid');
const isAlive = (pid: number) => existsSync(`/proc/${pid}`);
const serverOf = (folder: string) => Number(readFileSync(pidFile(folder), 'utf8').split('\n', 1)[0]);

describe('the embedded Postgres, from one start to the next', { timeout: 30_000 }, () => {
  const folder = join(base, 'main');

  it('refuses a second process on its folder with one line, also when both are the first', async () => {
    const two = [start(folder), start(folder)];
    const said = await Promise.all(two.map(({ said }) => said(/^.+$/m).then(([line]) => line)));
    const [winner, loser] = said[0]?.startsWith('1 ') ? two : two.toReversed();
    expect(await loser?.ended).toBe(1);
    expect(loser?.output()).toBe(
      `Mistake: ${folder} is in use by another Latchkey (process ${winner?.child.pid}): stop it, or set LATCHKEY_DATA to another folder\n`,
    );
    expect(winner?.output()).toMatch(/^1 /);
    if (winner) await stop(winner);
  });

  it('ends with a process that is killed, and keeps what it knew', async () => {
    const killed = await started(folder);
    const server = serverOf(folder);
    killed.child.kill('SIGKILL');
    await killed.ended;
    const next = await started(folder);
    expect(next.count).toBe(killed.count + 1);
    expect(isAlive(server)).toBe(false);
    await stop(next);
  });

  it('ends the process when it is killed itself, and keeps what it knew', async () => {
    const widowed = await started(folder);
    process.kill(serverOf(folder), 'SIGKILL');
    expect(await widowed.ended).toBe(1);
    expect(widowed.output()).toContain('ended by itself');
    const next = await started(folder);
    expect(next.count).toBe(widowed.count + 1);
    await stop(next);
  });

  it.each(['a dead process', 'a living stranger'])('is not held up by a lock file of %s', async (whose) => {
    const stranger = spawn('sleep', ['60']);
    if (whose === 'a dead process') {
      stranger.kill();
      await once(stranger, 'exit');
    }
    writeFileSync(
      pidFile(folder),
      `${stranger.pid}\n${folder}/postgres/files\n1700000000\n5432\n\n127.0.0.1\n  1 1\nready\n`,
    );
    writeFileSync(join(folder, 'postgres.lock'), `${stranger.pid}`);
    const next = await started(folder);
    expect(next.count).toBeGreaterThan(1);
    await stop(next);
    stranger.kill();
  });

  it('does not keep the start of one that broke off while it made its files', async () => {
    const broken = join(base, 'broken');
    mkdirSync(join(broken, 'postgres.unfinished-abc', 'files'), { recursive: true });
    const next = await started(broken);
    expect(next.count).toBe(1);
    expect(existsSync(join(broken, 'postgres.unfinished-abc'))).toBe(false);
    await stop(next);
  });
});

describe('the embedded Postgres', { timeout: 30_000 }, () => {
  const closed = join(base, 'closed');
  const odd = ['with space', `it's "quoted" $(touch pwned) \`id\``, 'ünï ☂ 日本', 'long'.repeat(50)];
  const folder = join(closed, ...odd, 'data');
  let server: Postgres;
  beforeAll(async () => {
    mkdirSync(closed, { mode: 0o700 });
    server = await startPostgres(folder, silent);
  });
  afterAll(() => server.stop());

  it('runs in a folder of any name and length, below one that only its owner may enter, and changes no mode', async () => {
    const db = connect(server.url);
    const { rows } = await db.raw(`select current_database(), current_setting('data_directory') as files`);
    expect(rows).toEqual([{ current_database: 'latchkey', files: join(folder, 'postgres', 'files') }]);
    await db.destroy();
    expect(statSync(closed).mode & 0o777).toBe(0o700);
  });

  it('listens on 127.0.0.1 only', async () => {
    const port = Number(new URL(server.url).port);
    const answers = (host: string) =>
      new Promise<boolean>((resolve) => {
        const socket = dial({ host, port, timeout: 2_000 }, () => resolve(true));
        socket.on('error', () => resolve(false)).on('timeout', () => resolve(false));
        socket.on('connect', () => socket.destroy());
      });
    expect(await answers('127.0.0.1')).toBe(true);
    const others = Object.values(networkInterfaces()).flatMap((list = []) => list.map(({ address }) => address));
    for (const address of others.filter((address) => address !== '127.0.0.1'))
      expect(await answers(address)).toBe(false);
    const db = connect(server.url);
    const shown = await db.raw(
      `select current_setting('listen_addresses') a, current_setting('unix_socket_directories') u`,
    );
    expect(shown.rows).toEqual([{ a: '127.0.0.1', u: '' }]);
    await db.destroy();
  });

  it.each(['', 'latchkey', 'postgres', 'password'])('does not open to the password "%s"', async (password) => {
    const db = connect(Object.assign(new URL(server.url), { password }).href);
    await expect(db.raw('select 1')).rejects.toThrow(/password/);
    await db.destroy();
  });

  it('does not open without a password to anyone, and the password is 32 random bytes that others may not read', async () => {
    const rules = readFileSync(join(folder, 'postgres', 'files', 'pg_hba.conf'), 'utf8');
    const methods = rules
      .split('\n')
      .filter((line) => /^[a-z]/.test(line))
      .map((line) => line.split(/\s+/).at(-1));
    expect(new Set(methods)).toEqual(new Set(['scram-sha-256']));
    expect(Buffer.from(new URL(server.url).password, 'base64url')).toHaveLength(32);
    expect(statSync(join(folder, 'postgres')).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, 'postgres', 'password')).mode & 0o777).toBe(0o600);
    // Root lets the group of Postgres, which it cannot run itself, pass through; nobody may look around.
    expect(statSync(folder).mode & 0o777).toBe(process.getuid?.() === 0 ? 0o710 : 0o700);
  });

  it('says what to mend when its folder cannot be made', async () => {
    writeFileSync(join(base, 'file'), '');
    await expect(startPostgres(join(base, 'file', 'data'), silent)).rejects.toThrow(
      /^LATCHKEY_DATA: .+ \((ENOTDIR|EEXIST)\)/,
    );
  });
});
