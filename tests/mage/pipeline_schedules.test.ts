import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Body, type Caller, E, type Mage, openMage, openNeighbour, refused } from '../support/mage.ts';

let mage: Mage;
beforeAll(async () => {
  mage = await openMage();
  for (const name of ['p', 'q']) await mage.call('editor', 'POST', '/pipelines', { pipeline: { name } });
});
afterAll(() => mage.close());
beforeEach(async () => {
  await mage.house.db('pipeline_schedules').delete();
});

const nested = '/pipelines/p/pipeline_schedules';
const send = (method: string, path: string, pipeline_schedule: object, by: Caller = 'editor'): Promise<Body> =>
  mage.call(by, method, path, { pipeline_schedule });
const create = (attributes: object, by?: Caller, path = nested) => send('POST', path, attributes, by);
/** One that is there, to be read and changed. */
const made = async (attributes: object = {}, path = nested): Promise<Body> =>
  (await create({ name: 't', ...attributes }, 'editor', path)).pipeline_schedule;
const update = (id: number, attributes: object, by?: Caller) =>
  send('PUT', `/pipeline_schedules/${id}`, attributes, by);
const detail = async (id: number, query = ''): Promise<Body> =>
  (await mage.call('editor', 'GET', `/pipeline_schedules/${id}${query}`)).pipeline_schedule;
const names = async (query = '', path = '/pipeline_schedules'): Promise<string[]> =>
  (await mage.call('viewer', 'GET', `${path}${query}`)).pipeline_schedules.map(({ name }: Body) => name);

const notFound = E(404, 'record_not_found', 'Record not found.');
const stamp = expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{6})?\+00:00$/);
const token = expect.stringMatching(/^[0-9a-f]{32}$/);

/** A new trigger, whole: every attribute, and no other. */
const fresh = {
  created_at: stamp,
  description: null,
  global_data_product_uuid: null,
  id: expect.any(Number),
  last_enabled_at: null,
  name: 't',
  pipeline_uuid: 'p',
  repo_path: 'default_repo',
  schedule_interval: null,
  schedule_type: null,
  settings: null,
  sla: null,
  start_time: null,
  status: 'inactive',
  token,
  updated_at: stamp,
  variables: null,
};
const detailed = { ...fresh, event_matchers: [], next_pipeline_run_date: null, tags: [] };
const counters = { last_pipeline_run_status: null, pipeline_in_progress_runs_count: null, pipeline_runs_count: null };
const listed = { ...detailed, ...counters };

