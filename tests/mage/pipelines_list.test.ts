import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Body, type Mage, openMage, refused } from '../support/mage.ts';

let mage: Mage;

const pipelines = [
  {
    name: 'alpha',
    type: 'python',
    tags: ['nightly', 'finance'],
    description: 'c',
    executor_type: 'k8s',
    executor_count: 3,
  },
  { name: 'beta 100%', type: 'streaming', tags: [], description: 'b', executor_type: null, executor_count: 1 },
  { name: 'café_ñ', type: 'databricks', tags: ['finance'], description: 'a', executor_type: 'ecs', executor_count: 2 },
  {
    name: '日本 back\\slash',
    type: 'streaming',
    tags: ['a'],
    description: null,
    executor_type: null,
    executor_count: 1,
  },
];
/** alpha: one active of two; beta: one inactive; café: none; 日本: three inactive. */
const triggers = [
  ['alpha', 'inactive'],
  ['alpha', 'active'],
  ['beta_100_', 'inactive'],
  ['日本_back_slash', 'inactive'],
  ['日本_back_slash', 'inactive'],
  ['日本_back_slash', 'inactive'],
];
const [alpha, beta, cafe, nihon] = ['alpha', 'beta_100_', 'café_ñ', '日本_back_slash'] as const;
const all = [alpha, beta, cafe, nihon];

beforeAll(async () => {
  mage = await openMage();
  const { db } = mage.house;
  for (const { executor_count, executor_type, ...pipeline } of pipelines.toReversed()) {
    await mage.call('editor', 'POST', '/pipelines', { pipeline });
    await db('pipelines').where({ name: pipeline.name }).update({ executor_count, executor_type });
  }
  for (const [uuid, status] of triggers) {
    await mage.call('editor', 'POST', `/pipelines/${encodeURIComponent(String(uuid))}/pipeline_schedules`, {
      pipeline_schedule: { name: 't', status },
    });
  }
});
afterAll(() => mage.close());

/** The list as a viewer sees it. Values are encoded, names are as they are written. */
const ask = (query: Record<string, string | number> = {}): Promise<Body> => {
  const text = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return mage.call('viewer', 'GET', `/pipelines?${text.join('&')}`);
};
const list = async (query: Record<string, string | number> = {}): Promise<string[]> =>
  (await ask(query)).pipelines.map(({ uuid }: Body) => uuid);

describe('the list', () => {
  it('is in the order of the identifiers, with the keys of the sheet and no extensions', async () => {
    const { pipelines: found, metadata } = await ask();
    expect(found.map(({ uuid }: Body) => uuid)).toEqual(all);
    expect(metadata).toStrictEqual({ count: 4, results: 4, next: null });
    const keys =
      'blocks cache_block_output_in_memory callbacks concurrency_config conditionals created_at data_integration ' +
      'description executor_config executor_count executor_type name notification_config remote_variables_dir ' +
      'retry_config run_pipeline_in_one_process settings spark_config tags type updated_at uuid variables_dir widgets';
    for (const pipeline of found) expect(Object.keys(pipeline).sort()).toEqual(keys.split(' '));
    expect(found[0].created_at).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}\+00:00$/);
    expect(found[0].updated_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/);
  });

  it('goes by its singular, too', async () => {
    const answer = await mage.call('viewer', 'GET', '/pipeline?_limit=1');
    expect(Object.keys(answer)).toEqual(['pipeline', 'metadata']);
    expect(answer.pipeline[0].uuid).toBe(alpha);
  });

  it('variables only where they are set; history only where it is asked for', async () => {
    expect((await ask()).pipelines[0]).not.toHaveProperty('variables');
    await mage.house
      .db('pipelines')
      .where({ uuid: alpha })
      .update({ variables: { a: 1 } });
    const { pipelines: found } = await ask({ from_history_days: 7 });
    expect(found[0].variables).toEqual({ a: 1 });
    expect(found.map(({ history }: Body) => history)).toEqual([[], [], [], []]);
    await mage.house.db('pipelines').update({ variables: null });
    expect((await ask({ from_history_days: -1 })).error.errors).toHaveProperty('from_history_days');
  });
});

