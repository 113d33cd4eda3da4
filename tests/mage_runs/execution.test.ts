import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type BlockOutput, blockBegan, blockEnded } from '../../src/core/pipeline_runs/progress.ts';
import { finish, type Held, takeForRunner } from '../../src/core/runs/lease.ts';
import { failed, unhurried } from '../../src/core/runs/row.ts';
import { type Runner, startRuns } from '../../src/core/runs/runner.ts';
import { failUnattended, wakeForgotten } from '../../src/core/scheduler/left_behind.ts';
import { startScheduler } from '../../src/core/scheduler/start_scheduler.ts';
import { startWorker, type Worker } from '../../src/core/worker.ts';
import { type Container, integer, json, openContainer, result } from '../support/container.ts';
import type { Body } from '../support/mage.ts';
import { type MageRuns, openMageRuns } from '../support/mage_runs.ts';
import { brisk, url } from '../support/runs.ts';

let mage: MageRuns;
let trigger: Body;
beforeAll(async () => {
  mage = await openMageRuns({ LATCHKEY_PRIVATE_CONTAINERS: 'true' });
});
afterAll(() => mage.close());
beforeEach(async () => {
  await mage.house.db('pipelines').delete();
  await mage.house.db('accounts').update({ runner_seen_at: null });
});

const db = () => mage.house.db;
const fire = async (of = trigger, pipeline_run: object = {}): Promise<number> =>
  (await mage.fire(of, { pipeline_run })).pipeline_run.id;
const status = async (id: number): Promise<string> => (await mage.run(id)).status;
const parts = async (id: number) =>
  Object.fromEntries((await mage.run(id)).block_runs.map(({ block_uuid, status }: Body) => [block_uuid, status]));
const lines = async (pipeline_run_id: number) =>
  (await db()('run_logs').where({ pipeline_run_id }).orderBy('id')).map(({ message }) => message);
const take = async (): Promise<Held> => {
  const [held] = await takeForRunner(db(), unhurried, mage.house.installation.accountId, 1);
  expect(held).toBeDefined();
  return held as Held;
};
const completed = { state: 'completed', outputs: null, error: null } as const;
/** Does what a runner does with a block. */
const does = async (held: Held, block: string, outputs: BlockOutput[] = []) => {
  expect(await blockBegan(db(), held, block)).toBe(true);
  expect(await blockEnded(db(), held, block, { status: 'completed', outputs })).toBe(true);
};
const wrong = { error: 'kaboom', errors: ['line 1'], message: 'trace' };
const fails = async (held: Held, block: string) => {
  await blockBegan(db(), held, block);
  await blockEnded(db(), held, block, { status: 'failed', error: wrong });
};
const end = (held: Held, outcome: Parameters<typeof finish>[2] = completed) => finish(mage.house, held, outcome, 5);

describe('in a container', () => {
  let container: Container;
  let runner: Runner;
  let worker: Worker;
  beforeAll(async () => {
    container = await openContainer();
    runner = startRuns(mage.house, brisk);
    const tasks = startScheduler(mage.house).tasks;
    worker = await startWorker(mage.house, url(mage), undefined, { run: async () => runner.look(), ...tasks });
  });
  afterAll(async () => {
    await worker.stop();
    await runner.stop(0);
    await container.close();
  });
  beforeEach(async () => {
    container.does();
    const { id } = await mage.pipeline('add', 'only');
    await db()('pipelines')
      .where({ id })
      .update({ container_url: container.url, variables: '{"first":1}' as never });
    trigger = await mage.trigger('add', { variables: { second: 2 } });
  });
  const ended = async (id: number): Promise<Body> => {
    await vi.waitFor(async () => expect(['completed', 'failed']).toContain(await status(id)), 10_000);
    return mage.run(id);
  };

  it('variables go in as inputs, outputs and the state come back; no tick is waited for', async () => {
    const run = await ended(await fire(trigger, { variables: { second: 5 } }));
    expect(run).toMatchObject({ status: 'completed', block_runs: [{ status: 'completed' }] });
    expect([run.started_at, run.completed_at]).not.toContain(null);
    expect(container.runs().at(-1)?.body.inputs).toEqual([
      { type: 'integer', value: 1 },
      { type: 'integer', value: 5 },
    ]);
    const run_id = expect.stringMatching(/^run_[\da-f]{32}$/);
    expect(run.metrics).toEqual({ container: { run_id, outputs: [{ ...integer(6), file: null }] } });
  });

  it('its error is the run’s, with what was said in the log', async () => {
    const id = await fire(trigger, { variables: { second: -5 } });
    const run = await ended(id);
    expect(run).toMatchObject({ status: 'failed', completed_at: null, block_runs: [{ status: 'cancelled' }] });
    expect(run.metrics.container.error.message).toContain('positive');
    expect((await lines(id)).at(-1)).toContain('positive');
  });

  it('a run that is cancelled is cut off there, and stays cancelled', async () => {
    let answer: (() => void) | undefined;
    container.does((response) => {
      answer = () => json(response, 200, result([integer(1)]));
    });
    const id = await fire();
    await vi.waitFor(() => expect(answer).toBeDefined(), 10_000);
    await mage.call('editor', 'PUT', `/pipeline_runs/${id}`, { pipeline_run: { status: 'cancelled' } });
    answer?.();
    container.does();
    const next = await fire();
    await ended(next);
    expect([await status(id), await status(next)]).toEqual(['cancelled', 'completed']);
  });
});

