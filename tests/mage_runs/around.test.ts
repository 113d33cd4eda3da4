import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type BlockOutput, blockBegan, blockEnded } from '../../src/core/pipeline_runs/progress.ts';
import { say } from '../../src/core/pipeline_runs/run_logs.ts';
import { type Held, takeForRunner } from '../../src/core/runs/lease.ts';
import { unhurried } from '../../src/core/runs/row.ts';
import { openSecrets } from '../../src/core/secrets/index.ts';
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
  await mage.house.db('secrets').delete();
  await mage.pipeline('etl', 'load', 'trans');
});

const db = () => mage.house.db;
const exception = (answer: Body): string => answer.error.exception;

describe('variables', () => {
  const path = '/pipelines/etl/variables';
  const set = (variable: object | undefined, method = 'POST', at = path): Promise<Body> =>
    mage.call('editor', method, at, variable && { variable });
  const row = { block: { uuid: 'global' }, name: null, pipeline: { uuid: 'etl' }, value: null };

  it('#176 set, listed with their types, shown by the pipeline', async () => {
    await set({ name: 'env', value: 'global' });
    expect(await set({ name: 'g1', value: 42 })).toStrictEqual({
      variable: { ...row, name: 'g1', value: 42, variables: ['env', 'g1'] },
      metadata: null,
    });
    const more = { class: 1.5, l: [1], d: { a: 1 }, b: true, env: 'other', größe: 0 };
    for (const [name, value] of Object.entries(more))
      expect((await set({ name, value })).variable.value).toEqual(value);
    const { variables, metadata } = await mage.call('viewer', 'GET', `${path}?global_only=true`);
    expect(metadata).toEqual({});
    expect(variables).toHaveLength(1);
    expect(variables[0]).toMatchObject(row);
    const types = Object.fromEntries(variables[0].variables.map(({ uuid, type }: Body) => [uuid, type]));
    expect(types).toEqual({
      ...{ env: "<class 'str'>", g1: "<class 'int'>", class: "<class 'float'>", l: "<class 'list'>" },
      ...{ d: "<class 'dict'>", b: "<class 'bool'>", größe: "<class 'int'>" },
    });
    expect((await mage.call('viewer', 'GET', '/pipelines/etl')).pipeline.variables).toEqual({ ...more, g1: 42 });
  });

  it('#177 #178 names that Python does not take, and values that are none', async () => {
    for (const name of ['bad name', '1a', 'a-b', '', 'a.b'])
      expect(await set({ name, value: null })).toEqual(
        E(400, 'record_invalid', `Invalid variable name syntax for variable name ${name}.`),
      );
    for (const variable of [{ name: 'x', value: null }, { name: 'x' }])
      expect(await set(variable)).toEqual(E(400, 'record_invalid', 'Value is empty for variable name x.'));
    for (const value of [0, '', false]) expect((await set({ name: 'zero', value })).variable.value).toBe(value);
    for (const variable of [undefined, {}, { value: 1 }])
      expect(exception(await set(variable))).toBe("'NoneType' object has no attribute 'isidentifier'");
  });

  it('#179 changed by the name in the body, deleted by that in the path', async () => {
    expect((await set({ name: 'g9', value: 9 }, 'PUT', `${path}/g1`)).variable.name).toBe('g9');
    expect(await set({ name: 'bad name', value: 9 }, 'PUT', `${path}/g1`)).toEqual(
      E(400, 'record_invalid', 'Invalid variable name syntax for variable name g1.'),
    );
    const gone = { block: null, name: 'g9', pipeline: null, value: null, variables: null };
    expect(await set(undefined, 'DELETE', `${path}/g9`)).toStrictEqual({ variable: gone, metadata: null });
    expect(exception(await set(undefined, 'DELETE', `${path}/nosuch`))).toBe("'nosuch'");
    expect((await mage.call('viewer', 'GET', '/pipelines/etl')).pipeline).not.toHaveProperty('variables');
  });

  it('#180 neither alone nor one by one; of another account not at all; numbers as they came', async () => {
    expect(await mage.call('owner', 'GET', `${path}/x`)).toEqual(
      refused('The detail action is disabled for variables.'),
    );
    expect(exception(await mage.call('owner', 'GET', '/variables'))).toBe("'NoneType' object has no attribute 'uuid'");
    const { headers } = neighbour;
    expect(exception((await mage.send('owner', 'GET', path, { headers })).body)).toBe('Pipeline etl does not exist.');
    await set({ name: 'big', value: 12345678901234567890n.toString() });
    expect((await mage.call('viewer', 'GET', path)).variables[0].variables[0].value).toBe('12345678901234567890');
  });

  it('several at once are all kept', async () => {
    await Promise.all(Array.from({ length: 8 }, (_, n) => set({ name: `v${n}`, value: n })));
    expect((await mage.call('viewer', 'GET', path)).variables[0].variables).toHaveLength(8);
  });
});

