import request from 'supertest';
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
  await mage.pipeline('etl', 'load it', 'trans', 'export');
  trigger = await mage.trigger('etl');
});

/** Sends a body as it stands, by the token in the path. */
const raw = async (body: string | undefined, type = 'application/json', of = trigger): Promise<Body> => {
  const call = request(mage.server)
    .post(`/api/pipeline_schedules/${of.id}/pipeline_runs/${of.token}`)
    .set('Content-Type', type);
  const answer = await (body === undefined ? call : call.send(body));
  expect(answer.status).toBe(200);
  return answer.body;
};
const X = (exception: string, url_parameters: object) => ({
  error: { code: 500, errors: [], exception, message: exception },
  url_parameters,
});
const partition = () => expect.stringMatching(new RegExp(`^${trigger.id}/\\d{8}T\\d{6}_\\d{6}$`));
const stamp = expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{6})?\+00:00$/);

describe('by token in the path', () => {
  it('#101 the run at once, in 15 keys in their order, with what was sent and the partition', async () => {
    const answer = await mage.fire(trigger, { pipeline_run: { variables: { env: 'run', n: 7 } } });
    expect(answer).toStrictEqual({
      pipeline_run: {
        ...{ id: expect.any(Number), created_at: stamp, updated_at: stamp, pipeline_schedule_id: trigger.id },
        ...{ pipeline_uuid: 'etl', execution_date: stamp, status: 'initial', started_at: null, completed_at: null },
        ...{ variables: { env: 'run', n: 7, execution_partition: partition() }, passed_sla: false },
        ...{ event_variables: {}, metrics: null, backfill_id: null, executor_type: 'local_python' },
      },
    });
    expect(Object.keys(answer.pipeline_run)).toEqual([
      ...['id', 'created_at', 'updated_at', 'pipeline_schedule_id', 'pipeline_uuid', 'execution_date', 'status'],
      ...['started_at', 'completed_at', 'variables', 'passed_sla', 'event_variables', 'metrics', 'backfill_id'],
      'executor_type',
    ]);
    const date = answer.pipeline_run.execution_date
      .replace(/[-:]|\+.*/g, '')
      .replace(' ', 'T')
      .replace('.', '_');
    expect(answer.pipeline_run.variables.execution_partition).toBe(`${trigger.id}/${date}`);
  });

  it('#102 its parts are there at once, all initial, one for each block', async () => {
    const { pipeline_run } = await mage.fire(trigger);
    const { block_runs } = await mage.run(pipeline_run.id);
    expect(block_runs.map(({ block_uuid }: Body) => block_uuid)).toEqual(['load_it', 'trans', 'export']);
    expect(block_runs[0]).toStrictEqual({
      ...{ id: expect.any(Number), created_at: stamp, updated_at: stamp, pipeline_run_id: pipeline_run.id },
      ...{ block_uuid: 'load_it', status: 'initial', started_at: null, completed_at: null, metrics: null },
      ...{ pipeline_schedule_id: trigger.id, pipeline_schedule_name: 'api1' },
    });
  });

  it.each<[string, string | undefined, object, object | null]>([
    ['#103 nothing', undefined, {}, null],
    ['#103 nothing, as JSON', '', {}, null],
    ['#104 {}', '{}', {}, {}],
    ['#104 an empty run', '{"pipeline_run":{}}', {}, {}],
    ['#104 no variables', '{"pipeline_run":{"variables":{}}}', {}, {}],
    ['#104 null', '{"pipeline_run":{"variables":null}}', {}, {}],
    ['#105 flat', '{"a":1,"b":{"c":2}}', {}, { a: 1, b: { c: 2 } }],
    ['#106 flat variables', '{"variables":{"a":1}}', {}, { variables: { a: 1 } }],
    ['#108 both', '{"pipeline_run":{"variables":{"x":1}},"top":2,"api_key":"k"}', { x: 1 }, { top: 2, api_key: 'k' }],
    [
      '#109 a partition and event variables of one’s own',
      '{"pipeline_run":{"variables":{"execution_partition":"mine","x":2},"event_variables":{"ev":1}},"top":2}',
      { x: 2 },
      { top: 2 },
    ],
  ])('%s', async (_what, body, variables, event_variables) => {
    const { pipeline_run } = await raw(body);
    expect(pipeline_run).toMatchObject({ event_variables });
    expect(pipeline_run.variables).toStrictEqual({ ...variables, execution_partition: partition() });
  });

  it('#107 JSON whatever it is called', async () => {
    for (const type of ['application/x-www-form-urlencoded', 'text/plain', 'x/y']) {
      const { pipeline_run } = await raw('{"pipeline_run":{"variables":{"q":1}},"zz":1}', type);
      expect([pipeline_run.variables.q, pipeline_run.event_variables]).toEqual([1, { zz: 1 }]);
    }
  });

  it('numbers stay as they came', async () => {
    const call = request(mage.server).post(`/api/pipeline_schedules/${trigger.id}/pipeline_runs/${trigger.token}`);
    const { text } = await call
      .set('Content-Type', 'application/json')
      .send('{"pipeline_run":{"variables":{"x":7.0}},"y":1e400}');
    expect(text).toContain('"x":7.0');
    expect(text).toContain('"event_variables":{"y":1e400}');
  });

  it.each([
    ['2020-01-01 00:00:00', '2020-01-01 00:00:00+00:00', '20200101T000000_000000'],
    ['2020-01-01T10:00:00', '2020-01-01 10:00:00+00:00', '20200101T100000_000000'],
    ['2020-01-01 10:00:00.25+02:00', '2020-01-01 08:00:00.250000+00:00', '20200101T080000_250000'],
  ])('#110 of the date %s', async (execution_date, shown, part) => {
    const { pipeline_run } = await mage.fire(trigger, { pipeline_run: { variables: { x: 1 }, execution_date } });
    expect(pipeline_run).toMatchObject({
      execution_date: shown,
      variables: { execution_partition: `${trigger.id}/${part}` },
    });
  });

  it.each([
    [
      '#111',
      '{"pipeline_run":{"variables":{"x":1},"foo":"bar"}}',
      "'foo' is an invalid keyword argument for PipelineRun",
    ],
    ['#112', '{"pipeline_run":null}', "argument of type 'NoneType' is not iterable"],
    ['#112', '{"pipeline_run":7}', "argument of type 'int' is not iterable"],
    ['#112', '{"pipeline_run":"x"}', "'str' object does not support item assignment"],
    ['#112', '{"pipeline_run":{"variables":"str"}}', "'str' object does not support item assignment"],
    ['#112', '{"pipeline_run":{"variables":[1]}}', 'list indices must be integers or slices, not str'],
    ['#112', '{"pipeline_run":{"variables":7.0}}', "'float' object does not support item assignment"],
    ['#112', '{"pipeline_run":{"execution_date":"bad"}}', "Invalid isoformat string: 'bad'"],
    ['#112', '{"pipeline_run": {', 'Expecting property name enclosed in double quotes: line 1 column 19 (char 18)'],
    ['#112', '{"pipeline_run": }', 'Expecting value: line 1 column 18 (char 17)'],
    ['#112', '[1,2]', "'list' object has no attribute 'get'"],
    ['#112', '"s"', "'str' object has no attribute 'get'"],
    ['#112', 'null', "'NoneType' object has no attribute 'get'"],
    ['#112', 'a=1&b=2', 'Expecting value: line 1 column 1 (char 0)'],
  ])('%s %s: Mage’s exception, and no run', async (_number, body, exception) => {
    const parameters = { pipeline_schedule_id: String(trigger.id), token: trigger.token };
    expect(await raw(body)).toEqual(X(exception, parameters));
    expect(await mage.house.db('pipeline_runs')).toEqual([]);
  });

  it('what nobody sets from outside is refused: an id, a status, times', async () => {
    for (const [name, value] of Object.entries({ id: 9999, status: 'completed', started_at: 'now', backfill_id: 3 }))
      expect(await mage.fire(trigger, { pipeline_run: { [name]: value } })).toEqual(
        refused(`write of ${name} on create is disabled for pipeline_runs.`),
      );
    expect(await mage.house.db('pipeline_runs')).toEqual([]);
    const overwritten = { pipeline_schedule_id: 99999, pipeline_uuid: 'nosuch', backfill_id: null };
    const { pipeline_run } = await mage.fire(trigger, { pipeline_run: overwritten });
    expect(pipeline_run).toMatchObject({ pipeline_schedule_id: trigger.id, pipeline_uuid: 'etl' });
  });

  it('NUL and halves of surrogates are refused', async () => {
    for (const body of ['{"a":"\\u0000"}', '{"a":"\\ud800"}']) expect((await raw(body)).error.code).toBe(400);
  });

  it('#113 #114 a wrong token, whatever status is asked for; and #116 another trigger’s', async () => {
    const other = await mage.trigger('etl');
    for (const token of ['wrong', other.token, `${trigger.token}0`, trigger.token.toUpperCase(), '%20'])
      for (const query of ['', '?_http_error_codes=true']) {
        const answer = await request(mage.server)
          .post(`/api/pipeline_schedules/${trigger.id}/pipeline_runs/${token}${query}`)
          .send('{"broken');
        const parameters = { pipeline_schedule_id: String(trigger.id), token: decodeURIComponent(token) };
        const sentence = `Invalid token for pipeline schedule ID ${trigger.id}.`;
        expect([answer.status, answer.body]).toEqual([200, X(sentence, parameters)]);
      }
  });

  it('#115 a trigger by time, or by an event', async () => {
    for (const schedule_type of ['time', 'event', null]) {
      const timed = await mage.trigger('etl', { schedule_type });
      for (const token of [timed.token, 'wrong'])
        expect((await mage.fire({ id: timed.id, token })).error.exception).toBe(
          'This endpoint is only supported for API trigger.',
        );
    }
  });

  it('#117 an id that there is not, and one that is none', async () => {
    const unknown = "{'code': 404, 'message': 'Record not found.', 'type': 'record_not_found'}";
    for (const id of ['99999', '99999999999999999999']) {
      const { body } = await request(mage.server)
        .post(`/api/pipeline_schedules/${id}/api_trigger`)
        .set('Authorization', 'Bearer x');
      expect(body).toEqual(X(unknown, { pipeline_schedule_id: id }));
    }
    expect((await mage.fire({ id: 'abc' as never, token: 'x' })).error.exception).toBe(
      "invalid literal for int() with base 10: 'abc'",
    );
  });

  it('#120 a trigger that is not active is switched on, and its run made', async () => {
    const off = await mage.trigger('etl', { status: 'inactive' });
    expect((await mage.fire(off)).pipeline_run.status).toBe('initial');
    const { pipeline_schedule } = await mage.call('owner', 'GET', `/pipeline_schedules/${off.id}`);
    expect([pipeline_schedule.status, pipeline_schedule.last_enabled_at]).toEqual(['active', null]);
  });

  it('#121 other methods: 405 without a body; OPTIONS 204', async () => {
    const path = `/api/pipeline_schedules/${trigger.id}/pipeline_runs/${trigger.token}`;
    for (const method of ['get', 'put', 'delete'] as const) {
      const { status, text } = await request(mage.server)[method](path);
      expect([method, status, text]).toEqual([method, 405, '']);
    }
    expect((await request(mage.server).options(path)).status).toBe(204);
    expect((await request(mage.server).post(`/api/pipeline_schedules/${trigger.id}/pipeline_runs/`)).status).toBe(405);
    expect((await request(mage.server).get(`/api/pipeline_schedules/${trigger.id}/api_trigger`)).status).toBe(405);
  });

  it('#122 wrong keys and tokens beside it are not looked at', async () => {
    const { body } = await request(mage.server)
      .post(`/api/pipeline_schedules/${trigger.id}/pipeline_runs/${trigger.token}?api_key=bad`)
      .set({ 'OAUTH-TOKEN': 'wrong', 'X-API-KEY': 'wrong', Cookie: 'oauth_token=x' });
    expect(body.pipeline_run.status).toBe('initial');
  });

  it('the token is in no log', async () => {
    await mage.call('owner', 'PUT', `/pipeline_schedules/${trigger.id}`, { pipeline_schedule: { token: 'short' } });
    expect((await mage.fire({ ...trigger, token: 'short' })).pipeline_run).toBeDefined();
    const lines = mage.log.filter((line) => line.includes(`/pipeline_schedules/${trigger.id}/pipeline_runs/`));
    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toContain('short');
  });
});

