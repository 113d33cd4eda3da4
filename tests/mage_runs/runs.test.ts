import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Body, E, openNeighbour, refused } from '../support/mage.ts';
import { type MageRuns, openMageRuns } from '../support/mage_runs.ts';

let mage: MageRuns;
let trigger: Body;
beforeAll(async () => {
  mage = await openMageRuns();
});
afterAll(() => mage.close());
beforeEach(async () => {
  await mage.house.db('pipelines').delete();
  await mage.pipeline('etl', 'load', 'trans', 'export');
  trigger = await mage.trigger('etl');
});

const notFound = E(404, 'record_not_found', 'Record not found.');
const fire = async (of = trigger, pipeline_run: object = {}): Promise<number> => {
  const answer = await mage.fire(of, { pipeline_run });
  return answer.pipeline_run.id;
};
const list = (query = '', by: 'owner' | 'viewer' | 'editor' = 'viewer', path = '/pipeline_runs'): Promise<Body> =>
  mage.call(by, 'GET', `${path}${query}`);
const ids = async (query = ''): Promise<number[]> => (await list(query)).pipeline_runs.map(({ id }: Body) => id);
const put = (id: number, pipeline_run: object, by: 'owner' | 'editor' | 'viewer' = 'editor'): Promise<Body> =>
  mage.call(by, 'PUT', `/pipeline_runs/${id}`, { pipeline_run });
const set = (id: number, values: object) => mage.house.db('pipeline_runs').where({ id }).update(values);
const parts = async (id: number) =>
  Object.fromEntries((await mage.run(id)).block_runs.map(({ block_uuid, status }: Body) => [block_uuid, status]));
const setPart = (pipeline_run_id: number, block_uuid: string, status: string) =>
  mage.house.db('block_runs').where({ pipeline_run_id, block_uuid }).update({ status });
const exception = (answer: Body): string => answer.error.exception;

