import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Body, E, type Mage, openMage, openNeighbour, refused } from '../support/mage.ts';

let mage: Mage;
let neighbour: Awaited<ReturnType<typeof openNeighbour>>;

beforeAll(async () => {
  mage = await openMage();
  neighbour = await openNeighbour(mage);
});
afterAll(() => mage.close());
beforeEach(() => mage.house.db('pipelines').delete());

const create = (pipeline: object, by = 'editor' as 'editor' | 'owner') =>
  mage.call(by, 'POST', '/pipelines', { pipeline });
const update = (uuid: string, pipeline: object) => mage.call('editor', 'PUT', `/pipelines/${uuid}`, { pipeline });
const detail = (uuid: string) => mage.call('viewer', 'GET', `/pipelines/${encodeURIComponent(uuid)}`);
const uuids = async (): Promise<string[]> => (await mage.house.db('pipelines').orderBy('uuid')).map(({ uuid }) => uuid);
const trigger = (uuid: string, pipeline_schedule: object) =>
  mage.call('editor', 'POST', `/pipelines/${uuid}/pipeline_schedules`, { pipeline_schedule });

/** Mage's uncaught exception (docs/compat/mage.md: Exceptions). */
const thrown = (sentence: string, url_parameters: object) => ({
  error: { code: 500, errors: [], exception: sentence, message: sentence },
  url_parameters,
});
const unknown = (uuid: string) => thrown(`Pipeline ${uuid} does not exist.`, { resource: 'pipelines', pk: uuid });

const stamp = expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{6})?\+00:00$/);
const isoStamp = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?\+00:00$/);

/** A new pipeline, whole: every attribute, and no other. */
const fresh = {
  blocks: [],
  cache_block_output_in_memory: false,
  callbacks: [],
  concurrency_config: {},
  conditionals: [],
  created_at: stamp,
  data_integration: null,
  description: null,
  executor_config: {},
  executor_count: 1,
  executor_type: null,
  name: 'arwen-starlight',
  notification_config: {},
  remote_variables_dir: null,
  retry_config: {},
  run_pipeline_in_one_process: false,
  settings: { triggers: null },
  spark_config: {},
  tags: [],
  type: 'python',
  updated_at: isoStamp,
  uuid: 'arwen_starlight',
  variables_dir: null,
  widgets: [],
};