describe('filters', () => {
  it('#47 search: a part of the identifier, in any case', async () => {
    expect(await list({ search: 'eta' })).toEqual([beta]);
    expect(await list({ search: 'ALPHA' })).toEqual([alpha]);
    expect(await list({ search: 'CAFÉ_Ñ' })).toEqual([cafe]);
    expect(await list({ search: '日本' })).toEqual([nihon]);
    expect(await list({ search: 'nothing' })).toEqual([]);
    expect(await list({ search: '' })).toEqual(all);
  });

  it('search takes its text as it is: no pattern, no boolean', async () => {
    expect(await list({ search: '_' })).toEqual([beta, cafe, nihon]);
    for (const search of ['%', 'a%a', '\\', '.*', "'", 'true', 'false'])
      expect([search, await list({ search })]).toEqual([search, []]);
  });

  it('#45 type[]: any of them', async () => {
    expect(await list({ 'type[]': 'streaming,databricks' })).toEqual([beta, cafe, nihon]);
    expect(await list({ 'type[]': 'python' })).toEqual([alpha]);
    expect(await list({ 'type[]': 'cobol' })).toEqual([]);
    expect(await list({ 'type[]': 'cobol,python' })).toEqual([alpha]);
  });

  it('tag[]: any of them, no_tags for those without; by commas or repeated', async () => {
    expect(await list({ 'tag[]': 'finance' })).toEqual([alpha, cafe]);
    expect(await list({ 'tag[]': 'a,nightly' })).toEqual([alpha, nihon]);
    expect(await list({ 'tag[]': 'no_tags' })).toEqual([beta]);
    expect(await list({ 'tag[]': 'no_tags,a' })).toEqual([beta, nihon]);
    expect(await list({ 'tag[]': 'Finance' })).toEqual([]);
    const repeated = await mage.call('viewer', 'GET', '/pipelines?tag[]=a&tag[]=nightly&tag[]=no_tags');
    expect(repeated.pipelines.map(({ uuid }: Body) => uuid)).toEqual([alpha, beta, nihon]);
  });

  it('#46 status[] with include_schedules: any of them', async () => {
    const status = (value: string) => list({ include_schedules: 'true', 'status[]': value });
    expect(await status('active')).toEqual([alpha]);
    expect(await status('inactive')).toEqual([beta, nihon]);
    expect(await status('no_schedules')).toEqual([cafe]);
    expect(await status('active,inactive')).toEqual([alpha, beta, nihon]);
    expect(await status('inactive,no_schedules')).toEqual([beta, cafe, nihon]);
    for (const nonsense of ['asleep', 'constructor', 'toString']) expect(await status(nonsense)).toEqual([]);
  });

  it('status[] without include_schedules does nothing', async () => {
    expect(await list({ 'status[]': 'active' })).toEqual(all);
    expect(await list({ 'status[]': 'active', include_schedules: 'false' })).toEqual(all);
  });

  it('together they must all hold', async () => {
    expect(await list({ 'type[]': 'streaming', search: 'back' })).toEqual([nihon]);
    expect(await list({ 'type[]': 'streaming', 'tag[]': 'no_tags' })).toEqual([beta]);
    const everything = {
      search: 'a',
      'type[]': 'streaming,python',
      'tag[]': 'a,nightly',
      'status[]': 'inactive',
      include_schedules: 1,
    };
    expect(await list(everything)).toEqual([nihon]);
    expect(await list({ ...everything, search: 'alpha' })).toEqual([]);
  });

  it('repo_path changes nothing: there is one project', async () => {
    expect(await list({ repo_path: '/somewhere' })).toEqual(all);
  });

  it('one that is not known is refused by name, and an owner may send it', async () => {
    const sentence = (name: string) =>
      refused(`Query parameter ${name} of value ['red'] is not permitted on list operation for pipelines.`);
    for (const name of ['colour', 'includes_content', 'uuid', 'constructor']) {
      expect(await mage.call('admin', 'GET', `/pipelines?${name}=red`)).toEqual(sentence(name));
      expect((await mage.call('owner', 'GET', `/pipelines?${name}=red`)).metadata.count).toBe(4);
    }
  });

  it('#23 a leading underscore makes it a meta parameter: one that nobody knows is ignored', async () => {
    expect(await list({ _fire: 1, _limit: 1 })).toEqual([alpha]);
    const answer = await ask({ fire: 1, _limit: 1 });
    expect(answer).toEqual(
      refused("Query parameter fire of value ['1'] is not permitted on list operation for pipelines."),
    );
  });
});

