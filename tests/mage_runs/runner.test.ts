import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import request from 'supertest';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { makeKey } from '../../src/core/api_keys/form.ts';
import { digest } from '../../src/core/credentials/digest.ts';
import { startScheduler } from '../../src/core/scheduler/start_scheduler.ts';
import { makeServer } from '../../src/wire/server.ts';
import { type Body, openNeighbour } from '../support/mage.ts';
import { type MageRuns, openMageRuns } from '../support/mage_runs.ts';

let mage: MageRuns;
let key: string;
let neighbour: { userId: number; accountId: number };
beforeAll(async () => {
  mage = await openMageRuns();
  const { accountId } = await openNeighbour(mage);
  const member = await db()('memberships').where({ account_id: accountId }).first();
  neighbour = { userId: member?.user_id as number, accountId };
});
afterAll(() => mage.close());
beforeEach(async () => {
  await db()('pipelines').delete();
  await db()('secrets').delete();
  key = await keyOf(mage.users.editor.id as number, mage.house.installation.accountId, ['runs:execute']);
});

const db = () => mage.house.db;
const keyOf = async (user_id: number, account_id: number, scopes: string[]): Promise<string> => {
  const made = makeKey();
  await db()('api_keys').insert({
    hash: digest(made),
    prefix: made.slice(0, 8),
    name: 'r',
    account_id,
    user_id,
    scopes,
  });
  return made;
};
const tell = async (path: string, body: object, by = key) => {
  const { status, body: answer } = await request(mage.server)
    .post(`/v1/runner/${path}`)
    .set('Authorization', `Bearer ${by}`)
    .send(body);
  return { status, body: answer as Body };
};
const take = async (wait_seconds = 0): Promise<Body> => {
  const { status, body } = await tell('take', { wait_seconds });
  expect([status, body]).toEqual([200, expect.anything()]);
  return body.run;
};
const at = ({ id }: Body, what: string) => `runs/${id}/${what}`;
const report = (run: Body, first: number, ...events: object[]) =>
  tell(at(run, 'report'), { lease: run.lease, first, events });
const fire = async (trigger: Body, pipeline_run: object = {}): Promise<number> => {
  const { id } = (await mage.fire(trigger as never, { pipeline_run })).pipeline_run;
  await mage.look();
  return id;
};
const fired = async (...blocks: (string | object)[]): Promise<number> => {
  await mage.pipeline('etl', ...blocks);
  return fire(await mage.trigger('etl', { variables: { a: 2 } }));
};
const parts = async (id: number) =>
  Object.fromEntries((await mage.run(id)).block_runs.map(({ block_uuid, status }: Body) => [block_uuid, status]));
const lines = async (pipeline_run_id: number) =>
  (await db()('run_logs').where({ pipeline_run_id }).orderBy('id')).map(({ message }) => message);
/** What a runner leaves that dies. */
const leaseEnds = () => db()('runs').update({ leased_until: '2020-01-01T00:00:00Z' });