describe('create', () => {
  it('#31 arwen-starlight is arwen_starlight, of python, with nothing in it', async () => {
    const answer = await create({ name: 'arwen-starlight', type: 'python' });
    expect(answer).toStrictEqual({ pipeline: fresh, metadata: null });
    expect(Object.keys(answer)).toEqual(['pipeline', 'metadata']);
  });

  it('#33 without a name: the exception shape at HTTP 200, and nothing is made', async () => {
    const sentence = thrown('A pipeline needs a name.', { resource: 'pipelines' });
    for (const body of [{ pipeline: {} }, {}, undefined, { pipeline: { name: '' } }, { pipeline: { name: '$' } }]) {
      const { status, body: answer } = await mage.send('owner', 'POST', '/pipelines', { body });
      expect([status, answer]).toEqual([200, sentence]);
    }
    expect(await uuids()).toEqual([]);
  });

  it.each([
    ['arwen-starlight', 'arwen_starlight'],
    ['test pipeline', 'test_pipeline'],
    ['123 Go', 'letter_123_go'],
    ['  My Pipe! ', '__my_pipe__'],
    ['$x"y', 'xy'],
    ['Café Ñ', 'café_ñ'],
    ['\uFEFFbom\r\n\tand line', 'bomand_line'],
    ['日本語 パイプ', '日本語_パイプ'],
    ['٣ three', 'letter_٣_three'],
    ['a/b', 'a_b'],
    ['🚀', '_'],
  ])('the identifier of %j is %j, and finds it again', async (name, uuid) => {
    const { pipeline } = await create({ name });
    expect([pipeline.name, pipeline.uuid]).toEqual([name, uuid]);
    expect((await detail(uuid)).pipeline).toMatchObject({ name, uuid });
  });

  it('a taken name is refused by the name that was sent, also one that leads to the same identifier', async () => {
    await create({ name: 'a-b' });
    for (const name of ['a-b', 'A B', 'a_b']) {
      expect(await create({ name })).toEqual(thrown(`Pipeline ${name} already exists.`, { resource: 'pipelines' }));
    }
    expect(await uuids()).toEqual(['a_b']);
  });

  it.each(['integration', 'databricks', 'python', 'pyspark', 'streaming', 'execution_framework'])(
    'of type %s',
    async (type) => {
      expect((await create({ name: 'a', type })).pipeline.type).toBe(type);
    },
  );

  it('400 for a type that is none', async () => {
    expect((await create({ name: 'a', type: 'cobol' })).error).toMatchObject({ code: 400, type: 'record_invalid' });
  });

  it('tags are trimmed, each there once, of 1 to 70 characters', async () => {
    const long = 'x'.repeat(70);
    const { pipeline } = await create({ name: 'a', tags: [' nightly ', 'nightly', 'Nightly', ' ', long] });
    expect(pipeline.tags).toEqual(['nightly', 'Nightly', long]);
    for (const tags of [['x'.repeat(71)], [''], [1], 'nightly']) {
      expect((await create({ name: 'b', tags })).error).toMatchObject({ code: 400, type: 'record_invalid' });
    }
  });

  it('a name of 255 characters, whatever they are, and not of 256', async () => {
    for (const letter of ['x', 'ñ', '日']) {
      const name = letter.repeat(255);
      expect((await create({ name })).pipeline.uuid).toBe(name);
      expect((await create({ name: `${name}${letter}` })).error).toMatchObject({
        code: 400,
        errors: { name: ['must NOT have more than 255 characters'] },
      });
    }
  });

  it('Unicode comes back as it was sent; NUL is refused, wherever it is', async () => {
    const description = 'Ελεντίλ 🗡️ "\\ \u2028';
    expect((await create({ name: 'a', description })).pipeline.description).toBe(description);
    for (const attributes of [{ name: 'b\0' }, { name: 'b', description: '\0' }, { name: 'b', tags: ['\0'] }]) {
      expect(await create(attributes)).toEqual(
        E(400, 'record_invalid', 'It contains a character that cannot be stored (NUL, or half of a surrogate pair).'),
      );
    }
  });

  it('accepts and ignores what it has no use for', async () => {
    const ignored = { callbacks: [{}], conditionals: [1], extensions: { a: 1 }, llm: {}, custom_template_uuid: 'x' };
    expect((await create({ name: 'arwen-starlight', ...ignored })).pipeline).toStrictEqual(fresh);
    expect((await detail('arwen_starlight')).pipeline.extensions).toEqual({});
  });

  it('an attribute that it does not know is refused by name, or dropped for an owner', async () => {
    const sentence = 'write of foo on create is disabled for pipelines.';
    expect(await create({ name: 'a', foo: 1 })).toEqual(refused(sentence));
    expect(await create({ name: 'a', executor_count: 3 })).toEqual(refused(sentence.replace('foo', 'executor_count')));
    expect(await uuids()).toEqual([]);
    const owners = { name: 'arwen-starlight', foo: 1, uuid: 'mine', id: 7, account_id: 9, executor_count: 3 };
    expect((await create(owners, 'owner')).pipeline).toStrictEqual(fresh);
  });

  it('#49 a viewer is refused', async () => {
    const answer = await mage.call('viewer', 'POST', '/pipelines', { pipeline: { name: 'a' } });
    expect(answer).toEqual(refused('Unauthorized operation create on pipelines, failed condition.'));
    expect(await uuids()).toEqual([]);
  });

  it('of 20 at once with one name, one is made', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => create({ name: 'race' })));
    expect(answers.filter(({ pipeline }) => pipeline)).toHaveLength(1);
    const clash = thrown('Pipeline race already exists.', { resource: 'pipelines' });
    expect(answers.filter(({ error }) => error)).toEqual(Array(19).fill(clash));
    expect(await uuids()).toEqual(['race']);
  });
});

