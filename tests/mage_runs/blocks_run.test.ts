import request from 'supertest';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type BlockOutput, blockBegan, blockEnded } from '../../src/core/pipeline_runs/progress.ts';
import { finish, type Held, takeForRunner } from '../../src/core/runs/lease.ts';
import { failed, unhurried } from '../../src/core/runs/row.ts';
import { type Body, E, openNeighbour, refused } from '../support/mage.ts';
import { type MageRuns, openMageRuns } from '../support/mage_runs.ts';

let mage: MageRuns;
let neighbour: Awaited<ReturnType<typeof openNeighbour>>;
beforeAll(async () => {
  mage = await openMageRuns();
  neighbour = await openNeighbour(mage);
});
afterAll(() => mage.close());
beforeEach(async () => {
  await mage.house.db('pipelines').delete();
  await mage.pipeline('fan', 'l1', 'l3');
});

const db = () => mage.house.db;
const exception = (answer: Body): string => answer.error.exception;

describe('one block, waited for', () => {
  let trigger: Body;
  beforeEach(async () => {
    trigger = await mage.trigger('fan');
  });
  const ask = (run: object | undefined, token = trigger.token): Promise<Body> =>
    request(mage.server)
      .post(`/api/runs/${token}`)
      .send(run && { run })
      .then(({ status, body }) => {
        expect(status).toBe(200);
        return body;
      });
  /** Does what a runner does with the next attempt. */
  const work = async (outputs: BlockOutput[] | string): Promise<string[]> => {
    const held = await vi.waitFor(async () => {
      const [one] = await takeForRunner(db(), unhurried, mage.house.installation.accountId, 1);
      expect(one).toBeDefined();
      return one as Held;
    }, 10_000);
    const parts = await db()('block_runs')
      .where('pipeline_run_id', held.pipeline_run_id as number)
      .orderBy('id');
    for (const { block_uuid } of parts) {
      await blockBegan(db(), held, block_uuid);
      const error = { error: String(outputs), errors: ['line 1'], message: 'trace' };
      await blockEnded(
        db(),
        held,
        block_uuid,
        typeof outputs === 'string' ? { status: 'failed', error } : { status: 'completed', outputs },
      );
    }
    const end =
      typeof outputs === 'string' ? failed('no') : ({ state: 'completed', outputs: null, error: null } as const);
    await finish(mage.house, held, end, 5);
    return parts.map(({ block_uuid }) => block_uuid);
  };

  it('#131 its outputs, as they are; a run is kept', async () => {
    const outputs: BlockOutput[] = [
      { type: 'text', text_data: '1', value: 1 },
      { type: 'table', sample_data: { columns: ['k'], rows: [['v']] }, shape: [1, 1], value: { k: 'v' } },
    ];
    const [answer, blocks] = await Promise.all([
      ask({ pipeline_uuid: 'fan', block_uuid: 'l3', variables: { n: 1 } }),
      work(outputs),
    ]);
    expect([answer, blocks]).toEqual([{ run: { output: [1, { k: 'v' }] } }, ['l3']]);
    const [run] = (await mage.call('owner', 'GET', '/pipeline_runs')).pipeline_runs;
    expect(run).toMatchObject({ status: 'completed', pipeline_uuid: 'fan', block_runs_count: 1, variables: { n: 1 } });
  });

  it('#132 a frame as its rows; with what comes before it; without a trace', async () => {
    const frame = {
      columns: ['x', 'y'],
      rows: [
        [1, 'q'],
        [2, null],
      ],
    };
    const asked = { pipeline_uuid: 'fan', block_uuid: 'l3', run_upstream_blocks: true, record: false };
    const [answer, blocks] = await Promise.all([
      ask(asked),
      work([{ type: 'table', sample_data: frame, shape: [2, 2] }]),
    ]);
    expect(answer).toEqual({
      run: {
        output: [
          [
            { x: 1, y: 'q' },
            { x: 2, y: null },
          ],
        ],
      },
    });
    expect(blocks).toEqual(['l1', 'l3']);
    expect(await db()('pipeline_runs')).toEqual([]);
  });

  it('#132 what its code raises', async () => {
    const [answer] = await Promise.all([ask({ pipeline_uuid: 'fan', block_uuid: 'l1' }), work('kaboom')]);
    expect(answer).toEqual({
      error: { code: 500, errors: [], exception: 'kaboom', message: 'kaboom' },
      url_parameters: { token: trigger.token },
    });
  });

  it('#133 the token: none, unknown, of another pipeline; before anything else is looked at', async () => {
    const { body } = await request(mage.server).post('/api/runs').send({ run: {} });
    expect(body).toEqual({
      error: { code: 500, errors: [], exception: 'Invalid token.', message: 'Invalid token.' },
      url_parameters: {},
    });
    await mage.pipeline('other', 'l3');
    const theirs = await mage.trigger('other');
    const none = 'No row was found when one was required';
    expect(exception(await ask({}, 'wrong'))).toBe(none);
    for (const pipeline_uuid of ['fan', 'nosuch', 7])
      expect(exception(await ask({ pipeline_uuid, block_uuid: 'l3' }, theirs.token))).toBe(none);
    const timed = await mage.trigger('fan', { schedule_type: 'time' });
    expect(exception(await ask({ pipeline_uuid: 'fan', block_uuid: 'l3' }, timed.token))).toBe(none);
    expect((await request(mage.server).get('/api/runs')).status).toBe(405);
  });

  it('#133 a block that is not there, none, a container', async () => {
    expect(exception(await ask({ pipeline_uuid: 'fan' }))).toBe("'NoneType' object has no attribute 'split'");
    const unknown = "{'code': 404, 'message': 'Record not found.', 'type': 'record_not_found'}";
    expect(exception(await ask({ pipeline_uuid: 'fan', block_uuid: 'nosuch' }))).toBe(unknown);
    await db()('pipelines').update({ container_url: 'http://127.0.0.1:1' });
    expect(exception(await ask({ pipeline_uuid: 'fan', block_uuid: 'l3' }))).toMatch(
      /^Pipeline fan runs in a container/,
    );
    expect(await db()('pipeline_runs')).toEqual([]);
  });
});