describe('takeRun', () => {
  it('200 all that the work needs, and secrets only with it', async () => {
    await mage.call('owner', 'POST', '/secrets', { secret: { name: 'k1', value: 'hush-hush' } });
    expect(await take()).toBeNull();
    await mage.pipeline('etl', { name: 'load', type: 'data_loader', content: 'x = 1' }, 'trans');
    await mage.call('owner', 'PUT', '/pipelines/etl/blocks/trans', { block: { retry_config: { retries: 2 } } });
    await db()('pipelines').update({ variables: '{"a":1,"f":7.0}' as never });
    const id = await fire(await mage.trigger('etl', { variables: { a: 2 } }), {
      variables: { b: 3 },
      execution_date: '2026-02-18T10:40:36.561204',
    });
    const run = await take();
    expect(run).toMatchObject({
      pipeline_run_id: id,
      ...{ attempt: 1, lease_seconds: 30, pipeline: { uuid: 'etl' }, variables: { a: 2, b: 3, f: 7 }, interval: null },
      execution_date: '2026-02-18T10:40:36.561204+00:00',
      execution_partition: expect.stringMatching(/^\d+\/20260218T104036_561204$/),
      ...{ secrets: { k1: 'hush-hush' }, event: {}, allow_blocks_to_fail: false, callbacks: [], conditionals: [] },
      blocks: [
        { uuid: 'load', type: 'data_loader', content: 'x = 1', status: 'initial', upstream_blocks: [], tries: 0 },
        { uuid: 'trans', upstream_blocks: ['load'], retries: { retries: 2 } },
      ],
    });
    expect(await take()).toBeNull();
  });

  it('the interval of a trigger by time, whose partition is of its date', async () => {
    await mage.pipeline('etl', 'load');
    const its = {
      schedule_type: 'time',
      schedule_interval: '*/5 * * * *',
      settings: { create_initial_pipeline_run: true },
    };
    const { id } = await mage.trigger('etl', its);
    await mage.call('owner', 'POST', `/pipeline_schedules/${id}/pipeline_runs`, {
      pipeline_run: { execution_date: '2026-02-18 10:40:00' },
    });
    await mage.look();
    const run = await take();
    expect(run.interval).toEqual({
      start: '2026-02-18T10:40:00+00:00',
      ...{ end: '2026-02-18T10:45:00+00:00', previous: '2026-02-18T10:35:00+00:00', seconds: 300 },
    });
  });

  it('403 a key without the scope; 404 and nothing of another account', async () => {
    await fired('load');
    const { accountId } = mage.house.installation;
    const weak = await keyOf(mage.users.owner.id as number, accountId, ['runs:write']);
    expect(await tell('take', { wait_seconds: 0 }, weak)).toMatchObject({
      status: 403,
      body: { detail: 'This key lacks the scope runs:execute.' },
    });
    const foreign = await keyOf(neighbour.userId, neighbour.accountId, ['runs:execute']);
    expect((await tell('take', { wait_seconds: 0 }, foreign)).body).toEqual({ run: null });
    const run = await take();
    for (const what of ['renew', 'give-back'])
      expect((await tell(at(run, what), { lease: run.lease }, foreign)).status).toBe(404);
    expect((await tell(at(run, 'finish'), { lease: run.lease, state: 'completed' }, foreign)).status).toBe(404);
    expect((await tell(at(run, 'outputs'), { lease: run.lease, block: 'load' }, foreign)).status).toBe(404);
    expect((await tell('runs/nonsense/renew', { lease: run.lease })).status).toBe(404);
  });

  it('two at once never get the same', async () => {
    await mage.pipeline('etl', 'load');
    const trigger = await mage.trigger('etl');
    const ids = [];
    for (let count = 0; count < 4; count += 1) ids.push(await fire(trigger));
    const taken = await Promise.all(Array.from({ length: 7 }, () => take()));
    const got = taken.filter((run) => run !== null).map(({ pipeline_run_id }) => pipeline_run_id);
    expect(got.sort()).toEqual(ids);
  });

  it('waits for a run, and has it as soon as there is one', async () => {
    await mage.pipeline('etl', 'load');
    const trigger = await mage.trigger('etl');
    const scheduler = startScheduler(mage.house);
    const waiting = take(10);
    const id = (await mage.fire(trigger as never)).pipeline_run.id;
    const { id: pipeline } = (await db()('pipelines').first('id')) as { id: number };
    await scheduler.tasks.pipeline?.({ id: pipeline }, undefined as never);
    expect((await waiting).pipeline_run_id).toBe(id);
    await scheduler.stop();
  });

  it('whoever has left while they waited takes nothing', async () => {
    const server = makeServer(mage.house.config, mage.app).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const left = new Promise<void>((resolve) => {
      server.on('connection', (socket) => socket.on('close', () => resolve()));
    });
    const wait = vi.spyOn(mage.house.waitingRunners, 'wait');
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const call = httpRequest({ port, host: '127.0.0.1', path: '/v1/runner/take', method: 'POST', headers });
    call.on('error', () => {}).end('{"wait_seconds":30}');
    await vi.waitFor(() => expect(wait).toHaveBeenCalled());
    call.destroy();
    await left;
    expect(await wait.mock.results[0]?.value).toBe(false);
    const id = await fired('load');
    expect(await take()).toMatchObject({ pipeline_run_id: id, attempt: 1 });
    wait.mockRestore();
    server.close();
  });

  it('a run that was begun too often is ended instead', async () => {
    const id = await fired('load');
    for (let count = 1; count <= 5; count += 1) {
      expect((await take()).attempt).toBe(count);
      await leaseEnds();
    }
    expect(await take()).toBeNull();
    expect(await mage.run(id)).toMatchObject({ status: 'failed' });
  });
});

