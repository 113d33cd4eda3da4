import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Knex } from 'knex';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { makeKey } from '../../src/core/api_keys/form.ts';
import { digest } from '../../src/core/credentials/digest.ts';
import { connect } from '../../src/database/database.ts';
import { runningUrl } from '../../src/database/postgres/cluster.ts';
import type { Body } from '../support/mage.ts';
import { type Program, ready, startProgram } from '../support/process.ts';
import { pythonRunner } from '../support/python_runner.ts';

// A server with its own Postgres, and a runner beside it, killed with SIGKILL at each state of a run: no run is lost, and no block is
// done twice unless its `retries` say so. What a block does is a line in a file.

const base = mkdtempSync(join(tmpdir(), 'latchkey-mage-crash-'));
const data = join(base, 'data');
const applicationKey = 'crashapplicationkey000000000000000000000';
const key = makeKey();
const password = 'a password of this test';
let port = 0;
let server: Program;
const runners: Program[] = [];
let db: Knex;
let headers: Record<string, string>;

const freePort = () =>
  new Promise<number>((resolve) => {
    const taken = createServer().listen(0, '127.0.0.1', () => {
      const { port } = taken.address() as { port: number };
      taken.close(() => resolve(port));
    });
  });

async function startServer(): Promise<void> {
  server = startProgram('src/main.ts', {
    ...{ LATCHKEY_DATA: data, PORT: String(port), HOST: '127.0.0.1', LATCHKEY_DRAIN_SECONDS: '0' },
    ...{ LATCHKEY_OWNER_PASSWORD: password, LATCHKEY_APPLICATION_KEY: applicationKey, PATH: process.env.PATH ?? '' },
  });
  await server.said(ready);
  db = connect(runningUrl(data) as string);
}

function startRunner(): Program {
  const runner = pythonRunner(`http://127.0.0.1:${port}`, key, join(base, 'work'));
  runners.push(runner);
  return runner;
}