describe('clone', () => {
  const clone = (clone_pipeline_uuid: string | null, rest: object = {}) => create({ clone_pipeline_uuid, ...rest });

  it('takes tags and configuration of its source, not what is sent beside its name, and no triggers', async () => {
    await create({ name: 'source', type: 'streaming', tags: ['nightly'], description: 'old' });
    const configuration = {
      retry_config: { retries: 3 },
      settings: { triggers: 1 },
      extensions: { a: {} },
      executor_type: 'k8s',
    };
    await update('source', configuration);
    await mage.house.db('pipelines').update({ variables: { a: 1 } });
    await trigger('source', { name: 't' });
    const { pipeline } = await clone('source', { name: 'My Copy', type: 'pyspark', tags: ['x'], description: 'new' });
    const { extensions: _, ...shown } = configuration;
    const taken = { type: 'streaming', tags: ['nightly'], description: 'old', variables: { a: 1 }, ...shown };
    expect(pipeline).toMatchObject({ name: 'My Copy', uuid: 'my_copy', ...taken });
    const copy = await mage.call('viewer', 'GET', '/pipelines/my_copy?include_schedules=1');
    expect(copy.pipeline).toMatchObject({ ...taken, extensions: { a: {} }, schedules: [] });
  });

  it('without a name it is <source>_copy; with a taken one <source>_copy_<n>, n from the number of pipelines plus one', async () => {
    await create({ name: 'source' });
    expect((await clone('source')).pipeline.uuid).toBe('source_copy');
    expect((await clone('source')).pipeline.uuid).toBe('source_copy_3');
    expect((await clone('source', { name: 'source' })).pipeline).toMatchObject({
      name: 'source_copy_4',
      uuid: 'source_copy_4',
    });
    await create({ name: 'source_copy_6' });
    expect((await clone('source', { name: 'Source Copy' })).pipeline.uuid).toBe('source_copy_7');
    expect((await clone('source', { name: '' })).error).toBeUndefined();
  });

  it('of an unknown pipeline: the exception shape, with the path that Mage names', async () => {
    const sentence = 'Pipeline nothing does not exist in repo_path default_repo.';
    expect(await clone('nothing', { name: 'a' })).toEqual(thrown(sentence, { resource: 'pipelines' }));
    expect(await uuids()).toEqual([]);
  });

  it('of null is no clone; a name without a letter is none', async () => {
    expect((await clone(null, { name: 'a' })).pipeline.uuid).toBe('a');
    expect((await clone('a', { name: '$' })).error.exception).toBe('A pipeline needs a name.');
    expect(await uuids()).toEqual(['a']);
  });

  it('10 at once are 10 pipelines', async () => {
    await create({ name: 'source' });
    const answers = await Promise.all(Array.from({ length: 10 }, () => clone('source')));
    expect(new Set(answers.map(({ pipeline }) => pipeline.uuid)).size).toBe(10);
    expect(await uuids()).toHaveLength(11);
  });
});