describe('create', () => {
  it('#69 by time, daily: as it was sent, with a token of 32 hex digits and a repo_path', async () => {
    const sent = { name: 'every evening', schedule_type: 'time', schedule_interval: '@daily', status: 'inactive' };
    const answer = await create({ ...sent, start_time: '2023-03-15 18:00:00' });
    const shown = { ...fresh, ...sent, start_time: '2023-03-15 18:00:00+00:00' };
    expect(answer).toStrictEqual({ pipeline_schedule: shown, metadata: null });
    expect((await made()).token).not.toBe(answer.pipeline_schedule.token);
  });

  it('takes description and variables as they are', async () => {
    const sent = { description: 'Ñandú 🚀', variables: { env: 'staging', deep: [1, { a: null }], ключ: '"' } };
    expect(await made(sent)).toStrictEqual({ ...fresh, ...sent });
    expect(await made({ description: null, variables: null })).toStrictEqual(fresh);
    expect((await create({ name: 'x', variables: [1] })).error.errors).toHaveProperty('variables');
  });

  it('active: says when it was enabled', async () => {
    expect((await made({ status: 'active' })).last_enabled_at).toEqual(stamp);
  });

  it('without a name: the record is invalid, code 200', async () => {
    for (const attributes of [{}, { name: '' }]) {
      const { error, status } = await create(attributes);
      const metadata = { key: 'name', value: 'name' in attributes ? '' : null };
      const errors = { error: 'name cannot be empty.', metadata };
      expect([error, status]).toEqual([
        { code: 200, message: 'Record is invalid.', type: 'record_invalid', errors },
        200,
      ]);
    }
    expect((await mage.call('editor', 'POST', nested)).error.code).toBe(200);
    expect(await mage.house.db('pipeline_schedules')).toEqual([]);
  });

  it('a name of 255 characters, and not of 256; NUL is refused', async () => {
    expect((await made({ name: 'ñ'.repeat(255) })).name).toHaveLength(255);
    expect((await create({ name: 'x'.repeat(256) })).error.errors).toHaveProperty('name');
    const nul = E(
      400,
      'record_invalid',
      'It contains a character that cannot be stored (NUL, or half of a surrogate pair).',
    );
    expect(await create({ name: 'a\0' })).toEqual(nul);
    expect(await create({ name: 'a', variables: { a: '\0' } })).toEqual(nul);
  });

  it('B20: an owner writes settings, sla, token and tags, too; of others they are dropped, and so is what nobody writes', async () => {
    const more = { settings: { skip_if_previous_running: true, timeout: 60 }, sla: 5, token: 'mine' };
    const dropped = { id: 7, foo: 1, pipeline_id: 99, repo_path: 'x' };
    for (const by of ['editor', 'admin'] as const) {
      const { pipeline_schedule } = await create({ name: 't', ...more, tags: ['x'], ...dropped }, by);
      expect(pipeline_schedule).toStrictEqual(fresh);
      expect((await detail(pipeline_schedule.id)).tags).toEqual([]);
    }
    const { pipeline_schedule } = await create({ name: 't', ...more, tags: ['x'], ...dropped }, 'owner');
    expect(pipeline_schedule).toStrictEqual({ ...fresh, ...more });
    expect((await detail(pipeline_schedule.id)).tags).toEqual(['x']);
  });

  it('B20: null for what is not to be null is as if it was not sent', async () => {
    const nulls = { status: null, tags: null, schedule_type: null, token: null, sla: null, settings: null };
    expect((await create({ name: 't', ...nulls }, 'owner')).pipeline_schedule).toStrictEqual(fresh);
  });

  it.each([
    '@once',
    '@hourly',
    '@daily',
    '@weekly',
    '@monthly',
    '@always_on',
    '*/5 * * * *',
    '0 9 * * 1-5',
    '0 0 29 2 *',
    '@yearly',
    '@annually',
    '@midnight',
    '* * * * * *',
    '* * * * * */20',
    '0 9 * * mon-fri 30',
    '0 9 1 1 * 0 2030-2040/2',
  ])('B20: an interval of %s', async (schedule_interval) => {
    expect((await made({ schedule_interval })).schedule_interval).toBe(schedule_interval);
  });

  it.each([
    'daily',
    '@secondly',
    '@reboot',
    '* * * *',
    '',
    'H * * * *',
    '@every 5m',
    '* * * * * 60',
    '0 0 30 2 * 0',
    '0 9 * * * 0 2020',
    '0 9 * * * 0 soon',
    '0 9 * * * 0 2030 1',
    '60 * * * *',
    '0 0 30 2 *',
    '* * * * x',
    '*/0 * * * *',
  ])('no interval: %s', async (schedule_interval) => {
    expect((await create({ name: 't', schedule_interval })).error.exception).toBe('Cron expression is invalid.');
    const { id } = await made({ schedule_interval: '@daily' });
    expect((await update(id, { schedule_interval })).error.exception).toBe('Cron expression is invalid.');
    expect((await detail(id)).schedule_interval).toBe('@daily');
  });

  it.each([
    ['2026-01-31', '2026-01-31 00:00:00+00:00'],
    ['2026-01-31 09:00', '2026-01-31 09:00:00+00:00'],
    ['2026-01-31 09:00:00', '2026-01-31 09:00:00+00:00'],
    ['2026-01-31T09:00:00.25', '2026-01-31 09:00:00.250000+00:00'],
    ['2026-01-31T09:00:00.123456Z', '2026-01-31 09:00:00.123456+00:00'],
    ['2026-01-31 09:00:00+02:00', '2026-01-31 07:00:00+00:00'],
    ['2026-01-31 09:00:00 -0530', '2026-01-31 14:30:00+00:00'],
    ['2024-02-29 23:59:59+00', '2024-02-29 23:59:59+00:00'],
    ['0001-01-01', '0001-01-01 00:00:00+00:00'],
    [null, null],
  ])('a start_time of %s is %s', async (start_time, shown) => {
    expect((await made({ start_time })).start_time).toBe(shown);
  });

  it.each([
    ...[
      '',
      'tomorrow',
      '09:00',
      '2026-02-31 09:00:00',
      '2026-02-29',
      '2026-13-01',
      '2026-01-31 25:00',
      '2026-01-31 09:61',
    ],
    ...[
      '2026-01-31 (x) 09:00',
      '2026-01-31 09:00:00+99',
      '2026-01-31 09:00:00+16:00',
      '0000-01-01',
      '9999-12-31 23:00-05:00',
    ],
    ...['0001-01-01 00:00+01:00', 'infinity', 'now', '12026-01-31'],
  ])('no start_time: %j', async (start_time) => {
    const message = 'must be a time, such as 2026-01-31 09:00:00';
    expect((await create({ name: 't', start_time })).error).toMatchObject({
      code: 400,
      errors: { start_time: [message] },
    });
  });

  it('400 for a type or a status that is none', async () => {
    expect((await create({ name: 't', schedule_type: 'sun' })).error).toMatchObject({
      code: 400,
      type: 'record_invalid',
    });
    expect((await create({ name: 't', status: 'asleep' })).error.errors).toHaveProperty('status');
    for (const schedule_type of ['api', 'event', 'time'])
      expect((await made({ schedule_type })).schedule_type).toBe(schedule_type);
  });

  it('without a pipeline: the exception shape', async () => {
    const sentence = 'A pipeline schedule needs a pipeline.';
    const error = { code: 500, errors: [], exception: sentence, message: sentence };
    const answer = await create({ name: 't' }, 'owner', '/pipeline_schedules');
    expect(answer).toEqual({ error, url_parameters: { resource: 'pipeline_schedules' } });
    expect(await mage.house.db('pipeline_schedules')).toEqual([]);
  });

  it('under an unknown pipeline: the exception shape, with what the URL said', async () => {
    const sentence = 'Pipeline x does not exist.';
    const error = { code: 500, errors: [], exception: sentence, message: sentence };
    const url_parameters = { resource: 'pipelines', pk: 'x', child: 'pipeline_schedules' };
    expect(await create({ name: 't' }, 'owner', '/pipelines/x/pipeline_schedules')).toEqual({ error, url_parameters });
    expect(await mage.call('viewer', 'GET', '/pipelines/x/pipeline_schedules')).toEqual({ error, url_parameters });
    const member = await mage.call('viewer', 'GET', '/pipelines/x/pipeline_schedules/5');
    expect(member).toEqual({ error, url_parameters: { ...url_parameters, child_pk: '5' } });
  });

  it('a viewer is refused', async () => {
    const sentence = 'Unauthorized operation create on pipeline_schedules, failed condition.';
    expect(await create({ name: 't' }, 'viewer')).toEqual(refused(sentence));
  });
});

