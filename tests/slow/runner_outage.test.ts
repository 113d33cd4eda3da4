import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it, vi } from 'vitest';
import { startBlockRunner } from '../support/block_runner.ts';
import type { Body } from '../support/mage.ts';
import { type Program, ready, startProgram } from '../support/process.ts';

const LATCHKEY_DATA = mkdtempSync(join(tmpdir(), 'latchkey-runner-outage-'));
const LATCHKEY_APPLICATION_KEY = 'freshapplicationkey000000000000000000000';
const password = 'correct horse battery staple';
const started: Program[] = [];
afterAll(async () => {
  for (const { child, ended } of started) {
    child.kill('SIGKILL');
    await ended;
  }
  rmSync(LATCHKEY_DATA, { recursive: true, force: true });
});

const freePort = () =>
  new Promise<string>((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(String(port)));
    });
  });

it('a server that is killed while a block is at work: the run goes on with the next one, and each block runs once', async () => {
  const PORT = await freePort();
  const start = async () => {
    const settings = { LATCHKEY_DATA, LATCHKEY_APPLICATION_KEY, PORT, LATCHKEY_OWNER_PASSWORD: password };
    const program = startProgram('src/main.ts', { ...settings, LATCHKEY_DRAIN_SECONDS: '0' });
    started.push(program);
    return [program, (await program.said(ready))[1] ?? ''] as const;
  };
  const [first, url] = await start();
  let cookie = '';
  const call = async (method: string, path: string, body?: object): Promise<Body> => {
    const headers = {
      'X-API-KEY': LATCHKEY_APPLICATION_KEY,
      'Content-Type': 'application/json',
      ...(cookie && { cookie }),
    };
    const answer = await fetch(`${url}/api${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) });
    return answer.json();
  };
  const { session } = await call('POST', '/sessions', { session: { email: 'owner@localhost', password } });
  cookie = `oauth_token=${session.token}`;
  const signedIn = await fetch(`${url}/v1/sessions`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ email: 'owner@localhost', password }),
  });
  const { access_token } = (await signedIn.json()) as Body;
  const made = await fetch(`${url}/v1/keys`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${access_token}` },
    body: JSON.stringify({ name: 'runner', scopes: ['runs:execute'] }),
  });
  const { key } = (await made.json()) as Body;
  const runner = await startBlockRunner(url, key, ['--runs', '1']);
  const done = join(LATCHKEY_DATA, 'done');
  const block = (name: string, seconds: number, upstream_blocks: string[]) => {
    const content =
      `import time\n@custom\ndef give(*args, **kwargs):\n    print("at work", flush=True)\n    time.sleep(${seconds})\n` +
      `    open(${JSON.stringify(done)}, "a").write("${name}\\n")\n    return 1\n`;
    return call('POST', '/pipelines/etl/blocks', { block: { name, type: 'custom', content, upstream_blocks } });
  };
  await call('POST', '/pipelines', { pipeline: { name: 'etl' } });
  await block('a', 4, []);
  await block('b', 0, ['a']);
  const its = { name: 'api1', schedule_type: 'api', status: 'active' };
  const { pipeline_schedule } = await call('POST', '/pipelines/etl/pipeline_schedules', { pipeline_schedule: its });
  const { pipeline_run } = await call('POST', `/pipeline_schedules/${pipeline_schedule.id}/pipeline_runs`, {});
  const until = (holds: (run: Body) => boolean) =>
    vi.waitFor(
      async () => {
        const run = (await call('GET', `/pipeline_runs/${pipeline_run.id}`)).pipeline_run;
        if (!holds(run)) throw new Error(JSON.stringify(run));
        return run;
      },
      { timeout: 30_000, interval: 100 },
    );
  await until(({ block_runs }) => block_runs[0].status === 'running');

  first.child.kill('SIGKILL');
  expect(await first.ended).toBe('SIGKILL');
  await start();
  const run = await until(({ status }) => !['initial', 'running'].includes(status));
  expect([run.status, readFileSync(done, 'utf8')]).toEqual(['completed', 'a\nb\n']);
  expect(runner.output()).toContain('The server answers again.');
  expect(await runner.stop()).toBe(0);
});
