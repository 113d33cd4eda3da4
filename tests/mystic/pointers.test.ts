import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Body } from '../support/mage.ts';
import { type Mystic, openMystic, refused } from '../support/mystic.ts';

let mystic: Mystic;
let one: Body;
let two: Body;
let names = 0;

beforeAll(async () => {
  mystic = await openMystic();
  one = await mystic.pipeline('gptneo');
  two = await mystic.pipeline('gptneo');
});
afterAll(() => mystic.close());

const fresh = () => {
  names += 1;
  return `owner/gptneo:tag-${names}x`;
};
const call: Mystic['call'] = (...asked) => mystic.call(...asked);
const make = async (pointer = fresh(), more: object = {}): Promise<Body> => {
  const [status, body] = await call('POST', '/v4/pointers', { pointer_or_pipeline_id: one.id, pointer, ...more });
  expect(status).toBe(201);
  return body;
};
const leadsTo = async (pointer: string) => (await call('GET', `/v4/pipelines/by-pointer/${pointer}`))[1].id;

describe('POST', () => {
  it('#27 makes a pointer: 201 with all that the client needs', async () => {
    const pointer = fresh();
    expect(await make(pointer, { locked: true })).toEqual({
      id: expect.stringMatching(/^pointer_[0-9a-f]{32}$/),
      pointer,
      pipeline_id: one.id,
      locked: true,
      created_at: expect.any(Number),
      updated_at: expect.any(Number),
    });
  });

  it('leads where another pointer leads', async () => {
    const { pipeline_id } = await make(fresh(), { pointer_or_pipeline_id: 'owner/gptneo:v2' });
    expect(pipeline_id).toBe(two.id);
  });

  it('#29 the same name again is 409; two at once make one', async () => {
    const { pointer } = await make();
    const body = { pointer_or_pipeline_id: two.id, pointer };
    expect(await call('POST', '/v4/pointers', body)).toEqual([
      409,
      refused(`Pointer ${pointer} already exists`, 'pointer'),
    ]);
    expect(await leadsTo(pointer)).toBe(one.id);
    const other = { ...body, pointer: fresh() };
    const both = await Promise.all([1, 2].map(() => call('POST', '/v4/pointers', other)));
    expect(both.map(([status]) => status).sort()).toEqual([201, 409]);
  });

  it('#31 a name that does not start with the caller’s user name is 400 in the documented words', async () => {
    for (const pointer of ['marjory92/falcon:main', 'neighbour_user/x:main', 'gptneo:latest']) {
      expect(await call('POST', '/v4/pointers', { pointer_or_pipeline_id: one.id, pointer }, 'editor')).toEqual([
        400,
        refused('Must start with your username followed by a forward slash. Example: marjory92/falcon:main', 'pointer'),
      ]);
    }
    const own = { pointer_or_pipeline_id: one.id, pointer: 'editor_user/mine:prod' };
    expect((await call('POST', '/v4/pointers', own, 'editor'))[0]).toBe(201);
  });

  it('422 for what is no pointer; the name is kept in lower case, the tag as it is', async () => {
    for (const pointer of [
      'owner',
      'owner/x',
      'owner/x:',
      'owner/x:a',
      'owner/x:_a',
      'owner/x:a b',
      'owner/x:ab\n',
      '',
    ]) {
      expect([pointer, (await call('POST', '/v4/pointers', { pointer_or_pipeline_id: one.id, pointer }))[0]]).toEqual([
        pointer,
        422,
      ]);
    }
    expect((await make('Owner/GPTneo:Latest')).pointer).toBe('owner/gptneo:Latest');
    expect(await leadsTo('OWNER/gptneo:Latest')).toBe(one.id);
    expect(await leadsTo('owner/gptneo:latest')).toBeUndefined();
  });

  it('404 for a source that is not there, or another account’s', async () => {
    for (const pointer_or_pipeline_id of ['x', `pipeline_${'0'.repeat(32)}`, 'owner/gptneo:none']) {
      const body = { pointer_or_pipeline_id, pointer: fresh() };
      expect(await call('POST', '/v4/pointers', body)).toEqual([404, refused('Pipeline not found')]);
    }
    const body = { pointer_or_pipeline_id: one.id, pointer: 'neighbour_user/x:prod' };
    expect((await call('POST', '/v4/pointers', body, 'neighbour'))[0]).toBe(404);
  });
});

