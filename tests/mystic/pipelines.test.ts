import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Body } from '../support/mage.ts';
import { type Mystic, openMystic, pushed, refused } from '../support/mystic.ts';

let mystic: Mystic;
let names = 0;

beforeAll(async () => {
  mystic = await openMystic();
});
afterAll(() => mystic.close());

const fresh = () => {
  names += 1;
  return `p${names}`;
};
const call: Mystic['call'] = (...asked) => mystic.call(...asked);
const notFound = [404, refused('Pipeline not found')];
const wireId = expect.stringMatching(/^pipeline_[0-9a-f]{32}$/);

describe('POST /v4/pipelines', () => {
  it('#59 makes version 1 of a family, and its pointer; 200 as documented', async () => {
    const name = fresh();
    const made = await mystic.pipeline(`owner/${name}`, {
      accelerators: ['nvidia_t4', 'nvidia_t4'],
      extras: { a: [1] },
    });
    expect(made).toEqual({
      id: wireId,
      name: `owner/${name}`,
      image: pushed(`owner/${name}`).image,
      input_variables: [],
      output_variables: [],
      accelerators: ['nvidia_t4', 'nvidia_t4'],
      extras: { a: [1] },
      created_at: expect.any(Number),
      updated_at: expect.any(Number),
    });
    const [, pointed] = await call('GET', `/v4/pipelines/by-pointer/owner/${name}:v1?include_pointers=true`);
    expect([pointed.id, pointed.pointers]).toEqual([made.id, [`owner/${name}:v1`]]);
  });

  it('a name without a user is the caller’s, and all is in lower case', async () => {
    const name = fresh();
    expect((await mystic.pipeline(name.toUpperCase(), {}, 'editor')).name).toBe(`editor_user/${name}`);
    expect((await mystic.pipeline(`EDITOR_user/${name}`, {}, 'editor')).name).toBe(`editor_user/${name}`);
  });

  it('the caller may name it after the account’s first owner as well, and after nobody else', async () => {
    const name = fresh();
    expect((await mystic.pipeline(`owner/${name}`, {}, 'editor')).name).toBe(`owner/${name}`);
    for (const other of ['admin_user', 'neighbour_user', 'marjory92', 'owner2']) {
      expect(await call('POST', '/v4/pipelines', pushed(`${other}/${name}`), 'editor')).toEqual([
        400,
        refused('Must start with your username followed by a forward slash. Example: marjory92/falcon:main', 'name'),
      ]);
    }
  });

  it('each push is the next version; numbers are not used twice', async () => {
    const name = `owner/${fresh()}`;
    const [, second] = [await mystic.pipeline(name), await mystic.pipeline(name)];
    expect((await call('DELETE', `/v4/pipelines/${second.id}`))[0]).toBe(204);
    const third = await mystic.pipeline(name);
    const [, page] = await call('GET', `/v4/pipelines/by-family/${name}?order_by=created_at:asc`);
    expect(page.data.map(({ pointers }: Body) => pointers)).toEqual([[`${name}:v1`], [`${name}:v3`]]);
    expect(page.data[1].id).toBe(third.id);
  });

  it('eight at once are eight versions', async () => {
    const name = `owner/${fresh()}`;
    await Promise.all(Array.from({ length: 8 }, () => mystic.pipeline(name)));
    const [, { data, total }] = await call('GET', `/v4/pipelines/by-family/${name}?limit=8`);
    const pointers = data.flatMap((version: Body) => version.pointers).sort();
    expect([total, pointers]).toEqual([8, Array.from({ length: 8 }, (_, n) => `${name}:v${n + 1}`)]);
  });

  it('a pointer that has the name of a version already is left where it leads', async () => {
    const name = `owner/${fresh()}`;
    const first = await mystic.pipeline(name);
    await call('POST', '/v4/pointers', { pointer_or_pipeline_id: first.id, pointer: `${name}:v2` });
    await mystic.pipeline(name);
    expect((await call('GET', `/v4/pipelines/by-pointer/${name}:v2`))[1].id).toBe(first.id);
  });

  it('variables are kept as they came, with their nulls', async () => {
    const input = { run_io_type: 'integer', title: 'n', ge: 0, examples: [1, { a: null }], default: null };
    const { id } = await mystic.pipeline(fresh(), { input_variables: [input] });
    expect((await call('GET', `/v4/pipelines/${id}`))[1].input_variables).toEqual([input]);
  });

  it('422 for what the contract does not take, each fault with its place', async () => {
    const [status, { detail }] = await call('POST', '/v4/pipelines', {
      ...{ name: 5, input_variables: [{ run_io_type: 'x' }, {}], output_variables: {} },
      accelerators: ['cpu', 'nvidia_z9'],
    });
    expect(status).toBe(422);
    expect(detail).toEqual(
      expect.arrayContaining([
        { loc: ['body', 'image'], msg: 'field required', type: 'value_error.missing' },
        { loc: ['body', 'name'], msg: 'str type expected', type: 'type_error.str' },
        { loc: ['body', 'output_variables'], msg: 'value is not a valid list', type: 'type_error.list' },
        { loc: ['body', 'input_variables', 1, 'run_io_type'], msg: 'field required', type: 'value_error.missing' },
        expect.objectContaining({ loc: ['body', 'accelerators', 1], type: 'type_error.enum' }),
      ]),
    );
    expect(detail.find(({ loc }: Body) => loc[2] === 0 && loc[1] === 'input_variables').msg).toMatch(
      /^value is not a valid enumeration member; permitted: 'integer', 'string', 'fp'/,
    );
    for (const name of ['', '/', 'a/', '/a', 'a:b', 'a b', 'owner/é', '-a', `owner/${'x'.repeat(200)}`]) {
      expect([name, (await call('POST', '/v4/pipelines', pushed(name)))[0]]).toEqual([name, 422]);
    }
  });

  it('422 for a body that is no JSON, no object, or none at all', async () => {
    const send = (text: string) =>
      mystic.bare('POST', '/v4/pipelines', (sent) =>
        sent.set('Authorization', `Bearer ${mystic.people.owner.key}`).type('json').send(text),
      );
    expect((await send('{"a": ')).body.detail).toEqual([
      { loc: ['body'], msg: 'The body is not valid JSON.', type: 'value_error.jsondecode' },
    ]);
    for (const text of ['[]', '"a"', '5', 'null']) expect([text, (await send(text)).status]).toEqual([text, 422]);
    expect((await call('POST', '/v4/pipelines'))[0]).toBe(422);
  });

  it('400 for a scaling configuration that is not there, and nothing is made', async () => {
    const name = fresh();
    expect(await call('POST', '/v4/pipelines', { ...pushed(name), scaling_config: 'none' })).toEqual([
      400,
      refused('Scaling config not found', 'scaling_config'),
    ]);
    expect(await call('GET', `/v4/pipelines/by-family/owner/${name}`)).toEqual(notFound);
  });

  it('400 for a NUL in a text, wherever', async () => {
    for (const more of [{ image: 'a\0' }, { readme: 'a\0' }, { extras: { a: '\0' } }, { extras: { a: '\ud800' } }]) {
      expect((await call('POST', '/v4/pipelines', { ...pushed(fresh()), ...more }))[0]).toBe(400);
    }
  });
});