describe('detail', () => {
  it('#34 adds extensions; the key may be in the URL', async () => {
    await create({ name: 'arwen-starlight' });
    const headers = { 'X-API-KEY': '' };
    const query = `?api_key=${mage.house.installation.applicationKey}`;
    const { body } = await mage.send('viewer', 'GET', '/pipelines/arwen_starlight', { query, headers });
    expect(body).toStrictEqual({ pipeline: { ...fresh, extensions: {} }, metadata: null });
  });

  it('of an unknown one: the exception shape at HTTP 200, whatever _http_error_codes says', async () => {
    for (const query of ['', '?_http_error_codes=true']) {
      const { status, body } = await mage.send('owner', 'GET', '/pipelines/x', { query });
      expect([status, body]).toEqual([200, unknown('x')]);
    }
    expect(await detail('a/b')).toEqual(unknown('a/b'));
    expect(await detail('é')).toEqual(unknown('é'));
  });

  it('#35 with include_schedules: its triggers, in 9 keys, with ISO times', async () => {
    await create({ name: 'x' });
    const start_time = '2023-03-15 18:00:00.5';
    await trigger('x', { name: 'first', schedule_type: 'time', schedule_interval: '@daily', start_time });
    await trigger('x', { name: 'second', status: 'active' });
    const { pipeline } = await mage.call('viewer', 'GET', '/pipelines/x?include_schedules=1');
    const common = { created_at: isoStamp, updated_at: isoStamp, pipeline_uuid: 'x' };
    expect(pipeline.schedules).toStrictEqual([
      {
        ...common,
        id: expect.any(Number),
        name: 'first',
        schedule_interval: '@daily',
        schedule_type: 'time',
        start_time: '2023-03-15T18:00:00.500000+00:00',
        status: 'inactive',
      },
      {
        ...common,
        id: expect.any(Number),
        name: 'second',
        schedule_interval: null,
        schedule_type: null,
        start_time: null,
        status: 'active',
      },
    ]);
  });

  it('#81 include_schedules: false is false, and 0, no, False and TRUE are text, so true', async () => {
    await create({ name: 'x' });
    const has = async (value: string) =>
      'schedules' in (await mage.call('viewer', 'GET', `/pipelines/x?include_schedules=${value}`)).pipeline;
    for (const value of ['true', '1', '0', 'no', 'False', 'TRUE'])
      expect([value, await has(value)]).toEqual([value, true]);
    for (const value of ['false', '']) expect([value, await has(value)]).toEqual([value, false]);
  });

  it('takes every query parameter of the sheet, and refuses any other to all but owners', async () => {
    await create({ name: 'x' });
    const taken = ['include_block_pipelines', 'include_schedules', 'includes_block_metadata', 'includes_content'];
    taken.push('includes_extensions', 'includes_outputs', 'includes_outputs_spark', 'max_results_for_block_outputs');
    for (const name of taken)
      expect((await mage.call('viewer', 'GET', `/pipelines/x?${name}=1`)).error).toBeUndefined();
    const sentence = "Query parameter search of value ['x'] is not permitted on detail operation for pipelines.";
    expect(await mage.call('admin', 'GET', '/pipelines/x?search=x')).toEqual(refused(sentence));
    expect((await mage.call('owner', 'GET', '/pipelines/x?search=x')).error).toBeUndefined();
  });

  it('#78 _format: the attributes of that format, or the default ones for a name that is none', async () => {
    await create({ name: 'x' });
    const keys = async (method: string, format: string, body?: unknown) =>
      Object.keys((await mage.call('editor', method, `/pipelines/x?_format=${format}`, body)).pipeline);
    expect(await keys('GET', 'detail')).toContain('extensions');
    for (const format of ['list', 'create', 'nonsense', 'constructor', '__proto__']) {
      expect((await keys('GET', format)).sort()).toEqual(Object.keys(fresh));
    }
    expect(await keys('PUT', 'default', {})).not.toContain('extensions');
    const { pipelines } = await mage.call('viewer', 'GET', '/pipelines?_format=detail');
    expect(pipelines[0]).toHaveProperty('extensions');
  });
});