describe('list', () => {
  beforeAll(async () => {
    await mage.house.db('pipeline_schedules').delete();
    await made({ name: 'a', schedule_type: 'time', schedule_interval: '@daily', status: 'active' });
    await made({ name: 'b', schedule_type: 'event' });
    await made({ name: 'c', schedule_type: 'api', schedule_interval: '0 9 * * *' }, '/pipelines/q/pipeline_schedules');
    const { id } = await made({ name: 'd', schedule_type: 'time', schedule_interval: '@hourly' });
    await update(id, { tags: ['night', 'x'], global_data_product_uuid: 'star' });
    await mage.house.db.raw('create table four as table pipeline_schedules');
  });
  beforeEach(() => mage.house.db.raw('insert into pipeline_schedules overriding system value table four'));

  it('B20: alone: the oldest first, of all pipelines, with the keys of the sheet', async () => {
    const { pipeline_schedules, metadata } = await mage.call('editor', 'GET', '/pipeline_schedules');
    expect(pipeline_schedules.map(({ name, pipeline_uuid }: Body) => [name, pipeline_uuid])).toEqual([
      ['a', 'p'],
      ['b', 'p'],
      ['c', 'q'],
      ['d', 'p'],
    ]);
    expect(metadata).toStrictEqual({ count: 4, next: false });
    expect(pipeline_schedules[1]).toStrictEqual({ ...listed, name: 'b', schedule_type: 'event' });
  });

  it('under a pipeline: its own alone, the newest first', async () => {
    expect(await names('', nested)).toEqual(['d', 'b', 'a']);
    expect(await names('', '/pipelines/q/pipeline_schedules')).toEqual(['c']);
    expect((await mage.call('viewer', 'GET', `${nested}?_limit=1`)).metadata).toEqual({ count: 3, next: true });
  });

  it('#71 schedule_type[]: any of them', async () => {
    expect(await names('?schedule_type[]=event,time')).toEqual(['a', 'b', 'd']);
    expect(await names('?schedule_type[]=api', nested)).toEqual([]);
    expect(await names('?schedule_type[]=sun')).toEqual([]);
  });

  it('schedule_interval[], status[], tag[] and global_data_product_uuid, alone and together', async () => {
    expect(await names('?schedule_interval[]=@daily,@hourly')).toEqual(['a', 'd']);
    expect(await names('?schedule_interval[]=0%209%20*%20*%20*')).toEqual(['c']);
    expect(await names('?status[]=active')).toEqual(['a']);
    expect(await names('?status[]=active,inactive')).toHaveLength(4);
    expect(await names('?tag[]=night,other')).toEqual(['d']);
    expect(await names('?tag[]=other')).toEqual([]);
    expect(await names('?global_data_product_uuid=star')).toEqual(['d']);
    expect(await names('?global_data_product_uuid=true')).toEqual([]);
    expect(await names('?status[]=inactive&schedule_type[]=time,api')).toEqual(['c', 'd']);
    expect(await names('?status[]=active&tag[]=night')).toEqual([]);
  });

  it.each([
    ['created_at', 'dcba'],
    ['name', 'abcd'],
    ['pipeline_uuid', 'abdc'],
    ['schedule_type', 'cbad'],
    ['status', 'abcd'],
    ...['-created_at', '-name', 'id', 'updated_at', 'token', 'foo', 'name;', 'constructor', ''].map((name) => [
      name,
      'abcd',
    ]),
  ])('B20: order_by=%s is %s as in Mage; under a pipeline it is left aside', async (name = '', order = '') => {
    const query = `?order_by=${encodeURIComponent(name)}`;
    expect((await names(query)).join('')).toBe(order);
    expect((await names(query, nested)).join('')).toBe('dba');
  });

  it('B20: an empty filter is none, but an empty tag is one that nothing has', async () => {
    for (const name of ['schedule_type', 'schedule_interval', 'status']) {
      expect(await names(`?${name}[]=`)).toHaveLength(4);
    }
    expect(await names('?tag[]=')).toEqual([]);
  });

  it('pages: 40 unless _limit says otherwise, counted before they are cut', async () => {
    const page = (query: string) => mage.call('viewer', 'GET', `/pipeline_schedules${query}`);
    expect(await names('?_limit=2')).toEqual(['a', 'b']);
    expect((await page('?_limit=2')).metadata).toEqual({ count: 4, next: true });
    expect(await names('?_limit=3&_offset=3')).toEqual(['d']);
    expect((await page('?_limit=3&_offset=3')).metadata).toEqual({ count: 4, next: false });
    expect(await page('?_offset=9')).toEqual({ pipeline_schedules: [], metadata: { count: 4, next: false } });
    expect((await page('?_limit=0')).error.code).toBe(400);
    for (let n = 0; n < 37; n += 1) await made();
    const { pipeline_schedules, metadata } = await page('');
    expect([pipeline_schedules.length, metadata]).toEqual([40, { count: 41, next: true }]);
  });

  it('a query parameter that it does not know is refused by name', async () => {
    const answer = await mage.call('admin', 'GET', '/pipeline_schedules?search=a');
    const sentence = "Query parameter search of value ['a'] is not permitted on list operation for pipeline_schedules.";
    expect(answer).toEqual(refused(sentence));
    expect(await mage.call('owner', 'GET', '/pipeline_schedules?search=a')).toHaveProperty('metadata.count', 4);
  });
});

