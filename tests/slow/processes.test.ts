import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Program, ready, startProgram } from '../support/process.ts';

// As many as there are cores, or two where there is but one.
const size = Math.max(2, availableParallelism());
const processes = availableParallelism() > 1 ? 'auto' : '2';

let folder: string;
let program: Program;
let url: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-processes-'));
  program = startProgram('src/main.ts', {
    PATH: process.env.PATH ?? '',
    ...{
      HOST: '127.0.0.1',
      PORT: '0',
      LATCHKEY_DATA: folder,
      LATCHKEY_PROCESSES: processes,
      LATCHKEY_DRAIN_SECONDS: '0',
    },
    ...{ LATCHKEY_OWNER_PASSWORD: 'correct horse battery staple', LATCHKEY_FAILURES_PER_MINUTE: '0' },
  });
  url = (await program.said(ready))[1] as string;
}, 180_000);
afterAll(async () => {
  program.child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
});

const childrenOf = (pid: number | undefined) => {
  try {
    const lines = execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(pid)], { encoding: 'utf8' });
    return lines.split('\n').map((line) => ({ pid: Number.parseInt(line, 10), line }));
  } catch {
    return [];
  }
};
/** The servers among the children of the one that began them. */
const workers = () =>
  childrenOf(program.child.pid)
    .filter(({ line }) => /main\.ts/.test(line))
    .map(({ pid }) => pid);
const ask = (method: string, path: string, key: string, body?: object) =>
  fetch(url + path, {
    method,
    // A connection each, so that they go to all in turn.
    headers: { connection: 'close', 'content-type': 'application/json', authorization: `Bearer ${key}` },
    ...(body && { body: JSON.stringify(body) }),
    // What was handed to a process in the moment of its death is answered by nobody.
    signal: AbortSignal.timeout(5_000),
  });

it('as many processes as cores answer on one port, and one block says so', () => {
  expect(workers()).toHaveLength(size);
  expect(program.output().match(/ is ready\./g)).toHaveLength(1);
});

it('the embedded Postgres runs under the process that began them', () => {
  const isPostgres = ({ line }: { line: string }) => /postgres/.test(line);
  expect(childrenOf(program.child.pid).some(isPostgres)).toBe(true);
  for (const worker of workers()) expect(childrenOf(worker).some(isPostgres)).toBe(false);
});

it('what one of them revokes, none accepts', async () => {
  const signIn = { email: 'owner@localhost', password: 'correct horse battery staple' };
  const session = (await (await ask('POST', '/v1/sessions', '', signIn)).json()) as { access_token: string };
  for (let trial = 0; trial < 10; trial += 1) {
    const made = await ask('POST', '/v1/keys', session.access_token, { name: 'one' });
    const { key, id } = (await made.json()) as { key: string; id: string };
    const all = () => Promise.all(Array.from({ length: 9 }, async () => (await ask('GET', '/v1/me', key)).status));
    expect(await all()).toEqual(Array(9).fill(200));
    expect((await ask('DELETE', `/v1/keys/${id}`, session.access_token)).status).toBe(204);
    expect(await all()).toEqual(Array(9).fill(401));
  }
});

it('one that dies under load is replaced: every other connection is answered, by those that can', async () => {
  const before = workers();
  const died = () => program.output().split('another takes its place').length;
  const deaths = died();
  const statuses: unknown[] = [];
  let going = true;
  const caller = async () => {
    while (going) {
      // What was asked before its death was heard of may have been asked of it.
      const isAfter = died() > deaths;
      const status = await ask('GET', '/readyz', '').then(
        async (answer) => answer.text().then(() => answer.status),
        (error) => error,
      );
      if (isAfter) statuses.push(status);
    }
  };
  const callers = Array.from({ length: 8 }, caller);
  try {
    process.kill(before.at(-1) as number, 'SIGKILL');
    await expect.poll(died, { timeout: 30_000 }).toBe(deaths + 1);
    await expect.poll(() => workers().length, { timeout: 30_000 }).toBe(size);
    const [made] = workers().filter((pid) => !before.includes(pid));
    const isReady = new RegExp(`"process":${made},.* is ready`);
    await expect.poll(() => program.output(), { timeout: 60_000 }).toMatch(isReady);
    const enough = statuses.length + 100;
    await expect.poll(() => statuses.length, { timeout: 60_000 }).toBeGreaterThan(enough);
  } finally {
    going = false;
  }
  await Promise.all(callers);
  expect(statuses.filter((status) => status !== 200)).toEqual([]);
});

it('one that dies is replaced, and the others answer meanwhile', async () => {
  const before = workers();
  process.kill(before[0] as number, 'SIGKILL');
  await expect.poll(workers, { timeout: 30_000 }).not.toContain(before[0]);
  await expect.poll(async () => (await ask('GET', '/healthz', '').catch(() => undefined))?.status).toBe(200);
  await expect.poll(() => workers().length, { timeout: 30_000 }).toBe(size);
  expect(program.output()).toContain('another takes its place');
});

it('those that die as soon as they begin are begun again ever more slowly', async () => {
  const waits = () => [...program.output().matchAll(/"again_in_ms":(\d+)/g)].map(([, ms]) => Number(ms));
  const before = waits().length;
  while (waits().length < before + 3) {
    const seen = waits().length;
    process.kill(workers()[0] as number, 'SIGKILL');
    await expect.poll(() => waits().length, { timeout: 30_000 }).toBe(seen + 1);
    await expect.poll(() => workers().length, { timeout: 30_000 }).toBe(size);
  }
  const [first = 0, second, third] = waits().slice(-3);
  expect([second, third]).toEqual([2 * first, 4 * first]);
  await expect
    .poll(async () => (await ask('GET', '/readyz', '').catch(() => undefined))?.status, { timeout: 90_000 })
    .toBe(200);
}, 180_000);

it('SIGTERM ends them all, and leaves nothing running', async () => {
  const pids = workers();
  program.child.kill('SIGTERM');
  expect(await program.ended).toBe(0);
  for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
});