describe('lists', () => {
  it('#134 an item: 24 keys, its parts, how many there are in all', async () => {
    await fire();
    const id = await fire();
    await setPart(id, 'load', 'completed');
    const { pipeline_runs, metadata } = await list('?_limit=1&pipeline_uuid=etl', 'editor');
    expect(metadata).toEqual({ count: 2, next: true });
    expect(Object.keys(pipeline_runs[0])).toHaveLength(24);
    expect(pipeline_runs[0]).toMatchObject({
      ...{ id, pipeline_type: null, pipeline_tags: null, block_runs_count: 3, completed_block_runs_count: 1 },
      ...{ pipeline_schedule_name: 'api1', pipeline_schedule_token: trigger.token, pipeline_schedule_type: 'api' },
    });
    expect(Object.keys(pipeline_runs[0].block_runs[0])).toEqual([
      ...['id', 'pipeline_run_id', 'block_uuid', 'status', 'started_at', 'completed_at', 'metrics', 'created_at'],
      'updated_at',
    ]);
    const [seen] = (await list()).pipeline_runs;
    expect(seen.pipeline_schedule_token).toBe('[API_TOKEN_PLACEHOLDER]');
  });

  it('#135 #136 with the type, the tags and all pipelines', async () => {
    await fire();
    await mage.call('owner', 'PUT', '/pipelines/etl', { pipeline: { tags: ['a'] } });
    await mage.pipeline('other');
    const { pipeline_runs, metadata } = await list(
      '?include_pipeline_type=true&include_pipeline_tags=true&include_pipeline_uuids=true',
    );
    expect(pipeline_runs[0]).toMatchObject({ pipeline_type: 'python', pipeline_tags: ['a'] });
    expect(metadata).toEqual({ count: 1, next: false, pipeline_uuids: ['etl', 'other'] });
    expect((await list('?pipeline_type=python&_limit=1')).metadata.next).toBe(false);
    expect((await list('?pipeline_type=python')).pipeline_runs[0].pipeline_type).toBe('python');
    expect(await ids('?pipeline_type=streaming')).toEqual([]);
    expect([(await ids('?pipeline_tag[]=a')).length, (await ids('?pipeline_tag[]=nobodys')).length]).toEqual([1, 1]);
    await mage.call('owner', 'PUT', '/pipelines/other', { pipeline: { tags: ['b'] } });
    expect(await ids('?pipeline_tag[]=b')).toEqual([]);
  });

  it('#137 by status, the newest date first', async () => {
    const old = await fire(trigger, { execution_date: '2020-01-01' });
    const [done, bad, open] = [await fire(), await fire(), await fire()];
    await set(done, { status: 'completed' });
    await set(bad, { status: 'failed' });
    await set(old, { status: 'failed' });
    expect(await ids()).toEqual([open, bad, done, old]);
    expect(await ids('?status[]=failed,completed&_limit=4')).toEqual([bad, done, old]);
    expect([await ids('?status=completed'), await ids('?status=foo')]).toEqual([[done], []]);
    expect(await ids('?pipeline_uuid[]=etl,x&status=initial')).toEqual([open]);
    expect([await ids('?pipeline_uuid=nosuch'), await ids('?pipeline_uuid[]=nosuch')]).toEqual([[], []]);
    const again = await fire(trigger, { execution_date: '2020-01-01' });
    expect(await ids('?status=last_run_failed')).toEqual([bad]);
    await set(again, { status: 'failed' });
    expect(await ids('?status=last_run_failed')).toEqual([bad, again]);
  });

  it('#138 a limit of none, and one that is none', async () => {
    for (let count = 0; count < 2; count += 1) await fire();
    for (const limit of ['0', '-1'])
      expect(await list(`?_limit=${limit}`)).toEqual({ pipeline_runs: [], metadata: { count: 2, next: true } });
    for (const query of ['_limit=abc', 'backfill_id=abc'])
      expect(exception(await list(`?${query}`))).toBe("invalid literal for int() with base 10: 'abc'");
    expect([(await ids('?_limit=1&_offset=1')).length, (await list('?_limit=1&_offset=1')).metadata.next]).toEqual([
      ...[1, false],
    ]);
  });

  it('#139 #140 by when they were made, in Unix seconds', async () => {
    const [old, now] = [await fire(), await fire()];
    await set(old, { created_at: '2020-01-01T00:00:00Z' });
    const at = Date.UTC(2020, 0, 1) / 1000;
    expect(await ids(`?end_timestamp=${at}`)).toEqual([old]);
    expect(await ids(`?start_timestamp=${at + 1}`)).toEqual([now]);
    expect(await ids(`?start_timestamp=${at}&end_timestamp=${at}`)).toEqual([old]);
    for (const name of ['start_timestamp', 'end_timestamp'])
      for (const value of ['2026-11-25', '2026-11-25T00:00:00', 'x', '1e9', '99999999999999'])
        expect(await list(`?${name}=${value}`)).toEqual(E(400, 'record_invalid', `Value is invalid for ${name}.`));
  });

  it('#141 #142 in an order, of columns that there are', async () => {
    const made = [await fire(), await fire(), await fire()];
    expect(await ids('?order_by[]=id&_limit=4')).toEqual(made);
    expect(await ids('?order_by[]=status%20ASC,id%20DESC')).toEqual(made.toReversed());
    expect(exception(await list('?order_by[]=foo'))).toBe("type object 'PipelineRun' has no attribute 'foo'");
    for (const bad of ['account_id', 'constructor', 'id%20sideways', 'id%20asc%20x', 'id;'])
      expect((await list(`?order_by[]=${bad}`)).error.code).toBe(500);
  });

  it('#143 #144 other parameters: refused, but for an owner', async () => {
    await fire();
    expect(await list('?foo=1')).toEqual(
      refused("Query parameter foo of value ['1'] is not permitted on list operation for pipeline_runs."),
    );
    for (const query of ['?foo=1', '?pipeline_schedule_id=99999', '?statuses[]=failed'])
      expect((await list(query, 'owner')).pipeline_runs).toHaveLength(1);
  });

  it('#145 of a trigger, of one that is not there, of a pipeline', async () => {
    const other = await mage.trigger('etl', { name: 'other' });
    const [mine, theirs] = [await fire(), await fire(other)];
    const of = async (id: number) =>
      (await list('', 'viewer', `/pipeline_schedules/${id}/pipeline_runs`)).pipeline_runs.map((run: Body) => run.id);
    expect([await of(trigger.id), await of(other.id), await of(99999)]).toEqual([[mine], [theirs], [theirs, mine]]);
    expect(exception(await list('', 'viewer', '/pipelines/etl/pipeline_runs'))).toBe(
      "'Pipeline' object has no attribute 'id'",
    );
    const { pipeline_runs } = await list('?_format=with_basic_details');
    expect(Object.keys(pipeline_runs[0])).toEqual(['execution_date', 'id', 'status']);
  });

  it('a global data product’s runs are asked for by its name', async () => {
    const product = await mage.trigger('etl', { global_data_product_uuid: 'star' });
    const [plain, of] = [await fire(), await fire(product)];
    expect([await ids(), await ids('?global_data_product_uuid=star')]).toEqual([[plain], [of]]);
  });
});