describe('detail', () => {
  it('#25 alone and under its pipeline: one attribute set', async () => {
    const { id } = await made();
    const answer = { pipeline_schedule: detailed, metadata: null };
    expect(await mage.call('editor', 'GET', `/pipeline_schedules/${id}`)).toStrictEqual(answer);
    expect(await mage.call('editor', 'GET', `${nested}/${id}`)).toStrictEqual(answer);
  });

  it('404 for an unknown one, one that is no number, and under another pipeline', async () => {
    const { id } = await made();
    for (const path of [
      '/pipeline_schedules/999999',
      '/pipeline_schedules/x',
      `/pipelines/q/pipeline_schedules/${id}`,
    ]) {
      for (const method of ['GET', 'PUT', 'DELETE']) expect(await mage.call('editor', method, path)).toEqual(notFound);
    }
    for (const strange of ['99999999999999999999', '0', '-1', `0${id}`, `${id}.0`, '%20']) {
      expect(await mage.call('viewer', 'GET', `/pipeline_schedules/${strange}`)).toEqual(notFound);
    }
    const { status } = await mage.send('viewer', 'GET', '/pipeline_schedules/0', { query: '?_http_error_codes=true' });
    expect(status).toBe(404);
    expect((await detail(id)).id).toBe(id);
  });

  it('#78 _format=with_runtime_average adds runtime_average; list adds the counters; a name that is none shows the default', async () => {
    const { id } = await made();
    expect(await detail(id, '?_format=with_runtime_average')).toStrictEqual({ ...listed, runtime_average: null });
    expect(await detail(id, '?_format=list')).toStrictEqual(listed);
    for (const format of ['nonsense', 'create', 'delete', 'toString'])
      expect(await detail(id, `?_format=${format}`)).toStrictEqual(fresh);
    const { pipeline_schedules } = await mage.call('editor', 'GET', `${nested}?_format=with_runtime_average`);
    expect(pipeline_schedules).toStrictEqual([{ ...listed, runtime_average: null }]);
  });

  it('next_pipeline_run_date: the first moment from start_time on, of what is active and goes by time', async () => {
    const next = async (attributes: object) =>
      (await detail((await made({ schedule_type: 'time', status: 'active', ...attributes })).id))
        .next_pipeline_run_date;
    const start_time = '2099-05-05 10:30:00'; // a Tuesday
    const from = (schedule_interval: string, start = start_time) => next({ schedule_interval, start_time: start });
    expect(await from('@once')).toBe('2099-05-05 10:30:00+00:00');
    expect(await from('@always_on')).toBe('2099-05-05 10:30:00+00:00');
    expect(await from('@hourly')).toBe('2099-05-05 11:00:00+00:00');
    expect(await from('@daily')).toBe('2099-05-06 00:00:00+00:00');
    expect(await from('@weekly')).toBe('2099-05-11 00:00:00+00:00');
    expect(await from('@monthly')).toBe('2099-06-01 00:00:00+00:00');
    expect(await from('15 9 * * 1-5')).toBe('2099-05-06 09:15:00+00:00');
    expect(await from('@daily', '2099-05-05 00:00:00')).toBe('2099-05-05 00:00:00+00:00');
    expect(Date.parse(await next({ schedule_interval: '@hourly' })) - Date.now()).toBeLessThanOrEqual(3_600_000);
    expect(Date.parse(await next({ schedule_interval: '* * * * *', start_time: '2020-01-01' }))).toBeGreaterThan(
      Date.now(),
    );
    for (const clockless of [
      { status: 'inactive' },
      { schedule_type: 'api' },
      { schedule_interval: '@once', start_time: '2020-01-01' },
    ]) {
      expect(await next({ schedule_interval: '@daily', start_time, ...clockless })).toBeNull();
    }
    expect(await next({ start_time })).toBeNull();
  });
});