describe('files of blocks', () => {
  const read = async (path: string, headers = {}): Promise<Body> =>
    (await mage.send('viewer', 'GET', `/file_contents/${path}`, { headers })).body;
  const write = (path: string, file_content: object): Promise<Body> =>
    mage.call('editor', 'PUT', `/file_contents/${path}`, { file_content });
  beforeEach(async () => {
    const block = { name: 'load it', type: 'data_loader', content: 'old' };
    await mage.call('editor', 'POST', '/pipelines/fan/blocks', { block });
  });

  it('by its path, slashes as they are or not, alone and under its pipeline', async () => {
    for (const path of [
      'data_loaders%2Fload_it.py',
      'data_loaders/load_it.py',
      'pipelines/fan/data_loaders/load_it.py',
    ])
      expect((await read(path)).file_content).toMatchObject({
        ...{ content: 'old', name: 'load_it.py', size: 3, modified_timestamp: expect.any(Number) },
        path: `/home/src/default_repo/${decodeURIComponent(path)}`,
      });
    expect((await write('data_loaders/load_it.py', { content: 'new' })).file_content.content).toBe('new');
    const { block } = await mage.call('viewer', 'GET', '/pipelines/fan/blocks/load_it');
    expect([block.content, block.status]).toEqual(['new', 'updated']);
    expect((await read('custom/l1.py')).file_content.size).toBeGreaterThan(0);
  });

  it('where several pipelines have one, the error names them', async () => {
    await mage.pipeline('other', { name: 'load it', type: 'data_loader' });
    const both = 'pipelines/fan/data_loaders/load_it.py, pipelines/other/data_loaders/load_it.py';
    expect(await read('data_loaders/load_it.py')).toEqual(
      E(400, 'record_invalid', `Several pipelines have a block of this path: ask for one of ${both}.`),
    );
    expect((await write('pipelines/other/data_loaders/load_it.py', { content: 'theirs' })).file_content.content).toBe(
      'theirs',
    );
    expect((await read('pipelines/fan/data_loaders/load_it.py')).file_content.content).toBe('old');
  });

  it('of what is not there, nothing; out of the project, and without a content, refused', async () => {
    const nothing = { content: '', modified_timestamp: null, name: '', path: '', size: null };
    for (const path of ['data_loaders/nosuch.py', 'data_loaders/load_it.sql', 'metadata.yaml', 'x'])
      expect(await read(path)).toEqual({ file_content: nothing, metadata: null });
    expect((await read('data_loaders/load_it.py', neighbour.headers)).file_content).toEqual(nothing);
    expect(exception(await write('data_loaders/nosuch.py', { content: 'x' }))).toMatch(
      /^\[Errno 21\] Is a directory: /,
    );
    expect(await write('data_loaders/load_it.py', {})).toEqual(
      E(400, 'record_invalid', 'Please provide a content or version in the request payload.'),
    );
    expect(await read('%2Fetc%2Fpasswd')).toEqual(
      E(400, 'record_invalid', 'File at path: /etc/passwd is not in the project directory.'),
    );
    expect((await mage.send('viewer', 'GET', '/file_contents/..%2Fx')).status).toBe(400);
    expect(await mage.call('owner', 'POST', '/file_contents')).toEqual(
      refused('The create action is disabled for file_contents.'),
    );
  });
});