describe('GET /v4/pipelines', () => {
  it('#17 #19 the envelope, newest first; skip and limit as they were asked', async () => {
    const made = [await mystic.pipeline(fresh()), await mystic.pipeline(fresh())];
    const [status, body] = await call('GET', '/v4/pipelines?skip=0&limit=1000');
    expect([status, Object.keys(body)]).toEqual([200, ['skip', 'limit', 'total', 'data']]);
    expect(body.data.slice(0, 2).map(({ id }: Body) => id)).toEqual([made[1].id, made[0].id]);
    expect(body.total).toBe(body.data.length);
    const [, page] = await call('GET', '/v4/pipelines?skip=1&limit=1');
    expect([page.skip, page.limit, page.total, page.data[0].id]).toEqual([1, 1, body.total, made[0].id]);
    expect((await call('GET', '/v4/pipelines'))[1].limit).toBe(20);
    const [, beyond] = await call('GET', '/v4/pipelines?skip=100000&limit=5');
    expect(beyond).toEqual({ skip: 100000, limit: 5, total: body.total, data: [] });
  });

  it('of another account, nothing is there', async () => {
    const { id } = await mystic.pipeline(fresh());
    expect((await call('GET', '/v4/pipelines', undefined, 'neighbour'))[1].total).toBe(0);
    for (const [method, path] of [
      ['GET', ''],
      ['PATCH', ''],
      ['DELETE', ''],
      ['GET', '/readme'],
      ['GET', '/scaling'],
    ] as const) {
      const body = method === 'PATCH' ? { public: true } : undefined;
      expect(await call(method, `/v4/pipelines/${id}${path}`, body, 'neighbour')).toEqual(notFound);
    }
    const cluster = { id: 'a', node_pool: 'b' };
    expect(await call('POST', `/v4/pipelines/${id}/clone`, { cluster }, 'neighbour')).toEqual(notFound);
  });
});