const call = async (method: string, path: string, body?: object): Promise<Body> => {
  const answer = await fetch(`http://127.0.0.1:${port}/api${path}`, {
    method,
    headers: { ...headers, 'Content-Type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  return answer.json();
};

async function killed({ child, ended }: Program): Promise<void> {
  child.kill('SIGKILL');
  await ended;
}

/** What is killed, and what has to be started again after it. */
const victims: Record<string, () => Promise<void>> = {
  async 'the server'() {
    await db.destroy();
    await killed(server);
  },
  async Postgres() {
    await db.destroy();
    const [pid] = readFileSync(join(data, 'postgres/files/postmaster.pid'), 'utf8').split('\n');
    process.kill(Number(pid), 'SIGKILL');
    // The server that has started it goes with it, and whoever looks after the server starts it again.
    expect(await server.ended).toBe(1);
  },
};

beforeAll(async () => {
  port = await freePort();
  await startServer();
  await db('api_keys').insert({
    ...{ hash: digest(key), prefix: key.slice(0, 8), name: 'runner', account_id: 1, user_id: 1, checksummed: true },
  });
  headers = { 'X-API-KEY': key };
}, 180_000);
afterAll(async () => {
  await db?.destroy();
  await killed(server);
  rmSync(base, { recursive: true, force: true });
});
beforeEach(() => void startRunner());
afterEach(async () => {
  for (const runner of runners.splice(0)) await killed(runner);
});

let count = 0;
/** A pipeline of two blocks, one after the other; each writes that it begins, waits until it may end, and writes that. */
async function pipeline(retries = 0) {
  count += 1;
  const name = `crash_${count}`;
  const file = (what: string) => join(base, `${name}.${what}`);
  const code = (block: string) => `import os, time
@custom
def work(*args, **kwargs):
    with open(${JSON.stringify(file('at'))} + '.${block}', 'w') as at:
        at.write(str(time.time()))
    with open(${JSON.stringify(file('log'))}, 'a') as log:
        log.write('${block} begins\\n')
    while not os.path.exists(${JSON.stringify(file(block))}):
        time.sleep(0.02)
    with open(${JSON.stringify(file('log'))}, 'a') as log:
        log.write('${block} ends\\n')
    return '${block}'
`;
  await call('POST', '/pipelines', { pipeline: { name } });
  for (const [block, upstream_blocks] of [
    ['one', []],
    ['two', ['one']],
  ] as const) {
    await call('POST', `/pipelines/${name}/blocks`, {
      block: { name: block, type: 'custom', content: code(block), upstream_blocks },
    });
    await call('PUT', `/pipelines/${name}/blocks/${block}`, { block: { retry_config: { retries, delay: 0 } } });
  }
  const sent = { name: 'api', schedule_type: 'api', status: 'active' };
  const { pipeline_schedule } = await call('POST', `/pipelines/${name}/pipeline_schedules`, {
    pipeline_schedule: sent,
  });
  const did = () => (existsSync(file('log')) ? readFileSync(file('log'), 'utf8').trim().split('\n') : []);
  return {
    may: (block: 'one' | 'two') => writeFileSync(file(block), ''),
    did,
    /** In milliseconds since 1970. */
    beganAt: (block: string) => Number(readFileSync(file(`at.${block}`), 'utf8')) * 1000,
    does: (line: string) => vi.waitFor(() => expect(did()).toContain(line), { timeout: 90_000, interval: 20 }),
    fire: async (): Promise<number> => {
      const path = `/pipeline_schedules/${pipeline_schedule.id}/pipeline_runs/${pipeline_schedule.token}`;
      return (await call('POST', path, {})).pipeline_run.id;
    },
  };
}

const ended = (id: number): Promise<Body> =>
  vi.waitFor(
    async () => {
      const { pipeline_run } = await call('GET', `/pipeline_runs/${id}`);
      expect(['completed', 'failed', 'cancelled']).toContain(pipeline_run.status);
      return pipeline_run;
    },
    { timeout: 90_000, interval: 100 },
  );
const once = ['one begins', 'one ends', 'two begins', 'two ends'];
/** As if the lease of a runner that is dead were over. */
const leaseEnds = (id: number) => db('runs').where({ pipeline_run_id: id }).update({ leased_until: '2020-01-01' });
const lines = async (id: number) =>
  (await db('run_logs').where({ pipeline_run_id: id }).orderBy('id')).map(({ message }) => message);

describe.each(Object.keys(victims))('%s is killed', { timeout: 180_000 }, (victim) => {
  const kill = victims[victim] as () => Promise<void>;

  it('as soon as a run is fired, and while one waits for a runner: both are done all the same, once', async () => {
    for (const runner of runners.splice(0)) await killed(runner);
    const [waiting, fresh] = [await pipeline(), await pipeline()];
    for (const { may } of [waiting, fresh]) for (const block of ['one', 'two'] as const) may(block);
    const first = await waiting.fire();
    const attempts = async () => expect(await db('runs').where({ pipeline_run_id: first })).toHaveLength(1);
    await vi.waitFor(attempts, { timeout: 20_000 });
    const second = await fresh.fire();
    await kill();
    await startServer();
    startRunner();
    for (const id of [first, second]) expect(await ended(id)).toMatchObject({ status: 'completed' });
    expect([waiting.did(), fresh.did()]).toEqual([once, once]);
  });

  it('while a block is at work: the runner goes on, and tells it afterwards', async () => {
    const { fire, may, does, did, beganAt } = await pipeline();
    const id = await fire();
    await does('one begins');
    await kill();
    may('one');
    may('two');
    await does('one ends');
    const from = Date.now();
    await startServer();
    const away = Date.now() - from;
    const run = await ended(id);
    // Where the start takes nearly as long as a lease, the runner has given up: the block has failed, and is not done again.
    if (away > 20_000 && run.status === 'failed') return expect(did()).toEqual(['one begins', 'one ends']);
    expect(run.status, (await lines(id)).join('\n')).toBe('completed');
    expect(did()).toEqual(once);
    // A block that began before the server knew of it would begin again, had the runner died meanwhile.
    const [two] = await db('block_runs').where({ pipeline_run_id: id, block_uuid: 'two' });
    expect(Date.parse(two?.started_at as string)).toBeLessThanOrEqual(beganAt('two'));
  });

  it('when a run was cancelled: it stays so, and its block is ended', async () => {
    const { fire, may, does, did } = await pipeline();
    const id = await fire();
    await does('one begins');
    await call('PUT', `/pipeline_runs/${id}`, { pipeline_run: { status: 'cancelled' } });
    await kill();
    await startServer();
    const busy = await pipeline();
    busy.may('one');
    busy.may('two');
    expect((await ended(await busy.fire())).status).toBe('completed');
    // The runner hears of it with its next word; when that one is gone, what may end does not.
    await vi.waitFor(() => expect(childrenOf(runners[0] as Program)).toBe(0), { timeout: 20_000, interval: 50 });
    may('one');
    expect((await ended(id)).status).toBe('cancelled');
    expect(did()).toEqual(['one begins']);
  });
});

describe('a runner is killed', { timeout: 180_000 }, () => {
  const kill = () => killed(runners.splice(0)[0] as Program);

  it('while a block is at work that has no retries: the block has failed, and nobody does it again', async () => {
    const { fire, may, does, did } = await pipeline();
    const id = await fire();
    await does('one begins');
    await vi.waitFor(async () => expect(await begun(id)).toEqual(['one']), { timeout: 20_000 });
    await kill();
    may('one');
    await leaseEnds(id);
    startRunner();
    const run = await ended(id);
    expect([run.status, run.block_runs.map(({ status }: Body) => status)]).toEqual(['failed', ['failed', 'cancelled']]);
    expect(did()).toEqual(['one begins']);
  });

  it('while one is at work that has: it is done once more, and the log says so', async () => {
    const { fire, may, does, did } = await pipeline(1);
    const id = await fire();
    await does('one begins');
    await vi.waitFor(async () => expect(await begun(id)).toEqual(['one']), { timeout: 20_000 });
    await kill();
    await leaseEnds(id);
    may('one');
    may('two');
    startRunner();
    expect((await ended(id)).status).toBe('completed');
    expect(did()).toEqual(['one begins', ...once]);
    expect(await lines(id)).toContain(
      'The runner was lost while the block was at work: it is begun once more (attempt 2 of 2)',
    );
  });

  it('while the second block is at work, and the server with it: what is done stays done', async () => {
    const { fire, may, does, did } = await pipeline(1);
    may('one');
    const id = await fire();
    await does('two begins');
    await vi.waitFor(async () => expect(await begun(id)).toEqual(['two']), { timeout: 20_000 });
    await kill();
    await victims['the server']?.();
    await startServer();
    await leaseEnds(id);
    may('two');
    startRunner();
    expect((await ended(id)).status).toBe('completed');
    expect(did()).toEqual(['one begins', 'one ends', 'two begins', 'two begins', 'two ends']);
  });
});

const begun = async (id: number) =>
  (await db('block_runs').where({ pipeline_run_id: id, status: 'running' })).map(({ block_uuid }) => block_uuid);

/** How many processes of blocks a runner has; Linux alone says so. */
function childrenOf({ child }: Program): number {
  const tasks = readdirSync(`/proc/${child.pid}/task`);
  return tasks.flatMap((task) => readFileSync(`/proc/${child.pid}/task/${task}/children`, 'utf8').match(/\d+/g) ?? [])
    .length;
}