describe('backfills', () => {
  const create = async (backfill: object = { name: 'fire wind' }): Promise<Body> =>
    (await mage.call('owner', 'POST', '/pipelines/fan/backfills', { backfill })).backfill;
  const put = (id: number, backfill: object, query = ''): Promise<Body> =>
    mage.call('editor', 'PUT', `/backfills/${id}${query}`, { backfill });
  const span = {
    start_datetime: '2026-11-01',
    end_datetime: '2026-11-03 00:00:00',
    interval_type: 'day',
    interval_units: 1,
  };

  it('#75 made with a name; an editor writes no more, an owner all', async () => {
    const made = await create();
    expect(Object.keys(made)).toHaveLength(18);
    expect(made).toMatchObject({ name: 'fire wind', status: null, pipeline_schedule_id: null, pipeline_uuid: 'fan' });
    expect(await create({ ...span, name: 'b' })).toMatchObject({
      start_datetime: '2026-11-01 00:00:00+00:00',
      interval_units: 1,
    });
    expect((await create({})).name).toBeNull();
    const answer = await mage.call('editor', 'POST', '/pipelines/fan/backfills', { backfill: span });
    expect(answer.error.message).toMatch(
      / write access for start_datetime on backfills for create operation, failed condition.$/,
    );
  });

  it('started: a trigger of its own, a run for each date, both ends included', async () => {
    const { id } = await create({ ...span, name: 'bf', variables: { k: 1 } });
    const { backfill } = await put(id, { status: 'initial' });
    expect(backfill).toMatchObject({
      status: 'initial',
      pipeline_schedule_id: expect.any(Number),
      started_at: expect.any(String),
    });
    const trigger = await mage.call('owner', 'GET', `/pipeline_schedules/${backfill.pipeline_schedule_id}`);
    expect(trigger.pipeline_schedule).toMatchObject({ name: 'Backfill bf', schedule_type: null });
    const { pipeline_runs } = await mage.call('owner', 'GET', `/pipeline_runs?backfill_id=${id}&order_by[]=id`);
    expect(pipeline_runs.map(({ execution_date }: Body) => execution_date)).toEqual(
      ['01', '02', '03'].map((day) => `2026-11-${day} 00:00:00+00:00`),
    );
    expect(pipeline_runs[1].variables).toEqual({
      ...{ k: 1, ds: '2026-11-02', hr: '00', execution_date: '2026-11-02T00:00:00', interval_seconds: 86400 },
      ...{ interval_start_datetime: '2026-11-02T00:00:00', interval_end_datetime: '2026-11-03T00:00:00' },
      interval_start_datetime_previous: '2026-11-01T00:00:00',
    });
    await put(id, { status: 'initial' });
    const counted = await put(id, { status: 'foo' }, '?include_preview_runs=true');
    expect(counted.backfill).toMatchObject({ total_run_count: 3, run_status_counts: { initial: 3 } });
    expect(counted.backfill.pipeline_run_dates).toHaveLength(3);
    await mage.look();
    expect((await mage.call('owner', 'GET', '/pipeline_runs?status=running')).pipeline_runs).toHaveLength(3);
  });

  it('cancelled: its runs are; deleted: it is not there', async () => {
    const { id } = await create(span);
    await put(id, { status: 'initial' });
    expect((await put(id, { status: 'cancelled' })).backfill.status).toBe('cancelled');
    const { pipeline_runs } = await mage.call('owner', 'GET', `/pipeline_runs?backfill_id=${id}`);
    expect(pipeline_runs.map(({ status }: Body) => status)).toEqual(['cancelled', 'cancelled', 'cancelled']);
    expect((await mage.call('editor', 'DELETE', `/pipelines/fan/backfills/${id}`)).backfill.id).toBe(id);
    expect(await mage.call('editor', 'GET', `/backfills/${id}`)).toEqual(
      E(404, 'record_not_found', 'Record not found.'),
    );
  });

  it.each([
    [{ interval_type: 'fortnight' }, 'interval_type'],
    [{ interval_type: 'second' }, 'end_datetime'],
    [{ interval_units: null }, 'interval_units'],
    [{ start_datetime: null }, 'start_datetime'],
  ])('%j starts nothing', async (wrong, field) => {
    const { id } = await create({ ...span, ...wrong });
    expect((await put(id, { status: 'initial' })).error.errors).toHaveProperty(field);
    expect(await db()('pipeline_runs')).toEqual([]);
    expect((await put(id, { end_datetime: 'soon' })).error.errors).toHaveProperty('end_datetime');
  });

  it('months keep their day; lists are of the account', async () => {
    const { id } = await create({
      start_datetime: '2026-01-15',
      end_datetime: '2026-04-14',
      interval_type: 'month',
      interval_units: 1,
    });
    await put(id, { status: 'initial' });
    expect((await mage.call('owner', 'GET', `/pipeline_runs?backfill_id=${id}`)).pipeline_runs).toHaveLength(3);
    expect((await mage.call('viewer', 'GET', '/backfills')).backfills).toHaveLength(1);
    expect((await mage.call('viewer', 'GET', '/pipelines/fan/backfills')).metadata).toEqual({ count: 1, next: false });
    for (const method of ['GET', 'PUT', 'DELETE'])
      expect(
        (await mage.send('owner', method, `/backfills/${id}`, { headers: neighbour.headers })).body.error.code,
      ).toBe(404);
  });
});