describe('GET /v4/pipelines/{id}', () => {
  it('shows pointers and extras where they are asked for, and metadata', async () => {
    const { id } = await mystic.pipeline(fresh(), { extras: { a: 1 }, description: 'Small.', readme: '# x' });
    const [, plain] = await call('GET', `/v4/pipelines/${id}`);
    expect(plain).toMatchObject({ id, public: false, description: 'Small.' });
    for (const name of ['pointers', 'extras', 'readme']) expect(plain).not.toHaveProperty(name);
    const [, whole] = await call('GET', `/v4/pipelines/${id}?include_pointers=true&include_extras=true`);
    expect([whole.pointers.length, whole.extras]).toEqual([1, { a: 1 }]);
    expect(await call('GET', `/v4/pipelines/${id}/readme`)).toEqual([200, { readme: '# x' }]);
    expect((await call('GET', `/v4/pipelines/${id}/scaling`))[1]).toEqual({
      current_replicas: 0,
      desired_replicas: 0,
      current_pipeline_states: {},
    });
  });

  it('404 for ids that are none, and for pointers and families that lead nowhere', async () => {
    for (const id of ['x', 'pipeline_', `pipeline_${'0'.repeat(32)}`, `run_${'0'.repeat(32)}`, '%00', "' or 1=1"]) {
      const [status] = await call('GET', `/v4/pipelines/${encodeURIComponent(id)}`);
      expect([id, status]).toEqual([id, 404]);
    }
    expect(await call('GET', '/v4/pipelines/by-pointer/owner/nothing:v1')).toEqual(notFound);
    expect(await call('GET', '/v4/pipelines/by-family/owner/nothing')).toEqual(notFound);
  });
});

