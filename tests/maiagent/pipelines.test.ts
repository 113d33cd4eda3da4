import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Body } from '../support/mage.ts';
import { type Maiagent, openMaiagent } from '../support/maiagent.ts';

let mai: Maiagent;
beforeAll(async () => {
  mai = await openMaiagent();
});
afterAll(() => mai.close());
beforeEach(() => mai.house.db('pipelines').delete());

const nobodys = '3f1c2f34-9f3a-4b52-a3df-6c2a4d1a9e10';
const notFound = { detail: 'Not found.' };
const create = async (body: object): Promise<Body> => {
  const { status, body: made } = await mai.send('editor', 'POST', '/pipelines/', { body });
  expect(status).toBe(201);
  return made;
};
const at = ({ id }: Body) => `/pipelines/${id}/`;

describe('createPipeline', () => {
  it('#25 #51 201, with a uuid for an id, and times of 13 digits', async () => {
    const before = Date.now();
    const made = await create({ name: 'Nightly load', type: 'streaming', description: 'Loads', tags: ['a', 'b', 'a'] });
    expect(made).toEqual({
      id: expect.stringMatching(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/),
      name: 'Nightly load',
      type: 'streaming',
      description: 'Loads',
      tags: ['a', 'b'],
      createdAt: expect.stringMatching(/^\d{13}$/),
      updatedAt: made.createdAt,
    });
    expect(Math.abs(Number(made.createdAt) - before)).toBeLessThan(60_000);
  });

  it('#25 with nothing but a name', async () => {
    expect(await create({ name: ' bare ' })).toMatchObject({
      name: 'bare',
      type: 'python',
      description: null,
      tags: [],
    });
  });

  it('what is nobody’s to write is ignored', async () => {
    const made = await create({ name: 'x', id: nobodys, accountId: 99, account_id: 99, uuid: 'mine', createdAt: '1' });
    expect(made.id).not.toBe(nobodys);
    expect(await mai.house.db('pipelines').first()).toMatchObject({
      account_id: mai.users.editor.accountId,
      uuid: 'x',
    });
  });

  it.each<[object, object]>([
    [{}, { name: ['This field is required.'] }],
    [{ name: '' }, { name: ['This field may not be blank.'] }],
    [{ name: null }, { name: ['This field may not be null.'] }],
    [{ name: 'x'.repeat(256) }, { name: ['Ensure this field has no more than 255 characters.'] }],
    [
      { name: 'x', type: 'cobol', tags: [1, ''] },
      { type: ['"cobol" is not a valid choice.'], tags: { 1: ['This field may not be blank.'] } },
    ],
  ])('#27 400 for %j', async (body, expected) => {
    const answer = await mai.send('editor', 'POST', '/pipelines/', { body });
    expect([answer.status, answer.body]).toEqual([400, expected]);
    expect(await mai.count('pipelines')).toBe(0);
  });

  it('400 for a name that is taken; by twenty at once, one gets it', async () => {
    const all = await Promise.all(
      Array.from({ length: 20 }, () => mai.send('editor', 'POST', '/pipelines/', { body: { name: 'one' } })),
    );
    expect(all.map(({ status }) => status).sort()).toEqual([201, ...Array(19).fill(400)]);
    expect(all.find(({ status }) => status === 400)?.body).toEqual({ name: [expect.stringContaining('already')] });
    expect((await mai.send('neighbour', 'POST', '/pipelines/', { body: { name: 'one' } })).status).toBe(201);
  });

  it('a character that cannot be stored: 400', async () => {
    for (const body of [{ name: 'a\0b' }, { name: 'a', description: '\0' }, { name: 'a', tags: ['\0'] }]) {
      expect((await mai.send('editor', 'POST', '/pipelines/', { body })).status).toBe(400);
    }
  });
});