describe('PATCH', () => {
  it('#34 moves it, with its slash and colon as they are: exactly 200', async () => {
    const { pointer } = await make();
    const [status, body] = await call('PATCH', `/v4/pointers/${pointer}`, {
      pointer_or_pipeline_id: two.id,
      locked: false,
    });
    expect([status, body.pipeline_id, body.locked]).toEqual([200, two.id, false]);
    expect(await leadsTo(pointer)).toBe(two.id);
  });

  it('#35 null leaves the target', async () => {
    const { pointer } = await make();
    const [status, body] = await call('PATCH', `/v4/pointers/${pointer}`, {
      pointer_or_pipeline_id: null,
      locked: true,
    });
    expect([status, body.pipeline_id, body.locked]).toEqual([200, one.id, true]);
  });

  it('a path that is encoded is as good as one that is not', async () => {
    const { pointer } = await make();
    for (const path of [encodeURIComponent(pointer), pointer.replace('/', '%2F'), `${pointer}/`]) {
      expect([path, (await call('PATCH', `/v4/pointers/${path}`, {}))[0]]).toEqual([path, 200]);
    }
  });

  it('a locked pointer is not moved, nor deleted: 409, until it is unlocked', async () => {
    const { pointer } = await make(fresh(), { locked: true });
    const locked = [409, refused(`Pointer ${pointer} is locked`, 'pointer')];
    expect(await call('PATCH', `/v4/pointers/${pointer}`, { pointer_or_pipeline_id: two.id })).toEqual(locked);
    expect(await call('PATCH', `/v4/pointers/${pointer}`, { pointer_or_pipeline_id: two.id, locked: true })).toEqual(
      locked,
    );
    expect(await call('DELETE', `/v4/pointers/${pointer}`)).toEqual(locked);
    expect(await leadsTo(pointer)).toBe(one.id);
    expect((await call('PATCH', `/v4/pointers/${pointer}`, { locked: false }))[0]).toBe(200);
    expect((await call('DELETE', `/v4/pointers/${pointer}`))[0]).toBe(204);
  });

  it('pointers of versions are locked from the start', async () => {
    const [, { data }] = await call('GET', '/v4/pointers?pipeline_name=owner/gptneo');
    expect(data.find(({ pointer }: Body) => pointer === 'owner/gptneo:v1')).toMatchObject({ locked: true });
  });

  it('404 for a pointer that is not there, or another account’s', async () => {
    const { pointer } = await make();
    for (const [path, caller] of [
      ['owner/gptneo:none', 'owner'],
      [pointer, 'neighbour'],
    ] as const) {
      expect(await call('PATCH', `/v4/pointers/${path}`, {}, caller)).toEqual([404, refused('Pointer not found')]);
      expect(await call('DELETE', `/v4/pointers/${path}`, undefined, caller)).toEqual([
        404,
        refused('Pointer not found'),
      ]);
    }
  });
});

describe('GET and DELETE', () => {
  it('#33 show_deleted, pipeline_name, skip and limit as the client sends them', async () => {
    for (let n = 0; n < 4; n += 1) await make();
    const [status, body] = await call(
      'GET',
      '/v4/pointers?show_deleted=true&pipeline_name=owner%2Fgptneo&skip=3&limit=2',
    );
    expect([status, body.skip, body.limit, body.data.length]).toEqual([200, 3, 2, 2]);
    await mystic.pipeline('gptneo2');
    const [, all] = await call('GET', '/v4/pointers?pipeline_name=owner/gptneo&limit=1000');
    expect(all.data.filter(({ pointer }: Body) => !pointer.startsWith('owner/gptneo:'))).toEqual([]);
    const listed = all.data.map(({ pointer }: Body) => pointer);
    expect(listed).toEqual([...listed].sort());
  });

  it('pointers of a deleted pipeline lead nowhere, are shown where they are asked for, and may be made anew', async () => {
    const gone = await mystic.pipeline('gone');
    const { pointer } = await make('owner/gone:prod', { pointer_or_pipeline_id: gone.id, locked: true });
    await call('DELETE', `/v4/pipelines/${gone.id}`);
    const shown = async (query: string) =>
      (await call('GET', `/v4/pointers?pipeline_name=owner/gone&${query}`))[1].data;
    expect(await shown('show_deleted=false')).toEqual([]);
    expect((await shown('show_deleted=true')).map((row: Body) => [row.pointer, row.pipeline_id])).toEqual([
      [pointer, gone.id],
      ['owner/gone:v1', gone.id],
    ]);
    expect((await call('GET', `/v4/pipelines/by-pointer/${pointer}`))[0]).toBe(404);
    expect((await make(pointer)).pipeline_id).toBe(one.id);
    expect(await leadsTo(pointer)).toBe(one.id);
  });

  it('#38 DELETE with the raw slash: 204; a developer may not', async () => {
    const { pointer } = await make();
    expect((await call('DELETE', `/v4/pointers/${pointer}`, undefined, 'editor'))[0]).toBe(403);
    expect(await call('DELETE', `/v4/pointers/${pointer}`)).toEqual([204, {}]);
    expect((await call('DELETE', `/v4/pointers/${pointer}`))[0]).toBe(404);
  });
});

it('#30 POST and PATCH /v3/pointers are the same', async () => {
  const pointer = fresh();
  const body = { pointer_or_pipeline_id: one.id, pointer, locked: false };
  expect((await call('POST', '/v3/pointers', body))[0]).toBe(201);
  expect((await call('POST', '/v3/pointers', body))[0]).toBe(409);
  expect((await call('PATCH', `/v3/pointers/${pointer}`, { pointer_or_pipeline_id: two.id, locked: false }))[0]).toBe(
    200,
  );
  expect(await leadsTo(pointer)).toBe(two.id);
});