describe('secrets', () => {
  const create = (secret: object | undefined): Promise<Body> =>
    mage.call('editor', 'POST', '/secrets', secret && { secret });

  it('#185 kept sealed, listed by name, given to whoever runs', async () => {
    const { secret } = await create({ name: 'k1', value: 'hush-hush' });
    expect(secret).toStrictEqual({ id: expect.any(Number), name: 'k1' });
    expect(await mage.call('viewer', 'GET', '/secrets')).toEqual({
      secrets: [secret],
      metadata: { count: 1, next: false },
    });
    const [row] = await db()('secrets');
    expect([row?.value.startsWith('sealed:'), JSON.stringify(row).includes('hush')]).toEqual([true, false]);
    expect(await openSecrets(mage.house, mage.house.installation.accountId)).toEqual({ k1: 'hush-hush' });
    expect(mage.log.join('').includes('hush-hush')).toBe(false);
  });

  it('#184 a name that is taken, and what is missing', async () => {
    await create({ name: 'k1', value: 'one' });
    expect(exception(await create({ name: 'k1', value: 'two' }))).toBe('Secret k1 already exists.');
    expect(await openSecrets(mage.house, mage.house.installation.accountId)).toEqual({ k1: 'one' });
    const missing = 'create_secret() missing';
    expect(exception(await create({ name: 'k2' }))).toBe(`${missing} 1 required positional argument: 'value'`);
    expect(exception(await create(undefined))).toBe(`${missing} 2 required positional arguments: 'name' and 'value'`);
  });

  it('#186 deleted by name, then not there; neither read nor changed', async () => {
    await create({ name: 'k1', value: 'one' });
    const { headers } = neighbour;
    const gone = E(404, 'record_not_found', 'Record not found.');
    expect((await mage.send('owner', 'DELETE', '/secrets/k1', { headers })).body).toEqual(gone);
    expect((await mage.call('editor', 'DELETE', '/secrets/k1')).secret.name).toBe('k1');
    expect(await mage.call('editor', 'DELETE', '/secrets/k1')).toEqual(gone);
    expect(await mage.call('owner', 'GET', '/secrets/k1')).toEqual(
      refused('The detail action is disabled for secrets.'),
    );
    expect(await mage.call('owner', 'PUT', '/secrets/k1')).toEqual(
      refused('The update action is disabled for secrets.'),
    );
  });
});