describe('by Bearer', () => {
  const trigger_ = (headers: Record<string, string>, query = '') =>
    request(mage.server).post(`/api/pipeline_schedules/${trigger.id}/api_trigger${query}`).set(headers).send({});

  it('#118 the token in Authorization, Bearer in any case', async () => {
    for (const word of ['Bearer', 'bearer'])
      expect((await trigger_({ Authorization: `${word} ${trigger.token}` })).body.pipeline_run.status).toBe('initial');
  });

  it('#119 in another form it is none', async () => {
    const { token, id } = trigger;
    const forms = [token, `Basic ${token}`, `Token x, Bearer ${token}`, 'Bearer', ''];
    for (const [headers, query] of [
      ...forms.map((Authorization) => [{ Authorization }, '']),
      [{}, `?token=${token}`],
    ]) {
      const { body } = await trigger_(headers as Record<string, string>, query as string);
      expect(body).toEqual(X(`Invalid token for pipeline schedule ID ${id}.`, { pipeline_schedule_id: String(id) }));
    }
  });
});

describe('with credentials', () => {
  const path = () => `/pipeline_schedules/${trigger.id}/pipeline_runs`;
  const post = (pipeline_run: object | undefined, by: 'owner' | 'editor' | 'viewer' | 'anonymous' = 'editor') =>
    mage.call(by, 'POST', path(), pipeline_run && { pipeline_run });

  it('#123 the run in the order of its names, without event variables', async () => {
    const { pipeline_run, metadata } = await post({ variables: { a: 1 } });
    expect(metadata).toBeNull();
    expect(pipeline_run).toMatchObject({ status: 'initial', event_variables: null, pipeline_uuid: 'etl' });
    expect(pipeline_run.variables).toEqual({ a: 1, execution_partition: partition() });
    expect(Object.keys(pipeline_run)).toEqual(Object.keys(pipeline_run).sort());
    expect(Object.keys(pipeline_run)).toHaveLength(15);
    for (const body of [undefined, {}]) {
      const { pipeline_run: bare } = await post(body);
      expect([bare.variables, bare.event_variables]).toEqual([{ execution_partition: partition() }, null]);
    }
    expect((await post({ event_variables: { e: 1 } })).pipeline_run.event_variables).toEqual({ e: 1 });
  });

  it('#124 other columns: refused for an editor, left aside for an owner, and those that are none', async () => {
    for (const name of ['foo', 'status', 'id'])
      expect(await post({ [name]: 'x' })).toEqual(refused(`write of ${name} on create is disabled for pipeline_runs.`));
    expect((await post({ status: 'completed', id: 9999 }, 'owner')).pipeline_run).toMatchObject({ status: 'initial' });
    expect((await post({ foo: 1 }, 'owner')).error.exception).toBe(
      "'foo' is an invalid keyword argument for PipelineRun",
    );
  });

  it('#125 the key alone; #126 a trigger’s token for a token; #127 a viewer; none', async () => {
    expect(await post({}, 'anonymous')).toEqual(refused('Private access for create only, invalid scope.'));
    const bearer = await mage.send('anonymous', 'POST', path(), {
      headers: { Authorization: `Bearer ${trigger.token}` },
    });
    expect([bearer.status, bearer.body.error.type]).toEqual([401, 'invalid_oauth_token']);
    expect(await post({}, 'viewer')).toEqual(
      refused('Unauthorized operation create on pipeline_runs, failed condition.'),
    );
    expect((await request(mage.server).post(`/api${path()}`).send({})).status).toBe(401);
  });

  it('#128 #129 without a trigger, and of one that is not there', async () => {
    const nothing = "'NoneType' object has no attribute 'pipeline_uuid'";
    for (const at of ['/pipeline_schedules/99999/pipeline_runs', '/pipeline_runs'])
      expect((await mage.call('editor', 'POST', at, { pipeline_run: {} })).error.exception).toBe(nothing);
    expect((await mage.call('editor', 'POST', '/pipelines/etl/pipeline_runs')).error.exception).toBe(
      "'Pipeline' object has no attribute 'pipeline_uuid'",
    );
    const { headers } = await openNeighbour(mage);
    expect((await mage.send('owner', 'POST', path(), { headers, body: {} })).body.error.exception).toBe(nothing);
  });

  it('#130 a trigger that runs once is switched on; another one’s run waits until somebody does', async () => {
    const once = await mage.trigger('etl', { schedule_type: 'time', schedule_interval: '@once', status: 'inactive' });
    const off = await mage.trigger('etl', { status: 'inactive' });
    const fire = async (id: number) =>
      (await mage.call('editor', 'POST', `/pipeline_schedules/${id}/pipeline_runs`)).pipeline_run;
    const status = async (id: number) =>
      (await mage.call('owner', 'GET', `/pipeline_schedules/${id}`)).pipeline_schedule.status;
    const [first, waiting] = [await fire(once.id), await fire(off.id)];
    expect([await status(once.id), await status(off.id)]).toEqual(['active', 'inactive']);
    await mage.look();
    expect([(await mage.run(first.id)).status, (await mage.run(waiting.id)).status]).toEqual(['running', 'initial']);
    await mage.call('editor', 'PUT', `/pipeline_schedules/${off.id}`, { pipeline_schedule: { status: 'active' } });
    await mage.look();
    expect((await mage.run(waiting.id)).status).toBe('running');
  });

  it('#155 a retry as Mage’s own pages make it: the same date, the same partition, a new run', async () => {
    const { pipeline_run: old } = await post({ variables: { k: 1 } });
    const { execution_date, variables, pipeline_schedule_id, pipeline_uuid, backfill_id, event_variables } = old;
    const again = await post({
      ...{ execution_date, pipeline_schedule_id, pipeline_uuid, backfill_id, event_variables },
      variables: { ...variables, k: 2 },
    });
    expect(again.pipeline_run.id).toBeGreaterThan(old.id);
    expect(again.pipeline_run).toMatchObject({ execution_date, variables: { ...variables, k: 2 } });
  });
});