describe('include_schedules', () => {
  it('#81 false is false; 0, no, False and TRUE are text, so true', async () => {
    for (const value of ['true', '1', '0', 'no', 'False', 'TRUE']) {
      const { pipelines: found } = await ask({ include_schedules: value });
      expect(found.map(({ schedules }: Body) => schedules.length)).toEqual([2, 1, 0, 3]);
    }
    for (const value of ['false', ''])
      expect((await ask({ include_schedules: value })).pipelines[0]).not.toHaveProperty('schedules');
  });

  it('#35 shows each trigger in 9 keys', async () => {
    const { pipelines: found } = await ask({ include_schedules: 1 });
    const keys = 'created_at id name pipeline_uuid schedule_interval schedule_type start_time status updated_at';
    for (const { schedules, uuid } of found) {
      for (const schedule of schedules) {
        expect(Object.keys(schedule).sort()).toEqual(keys.split(' '));
        expect(schedule.pipeline_uuid).toBe(uuid);
        expect(schedule.created_at).toMatch(/^\d{4}-\d\d-\d\dT/);
      }
    }
  });
});

describe('order', () => {
  // What each name puts first; pipelines were made from the last to the first. Ties go by identifier.
  it.each([
    ['name', all],
    ['uuid', all],
    ['type', [cafe, alpha, beta, nihon]],
    ['description', [cafe, beta, alpha, nihon]],
    ['created_at', [nihon, cafe, beta, alpha]],
    ['updated_at', [nihon, cafe, beta, alpha]],
    ['tags', [beta, nihon, cafe, alpha]],
    ['executor_type', [cafe, alpha, beta, nihon]],
    ['executor_count', [beta, nihon, cafe, alpha]],
    ['blocks', all],
    ['triggers', [cafe, beta, alpha, nihon]],
    ['status', [alpha, beta, nihon, cafe]],
  ])('_order_by[]=%s, and backwards', async (name, expected) => {
    expect(await list({ '_order_by[]': name })).toEqual(expected);
    expect(await list({ '_order_by[]': `-${name}` })).toEqual(expected.toReversed());
  });

  it("the first one's - turns the direction of all", async () => {
    expect(await list({ '_order_by[]': 'type,description' })).toEqual([cafe, alpha, beta, nihon]);
    expect(await list({ '_order_by[]': '-type,description' })).toEqual([nihon, beta, alpha, cafe]);
    expect(await list({ '_order_by[]': 'type,-description' })).toEqual([cafe, alpha, beta, nihon]);
    const repeated = await mage.call('viewer', 'GET', '/pipelines?_order_by[]=-type&_order_by[]=description');
    expect(repeated.pipelines.map(({ uuid }: Body) => uuid)).toEqual([nihon, beta, alpha, cafe]);
  });

  it('B20: a name that is none is left aside', async () => {
    for (const name of ['foo', 'id', 'name desc', 'account_id', 'updated', 'constructor', '\0', '']) {
      expect([name, await list({ '_order_by[]': name })]).toEqual([name, all]);
    }
    expect(await list({ '_order_by[]': '-updated' })).toEqual(all.toReversed());
    expect(await list({ '_order_by[]': 'foo,type' })).toEqual([cafe, alpha, beta, nihon]);
  });

  it('B20: an empty filter is none, but an empty tag is one that nothing has', async () => {
    expect(await list({ 'type[]': '' })).toEqual(all);
    expect(await list({ 'status[]': '', include_schedules: 'true' })).toEqual(all);
    expect(await list({ 'tag[]': '' })).toEqual([]);
    expect((await mage.call('viewer', 'GET', '/pipelines?type[]&tag[]=no_tags')).error).toBeUndefined();
  });
});

