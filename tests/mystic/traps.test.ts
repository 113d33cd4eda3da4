import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import contract from '../../generated/mystic.json' with { type: 'json' };
import type { Body } from '../support/mage.ts';
import { type Mystic, openMystic, refused } from '../support/mystic.ts';

let mystic: Mystic;
let made: Body;

beforeAll(async () => {
  mystic = await openMystic();
  made = await mystic.pipeline('gptneo');
});
afterAll(() => mystic.close());

const call: Mystic['call'] = (...asked) => mystic.call(...asked);

describe('the traps of docs/compat/mystic.md', () => {
  it('1: timestamps are numbers, seconds with a fraction, never null', async () => {
    await call('POST', '/v4/scaling-configs', { name: 'timed' });
    await call('POST', '/v4/pointers', { pointer_or_pipeline_id: made.id, pointer: 'owner/gptneo:timed' });
    for (const path of ['/v4/pipelines', '/v4/scaling-configs', '/v4/pointers']) {
      for (const { created_at, updated_at } of (await call('GET', path))[1].data) {
        for (const time of [created_at, updated_at]) expect(Math.abs(Date.now() / 1000 - time)).toBeLessThan(60);
      }
    }
    const { db } = mystic.house;
    await db('pipelines').where({ uuid: 'gptneo' }).update({ created_at: '2024-01-18T14:44:36.999664+00:00' });
    expect((await call('GET', `/v4/pipelines/${made.id}`))[1].created_at).toBe(1705589076.999664);
    await db('pipelines').where({ uuid: 'gptneo' }).update({ created_at: '2024-01-18T14:44:36+00:00' });
    expect((await call('GET', `/v4/pipelines/${made.id}`))[1].created_at).toBe(1705589076);
  });

  it('2: raw / and : in paths; what is literal goes before what is not', async () => {
    expect((await call('GET', '/v4/pipelines/by-pointer/owner/gptneo:v1'))[0]).toBe(200);
    expect((await call('GET', '/v4/pipelines/by-family/owner/gptneo'))[0]).toBe(200);
    expect((await call('GET', '/v4/logs/pipeline-startup/owner/gptneo:v1'))[0]).toBe(200);
    expect((await call('GET', '/v4/pipelines/owned-or-used'))[1]).toBeInstanceOf(Array);
    expect((await call('GET', '/v4/pipelines/by-pointer/readme'))[0]).toBe(404);
    await call('POST', '/v4/scaling-configs', { name: 'pipelines/readme' });
    expect((await call('GET', '/v4/scaling-configs/pipelines/readme'))[1].name).toBe('pipelines/readme');
  });

  it('3: null in a body is not given, for every attribute that need not be', async () => {
    const schemas = contract.components.schemas as unknown as Record<
      string,
      { properties: object; required?: string[] }
    >;
    const nulls = (name: string) => {
      const { properties, required = [] } = schemas[name] as { properties: object; required?: string[] };
      return Object.fromEntries(
        Object.keys(properties).flatMap((key) => (required.includes(key) ? [] : [[key, null]])),
      );
    };
    const { name, image } = made;
    const variables = { input_variables: [], output_variables: [] };
    for (const [method, path, schema, needed] of [
      ['POST', '/v4/pipelines', 'PipelineCreate', { name, image, ...variables }],
      ['PATCH', `/v4/pipelines/${made.id}`, 'PipelinePatch', {}],
      ['POST', '/v4/pointers', 'PointerCreate', { pointer_or_pipeline_id: made.id, pointer: 'owner/gptneo:nulls' }],
      ['PATCH', '/v4/pointers/owner/gptneo:nulls', 'PointerPatch', {}],
      ['POST', '/v4/scaling-configs', 'ScalingConfigCreate', { name: 'nulls' }],
      ['PATCH', '/v4/scaling-configs/nulls', 'ScalingConfigPatch', {}],
    ] as const) {
      const before = JSON.stringify((await call('GET', `/v4/pipelines/${made.id}`))[1]).replace(
        /"updated_at":[\d.]+/,
        '',
      );
      const [status] = await call(method, path, { ...nulls(schema), ...needed });
      expect([path, status < 300]).toEqual([path, true]);
      const after = JSON.stringify((await call('GET', `/v4/pipelines/${made.id}`))[1]).replace(
        /"updated_at":[\d.]+/,
        '',
      );
      expect(after).toBe(before);
    }
    const required = await call('POST', '/v4/pipelines', { name: null, image: null, ...variables });
    expect(required[1].detail.map(({ loc }: Body) => loc[1]).sort()).toEqual(['image', 'name']);
  });

  it('4: double slashes at the beginning count once, and nothing is redirected', async () => {
    for (const path of [
      '//v4/pipelines',
      '///v4/pipelines',
      '/v4//pipelines',
      '//v3/pipeline_files',
      '//v3/core/resources',
    ]) {
      expect([path, (await call('GET', path))[0]]).toEqual([path, 200]);
    }
    const sent = await mystic.bare('POST', '//v3/pipeline_files', (asked) =>
      asked.set('Authorization', `Bearer ${mystic.people.owner.key}`).attach('pfile', Buffer.from('x'), '/tmp/x'),
    );
    expect(sent.status).toBe(201);
  });

  it('5: a trailing slash is served, not redirected', async () => {
    for (const path of ['/v4/pipelines/', '/v4/users/owner/', '/v4/tokens/validate/', '/v4/pointers/?limit=1']) {
      const { status, headers } = await mystic.send('owner', 'GET', path);
      expect([path, Math.floor(status / 100), headers.location]).toEqual([path, 2, undefined]);
    }
  });

  it('6: the exact codes: pointers 201, 409 and 200, scaling PATCH with a body', async () => {
    const pointer = 'owner/gptneo:exact';
    const body = { pointer_or_pipeline_id: made.id, pointer, locked: false };
    expect((await call('POST', '/v4/pointers', body))[0]).toBe(201);
    expect((await call('POST', '/v4/pointers', body))[0]).toBe(409);
    expect(
      (await call('PATCH', `/v4/pointers/${pointer}`, { pointer_or_pipeline_id: made.id, locked: false }))[0],
    ).toBe(200);
    await call('POST', '/v4/scaling-configs', { name: 'exact' });
    expect(await call('PATCH', '/v4/scaling-configs/exact', { maximum_nodes: 3 })).toEqual([
      200,
      expect.objectContaining({ name: 'exact' }),
    ]);
  });

  it('7: v3 files are a bare array, resources an array of strings, everything else the envelope', async () => {
    expect((await call('GET', '/v3/pipeline_files'))[1]).toBeInstanceOf(Array);
    expect(await call('GET', '/v3/core/resources')).toEqual([200, []]);
    for (const list of ['pipelines', 'pointers', 'scaling-configs', 'files']) {
      expect(Object.keys((await call('GET', `/v4/${list}`))[1])).toEqual(['skip', 'limit', 'total', 'data']);
    }
  });

  it('8: limit is 20 unless it is said, up to 1000; more is 422 with the bound', async () => {
    expect((await call('GET', '/v4/pipelines'))[1].limit).toBe(20);
    expect((await call('GET', '/v4/pipelines?skip=0&limit=1000'))[1].limit).toBe(1000);
    for (const limit of [1001, 5000, 99999]) {
      expect(await call('GET', `/v4/pipelines?limit=${limit}`)).toEqual([
        422,
        {
          detail: [
            {
              loc: ['query', 'limit'],
              msg: 'ensure this value is less than or equal to 1000',
              type: 'value_error.number.not_le',
              ctx: { limit_value: 1000 },
            },
          ],
        },
      ]);
    }
  });

  it('9: skip and limit are echoed; 0, negative and senseless ones are 422', async () => {
    const [, page] = await call('GET', '/v4/pointers?skip=7&limit=3');
    expect([page.skip, page.limit]).toEqual([7, 3]);
    for (const query of [
      'limit=0',
      'limit=-5',
      'skip=-1',
      'limit=x',
      'skip=1.5',
      'limit=1e400',
      'skip=99999999999999999999',
    ]) {
      expect([query, (await call('GET', `/v4/pipelines?${query}`))[0]]).toEqual([query, 422]);
    }
    const [, { detail }] = await call('GET', '/v4/pipelines?limit=x');
    expect(detail).toEqual([
      { loc: ['query', 'limit'], msg: 'value is not a valid integer', type: 'type_error.integer' },
    ]);
  });

  it('10: Bearer None is 401, never somebody anonymous', async () => {
    const { status, body } = await mystic.bare('GET', '/v4/pipelines', (sent) =>
      sent.set('Authorization', 'Bearer None'),
    );
    expect([status, body]).toEqual([401, refused('Not authenticated.')]);
  });

  it('11: of a file’s name, the last segment alone', async () => {
    for (const [sent, kept] of [
      ['/home/ada/a.txt', 'a.txt'],
      ['../../../etc/passwd', 'passwd'],
      ['C:\\\\Users\\\\ada\\\\b.txt', 'b.txt'],
    ] as const) {
      const { body } = await mystic.bare('POST', '/v4/files', (asked) =>
        asked
          .set('Authorization', `Bearer ${mystic.people.owner.key}`)
          .attach('pfile', Buffer.from('x'), { filename: sent }),
      );
      expect([sent, body.name, body.path.includes('..')]).toEqual([sent, kept, false]);
    }
  });

  it('14: an edit that sends locked: false with a source unlocks and moves', async () => {
    const other = await mystic.pipeline('gptneo');
    const [, { pointer }] = await call('POST', '/v4/pointers', {
      pointer_or_pipeline_id: made.id,
      pointer: 'owner/gptneo:locked',
      locked: true,
    });
    const [status, moved] = await call('PATCH', `/v4/pointers/${pointer}`, {
      pointer_or_pipeline_id: other.id,
      locked: false,
    });
    expect([status, moved.pipeline_id, moved.locked]).toEqual([200, other.id, false]);
  });

  it('15: accelerators are those that the client knows', async () => {
    const [status] = await call('PATCH', `/v4/pipelines/${made.id}`, { accelerators: ['nvidia_z9'] });
    expect(status).toBe(422);
  });

  it('18: the API is at the root, whatever the path of the login’s URL', async () => {
    expect((await call('GET', '/v4/tokens/validate'))[0]).toBe(204);
    expect((await mystic.bare('GET', '/prefix/v4/tokens/validate')).status).toBe(404);
  });

  it('19: a token is shown whole once', async () => {
    const { body } = await mystic.session('viewer', 'POST', '/v4/tokens', {});
    const { body: page } = await mystic.session('viewer', 'GET', '/v4/tokens');
    expect(JSON.stringify(page)).not.toContain(body.value);
  });
});