describe('one run', () => {
  it('#146 #147 #148 alone, under any pipeline, and where it is none', async () => {
    const id = await fire();
    for (const path of [`/pipeline_runs/${id}`, `/pipelines/nosuch/pipeline_runs/${id}`])
      expect((await mage.call('viewer', 'GET', path)).pipeline_run).toMatchObject({
        id,
        block_runs: expect.any(Array),
      });
    expect((await mage.send('viewer', 'GET', `/pipeline_schedules/${trigger.id}/pipeline_runs/${id}`)).status).toBe(
      405,
    );
    for (const none of ['abc', '99999', '99999999999999999999'])
      expect(await mage.call('viewer', 'GET', `/pipeline_runs/${none}`)).toEqual(notFound);
    const asked = await mage.send('viewer', 'GET', '/pipeline_runs/abc', { query: '?_http_error_codes=true' });
    expect([asked.status, asked.body.status]).toEqual([404, 404]);
  });

  it('whose trigger is gone: in no list, and Mage’s exception; what had not ended is cancelled', async () => {
    const id = await fire();
    await mage.call('editor', 'DELETE', `/pipeline_schedules/${trigger.id}`);
    expect(await ids()).toEqual([]);
    expect(exception(await mage.call('viewer', 'GET', `/pipeline_runs/${id}`))).toBe(
      "'NoneType' object has no attribute 'id'",
    );
    expect((await mage.house.db('pipeline_runs').where({ id }).first('status'))?.status).toBe('cancelled');
  });

  it('deleted with its parts; then it is not there', async () => {
    const id = await fire();
    const { pipeline_run } = await mage.call('editor', 'DELETE', `/pipeline_runs/${id}`);
    expect([pipeline_run.id, 'block_runs' in pipeline_run]).toEqual([id, false]);
    expect(await mage.call('editor', 'DELETE', `/pipeline_runs/${id}`)).toEqual(notFound);
    expect(await mage.house.db('block_runs')).toEqual([]);
  });

  it('of another account is not there', async () => {
    const id = await fire();
    const { headers } = await openNeighbour(mage);
    for (const method of ['GET', 'PUT', 'DELETE'])
      expect((await mage.send('owner', method, `/pipeline_runs/${id}`, { headers })).body).toEqual(notFound);
    expect((await mage.send('owner', 'GET', '/pipeline_runs', { headers })).body.pipeline_runs).toEqual([]);
    const of = `/pipeline_schedules/${trigger.id}/pipeline_runs`;
    expect((await mage.send('owner', 'GET', of, { headers })).body.pipeline_runs).toEqual([]);
  });
});