describe('pages', () => {
  it('#42 _limit=2 of 3: two, count 3, and more follow', async () => {
    const { pipelines: found, metadata } = await ask({ _limit: 2, 'tag[]': 'finance,a' });
    expect(found.map(({ uuid }: Body) => uuid)).toEqual([alpha, cafe]);
    expect(metadata).toStrictEqual({ count: 3, results: 2, next: true });
  });

  it('the second page, and one past the end', async () => {
    const page = async (_limit: number, _offset: number) => {
      const { pipelines: found, metadata } = await ask({ _limit, _offset });
      return [found.map(({ uuid }: Body) => uuid), metadata];
    };
    expect(await page(2, 2)).toEqual([[cafe, nihon], { count: 4, results: 2, next: false }]);
    expect(await page(3, 3)).toEqual([[nihon], { count: 4, results: 1, next: false }]);
    expect(await page(1, 1)).toEqual([[beta], { count: 4, results: 1, next: true }]);
    expect(await page(4, 0)).toEqual([all, { count: 4, results: 4, next: false }]);
    expect(await page(2, 4)).toEqual([[], { count: 4, results: 0, next: false }]);
    expect(await page(2147483647, 2147483647)).toEqual([[], { count: 4, results: 0, next: false }]);
  });

  it('#43 _offset without _limit: the rest, and next is null', async () => {
    const { pipelines: found, metadata } = await ask({ _offset: 3 });
    expect(found.map(({ uuid }: Body) => uuid)).toEqual([nihon]);
    expect(metadata).toStrictEqual({ count: 4, results: 1, next: null });
  });

  it('are cut after order and filter', async () => {
    expect(await list({ '_order_by[]': '-uuid', _limit: 1 })).toEqual([nihon]);
    expect(await list({ '_order_by[]': '-uuid', _limit: 1, _offset: 1, 'type[]': 'streaming' })).toEqual([beta]);
    expect((await ask({ 'type[]': 'streaming', _limit: 1 })).metadata).toEqual({ count: 2, results: 1, next: true });
  });

  it('400 for what is no number of rows', async () => {
    for (const query of [
      { _limit: 0 },
      { _limit: -1 },
      { _limit: 'x' },
      { _limit: 1.5 },
      { _limit: 2147483648 },
      { _offset: -1 },
      { _offset: 'x' },
    ]) {
      const { error, status } = await ask(query as Record<string, string>);
      expect([query, error.code, error.type, status]).toEqual([query, 400, 'record_invalid', 200]);
      expect(Object.keys(error.errors)).toEqual(Object.keys(query));
    }
    expect((await mage.call('viewer', 'GET', '/pipelines?_limit=1&_limit=2')).error.code).toBe(400);
    const asked = await mage.send('viewer', 'GET', '/pipelines', { query: '?_limit=x&_http_error_codes=1' });
    expect([asked.status, asked.body.status]).toEqual([400, 400]);
  });

  it('a list of 50 with their triggers costs as many statements as one of 2', async () => {
    const { db, installation } = mage.house;
    let statements = 0;
    // Who asks is remembered, and what a process does beside requests is not the list's.
    const note = ({ sql }: { sql: string }) => {
      if (/pipeline/.test(sql)) statements += 1;
    };
    const cost = async () => {
      statements = 0;
      db.on('query', note);
      const { pipelines: found } = await ask({ include_schedules: 1, search: 'many' });
      db.off('query', note);
      return [found.length, statements];
    };
    const rows = Array.from({ length: 50 }, (_, n) => ({
      account_id: installation.accountId,
      uuid: `many_${n}`,
      name: 'm',
    }));
    const add = async (some: typeof rows) => {
      const made = await db('pipelines').insert(some).returning('id');
      await db('pipeline_schedules').insert(
        made.flatMap(({ id }) => [1, 2].map(() => ({ pipeline_id: id, name: 't', token: 'x' }))),
      );
    };
    await add(rows.slice(0, 2));
    const [two, few] = await cost();
    await add(rows.slice(2));
    const [fifty, many] = await cost();
    await db('pipelines').where({ name: 'm' }).delete();
    expect([two, fifty]).toEqual([2, 50]);
    expect(few).toBeGreaterThan(0);
    expect(many).toBe(few);
  });
});