describe('PATCH /v4/pipelines/{id}', () => {
  it('#22 changes what is given: nulls change nothing', async () => {
    const { id } = await mystic.pipeline(fresh(), { accelerators: ['cpu'], extras: { a: 1 }, readme: 'r' });
    await call('POST', '/v4/scaling-configs', { name: 'cfg' });
    const before = (await call('GET', `/v4/pipelines/${id}?include_extras=true`))[1];
    const nulls = { input_variables: null, output_variables: null, accelerators: null, extras: null };
    const [status, changed] = await call('PATCH', `/v4/pipelines/${id}`, { ...nulls, scaling_config: 'cfg' });
    expect(status).toBe(200);
    const { updated_at, ...rest } = changed;
    const { updated_at: earlier, ...same } = before;
    expect(rest).toEqual({ ...same, scaling_config: 'cfg', readme: 'r' });
    expect(updated_at).toBeGreaterThan(earlier);
  });

  it('#23 five nulls change nothing', async () => {
    const { id, name } = await mystic.pipeline(fresh());
    const nulls = {
      input_variables: null,
      output_variables: null,
      accelerators: null,
      extras: null,
      scaling_config: null,
    };
    const [status, body] = await call('PATCH', `/v4/pipelines/${id}`, nulls);
    expect([status, body.name, body.accelerators]).toEqual([200, name, []]);
  });

  it('takes every attribute of the sheet, and ignores what it does not know', async () => {
    const { id } = await mystic.pipeline(fresh());
    const changes = {
      public: true,
      description: 'd',
      website_url: 'https://a.test/',
      repository_url: 'https://b.test/',
      paper_url: 'https://c.test/',
      license_url: 'https://d.test/',
      image_url: 'https://e.test/',
      readme: '',
      accelerators: [],
      extras: { b: 2 },
      input_variables: [{ run_io_type: 'string' }],
    };
    const [status, body] = await call('PATCH', `/v4/pipelines/${id}`, {
      ...changes,
      image: 'evil',
      name: 'x',
      cache: 1,
    });
    expect([status, body]).toEqual([200, expect.objectContaining(changes)]);
    expect(body.image).not.toBe('evil');
    expect((await call('PATCH', `/v4/pipelines/${id}`, { website_url: 'no url' }))[0]).toBe(422);
  });

  it('a scaling configuration that is not there is 400, another account’s too', async () => {
    const { id } = await mystic.pipeline(fresh());
    await call('POST', '/v4/scaling-configs', { name: 'theirs' }, 'neighbour');
    for (const scaling_config of ['none', 'theirs']) {
      expect((await call('PATCH', `/v4/pipelines/${id}`, { scaling_config }))[0]).toBe(400);
    }
  });
});

describe('DELETE, clone and by name', () => {
  it('#25 #26 204, then 404 in these words', async () => {
    const { id } = await mystic.pipeline(fresh());
    expect(await call('DELETE', `/v4/pipelines/${id}`)).toEqual([204, {}]);
    expect(await call('DELETE', `/v4/pipelines/${id}`)).toEqual(notFound);
    expect(await call('GET', `/v4/pipelines/${id}`)).toEqual(notFound);
  });

  it('a developer may not delete, and a viewer changes nothing (§8.3)', async () => {
    const { id } = await mystic.pipeline(fresh());
    const denied = [403, refused('Permission denied accessing resource instance', 'pipeline')];
    expect(await call('DELETE', `/v4/pipelines/${id}`, undefined, 'editor')).toEqual(denied);
    expect(await call('PATCH', `/v4/pipelines/${id}`, { public: true }, 'viewer')).toEqual(denied);
    expect(await call('POST', '/v4/pipelines', pushed(fresh()), 'viewer')).toEqual(denied);
    expect(await call('GET', '/v4/pipelines', undefined, 'roleless')).toEqual(denied);
    expect((await call('DELETE', `/v4/pipelines/${id}`, undefined, 'admin'))[0]).toBe(204);
  });

  it('a clone is the caller’s own, with all but the mark, and the next version where there is one', async () => {
    const name = fresh();
    const source = await mystic.pipeline(`owner/${name}`, { extras: { a: 1 }, accelerators: ['cpu'] });
    const cluster = { id: 'cluster_1', node_pool: 'pool' };
    const [status, copy] = await call('POST', `/v4/pipelines/${source.id}/clone`, { cluster }, 'editor');
    const { id, name: _, created_at, updated_at, ...same } = source;
    expect([status, copy]).toEqual([200, expect.objectContaining({ ...same, cluster, name: `editor_user/${name}` })]);
    const [, again] = await call(
      'POST',
      `/v4/pipelines/${source.id}/clone`,
      { cluster, accelerators: ['nvidia_l4'] },
      'editor',
    );
    expect([again.name, again.accelerators]).toEqual([`editor_user/${name}`, ['nvidia_l4']]);
    expect((await call('GET', `/v4/pipelines/by-pointer/editor_user/${name}:v2`))[1].id).toBe(again.id);
    expect((await call('POST', `/v4/pipelines/${source.id}/clone`, {}))[0]).toBe(422);
  });

  it('owned-or-used is a bare list of names', async () => {
    const { id, name, created_at } = await mystic.pipeline('aaa');
    const [status, body] = await call('GET', '/v4/pipelines/owned-or-used');
    expect([status, body[0] && body.find((one: Body) => one.id === id)]).toEqual([
      200,
      { id, name, created_at, pointers: [`${name}:v1`] },
    ]);
  });

  it('the versions that are marked, and those that are not', async () => {
    const name = `owner/${fresh()}`;
    const [first] = [await mystic.pipeline(name), await mystic.pipeline(name)];
    await call('PATCH', `/v4/pipelines/${first.id}`, { public: true });
    expect((await call('GET', `/v4/pipelines/by-family/${name}?public=true`))[1].data).toHaveLength(1);
    expect((await call('GET', `/v4/pipelines/by-family/${name}?public=false`))[1].total).toBe(1);
  });
});