describe('change', () => {
  it('#149 cancelled before it began: its parts too, and it never begins', async () => {
    const id = await fire();
    const { pipeline_run, metadata } = await put(id, { status: 'cancelled' });
    expect([pipeline_run.status, pipeline_run.completed_at, metadata, 'block_runs' in pipeline_run]).toEqual([
      ...['cancelled', null, null, false],
    ]);
    expect(await parts(id)).toEqual({ load: 'cancelled', trans: 'cancelled', export: 'cancelled' });
    await mage.look();
    expect((await mage.run(id)).status).toBe('cancelled');
  });

  it('#150 cancelled while it goes on: who works on it has lost it', async () => {
    const id = await fire();
    await mage.look();
    await setPart(id, 'load', 'completed');
    await setPart(id, 'trans', 'running');
    const { pipeline_run } = await put(id, { status: 'cancelled' });
    expect([pipeline_run.status, pipeline_run.started_at === null]).toEqual(['cancelled', false]);
    expect(await parts(id)).toEqual({ load: 'completed', trans: 'cancelled', export: 'cancelled' });
    const [attempt] = await mage.house.db('runs').where({ pipeline_run_id: id });
    expect(attempt).toMatchObject({ state: 'cancelled', worker: null, error: null });
    expect(attempt?.ended_at).not.toBeNull();
  });

  it('#151 #152 what has ended stays, and other words change nothing', async () => {
    const id = await fire();
    for (const status of ['failed', 'completed', 'foo'])
      expect((await put(id, { status })).pipeline_run.status).toBe('initial');
    for (const pipeline_run_action of ['foo', 'retry_incomplete_block_runs'])
      expect((await put(id, { pipeline_run_action })).pipeline_run.status).toBe('initial');
    expect((await put(id, {})).pipeline_run.status).toBe('initial');
    await set(id, { status: 'completed' });
    expect((await put(id, { status: 'cancelled' })).pipeline_run.status).toBe('completed');
  });

  it('#153 retried when it was completed: running, and completed once more', async () => {
    const id = await fire();
    const before = '2026-01-01T00:00:00.000000+00:00';
    await set(id, { status: 'completed', completed_at: before, started_at: before });
    for (const block of ['load', 'trans', 'export']) await setPart(id, block, 'completed');
    const { pipeline_run } = await put(id, { pipeline_run_action: 'retry_blocks' });
    expect(pipeline_run).toMatchObject({ status: 'running', completed_at: '2026-01-01 00:00:00+00:00' });
    await mage.look();
    const after = await mage.run(id);
    expect([after.status, after.started_at]).toEqual(['completed', '2026-01-01 00:00:00+00:00']);
    expect(after.completed_at).not.toBe(pipeline_run.completed_at);
  });

  it('#152 retried when it has failed: what is not completed, or from a block on', async () => {
    const id = await fire();
    await mage.look();
    const fail = async () => {
      await mage.house
        .db('runs')
        .where({ pipeline_run_id: id })
        .update({ state: 'failed', ended_at: new Date() as never });
      await set(id, { status: 'failed' });
      for (const [block, status] of Object.entries({ load: 'completed', trans: 'failed', export: 'cancelled' }))
        await setPart(id, block, status);
    };
    const open = () => mage.house.db('runs').where({ pipeline_run_id: id }).whereNull('ended_at');
    await fail();
    await put(id, { pipeline_run_action: 'retry_blocks' });
    expect(await parts(id)).toEqual({ load: 'completed', trans: 'initial', export: 'initial' });
    await mage.look();
    expect([(await mage.run(id)).status, (await open()).length]).toEqual(['running', 1]);
    await fail();
    await put(id, { pipeline_run_action: 'retry_blocks', from_block_uuid: 'load' });
    expect(await parts(id)).toEqual({ load: 'initial', trans: 'initial', export: 'initial' });
    await fail();
    const { pipeline_run } = await put(id, { pipeline_run_action: 'retry_blocks', from_block_uuid: 'nosuch' });
    expect([pipeline_run.status, await parts(id)]).toEqual([
      'running',
      { load: 'completed', trans: 'failed', export: 'cancelled' },
    ]);
  });

  it('#154 other attributes: refused, but for an owner; and a viewer', async () => {
    const id = await fire();
    expect(await put(id, { variables: {} })).toEqual(
      refused('write of variables on update is disabled for pipeline_runs.'),
    );
    expect((await put(id, { variables: { x: 1 } }, 'owner')).pipeline_run.variables).not.toHaveProperty('x');
    expect(await put(id, {}, 'viewer')).toEqual(
      refused('Unauthorized operation update on pipeline_runs, failed condition.'),
    );
    expect(await put(99999, {})).toEqual(notFound);
    expect((await mage.send('editor', 'PATCH', `/pipeline_runs/${id}`)).status).toBe(405);
  });

  it('#156 by the pipeline: named runs, those of a trigger, all; once more; those that have failed', async () => {
    const update = (pipeline: object) => mage.call('editor', 'PUT', '/pipelines/etl', { pipeline });
    const other = await mage.trigger('etl', { name: 'other' });
    const [a, b, c, d] = [await fire(), await fire(), await fire(other), await fire()];
    const status = async () =>
      Promise.all([a, b, c, d].map(async (id) => (await mage.run(id as number)).status[0])).then((all) => all.join(''));
    expect((await update({ status: 'cancelled', pipeline_runs: [{ id: a }] })).pipeline.uuid).toBe('etl');
    expect(await status()).toBe('ciii');
    await update({ status: 'cancelled', pipeline_schedule_id: other.id });
    expect(await status()).toBe('cici');
    await update({ status: 'cancelled' });
    expect(await status()).toBe('cccc');
    await set(b as number, { status: 'failed' });
    await update({ status: 'retry_incomplete_block_runs' });
    expect([await status(), (await parts(b as number)).load]).toEqual(['cicc', 'initial']);
    const { execution_date } = await mage.run(a as number);
    const again = {
      id: a,
      pipeline_uuid: 'etl',
      pipeline_schedule_id: trigger.id,
      execution_date,
      variables: { k: 1 },
    };
    await update({ status: 'retry', pipeline_runs: [again] });
    const [newest] = (await list('?order_by[]=id%20desc')).pipeline_runs;
    expect(newest).toMatchObject({ execution_date, variables: { k: 1 }, block_runs_count: 0, status: 'initial' });
    const bad = await update({ status: 'retry', pipeline_runs: [{ ...again, execution_date: 'bad' }] });
    expect(exception(bad)).toBe("Invalid isoformat string: 'bad'");
  });
});

it('a trigger counts its runs', async () => {
  const of = async () => (await mage.call('viewer', 'GET', '/pipeline_schedules')).pipeline_schedules[0];
  expect(await of()).toMatchObject({ pipeline_runs_count: null, last_pipeline_run_status: null });
  const [first] = [await fire(), await fire()];
  await set(first as number, {
    ...{ status: 'completed', started_at: '2026-01-01T00:00:00Z', completed_at: '2026-01-01T00:00:07Z' },
  });
  expect(await of()).toMatchObject({
    ...{ pipeline_runs_count: 2, pipeline_in_progress_runs_count: 1, last_pipeline_run_status: 'initial' },
  });
  const { pipeline_schedule } = await mage.call(
    'viewer',
    'GET',
    `/pipeline_schedules/${trigger.id}?_format=with_runtime_average`,
  );
  expect(pipeline_schedule.runtime_average).toBe(7);
});