describe('update', () => {
  it('#70 an interval and a status: echoed, and enabled now', async () => {
    const { id } = await made();
    const { pipeline_schedule, metadata } = await update(id, { schedule_interval: '@hourly', status: 'active' });
    const changed = { ...detailed, schedule_interval: '@hourly', status: 'active', last_enabled_at: stamp };
    expect([pipeline_schedule, metadata]).toStrictEqual([changed, null]);
  });

  it.each([
    ['name', 'Ñandú'],
    ['description', 'x'],
    ['schedule_type', 'event'],
    ['schedule_interval', null],
    ['variables', { a: [1] }],
    ['variables', null],
    ['settings', { skip_if_previous_running: true }],
    ['sla', 3600],
    ['sla', null],
    ['tags', ['a', 'b']],
    ['global_data_product_uuid', 'star'],
    ['token', 'of my own'],
  ])('%s becomes %j, and the rest stays; alone and under its pipeline', async (name, value) => {
    const { id } = await made({ description: 'old', variables: { old: 1 }, schedule_interval: '@daily' });
    for (const path of [`/pipeline_schedules/${id}`, `${nested}/${id}`]) {
      const before = await detail(id);
      const { pipeline_schedule: after } = await send('PUT', path, { [name]: value });
      expect(after).toStrictEqual({ ...before, [name]: value, updated_at: after.updated_at });
      expect(await detail(id)).toStrictEqual(after);
    }
  });

  it('tags are replaced, trimmed, each there once', async () => {
    const { id } = await made();
    const tags = async (sent: string[]) => (await update(id, { tags: sent })).pipeline_schedule.tags;
    expect(await tags(['b', ' a ', 'b', 'a', ' '])).toEqual(['b', 'a']);
    expect(await tags(['c'])).toEqual(['c']);
    expect(await tags([])).toEqual([]);
    expect((await update(id, { tags: ['x'.repeat(71)] })).error.code).toBe(400);
  });

  it('rotate_token gives a new token; without it, or with a token of null, the old one stays', async () => {
    const { id, token: first } = await made();
    for (const rotate_token of [true, 1, 'yes']) {
      const { token: before } = await detail(id);
      const { pipeline_schedule } = await update(id, { rotate_token });
      expect(pipeline_schedule.token).toEqual(token);
      expect(pipeline_schedule.token).not.toBe(before);
    }
    const { token: last } = await detail(id);
    expect(last).not.toBe(first);
    for (const attributes of [{ rotate_token: false }, { rotate_token: 0 }, { token: null }, { token: '' }, {}]) {
      expect((await update(id, attributes)).pipeline_schedule.token).toBe(last);
    }
  });

  it('last_enabled_at is when it became active, not when it was active already', async () => {
    const { id } = await made();
    const turn = async (status: string) => (await update(id, { status })).pipeline_schedule.last_enabled_at;
    expect(await turn('inactive')).toBeNull();
    const first = await turn('active');
    expect(first).toEqual(stamp);
    expect(await turn('active')).toBe(first);
    expect(await turn('inactive')).toBe(first);
    expect(await turn('active')).not.toBe(first);
  });

  it('accepts and ignores the other attributes that it shows', async () => {
    const { id } = await made();
    const ignored = {
      id: 5,
      created_at: 'x',
      pipeline_uuid: 'q',
      repo_path: 'x',
      last_enabled_at: 'x',
      event_matchers: [1],
    };
    expect((await update(id, ignored)).pipeline_schedule).toStrictEqual({ ...detailed, id });
  });

  it('an attribute that it does not know is refused by name, or dropped for an owner', async () => {
    const { id } = await made();
    for (const name of ['foo', 'pipeline_id', 'constructor']) {
      const sentence = `write of ${name} on update is disabled for pipeline_schedules.`;
      expect(await update(id, { description: 'x', [name]: 1 })).toEqual(refused(sentence));
    }
    expect((await detail(id)).description).toBeNull();
    expect((await update(id, { foo: 1, pipeline_id: 9 }, 'owner')).pipeline_schedule).toStrictEqual({
      ...detailed,
      id,
    });
  });

  it('without a name: the record is invalid, code 200', async () => {
    const { id } = await made();
    const { error } = await update(id, { name: '', description: 'x' });
    expect(error).toMatchObject({
      code: 200,
      errors: { error: 'name cannot be empty.', metadata: { key: 'name', value: '' } },
    });
    expect((await detail(id)).description).toBeNull();
  });
});