it('#50 startup logs are an empty list; 404 for a pipeline that is not there', async () => {
  const { id, name } = await mystic.pipeline(fresh());
  for (const at of [id, `${name}:v1`]) {
    expect(await call('GET', `/v4/logs/pipeline-startup/${at}`)).toEqual([200, { log_entries: [] }]);
  }
  expect(await call('GET', '/v4/logs/pipeline-startup/owner/nothing:v1')).toEqual(notFound);
});

it('#62 the registry is the operator’s; there are no tokens to push with', async () => {
  expect(await call('GET', '/v4/registry?turbo_registry=yes')).toEqual([
    200,
    { url: 'localhost:5000', special_auth: false },
  ]);
  const wish = { pipeline_name: 'owner/x', pipeline_tag: null, cluster: null, turbo_registry: false, accelerators: [] };
  const [status, { detail }] = await call('POST', '/v4/registry/start-upload', wish);
  expect([status, detail.message]).toEqual([
    503,
    expect.stringMatching(/^No registry that gives upload tokens is configured/),
  ]);
});

describe('GET /v4/pipeline-families', () => {
  it('lists the names that have a version, with their newest; by how often they were run, or the last first', async () => {
    const [one, two] = [fresh(), fresh()];
    await mystic.pipeline(`owner/${one}`);
    const second = await mystic.pipeline(`owner/${one}`, { description: 'the second' });
    await mystic.pipeline(`owner/${two}`);
    const [, recent] = await call('GET', '/v4/pipeline-families?order_by=recent&limit=2');
    expect([recent.skip, recent.limit, recent.data.map(({ name }: Body) => name)]).toEqual([
      ...[0, 2],
      [`owner/${two}`, `owner/${one}`],
    ]);
    const [status, family] = await call('GET', `/v4/pipeline-families/OWNER/${one}`, undefined, 'viewer');
    const latest_at = expect.any(Number);
    const expected = {
      name: `owner/${one}`,
      run_count: 0,
      latest_at,
      pipeline_id: second.id,
      description: 'the second',
    };
    expect([status, family]).toEqual([200, expected]);
    expect((await call('GET', `/v4/pipeline-families?search=${one.toUpperCase()}`))[1].data).toContainEqual(expected);
    expect((await call('GET', '/v4/pipeline-families?search=%25'))[1].total).toBe(0);
  });

  it('404 for a name without a version, also where it had one; 422 for another order', async () => {
    const name = fresh();
    const { id } = await mystic.pipeline(`owner/${name}`);
    expect((await call('DELETE', `/v4/pipelines/${id}`))[0]).toBe(204);
    expect(await call('GET', `/v4/pipeline-families/owner/${name}`)).toEqual(notFound);
    expect((await call('GET', '/v4/pipeline-families?order_by=name'))[0]).toBe(422);
  });
});
