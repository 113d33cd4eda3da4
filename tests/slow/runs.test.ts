import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { makeKey } from '../../src/core/api_keys/form.ts';
import { digest } from '../../src/core/credentials/digest.ts';
import { uuidOf } from '../../src/core/ids.ts';
import { startRuns } from '../../src/core/runs/runner.ts';
import { type Container, integer, json, openContainer, result } from '../support/container.ts';
import { type Program, ready, startProgram } from '../support/process.ts';
import { brisk, int, openRuns, type Runs, url } from '../support/runs.ts';

/** Of the house, and of the processes that share its database. */
const LATCHKEY_SECRET = 'one secret of thirty-two bytes..';
let runs: Runs;
let container: Container;
let pipeline: string;

beforeAll(async () => {
  [runs, container] = await Promise.all([openRuns({ LATCHKEY_SECRET }), openContainer()]);
  pipeline = (await runs.pipeline(container.url)).wire;
});
afterAll(async () => {
  await runs.close();
  await container.close();
});
const sent = (id: string) =>
  container.runs().filter(({ body }) => body.run_id === `run_${id.replaceAll('-', '')}`).length;

describe('a process that is killed', () => {
  const LATCHKEY_DATA = mkdtempSync(join(tmpdir(), 'latchkey-runs-'));
  const settings = () => ({
    ...{ LATCHKEY_DATA, LATCHKEY_SECRET, PORT: '0', DATABASE_URL: url(runs), LATCHKEY_PRIVATE_CONTAINERS: 'true' },
    LATCHKEY_DRAIN_SECONDS: '0',
    LATCHKEY_APPLICATION_KEY: 'freshapplicationkey000000000000000000000',
  });
  const start = async () => {
    const program = startProgram('src/main.ts', settings());
    programs.push(program);
    await program.said(ready);
    return program;
  };
  const programs: Program[] = [];
  afterEach(async () => {
    container.does();
    for (const { child, ended } of programs.splice(0)) {
      child.kill('SIGKILL');
      await ended;
    }
  });
  afterAll(() => rmSync(LATCHKEY_DATA, { recursive: true, force: true }));

  it('loses no run: what it had in hand is sent once more by the next one, and not before its lease is over', async () => {
    const before = container.left();
    container.does(() => {});
    const first = await start();
    const { id } = await runs.run(pipeline, [int(20), int(22)]);
    await vi.waitFor(() => expect(sent(id)).toBe(1), { timeout: 5_000, interval: 10 });
    // Accepted, and not even begun.
    first.child.kill('SIGKILL');
    await once(first.child, 'close');
    const queued = await runs.run(pipeline, [int(1), int(2)]);
    await vi.waitFor(() => expect(container.left()).toBe(before + 1), { timeout: 5_000, interval: 10 });
    container.does();
    // Sooner than in life, but not before the other one has run.
    const lease = runs.house.db.raw(`now() + interval '8 seconds'`);
    await runs.house.db('runs').where({ id }).update({ leased_until: lease });
    const { leased_until } = await runs.row(id);
    const second = await start();
    expect(await runs.ended(queued.id)).toMatchObject({ state: 'completed', outputs: [integer(3)], attempts: 1 });
    const over = async () => expect((await runs.row(id)).ended_at).not.toBeNull();
    await vi.waitFor(over, { timeout: 45_000, interval: 100 });
    const run = await runs.row(id);
    expect(run).toMatchObject({ state: 'completed', outputs: [integer(42)], attempts: 2 });
    expect(Date.parse(String(run.ended_at))).toBeGreaterThan(Date.parse(String(leased_until)));
    expect([sent(id), sent(queued.id)]).toEqual([2, 1]);
    second.child.kill('SIGTERM');
    expect(await second.ended).toBe(0);
  });

  it('B11: stopped before it has sent a run, and gone on after its lease: it does not send it', async () => {
    let release = () => {};
    const first = await start();
    container.isAsked(() => new Promise<void>((resolve) => (release = resolve)));
    const looks = container.all().length;
    const { id } = await runs.run(pipeline, [int(3), int(4)]);
    await vi.waitFor(() => expect(container.all().length).toBe(looks + 1), { timeout: 5_000, interval: 10 });
    first.child.kill('SIGSTOP');
    container.isAsked();
    await runs.house.db('runs').where({ id }).update({ leased_until: '2020-01-01' });
    const runner = startRuns(runs.house, { ...brisk, limit: 60_000 });
    expect(await runs.ended(id)).toMatchObject({ state: 'completed', outputs: [integer(7)], attempts: 2 });
    release();
    first.child.kill('SIGCONT');
    // It is at work again, and has had its chance.
    const next = await runs.run(pipeline, [int(1), int(1)]);
    await runs.ended(next.id);
    first.child.kill('SIGTERM');
    expect(await first.ended).toBe(0);
    expect(sent(id)).toBe(1);
    await runner.stop(0);
  });

  it('B11: stopped while the container is at work, and gone on after its lease: no run is there twice, and its answer is not written', async () => {
    let answer = () => {};
    container.does((response) => {
      answer = () => json(response, 200, result([integer(666)]));
    });
    const first = await start();
    const { id } = await runs.run(pipeline, [int(3), int(4)]);
    await vi.waitFor(() => expect(sent(id)).toBe(1), { timeout: 5_000, interval: 10 });
    first.child.kill('SIGSTOP');
    container.is(200, 'loaded', `run_${id.replaceAll('-', '')}`);
    container.does();
    await runs.house.db('runs').where({ id }).update({ leased_until: '2020-01-01' });
    const looks = container.all().length;
    const runner = startRuns(runs.house, { ...brisk, limit: 60_000 });
    await vi.waitFor(() => expect(container.all().length).toBeGreaterThan(looks + 2), { timeout: 5_000, interval: 10 });
    expect(sent(id)).toBe(1);
    answer();
    container.is(200, 'loaded');
    expect(await runs.ended(id)).toMatchObject({ state: 'completed', outputs: [integer(7)], attempts: 2 });
    first.child.kill('SIGCONT');
    first.child.kill('SIGTERM');
    expect(await first.ended).toBe(0);
    expect(await runs.row(id)).toMatchObject({ outputs: [integer(7)] });
    expect([sent(id), container.mostAtOnce()]).toEqual([2, 1]);
    await runner.stop(0);
  });

  it('a process that is told to stop answers who waits with the run as it stands, and leaves it to the next one', async () => {
    const { db, installation } = runs.house;
    const key = makeKey();
    const owner = await db('users').where({ email: 'owner@example.com' }).first('id');
    const rest = { account_id: installation.accountId, user_id: owner?.id as number, checksummed: true };
    await db('api_keys').insert({ ...rest, hash: digest(key), prefix: key.slice(0, 8), name: 'waits' });
    container.does(() => {});
    const program = await start();
    const [, at = ''] = await program.said(ready);
    const body = JSON.stringify({ pipeline, inputs: [int(30), int(3)] });
    const headers = { Authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const before = container.runs().length;
    const waiting = fetch(`${at}/v4/runs`, { method: 'POST', headers, body });
    await vi.waitFor(() => expect(container.runs()).toHaveLength(before + 1), { timeout: 5_000, interval: 10 });
    program.child.kill('SIGTERM');
    const run = (await (await waiting).json()) as { id: string; state: string };
    expect(run.state).toBe('queued');
    expect(await program.ended).toBe(0);
    container.does();
    const runner = startRuns(runs.house, { ...brisk, limit: 60_000 });
    const id = String(uuidOf('run', run.id));
    expect(await runs.ended(id)).toMatchObject({ state: 'completed', outputs: [integer(33)], attempts: 1 });
    await runner.stop();
  });
});