describe('delete', () => {
  it('#25 gives what is gone, alone and under its pipeline', async () => {
    for (const path of ['/pipeline_schedules', nested]) {
      const { id } = await made();
      const answer = await mage.call('editor', 'DELETE', `${path}/${id}`);
      expect(answer).toStrictEqual({ pipeline_schedule: { ...fresh, id }, metadata: null });
      expect(await mage.call('editor', 'GET', `/pipeline_schedules/${id}`)).toEqual(notFound);
    }
    expect(await mage.house.db('pipeline_schedules')).toEqual([]);
  });
});

it('#134 the token is shown to those who may run the pipeline, and kept sealed', async () => {
  const { id, token: shown } = await made();
  for (const path of [`/pipeline_schedules/${id}`, `${nested}/${id}`]) {
    const { pipeline_schedule } = await mage.call('viewer', 'GET', path);
    expect(pipeline_schedule.token).toBe('[API_TOKEN_PLACEHOLDER]');
    for (const by of ['editor', 'admin', 'owner'] as const)
      expect((await mage.call(by, 'GET', path)).pipeline_schedule.token).toBe(shown);
  }
  await update(id, { token: 'mine' }, 'owner');
  const row = await mage.house.db('pipeline_schedules').where({ id }).first();
  expect([row?.token.startsWith('sealed:'), row?.token.includes('mine')]).toEqual([true, false]);
  expect((await detail(id)).token).toBe('mine');
});

