import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type House, makeHouse } from '../../src/core/house.ts';
import { outcomeFor } from '../../src/core/runs/accept.ts';
import { reach } from '../../src/core/runs/container.ts';
import { type Cut, type Held, keep, take } from '../../src/core/runs/lease.ts';
import { type Runner, startRuns } from '../../src/core/runs/runner.ts';
import { connect } from '../../src/database/database.ts';
import { add, type Container, integer, json, openContainer, result } from '../support/container.ts';
import { brisk, int, openRuns, type Runs, url } from '../support/runs.ts';

let runs: Runs;
let container: Container;
let pipeline: string;

beforeAll(async () => {
  [runs, container] = await Promise.all([openRuns(), openContainer()]);
  pipeline = (await runs.pipeline(container.url)).wire;
});
afterAll(async () => {
  await runs.close();
  await container.close();
});
beforeEach(() => container.does());

/** A runner that stops with its test. */
const runners: Runner[] = [];
const patient = { ...brisk, limit: 60_000 };
const runOn = (house: House = runs.house, pace = patient) => {
  const runner = startRuns(house, pace);
  runners.push(runner);
  return runner;
};
afterEach(async () => {
  await Promise.all(runners.splice(0).map((runner) => runner.stop(0)));
  await runs.house.db('runs').delete();
});

/** Another process on the same database, with connections of its own. */
async function twin() {
  const db = connect(`${url(runs)}?application_name=twin`);
  const house = makeHouse({ ...runs.house, db });
  return { house, close: () => db.destroy() };
}
const sent = (id: string) =>
  container.runs().filter(({ body }) => body.run_id === `run_${id.replaceAll('-', '')}`).length;

describe('many at once', () => {
  it('100 runs, four runners on three connections’ pools: each is sent once', async () => {
    const twins = await Promise.all([twin(), twin()]);
    const runners = [runs.house, runs.house, ...twins.map(({ house }) => house)].map((house) => runOn(house));
    container.does((response, asked) => setTimeout(() => add(response, asked), 5));
    const accepted = await Promise.all(Array.from({ length: 100 }, (_, n) => runs.run(pipeline, [int(n), int(1)])));
    for (const runner of runners) runner.look();
    for (const [n, { id }] of accepted.entries()) {
      expect(await runs.ended(id)).toMatchObject({ state: 'completed', outputs: [integer(n + 1)], attempts: 1 });
      expect(sent(id)).toBe(1);
    }
    expect(container.mostAtOnce()).toBe(1);
    await Promise.all(runners.map((runner) => runner.stop()));
    await Promise.all(twins.map(({ close }) => close()));
  });

  it('no more than 10 of one pipeline and 50 of one process are in hand, the oldest first', async () => {
    const open = new Map<string, number>();
    let [most, mostOfOne] = [0, 0];
    container.does(async (response, asked) => {
      const one = asked.body.inputs[1].value;
      open.set(one, (open.get(one) ?? 0) + 1);
      most = Math.max(
        most,
        [...open.values()].reduce((sum, count) => sum + count),
      );
      mostOfOne = Math.max(mostOfOne, open.get(one) ?? 0);
      await new Promise((resolve) => setTimeout(resolve, 300));
      open.set(one, (open.get(one) ?? 0) - 1);
      add(response, asked);
    });
    const accepted = [];
    for (let one = 0; one < 6; one += 1) {
      const { wire } = await runs.pipeline(container.url);
      for (let n = 0; n < 15; n += 1) accepted.push(await runs.run(wire, [int(n), int(one)]));
    }
    const before = container.runs().length;
    const runner = runOn();
    for (const { id } of accepted) expect(await runs.ended(id)).toMatchObject({ state: 'completed', attempts: 1 });
    expect([most, mostOfOne]).toEqual([50, 10]);
    const first = container.runs().slice(before, before + 50);
    expect(Math.max(...first.map(({ body }) => body.inputs[0].value as number))).toBe(9);
    await runner.stop();
  });

  it('a pipeline whose container does nothing holds up no other', async () => {
    const stuck = await openContainer();
    stuck.does(() => {});
    const { id: pipelineId, wire } = await runs.pipeline(stuck.url);
    for (let n = 0; n < 80; n += 1) await runs.run(wire, []);
    const runner = runOn();
    await vi.waitFor(() => expect(stuck.runs()).toHaveLength(10), { timeout: 5_000, interval: 20 });
    const { id } = await runs.run(pipeline, [int(1), int(1)]);
    expect(await runs.ended(id)).toMatchObject({ state: 'completed' });
    await runs.house.db('pipelines').where({ id: pipelineId }).delete();
    await runner.stop(0);
    await stuck.close();
  });
});