it('addresses that send too many tokens that do not hold are stopped; those that hold go on', async () => {
  const limited = await openMageRuns({ LATCHKEY_FAILURES_PER_MINUTE: '3' });
  try {
    await limited.pipeline('etl');
    const its = await limited.trigger('etl');
    const statuses: number[] = [];
    for (let guess = 0; guess < 5; guess += 1) {
      const { status } = await request(limited.server).post(
        `/api/pipeline_schedules/${its.id}/pipeline_runs/guess${guess}`,
      );
      statuses.push(status);
    }
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
    expect((await limited.fire(its)).pipeline_run).toBeDefined();
  } finally {
    await limited.close();
  }
});

it('#121 without sign-in, too, it is the token that counts', async () => {
  const open = await openMageRuns({ REQUIRE_USER_AUTHENTICATION: 'false' });
  try {
    await open.pipeline('etl');
    const its = await open.trigger('etl');
    expect((await open.fire({ ...its, token: 'wrong' })).error.exception).toBe(
      `Invalid token for pipeline schedule ID ${its.id}.`,
    );
    expect((await open.fire(its)).pipeline_run.status).toBe('initial');
    expect(await open.call('anonymous', 'GET', '/pipeline_runs/x')).toEqual(
      E(404, 'record_not_found', 'Record not found.'),
    );
  } finally {
    await open.close();
  }
});