describe('reportRun and finishRun', () => {
  it('200 blocks, outputs and lines are written once, however often they are told', async () => {
    const id = await fired('load', 'trans');
    const run = await take();
    const events = [
      { type: 'began', block: 'load' },
      { type: 'log', block: 'load', message: 'one' },
      { type: 'log', message: 'of the run', level: 'WARNING' },
    ];
    expect(await report(run, 1, ...events)).toEqual({ status: 200, body: { lease_seconds: 30 } });
    const outputs = [{ type: 'text', text_data: '1', value: { n: 1 }, pickled: 'gASVAA==' }];
    await report(run, 1, ...events, { type: 'ended', block: 'load', status: 'completed', outputs });
    await report(run, 4, { type: 'ended', block: 'load', status: 'completed', outputs: [] });
    expect((await lines(id)).filter((line) => ['one', 'of the run'].includes(line))).toEqual(['one', 'of the run']);
    expect(await parts(id)).toEqual({ load: 'completed', trans: 'initial' });
    const kept = await tell(at(run, 'outputs'), { lease: run.lease, block: 'load' });
    expect(kept.body).toEqual({ outputs: [{ value: { n: 1 }, pickled: 'gASVAA==' }] });
    await report(run, 5, { type: 'began', block: 'trans' }, { type: 'ended', block: 'trans', status: 'completed' });
    expect((await tell(at(run, 'finish'), { lease: run.lease, state: 'completed' })).status).toBe(204);
    expect((await mage.run(id)).status).toBe('completed');
  });

  it('409 for a second end, and for all that is said after it', async () => {
    const id = await fired('load');
    const run = await take();
    const end = { lease: run.lease, state: 'failed', message: 'kaboom' };
    expect((await tell(at(run, 'finish'), end)).status).toBe(204);
    expect((await tell(at(run, 'finish'), { ...end, state: 'completed' })).status).toBe(409);
    expect((await report(run, 1, { type: 'began', block: 'load' })).status).toBe(409);
    expect([(await mage.run(id)).status, (await lines(id)).at(-1)]).toEqual(['failed', 'kaboom']);
  });

  it('409 whoever is late changes nothing, and one who took the run goes on', async () => {
    const id = await fired('load');
    const [late] = [await take()];
    await leaseEnds();
    const now = await take();
    expect(now).toMatchObject({ id: late.id, attempt: 2 });
    for (const [what, more] of [
      ['renew', {}],
      ['report', { first: 1, events: [{ type: 'log', message: 'late' }] }],
      ['outputs', { block: 'load' }],
      ['finish', { state: 'failed', message: 'late' }],
      ['give-back', {}],
    ] as const)
      expect((await tell(at(late, what), { lease: late.lease, ...more })).status).toBe(409);
    expect(await lines(id)).not.toContain('late');
    expect((await report(now, 1, { type: 'began', block: 'load' })).status).toBe(200);
    expect(await parts(id)).toEqual({ load: 'running' });
  });

  it('409 a run that was cancelled', async () => {
    const id = await fired('load');
    const run = await take();
    expect((await tell(at(run, 'renew'), { lease: run.lease })).body).toEqual({ lease_seconds: 30 });
    await mage.call('editor', 'PUT', `/pipeline_runs/${id}`, { pipeline_run: { status: 'cancelled' } });
    expect((await tell(at(run, 'renew'), { lease: run.lease })).status).toBe(409);
    expect((await tell(at(run, 'finish'), { lease: run.lease, state: 'completed' })).status).toBe(409);
    expect((await mage.run(id)).status).toBe('cancelled');
  });

  it('400 for what is no event, and nothing of the report is written', async () => {
    const id = await fired('load');
    const run = await take();
    const { status, body } = await report(run, 1, { type: 'began', block: 'load' }, { type: 'ended', block: 'load' });
    expect([status, body]).toEqual([400, { status: ['This field is required.'] }]);
    expect((await report(run, 1, { type: 'began' })).body).toEqual({ block: ['This field is required.'] });
    expect((await report(run, 1, { type: 'stopped' })).status).toBe(400);
    const nul = [{ type: 'text', text_data: 'a\0b', value: 'a\0b' }];
    const began = { type: 'began', block: 'load' };
    expect(
      (await report(run, 1, began, { type: 'ended', block: 'load', status: 'completed', outputs: nul })).status,
    ).toBe(400);
    expect(await parts(id)).toEqual({ load: 'initial' });
    expect((await report(run, 1, { type: 'began', block: 'nobody’s' })).status).toBe(200);
  });
});