describe('update', () => {
  it('#37 a type: shown with extensions', async () => {
    await create({ name: 'arwen-starlight' });
    const answer = await update('arwen_starlight', { type: 'integration' });
    expect(answer).toStrictEqual({ pipeline: { ...fresh, type: 'integration', extensions: {} }, metadata: null });
  });

  it.each([
    ['description', 'Sorts light.'],
    ['description', null],
    ['tags', ['a', 'b']],
    ['tags', []],
    ['type', 'streaming'],
    ['cache_block_output_in_memory', true],
    ['concurrency_config', { block_run_limit: 2 }],
    ['data_integration', { catalog: [1, { a: null }] }],
    ['data_integration', null],
    ['executor_type', 'k8s'],
    ['extensions', { dbt: { a: [] } }],
    ['retry_config', { retries: 1 }],
    ['run_pipeline_in_one_process', true],
    ['settings', { triggers: { save_in_code_automatically: true } }],
  ])('%s becomes %j, and the rest stays', async (name, value) => {
    await create({ name: 'arwen-starlight', description: 'old', tags: ['old'] });
    const before = (await detail('arwen_starlight')).pipeline;
    expect((await update('arwen_starlight', { [name]: value })).error).toBeUndefined();
    const { pipeline: after } = await detail('arwen_starlight');
    expect(after).toEqual({ ...before, [name]: value, updated_at: after.updated_at });
    expect(Date.parse(after.updated_at)).toBeGreaterThan(Date.parse(before.updated_at));
  });

  it('accepts the other attributes that it shows, and ignores them', async () => {
    await create({ name: 'arwen-starlight' });
    const ignored = {
      ...{
        blocks: [{}],
        callbacks: [1],
        conditionals: [1],
        widgets: [1],
        executor_config: { a: 1 },
        executor_count: 9,
      },
      ...{ notification_config: { a: 1 }, spark_config: { a: 1 }, variables: { a: 1 }, uuid: 'other', created_at: 'x' },
      ...{ remote_variables_dir: 'x', variables_dir: 'x', llm: {}, add_upstream_for_block_uuid: 'x' },
      ...{ pipeline_runs: [], pipeline_schedule_id: 1 },
    };
    const { pipeline } = await update('arwen_starlight', ignored);
    expect(pipeline).toStrictEqual({ ...fresh, extensions: {} });
  });

  it('an attribute that it does not know is refused by name, or dropped for an owner', async () => {
    await create({ name: 'a' });
    for (const name of ['foo', 'id', 'account_id', 'constructor']) {
      const answer = await update('a', { description: 'x', [name]: 5 });
      expect(answer).toEqual(refused(`write of ${name} on update is disabled for pipelines.`));
    }
    expect((await detail('a')).pipeline.description).toBeNull();
    const { pipeline } = await mage.call('owner', 'PUT', '/pipelines/a', {
      pipeline: { id: 5, account_id: 9, description: 'x' },
    });
    expect(pipeline.description).toBe('x');
    expect(await mage.house.db('pipelines').where({ account_id: 9 })).toEqual([]);
  });

  it('#38 a rename to a taken name changes nothing', async () => {
    await create({ name: 'test_pipeline_a' });
    await create({ name: 'test_pipeline_b' });
    await trigger('test_pipeline_b', { name: 't' });
    const rows = async () => [
      await mage.house.db('pipelines').orderBy('id'),
      await mage.house.db('pipeline_schedules'),
    ];
    const before = await rows();
    const sentence = 'Pipeline test_pipeline_a already exists. Choose a different name.';
    for (const name of ['test_pipeline_a', 'Test Pipeline A']) {
      const answer = await update('test_pipeline_b', { name, description: 'x', status: 'active' });
      expect(answer).toEqual(thrown(sentence, { resource: 'pipelines', pk: 'test_pipeline_b' }));
    }
    expect(await rows()).toEqual(before);
  });

  it('a new name that leads to the same identifier is a clash; the same name is none', async () => {
    await create({ name: 'a b' });
    expect((await update('a_b', { name: 'A B' })).error.exception).toBe(
      'Pipeline a_b already exists. Choose a different name.',
    );
    expect((await update('a_b', { name: 'a b', description: 'x' })).pipeline.description).toBe('x');
    expect((await update('a_b', { name: '$' })).error.exception).toBe('A pipeline needs a name.');
    expect((await update('a_b', { name: 'x'.repeat(256) })).error.code).toBe(400);
  });

  it('#39 a rename to a free name moves the pipeline and its triggers', async () => {
    await create({ name: 'old' });
    const { pipeline_schedule } = await trigger('old', { name: 't' });
    const { pipeline } = await update('old', { name: 'New Name' });
    expect([pipeline.name, pipeline.uuid]).toEqual(['New Name', 'new_name']);
    expect(await detail('old')).toEqual(unknown('old'));
    const moved = await mage.call('viewer', 'GET', '/pipelines/new_name/pipeline_schedules');
    expect(moved.pipeline_schedules).toMatchObject([{ id: pipeline_schedule.id, pipeline_uuid: 'new_name' }]);
    expect((await create({ name: 'old' })).error).toBeUndefined();
  });

  it('status active and inactive turns every trigger, and says when', async () => {
    await create({ name: 'a' });
    await create({ name: 'other' });
    await trigger('a', { name: 'one' });
    await trigger('a', { name: 'two', status: 'active' });
    await trigger('other', { name: 'three' });
    const triggers = () => mage.house.db('pipeline_schedules').orderBy('id');
    const [, running] = await triggers();
    await update('a', { status: 'active' });
    expect((await triggers()).map(({ status }) => status)).toEqual(['active', 'active', 'inactive']);
    expect(await triggers()).toMatchObject([
      { last_enabled_at: expect.any(String) },
      running,
      { last_enabled_at: null },
    ]);
    await update('a', { status: 'inactive' });
    expect((await triggers()).map(({ status }) => status)).toEqual(['inactive', 'inactive', 'inactive']);
    for (const status of ['cancelled', 'retry', 'retry_incomplete_block_runs']) {
      expect((await update('a', { status })).error).toBeUndefined();
    }
    expect((await update('a', { status: 'asleep' })).error).toMatchObject({ code: 400, type: 'record_invalid' });
  });

  it('takes update_content, and refuses any other query parameter to all but owners', async () => {
    await create({ name: 'a' });
    const put = (by: 'editor' | 'owner', query: string) =>
      mage.call(by, 'PUT', `/pipelines/a?${query}`, { pipeline: {} });
    expect((await put('editor', 'update_content=true')).error).toBeUndefined();
    expect(await put('editor', 'foo=it%27s')).toEqual(
      refused(`Query parameter foo of value ["it's"] is not permitted on update operation for pipelines.`),
    );
    expect((await put('owner', 'foo=1')).error).toBeUndefined();
  });

  it('of an unknown one: the exception shape', async () => {
    expect(await update('x', { description: 'x' })).toEqual(unknown('x'));
  });

  it('400 names every wrong attribute at once', async () => {
    await create({ name: 'a' });
    const { error } = await update('a', { name: 1, tags: 'x', settings: [], executor_type: 'x'.repeat(256) });
    expect(Object.keys(error.errors).sort()).toEqual(['executor_type', 'name', 'settings', 'tags']);
  });
});