describe('answers', () => {
  it('every one carries x-correlation-id, the name of the request in our log', async () => {
    for (const [path, caller] of [
      ['/v4/pipelines', 'owner'],
      ['/v4/pipelines?limit=0', 'owner'],
      ['/v4/nothing', 'owner'],
      ['/v3/core/resources', 'anonymous'],
    ] as const) {
      const { headers } = await mystic.send(caller, 'GET', path);
      expect(mystic.log.join()).toContain(headers['x-correlation-id']);
    }
    const { headers } = await mystic.bare('GET', '/v4/users/me', (sent) => sent.set('X-Request-Id', 'mine-1'));
    expect(headers['x-correlation-id']).toBe('mine-1');
  });

  it('unknown parameters and attributes are ignored, in the query and in the body', async () => {
    expect((await call('GET', '/v4/pipelines?show_deleted=true&name=x&_x[]=1'))[0]).toBe(200);
    expect((await call('PATCH', `/v4/pipelines/${made.id}`, { cache_number: 1, gpu_memory: 4 }))[0]).toBe(200);
  });

  it('405 in the envelope, with Allow', async () => {
    const { status, body, headers } = await mystic.send('owner', 'PUT', '/v4/pipelines', {});
    expect([status, body, headers.allow]).toEqual([405, refused('Method not allowed.'), 'GET, POST, HEAD, OPTIONS']);
  });

  it('HEAD is GET without a body', async () => {
    const { status, headers } = await mystic.send('owner', 'HEAD', '/v4/pipelines');
    expect([status, Number(headers['content-length']) > 0]).toEqual([200, true]);
  });
});