describe('by a runner', () => {
  beforeEach(async () => {
    await mage.pipeline('etl', 'load', 'trans', 'export');
    trigger = await mage.trigger('etl');
  });

  it('an attempt on the one queue: taken by the account’s runner, ended with the run', async () => {
    const id = await fire();
    await mage.look();
    expect(await status(id)).toBe('running');
    const held = await take();
    expect(held).toMatchObject({ pipeline_run_id: id, executor: 'runner', container_url: null });
    expect(await takeForRunner(db(), unhurried, mage.house.installation.accountId, 5)).toEqual([]);
    await does(held, 'load', [{ type: 'text', text_data: '1', value: 1 }]);
    expect(await parts(id)).toEqual({ load: 'completed', trans: 'initial', export: 'initial' });
    await does(held, 'trans');
    await does(held, 'export');
    await end(held);
    const run = await mage.run(id);
    expect(run).toMatchObject({ status: 'completed', metrics: null });
    expect(run.completed_at).not.toBeNull();
    expect(run.block_runs[0]).toMatchObject({ metrics: {}, status: 'completed' });
  });

  it('#189 a block that fails ends the run, and the others with it; where blocks may fail, not', async () => {
    const id = await fire();
    await mage.look();
    const held = await take();
    await fails(held, 'load');
    await end(held, failed('Failed to execute block load'));
    expect(await parts(id)).toEqual({ load: 'failed', trans: 'cancelled', export: 'cancelled' });
    const run = await mage.run(id);
    expect([run.status, run.completed_at]).toEqual(['failed', null]);
    expect(run.block_runs[0].metrics).toEqual({ error: wrong });

    const lenient = await mage.trigger('etl', { settings: { allow_blocks_to_fail: true } });
    const other = await fire(lenient);
    await mage.look();
    const second = await take();
    await does(second, 'load');
    await fails(second, 'trans');
    await end(second);
    expect(await parts(other)).toEqual({ load: 'completed', trans: 'failed', export: 'upstream_failed' });
    const after = await mage.run(other);
    expect([after.status, after.completed_at === null]).toEqual(['failed', false]);
  });

  it('a condition that does not hold passes over what comes after it, and the run is completed', async () => {
    const id = await fire();
    await mage.look();
    const held = await take();
    await does(held, 'load');
    await blockEnded(db(), held, 'trans', { status: 'condition_failed' });
    await end(held);
    expect([await status(id), await parts(id)]).toEqual([
      'completed',
      { load: 'completed', trans: 'condition_failed', export: 'condition_failed' },
    ]);
  });

  it('whoever has lost an attempt changes nothing any more', async () => {
    const id = await fire();
    await mage.look();
    const held = await take();
    await mage.call('editor', 'PUT', `/pipeline_runs/${id}`, { pipeline_run: { status: 'cancelled' } });
    expect(await blockBegan(db(), held, 'load')).toBe(false);
    await end(held);
    expect([await status(id), (await parts(id)).load]).toEqual(['cancelled', 'cancelled']);
  });

  it('a runner that leaves blocks undone has failed', async () => {
    const id = await fire();
    await mage.look();
    await end(await take());
    expect([await status(id), (await lines(id)).at(-1)]).toEqual(['failed', 'The runner left blocks undone']);
  });

  it('an empty pipeline is completed as it begins', async () => {
    await mage.pipeline('empty');
    const id = await fire(await mage.trigger('empty'));
    await mage.look();
    expect(await status(id)).toBe('completed');
  });

  it('a trigger that runs once is switched off by the run that is completed', async () => {
    const once = await mage.trigger('etl', { schedule_type: 'time', schedule_interval: '@once' });
    const of = async () => (await mage.call('owner', 'GET', `/pipeline_schedules/${once.id}`)).pipeline_schedule.status;
    await mage.call('owner', 'POST', `/pipeline_schedules/${once.id}/pipeline_runs`);
    await mage.look();
    await end(await take(), failed('no'));
    expect(await of()).toBe('active');
    await mage.call('owner', 'POST', `/pipeline_schedules/${once.id}/pipeline_runs`);
    await mage.look();
    const held = await take();
    for (const block of ['load', 'trans', 'export']) await does(held, block);
    await end(held);
    expect(await of()).toBe('inactive');
  });
});