describe('the lease', () => {
  it('is kept for as long as the run takes, however many look for runs', async () => {
    container.does((response, asked) => setTimeout(() => add(response, asked), 4_000));
    const pace = { ...patient, lease: 1_500 };
    const others = await twin();
    const runners = [runOn(runs.house, pace), runOn(others.house, pace)];
    const { id } = await runs.run(pipeline, [int(1), int(1)]);
    expect(await runs.ended(id)).toMatchObject({ state: 'completed', attempts: 1 });
    expect(sent(id)).toBe(1);
    await Promise.all(runners.map((runner) => runner.stop()));
    await others.close();
  });

  it('that the database has not heard of for long ends the work, before anybody else begins', async () => {
    const others = await twin();
    const pace = { ...patient, lease: 1_500 };
    container.does(() => {});
    const first = runOn(others.house, pace);
    const { id } = await runs.run(pipeline, [int(1), int(1)]);
    await vi.waitFor(() => expect(sent(id)).toBe(1), { timeout: 5_000, interval: 10 });
    const left = container.left();
    const admin = connect(Object.assign(new URL(url(runs)), { pathname: '/postgres' }).href);
    const name = new URL(url(runs)).pathname.slice(1);
    // The other one loses its connections, and gets no new ones.
    await admin.raw('alter database ?? with allow_connections false', [name]);
    await admin.raw(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'twin'`);
    await vi.waitFor(() => expect(container.left()).toBe(left + 1), { timeout: 5_000, interval: 5 });
    const { leased_until } = await runs.row(id);
    expect(Date.now()).toBeLessThan(Date.parse(String(leased_until)));
    await admin.raw('alter database ?? with allow_connections true', [name]).finally(() => admin.destroy());
    container.does();
    const second = runOn();
    expect(await runs.ended(id)).toMatchObject({ state: 'completed', attempts: 2 });
    expect([sent(id), container.mostAtOnce()]).toEqual([2, 1]);
    await Promise.all([first.stop(0), second.stop()]);
    await others.close();
  });

  it('that somebody else holds by now: what the first one brings is not written', async () => {
    let release = () => {};
    container.does((response) => {
      release = () => json(response, 200, result([integer(666)]));
    });
    const { id } = await runs.run(pipeline, [int(1), int(1)]);
    const runner = runOn();
    await vi.waitFor(() => expect(sent(id)).toBe(1), { timeout: 5_000, interval: 10 });
    await runs.house.db('runs').where({ id }).update({ worker: '00000000-0000-4000-8000-000000000000' });
    release();
    await runner.stop();
    expect(await runs.row(id)).toMatchObject({ state: 'running', outputs: null, ended_at: null });
    await runs.house.db('runs').where({ id }).delete();
  });

  const stolen = '00000000-0000-4000-8000-000000000000';

  it('B11: who has lost it before the run was sent does not send it, and does not settle it', async () => {
    const { id } = await runs.run(pipeline, [int(1), int(1)]);
    // While the container is looked at, somebody else takes the run.
    const { db } = runs.house;
    container.isAsked(() => db('runs').where({ id }).update({ worker: stolen }));
    const runner = runOn();
    await vi.waitFor(async () => expect((await runs.row(id)).worker).toBe(stolen), { timeout: 5_000, interval: 10 });
    await runner.stop();
    expect(sent(id)).toBe(0);
    expect(await runs.row(id)).toMatchObject({ state: 'running', worker: stolen, sent_at: null, ended_at: null });
    container.isAsked();
    await db('runs').where({ id }).delete();
  });

  it('B11: who was stopped between the database and the container does not send it', async () => {
    const { id } = await runs.run(pipeline, [int(1), int(1)]);
    const [run] = await take(runs.house.db, patient, 1);
    const cut: Cut[] = [];
    const lease = keep(runs.house, run as Held, { ...patient, lease: 80 }, (why) => cut.push(why));
    await lease.confirm();
    expect([lease.holds(), cut]).toEqual([true, []]);
    // The whole process stands still, its timers too.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
    const may = () => lease.holds();
    const terms = { reach: 'anywhere' as const, connect: 500, signal: new AbortController().signal, may };
    await expect(
      reach(container.url, '/v4/runs', `{"run_id":"run_${id.replaceAll('-', '')}"}`, terms),
    ).rejects.toThrow();
    lease.release();
    expect([cut[0], sent(id)]).toEqual(['lost', 0]);
  });

  it('B11: it is not sent again while the container says that it has it in hand', async () => {
    const { id } = await runs.run(pipeline, [int(1), int(1)]);
    const wire = `run_${id.replaceAll('-', '')}`;
    // Sent by somebody who is stopped, or was killed, a moment ago.
    await runs.house
      .db('runs')
      .where({ id })
      .update({ state: 'running', attempts: 1, sent_at: new Date().toISOString() });
    container.is(200, 'loaded', wire);
    const runner = runOn();
    const looks = () => container.all().filter(({ path }) => path.endsWith('/state')).length;
    const before = looks();
    await vi.waitFor(() => expect(looks()).toBeGreaterThan(before + 2), { timeout: 5_000, interval: 10 });
    expect([sent(id), (await runs.row(id)).state]).toEqual([0, 'running']);
    container.is(200, 'loaded');
    expect(await runs.ended(id)).toMatchObject({ state: 'completed', attempts: 2 });
    expect(sent(id)).toBe(1);
    await runner.stop();
  });

  it('B11: a container that has it in hand for ever ends it as one that takes too long', async () => {
    const { id } = await runs.run(pipeline, [int(1), int(1)]);
    const long = new Date(Date.now() - patient.limit).toISOString();
    await runs.house.db('runs').where({ id }).update({ state: 'running', attempts: 1, sent_at: long });
    container.is(200, 'loaded', `run_${id.replaceAll('-', '')}`);
    const runner = runOn();
    expect(await runs.ended(id)).toMatchObject({ state: 'failed', error: { type: 'timeout' } });
    expect(sent(id)).toBe(0);
    container.is(200, 'loaded');
    await runner.stop();
  });

  it('of a run whose pipeline is deleted: the connection is closed', async () => {
    container.does(() => {});
    const other = await runs.pipeline(container.url);
    const { id } = await runs.run(other.wire, []);
    const runner = runOn(runs.house, { ...patient, lease: 1_500 });
    await vi.waitFor(() => expect(sent(id)).toBe(1), { timeout: 5_000, interval: 10 });
    const left = container.left();
    await runs.house.db('pipelines').where({ id: other.id }).delete();
    await vi.waitFor(() => expect(container.left()).toBe(left + 1), { timeout: 5_000, interval: 10 });
    await runner.stop(0);
  });

  it('a run that ended nobody five times is given up', async () => {
    const { id } = await runs.run(pipeline, [int(1), int(1)]);
    await runs.house.db('runs').where({ id }).update({ attempts: 5, state: 'running' });
    const runner = runOn();
    const error = { type: 'unknown', message: 'The run was begun 5 times and never ended', traceback: null };
    expect(await runs.ended(id)).toMatchObject({ state: 'failed', error });
    expect(sent(id)).toBe(0);
    await runner.stop();
  });
});

describe('stopping', () => {
  it('gives what is under way some time, and puts the rest back for the next process at once', async () => {
    const [quick, slow] = [await runs.run(pipeline, [int(1), int(1)]), await runs.run(pipeline, [int(2), int(2)])];
    container.does((response, asked) =>
      asked.body.inputs[0].value === 1 ? setTimeout(() => add(response, asked), 200) : undefined,
    );
    const runner = runOn();
    await vi.waitFor(() => expect(sent(slow.id)).toBe(1), { timeout: 5_000, interval: 10 });
    const left = container.left();
    await runner.stop(500);
    expect(await runs.row(quick.id)).toMatchObject({ state: 'completed' });
    expect(await runs.row(slow.id)).toMatchObject({ state: 'queued', attempts: 0, worker: null, started_at: null });
    expect(container.left()).toBe(left + 1);
    container.does();
    const next = runOn();
    expect(await runs.ended(slow.id)).toMatchObject({ state: 'completed', outputs: [integer(4)] });
    await next.stop();
  });
});

describe('waiting for the end', () => {
  it('hears of it at once where the work is done here, and soon where another process does it', async () => {
    const here = runOn();
    const first = await runs.run(pipeline, [int(1), int(1)]);
    here.look();
    expect(await outcomeFor(runs.asking(), first)).toMatchObject({ state: 'completed' });
    await here.stop();
    const other = await twin();
    const there = runOn(other.house);
    const second = await runs.run(pipeline, [int(1), int(1)]);
    const began = Date.now();
    expect(await outcomeFor(runs.asking(), second)).toMatchObject({ state: 'completed' });
    expect(Date.now() - began).toBeLessThan(2_000);
    await there.stop();
    await other.close();
  });

  it('trap 16: gives the run as it stands before the client’s 300 s are over, and on the way out', async () => {
    const run = await runs.run(pipeline, [int(1), int(1)]);
    expect(await outcomeFor(runs.asking(), run, 100)).toMatchObject({ state: 'queued' });
    const other = await twin();
    const waiting = outcomeFor({ ...runs.asking(), house: other.house, db: other.house.db }, run, 60_000);
    other.house.endings.close();
    expect(await waiting).toMatchObject({ state: 'queued' });
    await other.close();
    await runs.house.db('runs').where({ id: run.id }).delete();
  });
});