describe('of runs', () => {
  /** A run in the hands of a runner. */
  const begin = async (): Promise<{ id: number; held: Held; parts: Record<string, number>; trigger: Body }> => {
    const trigger = await mage.trigger('etl');
    const { id } = (await mage.fire(trigger)).pipeline_run;
    await mage.look();
    const [held] = await takeForRunner(db(), unhurried, mage.house.installation.accountId, 1);
    const rows = (await mage.run(id)).block_runs;
    return {
      id,
      held: held as Held,
      trigger,
      parts: Object.fromEntries(rows.map((row: Body) => [row.block_uuid, row.id])),
    };
  };
  const ends = async (held: Held, block: string, outputs: BlockOutput[]) => {
    await blockBegan(db(), held, block);
    await blockEnded(db(), held, block, { status: 'completed', outputs });
  };

  it('#183 outputs: a frame, a value; of a block that gave none, nothing', async () => {
    const { held, parts } = await begin();
    const frame = {
      columns: ['x', 'y'],
      rows: [
        [1, 'q'],
        [2, null],
      ],
    };
    await ends(held, 'load', [
      { type: 'table', sample_data: frame, shape: [2, 2] },
      { type: 'text', text_data: '1', value: 1 },
    ]);
    const of = (id: unknown, headers = {}) => mage.send('viewer', 'GET', `/block_runs/${id}/outputs`, { headers });
    expect((await of(parts.load)).body).toStrictEqual({
      outputs: [
        { outputs: null, sample_data: frame, shape: [2, 2], text_data: null, type: 'table', variable_uuid: 'output_0' },
        { outputs: null, sample_data: null, shape: null, text_data: '1', type: 'text', variable_uuid: 'output_1' },
      ],
      metadata: {},
    });
    for (const none of [parts.trans, 99999, 'abc']) expect((await of(none)).body.outputs).toEqual([]);
    expect((await of(parts.load, neighbour.headers)).body.outputs).toEqual([]);
  });

  it('block runs: all, of a run, in an order, with ISO times', async () => {
    const { id, trigger } = await begin();
    const { block_runs, metadata } = await mage.call(
      'viewer',
      'GET',
      `/block_runs?pipeline_run_id=${id}&order_by=id%20desc`,
    );
    expect(metadata).toEqual({ count: 2, next: false });
    expect(block_runs[0]).toStrictEqual({
      ...{ block_uuid: 'trans', completed_at: null, created_at: expect.stringContaining('T'), id: expect.any(Number) },
      ...{ pipeline_run_id: id, started_at: null, status: 'initial', updated_at: expect.stringContaining('T') },
      ...{ pipeline_schedule_id: trigger.id, pipeline_schedule_name: 'api1' },
    });
    const under = await mage.call('viewer', 'GET', `/pipeline_runs/${id}/block_runs`);
    expect(under.block_runs.map((part: Body) => [part.block_uuid, part.pipeline_schedule_id])).toEqual([
      ['load', null],
      ['trans', null],
    ]);
    expect((await mage.call('viewer', 'GET', '/block_runs?pipeline_uuid=nosuch')).block_runs).toEqual([]);
    for (const bad of ['metrics', 'foo', 'id%20sideways'])
      expect(exception(await mage.call('viewer', 'GET', `/block_runs?order_by=${bad}`))).toMatch(
        /^Block run sort column\/query is invalid. The sort column must be /,
      );
    expect(await mage.call('owner', 'GET', '/block_runs/1')).toEqual(
      refused('The detail action is disabled for block_runs.'),
    );
    expect(exception(await mage.call('viewer', 'GET', '/pipelines/etl/block_runs'))).toBe(
      "'Pipeline' object has no attribute 'pipeline_uuid'",
    );
  });

  it('the blocks of its pipeline', async () => {
    const { id } = await begin();
    const { blocks, metadata } = await mage.call('viewer', 'GET', `/pipeline_runs/${id}/blocks`);
    const { blocks: all } = await mage.call('viewer', 'GET', `/pipelines/${(await mage.run(id)).pipeline_uuid}/blocks`);
    expect(blocks).toEqual(all.map((block: Body) => ({ ...block, tags: [] })));
    expect(metadata).toEqual({ count: all.length, next: false });
  });

  it('#181 logs: two files of a run, one of a block run; by block, those of blocks alone', async () => {
    const { id, held, parts, trigger } = await begin();
    await ends(held, 'load', []);
    await say(db(), [{ runId: id, blockRunId: parts.load, message: 'hello\0 \ud800', more: { error: 'x' } }]);
    const { id: second } = (await mage.fire(trigger)).pipeline_run;
    const read = async (query = '', path = '/pipelines/etl/logs'): Promise<Body> =>
      (await mage.call('viewer', 'GET', `${path}${query}`)).logs[0];
    const all = await read();
    expect([all.total_block_run_log_count, all.total_pipeline_run_log_count]).toEqual([4, 2]);
    expect(all.pipeline_run_logs.map(({ name }: Body) => name)).toEqual([
      ...['pipeline.log', 'scheduler.log', 'pipeline.log', 'scheduler.log'],
    ]);
    const [file] = (await read(`?block_run_id[]=${parts.load}`)).block_run_logs;
    expect(Object.keys(file)).toEqual(['name', 'path', 'size', 'modified_timestamp', 'content']);
    expect(file).toMatchObject({ name: 'load.log', size: Buffer.byteLength(file.content) });
    const [, time, json] = /^(\S+) (\{.*\})$/.exec(file.content) ?? [];
    expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/);
    expect(JSON.parse(json ?? '')).toMatchObject({
      ...{ block_run_id: parts.load, block_uuid: 'load', pipeline_run_id: id, pipeline_uuid: 'etl', level: 'INFO' },
      ...{ message: 'hello\ufffd \ufffd', error: 'x', block_type: 'custom', timestamp: expect.any(Number) },
    });
    const narrowed = await read('?block_uuid[]=trans');
    expect(narrowed.block_run_logs.map(({ name, size }: Body) => [name, size])).toEqual([
      ...[
        ['trans.log', 0],
        ['trans.log', 0],
      ],
    ]);
    expect([
      narrowed.pipeline_run_logs,
      narrowed.total_block_run_log_count,
      narrowed.total_pipeline_run_log_count,
    ]).toEqual([...[[], 2, 0]]);
    expect((await read(`?pipeline_run_id[]=${second}`)).total_block_run_log_count).toBe(2);
    expect((await read(`?pipeline_schedule_id[]=99999`)).total_pipeline_run_log_count).toBe(0);
    expect((await read('?end_timestamp=1')).total_pipeline_run_log_count).toBe(0);
    expect((await read('?_limit=1')).pipeline_run_logs).toHaveLength(1);
  });

  it('#182 without a pipeline, and under a run, there are none', async () => {
    const { id } = await begin();
    for (const path of ['/logs', `/pipeline_runs/${id}/logs`])
      expect(await mage.call('viewer', 'GET', path)).toEqual({ logs: [], metadata: {} });
  });
});

it('#191 events start nothing, whoever sends them', async () => {
  const { status, body } = await mage.send('anonymous', 'POST', '/events', { body: { source: 'x' } });
  expect([status, body.error.message]).toEqual([404, expect.stringContaining('does not serve events.')]);
});

it('what is served under another parent alone says so', async () => {
  for (const path of ['/pipeline_schedules/1/logs', '/block_runs/1/logs']) {
    const { status, body } = await mage.send('viewer', 'GET', path);
    const [, resource, , child] = path.split('/');
    expect([status, body.error.message]).toEqual([
      404,
      expect.stringContaining(`does not serve ${child} of ${resource}.`),
    ]);
  }
});