describe('one pipeline', () => {
  it('200; the same on the Mage surface, under another name', async () => {
    const made = await create({ name: 'Nightly load' });
    const { status, body } = await mai.send('viewer', 'GET', at(made));
    expect([status, body]).toEqual([200, made]);
    expect(await mai.house.db('pipelines').first()).toMatchObject({ uuid: 'nightly_load', public_id: made.id });
  });

  it('#29 404 for what is no uuid, and for one that nobody has', async () => {
    for (const id of ['not-a-uuid', nobodys, '1', '%00', "'--", 'x'.repeat(3000), `${nobodys}x`, '%F0%9F%9A%80']) {
      for (const [method, body] of [['GET'], ['PUT', { name: 'x' }], ['PATCH', {}], ['DELETE']] as const) {
        const answer = await mai.send('owner', method, `/pipelines/${id}/`, { body });
        expect([id, answer.status, answer.body]).toEqual([id, 404, notFound]);
      }
    }
  });

  it("#30 404 for another account's, the same as for none, and nothing is done", async () => {
    const made = await create({ name: 'ours' });
    for (const [method, body] of [
      ['GET'],
      ['PUT', { name: 'x' }],
      ['PATCH', { description: 'x' }],
      ['DELETE'],
    ] as const) {
      const answer = await mai.send('neighbour', method, at(made), { body });
      expect([method, answer.status, answer.body]).toEqual([method, 404, notFound]);
    }
    expect((await mai.send('viewer', 'GET', at(made))).body).toEqual(made);
  });

  it('PUT and PATCH change what is given; the id stays, the time of the change does not', async () => {
    const made = await create({ name: 'one', description: 'd', tags: ['a'] });
    const put = await mai.send('editor', 'PUT', at(made), { body: { name: 'two' } });
    expect([put.status, put.body]).toEqual([
      200,
      { ...made, name: 'two', updatedAt: expect.stringMatching(/^\d{13}$/) },
    ]);
    expect(Number(put.body.updatedAt)).toBeGreaterThanOrEqual(Number(made.updatedAt));
    const patch = await mai.send('editor', 'PATCH', at(made), { body: { description: null, tags: [] } });
    expect(patch.body).toMatchObject({
      id: made.id,
      name: 'two',
      description: null,
      tags: [],
      createdAt: made.createdAt,
    });
    expect((await mai.send('viewer', 'GET', at(made))).body).toEqual(patch.body);
  });

  it('#27 PUT needs the name, PATCH nothing; neither takes a wrong one', async () => {
    const made = await create({ name: 'one' });
    await create({ name: 'two' });
    const send = async (method: string, body: object) => {
      const answer = await mai.send('editor', method, at(made), { body });
      return [answer.status, answer.body];
    };
    expect(await send('PUT', {})).toEqual([400, { name: ['This field is required.'] }]);
    expect((await send('PATCH', {}))[0]).toBe(200);
    expect(await send('PATCH', { name: null })).toEqual([400, { name: ['This field may not be null.'] }]);
    expect(await send('PATCH', { name: 'two' })).toEqual([400, { name: [expect.stringContaining('already')] }]);
    expect(await send('PATCH', { name: 'one' })).toMatchObject([200, { name: 'one' }]);
  });

  it('#31 DELETE: 204, empty; then it is gone', async () => {
    const made = await create({ name: 'one' });
    const { status, text, headers } = await mai.send('editor', 'DELETE', at(made));
    expect([status, text, headers['content-type']]).toEqual([204, '', undefined]);
    expect((await mai.send('editor', 'DELETE', at(made))).status).toBe(404);
    expect(await mai.count('pipelines')).toBe(0);
  });

  it('#39 a viewer only looks', async () => {
    const made = await create({ name: 'one' });
    for (const [method, body] of [['PUT', { name: 'x' }], ['PATCH', {}], ['DELETE']] as const) {
      expect((await mai.send('viewer', method, at(made), { body })).status).toBe(403);
    }
    expect((await mai.send('viewer', 'GET', at(made))).body).toEqual(made);
  });
});

describe('addresses', () => {
  it('without their slash, for every method', async () => {
    const { body: made, status } = await mai.send('editor', 'POST', '/pipelines', { body: { name: 'one' } });
    expect(status).toBe(201);
    expect((await mai.send('viewer', 'GET', `/pipelines/${made.id}`)).body).toEqual(made);
    expect((await mai.send('viewer', 'GET', '/pipelines', { query: '?pageSize=1' })).body.count).toBe(1);
    expect((await mai.send('editor', 'PATCH', `/pipelines/${made.id}`, { body: { tags: ['x'] } })).status).toBe(200);
    expect((await mai.send('editor', 'PUT', '/pipelines', { body: {} })).headers.allow).toBe(
      'GET, POST, HEAD, OPTIONS',
    );
    expect((await mai.send('editor', 'DELETE', `/pipelines/${made.id}`)).status).toBe(204);
  });

  it('written in another way are not there', async () => {
    for (const path of [
      '/PIPELINES/',
      '/pipelines//',
      '//pipelines/',
      '/pipelines/;x/',
      '/pipelines/%2e%2e/',
      '/.pipelines/',
    ]) {
      const { status, body } = await mai.send('owner', 'GET', path);
      expect([path, status, body]).toEqual([path, 404, notFound]);
    }
    expect((await mai.send('owner', 'GET', '/workflows/')).body).toEqual(notFound);
  });

  it('405 in the words of DRF, with Allow', async () => {
    const { status, body, headers } = await mai.send('editor', 'PUT', '/pipelines/', { body: {} });
    expect([status, body]).toEqual([405, { detail: 'Method "PUT" not allowed.' }]);
    expect(headers.allow).toBe('GET, POST, HEAD, OPTIONS');
    const override = { 'X-HTTP-Method-Override': 'DELETE' };
    expect((await mai.send('editor', 'GET', '/pipelines/', { headers: override })).status).toBe(200);
  });

  it('#38 406 in the words of DRF', async () => {
    const { status, body } = await mai.send('viewer', 'GET', '/pipelines/', { headers: { Accept: 'application/xml' } });
    expect([status, body]).toEqual([406, { detail: 'Could not satisfy the request Accept header.' }]);
    for (const Accept of ['*/*', 'application/*', 'text/html, application/json;q=0.1']) {
      expect((await mai.send('viewer', 'GET', '/pipelines/', { headers: { Accept } })).status).toBe(200);
    }
  });

  it('500: a sentence, the name of the request, and nothing of the cause', async () => {
    await mai.house.db.raw('alter table pipelines rename to away');
    const { status, body, text, headers } = await mai.send('viewer', 'GET', '/pipelines/');
    await mai.house.db.raw('alter table away rename to pipelines');
    expect([status, body]).toEqual([500, { detail: 'A server error occurred.' }]);
    expect(text + JSON.stringify(headers)).not.toMatch(/relation|select|pipelines|node_modules/);
    const lines = mai.log.filter((line) => JSON.parse(line).level >= 50);
    expect(lines.some((line) => line.includes(String(headers['x-request-id'])) && line.includes('relation'))).toBe(
      true,
    );
  });
});