describe('blocks whose runner was lost', () => {
  it('are begun again only as often as their retries say; the log says so', async () => {
    const id = await fired('load');
    await mage.call('owner', 'PUT', '/pipelines/etl/blocks/load', { block: { retry_config: { retries: 1 } } });
    for (const attempt of [1, 2]) {
      const run = await take();
      expect(run.blocks[0]).toMatchObject({ tries: attempt - 1, status: attempt === 1 ? 'initial' : 'running' });
      await report(run, 1, { type: 'began', block: 'load' });
      await leaseEnds();
    }
    const last = await take();
    expect(last.blocks[0]).toMatchObject({ status: 'failed', tries: 2 });
    expect((await lines(id)).slice(-2)).toEqual([
      'The runner was lost while the block was at work: it is begun once more (attempt 2 of 2)',
      'Failed to execute block load',
    ]);
    const { block_runs } = await mage.run(id);
    expect(block_runs[0].metrics.error.error).toBe('The runner was lost while the block was at work');
    await tell(at(last, 'finish'), { lease: last.lease, state: 'failed', message: 'no' });
    await mage.call('owner', 'PUT', `/pipeline_runs/${id}`, { pipeline_run: { pipeline_run_action: 'retry_blocks' } });
    await mage.look();
    expect((await take()).blocks[0]).toMatchObject({ status: 'initial', tries: 0 });
  });

  it('a run that is given back is there at once, with what is done', async () => {
    const id = await fired('load', 'trans');
    const run = await take();
    const done = [
      { type: 'began', block: 'load' },
      { type: 'ended', block: 'load', status: 'completed', outputs: [] },
    ];
    await report(run, 1, ...done);
    expect((await tell(at(run, 'give-back'), { lease: run.lease })).status).toBe(204);
    expect((await tell(at(run, 'give-back'), { lease: run.lease })).status).toBe(409);
    const next = await take();
    expect(next).toMatchObject({ attempt: 1, blocks: [{ status: 'completed' }, { status: 'initial' }] });
    expect((await report(next, 1, { type: 'began', block: 'trans' })).status).toBe(200);
    expect(await parts(id)).toEqual({ load: 'completed', trans: 'running' });
  });
});
