import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Program, ready, startProgram } from '../support/process.ts';

let folder: string;
let program: Program;
let url: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-processes-'));
  program = startProgram('src/main.ts', {
    PATH: process.env.PATH ?? '',
    ...{ HOST: '127.0.0.1', PORT: '0', LATCHKEY_DATA: folder, LATCHKEY_PROCESSES: '3', LATCHKEY_DRAIN_SECONDS: '0' },
    ...{ LATCHKEY_OWNER_PASSWORD: 'correct horse battery staple', LATCHKEY_FAILURES_PER_MINUTE: '0' },
  });
  url = (await program.said(ready))[1] as string;
}, 180_000);
afterAll(async () => {
  program.child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
});

/** The servers among the children of the one that began them. */
const workers = () =>
  execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(program.child.pid)], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => /main\.ts/.test(line))
    .map((line) => Number.parseInt(line, 10));
const ask = (method: string, path: string, key: string, body?: object) =>
  fetch(url + path, {
    method,
    // A connection each, so that they go to all in turn.
    headers: { connection: 'close', 'content-type': 'application/json', authorization: `Bearer ${key}` },
    ...(body && { body: JSON.stringify(body) }),
  });

it('so many processes answer on one port, and one block says so', () => {
  expect(workers()).toHaveLength(3);
  expect(program.output().match(/ is ready\./g)).toHaveLength(1);
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
}, 60_000);

it('one that dies is replaced, and the others answer meanwhile', async () => {
  const before = workers();
  process.kill(before[0] as number, 'SIGKILL');
  await expect.poll(workers, { timeout: 30_000 }).not.toContain(before[0]);
  expect((await ask('GET', '/healthz', '')).status).toBe(200);
  await expect.poll(() => workers().length, { timeout: 30_000 }).toBe(3);
  expect(program.output()).toContain('another takes its place');
}, 60_000);

it('SIGTERM ends them all, and leaves nothing running', async () => {
  const pids = workers();
  program.child.kill('SIGTERM');
  expect(await program.ended).toBe(0);
  for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
}, 60_000);