describe('delete', () => {
  it('#41 gives the pipeline, which is then gone from list and detail, with its triggers', async () => {
    await create({ name: 'arwen-starlight' });
    await create({ name: 'other' });
    await trigger('arwen_starlight', { name: 't' });
    const answer = await mage.call('editor', 'DELETE', '/pipelines/arwen_starlight');
    expect(answer).toStrictEqual({ pipeline: fresh, metadata: null });
    const { pipelines, metadata } = await mage.call('viewer', 'GET', '/pipelines');
    expect([pipelines.map(({ uuid }: Body) => uuid), metadata.count]).toEqual([['other'], 1]);
    expect(await detail('arwen_starlight')).toEqual(unknown('arwen_starlight'));
    expect(await mage.house.db('pipeline_schedules')).toEqual([]);
    expect(await mage.call('editor', 'DELETE', '/pipelines/arwen_starlight')).toEqual(unknown('arwen_starlight'));
  });

  it('the query is not asked about', async () => {
    await create({ name: 'a' });
    expect((await mage.call('editor', 'DELETE', '/pipelines/a?foo=1')).error).toBeUndefined();
  });
});

describe("another account's pipelines are not there", () => {
  beforeEach(async () => {
    await mage.house.db('pipelines').insert({ account_id: neighbour.accountId, uuid: 'theirs', name: 'theirs' });
    await create({ name: 'ours' });
  });
  const asNeighbour = async (method: string, path: string, body?: unknown): Promise<Body> =>
    (await mage.send('owner', method, path, { body, headers: neighbour.headers })).body;

  it('not in lists, on detail, update or delete', async () => {
    const { pipelines, metadata } = await mage.call('owner', 'GET', '/pipelines');
    expect([pipelines.map(({ uuid }: Body) => uuid), metadata.count]).toEqual([['ours'], 1]);
    const before = await mage.house.db('pipelines').orderBy('id');
    expect(await mage.call('owner', 'GET', '/pipelines/theirs')).toEqual(unknown('theirs'));
    expect(await mage.call('owner', 'PUT', '/pipelines/theirs', { pipeline: { name: 'x' } })).toEqual(
      unknown('theirs'),
    );
    expect(await mage.call('owner', 'DELETE', '/pipelines/theirs')).toEqual(unknown('theirs'));
    expect(await mage.house.db('pipelines').orderBy('id')).toEqual(before);
  });

  it('not as the source of a clone, nor as a parent', async () => {
    expect((await create({ clone_pipeline_uuid: 'theirs', name: 'mine' })).error.exception).toContain('does not exist');
    expect((await trigger('theirs', { name: 't' })).error.exception).toBe('Pipeline theirs does not exist.');
    expect((await mage.call('owner', 'GET', '/pipelines/theirs/pipeline_schedules')).error.exception).toBe(
      'Pipeline theirs does not exist.',
    );
    expect(await uuids()).toEqual(['ours', 'theirs']);
  });

  it('a name is taken in its account only, and both see their own', async () => {
    expect((await create({ name: 'theirs', description: 'ours now' })).pipeline.uuid).toBe('theirs');
    expect((await asNeighbour('GET', '/pipelines/theirs')).pipeline.description).toBeNull();
    expect((await asNeighbour('PUT', '/pipelines/theirs', { pipeline: { name: 'ours' } })).pipeline.uuid).toBe('ours');
    expect((await asNeighbour('GET', '/pipelines')).metadata.count).toBe(1);
  });
});