it("another account's triggers are not there", async () => {
  const { db } = mage.house;
  const { accountId, headers } = await openNeighbour(mage);
  const [theirs] = await db('pipelines').insert({ account_id: accountId, uuid: 'p', name: 'p' }).returning('id');
  const row = { pipeline_id: theirs?.id as number, name: 'theirs', token: 'secret' };
  const [{ id }] = (await db('pipeline_schedules').insert(row).returning('id')) as [{ id: number }];
  await made({ name: 'ours' });
  const before = await db('pipeline_schedules').orderBy('id');
  expect(await names()).toEqual(['ours']);
  expect(await names('', nested)).toEqual(['ours']);
  for (const path of [`/pipeline_schedules/${id}`, `${nested}/${id}`]) {
    for (const method of ['GET', 'PUT', 'DELETE']) {
      expect(await send(method, path, { name: 'x' }, 'owner')).toEqual(notFound);
    }
  }
  await mage.call('owner', 'PUT', '/pipelines/p', { pipeline: { status: 'active' } });
  await mage.call('owner', 'DELETE', '/pipelines/p');
  expect(await db('pipeline_schedules')).toEqual(before.filter(({ name }) => name === 'theirs'));
  const { body } = await mage.send('owner', 'GET', '/pipeline_schedules', { headers });
  expect(body.pipeline_schedules).toMatchObject([{ name: 'theirs', pipeline_uuid: 'p' }]);
});