describe('by nobody', () => {
  beforeEach(async () => {
    await mage.pipeline('etl', 'load');
    trigger = await mage.trigger('etl');
  });
  const later = (seconds: number) => new Date(Date.now() + seconds * 1000);

  it('it fails after the grace, and the log names both ways', async () => {
    const id = await fire();
    await mage.look();
    expect(await failUnattended(mage.house, later(58))).toBe(0);
    expect(await status(id)).toBe('running');
    expect(await failUnattended(mage.house, later(62))).toBe(1);
    const run = await mage.run(id);
    expect([run.status, run.completed_at, await parts(id)]).toEqual(['failed', null, { load: 'cancelled' }]);
    const last = (await lines(id)).at(-1);
    for (const way of ['container', 'latchkey runner']) expect(last).toContain(way);
    expect(await failUnattended(mage.house, later(62))).toBe(0);
  });

  it('behind a runner that is there it waits without limit', async () => {
    await takeForRunner(db(), unhurried, mage.house.installation.accountId, 1);
    const id = await fire();
    await mage.look();
    expect(await failUnattended(mage.house, later(86_400))).toBe(0);
    expect(await status(id)).toBe('running');
    await db()('accounts').update({ runner_seen_at: '2026-01-01T00:00:00Z' });
    expect(await failUnattended(mage.house, later(62))).toBe(1);
  });

  it('what a process left behind is found', async () => {
    const id = await fire();
    await db().raw('delete from graphile_worker._private_jobs');
    await wakeForgotten(db());
    const { rows } = await db().raw(`select key from graphile_worker.jobs where task_identifier = 'pipeline'`);
    expect(rows).toHaveLength(1);
    await mage.look();
    await db()('runs').where({ pipeline_run_id: id }).delete();
    await mage.look();
    expect(await db()('runs').where({ pipeline_run_id: id })).toHaveLength(1);
  });
});

describe('#190 limits', () => {
  const limited = async (concurrency_config: object, settings: object | null = null) => {
    await mage.pipeline('etl', 'load');
    await mage.call('owner', 'PUT', '/pipelines/etl', { pipeline: { concurrency_config } });
    trigger = await mage.trigger('etl', { settings });
  };
  const statuses = async (...ids: number[]) => Promise.all(ids.map(status));
  const doneOne = async () => {
    const held = await take();
    await does(held, 'load');
    await end(held);
    await mage.look();
  };

  it('wait: the oldest date first, the next as soon as one has ended', async () => {
    await limited({ pipeline_run_limit: 1 });
    const [b, c] = [await fire(), await fire()];
    const a = await fire(trigger, { execution_date: '2020-01-01' });
    await mage.look();
    expect(await statuses(a, b, c)).toEqual(['running', 'initial', 'initial']);
    await doneOne();
    expect(await statuses(a, b, c)).toEqual(['completed', 'running', 'initial']);
    const other = await mage.trigger('etl');
    const d = await fire(other);
    await mage.look();
    expect(await statuses(c, d)).toEqual(['initial', 'running']);
  });

  it('skip: what has no room is cancelled, its parts are not', async () => {
    await limited({ pipeline_run_limit: 1, on_pipeline_run_limit_reached: 'skip' });
    const ids = [await fire(), await fire(), await fire()];
    await mage.look();
    expect(await statuses(...ids)).toEqual(['running', 'cancelled', 'cancelled']);
    expect(await parts(ids[1] as number)).toEqual({ load: 'initial' });
    expect(await lines(ids[1] as number)).toEqual(['Pipeline run limit reached... skipping this run']);
  });

  it('of all triggers, and of one that says otherwise', async () => {
    await limited({ pipeline_run_limit: 1, pipeline_run_limit_all_triggers: 3 }, { pipeline_run_limit: 2 });
    const ids = [await fire(), await fire(), await fire()];
    const other = await mage.trigger('etl');
    ids.push(await fire(other), await fire(other));
    await mage.look();
    expect(await statuses(...ids)).toEqual(['running', 'running', 'initial', 'running', 'initial']);
  });

  it('many that wait keep no other trigger’s runs waiting', async () => {
    await limited({ pipeline_run_limit: 1 });
    await db().raw(
      `insert into pipeline_runs (account_id, pipeline_id, pipeline_schedule_id, execution_date)
       select p.account_id, p.id, s.id, '2020-01-01'::timestamptz + n * interval '1 second'
       from pipelines p join pipeline_schedules s on s.pipeline_id = p.id, generate_series(1, 250) n`,
    );
    const other = await fire(await mage.trigger('etl'));
    await mage.look();
    expect(await status(other)).toBe('running');
    expect(await db()('pipeline_runs').where({ status: 'running' })).toHaveLength(2);
    await mage.call('owner', 'PUT', '/pipelines/etl', { pipeline: { concurrency_config: {} } });
    await mage.look();
    expect(await db()('pipeline_runs').where({ status: 'running' })).toHaveLength(251);
  });

  it('looked at by several at the same moment, each run begins once', async () => {
    await limited({ pipeline_run_limit: 3 });
    const ids: number[] = [];
    for (let count = 0; count < 5; count += 1) ids.push(await fire());
    await Promise.all([mage.look(), mage.look(), mage.look()]);
    expect((await statuses(...ids)).filter((one) => one === 'running')).toHaveLength(3);
    expect(await db()('runs').whereIn('pipeline_run_id', ids)).toHaveLength(3);
  });
});
