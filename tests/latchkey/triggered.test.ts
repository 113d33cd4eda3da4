import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Latchkey, openLatchkey } from '../support/latchkey.ts';

let latchkey: Latchkey;
let session: string;
let id: string;
let pipeline_id: number;
beforeAll(async () => {
  latchkey = await openLatchkey();
  session = await latchkey.session();
  id = (await ask('POST', '/pipelines', { name: 'Nightly load' })).body.id;
  const { db } = latchkey.house;
  const row = await db('pipelines').where({ name: 'Nightly load' }).first('id');
  pipeline_id = row?.id as number;
});
afterAll(() => latchkey.close());

const ask = (method: string, path: string, body?: unknown) => latchkey.ask(session, method, path, body);

it('getPipelineRelations: versions, pointers and triggers of a pipeline', async () => {
  const { db, installation } = latchkey.house;
  const account_id = installation.accountId;
  const { body: first } = await ask('GET', `/pipelines/${id}/relations`);
  expect(first).toMatchObject({
    version: 1,
    versions: [{ id, version: 1 }],
    pointers: [{ name: 'owner/nightly_load:v1', locked: true }],
    triggers: [],
  });
  const target = await db('pipelines').where({ id: pipeline_id }).first('public_id');
  await db('pointers').insert({
    ...{ account_id, pipeline_id },
    pointer: 'owner/load:latest',
    target: target?.public_id ?? '',
  });
  const schedule = { pipeline_id, name: 'every night', schedule_type: 'time', schedule_interval: '@daily', token: '' };
  await db('pipeline_schedules').insert([
    { ...schedule, status: 'active' },
    { ...schedule, name: 'off', status: 'inactive' },
  ]);
  const { body } = await ask('GET', `/pipelines/${id}/relations`);
  expect(body.pointers[0]).toEqual({ name: 'owner/load:latest', locked: false });
  expect(body.triggers).toEqual([
    { name: 'off', type: 'time', active: false, interval: '@daily', next_at: null, last_status: null },
    {
      name: 'every night',
      type: 'time',
      active: true,
      interval: '@daily',
      next_at: expect.stringMatching(/T00:00:00/),
      last_status: null,
    },
  ]);
});

it('listTriggeredRuns: pages of runs of blocks, by pipeline and by status', async () => {
  const { db, installation } = latchkey.house;
  const run = { account_id: installation.accountId, pipeline_id, execution_date: new Date().toISOString() };
  const made = await db('pipeline_runs')
    .insert([
      { ...run, status: 'completed' },
      { ...run, status: 'failed' },
      { ...run, status: 'running' },
    ])
    .returning('id');
  const [first, second, third] = made.map((row) => row.id as number);
  await db('block_runs').insert([
    { pipeline_run_id: second as number, block_uuid: 'a', status: 'completed' },
    { pipeline_run_id: second as number, block_uuid: 'b', status: 'failed' },
  ]);
  const { body: page } = await ask('GET', '/triggered-runs?limit=2');
  expect([page.count, page.results.map((row: { id: string }) => Number(row.id))]).toEqual([3, [third, second]]);
  expect(page.results[1]).toMatchObject({
    ...{ status: 'failed', trigger: null, pipeline: { id, name: 'Nightly load' } },
    blocks: { all: 2, completed: 1, failed: 1 },
  });
  const { body: next } = await ask('GET', page.next.slice(page.next.indexOf('/triggered-runs')));
  expect(next.results.map((row: { id: string }) => Number(row.id))).toEqual([first]);
  expect((await ask('GET', `/triggered-runs?pipeline=${id}&status=failed`)).body.count).toBe(1);
  const other = `pipeline_${'0'.repeat(32)}`;
  expect((await ask('GET', `/triggered-runs?pipeline=${other}`)).body.count).toBe(0);
  expect((await ask('GET', '/triggered-runs?status=asleep')).status).toBe(400);
});
