import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prune } from '../../src/core/retention.ts';
import { statuses } from '../../src/handlers/http_statuses.ts';
import { documented } from '../../src/handlers/latchkey/failure.ts';
import { type Body, type Latchkey, openLatchkey } from '../support/latchkey.ts';

let latchkey: Latchkey;
let session: string;
beforeAll(async () => {
  latchkey = await openLatchkey({ LATCHKEY_FAILURES_PER_MINUTE: '1000', LATCHKEY_KEYS_PER_USER: '1000' });
  session = await latchkey.session();
});
afterAll(() => latchkey.close());

const problem = { Accept: 'application/problem+json' };
const again = (key: string) => ({ 'Idempotency-Key': key });

describe('errors', () => {
  it('check 1, 2, 4: 401 says how to come back, and what was wrong; two credentials are 400', async () => {
    const none = await latchkey.ask(undefined, 'GET', '/me');
    expect([none.status, none.headers['www-authenticate']]).toEqual([401, 'Bearer realm="latchkey"']);
    for (const token of ['mgp_no', 'a.b.c', 'two words', 'x'.repeat(9000)]) {
      const bad = await latchkey.ask(token, 'GET', '/me');
      expect([bad.status, bad.headers['www-authenticate']]).toEqual([
        401,
        'Bearer realm="latchkey", error="invalid_token"',
      ]);
    }
    const twice = await latchkey.send('GET', '/v1/me', {
      headers: { authorization: [`Bearer ${session}`, `Bearer ${session}`] } as never,
    });
    expect([twice.status, twice.body]).toEqual([400, { detail: 'Two different credentials were sent: send one.' }]);
    expect(
      (await latchkey.ask(undefined, 'GET', '/me', undefined, { Authorization: `bearer ${session}` })).status,
    ).toBe(200);
  });

  it('check 108: what is wrong is named by its field, and unknown fields and parameters are refused by name', async () => {
    const body = { colour: 1, limits: [{ requests: 'x', per: 'second' }], scopes: 'x' };
    const bad = await latchkey.ask(session, 'POST', '/keys', body);
    expect([bad.status, bad.body]).toEqual([
      400,
      {
        name: ['This field is required.'],
        colour: ['This field is not known.'],
        limits: { 0: { requests: ['This must be integer.'] } },
        scopes: ['This must be array.'],
      },
    ]);
    const unknown = await latchkey.ask(session, 'GET', '/keys?colour=red');
    expect([unknown.status, unknown.body]).toEqual([400, { colour: ['This parameter is not known.'] }]);
  });

  it('check 104: with Accept: application/problem+json, the same as RFC 9457 has it', async () => {
    const { status, type, body } = await latchkey.ask(session, 'POST', '/keys', { colour: 1 }, problem);
    expect([status, type]).toEqual([400, 'application/problem+json']);
    expect(body).toMatchObject({
      type: '/docs/errors/invalid',
      title: 'Invalid',
      status: 400,
      instance: expect.any(String),
    });
    expect(body.errors).toEqual(
      expect.arrayContaining([
        { pointer: '#/name', detail: 'This field is required.' },
        { pointer: '#/colour', detail: 'This field is not known.' },
      ]),
    );
    const parameter = await latchkey.ask(session, 'GET', '/keys?x=1', undefined, problem);
    expect(parameter.body.errors).toEqual([{ pointer: '?x', detail: 'This parameter is not known.' }]);
    const missing = await latchkey.ask(session, 'GET', '/keys/none', undefined, problem);
    expect(missing.body).toMatchObject({ type: '/docs/errors/not_found', status: 404, detail: 'Not found.' });
  });

  it('every type has its page in the docs', async () => {
    // @ts-expect-error: the scripts are plain JavaScript
    const { errorPages } = await import('../../scripts/docs/error_pages.js');
    const kinds = Object.keys(statuses).map((kind) => (kind === 'stale' ? 'precondition_failed' : kind));
    expect([...documented].sort()).toEqual(kinds.sort());
    const addresses = errorPages().map(({ address }: { address: string }) => address);
    expect(addresses.sort()).toEqual(documented.map((kind) => `errors/${kind}`).sort());
  });

  it('check 92: what is left is on every answer, 4xx and sessions included', async () => {
    for (const [path, credential] of [
      ['/me', session],
      ['/me', 'bad'],
      ['/nothing', session],
      ['/keys?x=1', session],
    ] as const) {
      const { headers } = await latchkey.ask(credential, 'GET', path);
      expect(headers['ratelimit-policy']).toBe('"failures";q=1000;w=60');
      expect(headers.ratelimit).toMatch(/^"failures";r=\d+;t=\d+$/);
    }
    for (const [method, path, accept] of [
      ['GET', '/v1/sessions/refresh', '*/*'],
      ['OPTIONS', '/v1/keys', '*/*'],
      ['GET', '/v1/keys', 'text/csv'],
      ['GET', '/v1/%zz', '*/*'],
    ] as const) {
      const { headers } = await latchkey.send(method, path, { headers: { accept } });
      expect([method, path, headers['ratelimit-policy']]).toEqual([method, path, '"failures";q=1000;w=60']);
    }
  });
});

describe('pages', () => {
  it('check 109, 110: no gap and no repetition while rows come and go; Link says the same; a forged cursor is 400', async () => {
    const own = await latchkey.session();
    const made: string[] = [];
    for (let n = 0; n < 7; n += 1) made.unshift((await latchkey.made(own, { name: `key ${n}` })).id);
    const seen: string[] = [];
    let at = '/keys?limit=2';
    for (let page = 0; ; page += 1) {
      const { body, headers } = await latchkey.ask(own, 'GET', at);
      seen.push(...body.results.map((one: Body) => one.id));
      if (page === 1) await latchkey.made(own, { name: 'between' });
      if (page === 1) await latchkey.house.db('api_keys').where({ name: 'key 6' }).delete();
      expect(headers.link?.includes(`<${body.next}>; rel="next"`) ?? false).toBe(body.next !== null);
      if (body.next === null) {
        const back = await latchkey.ask(own, 'GET', new URL(body.previous).href.split('/v1')[1] as string);
        expect(back.body.results.map((one: Body) => one.id)).toEqual(made.slice(4, 6));
        break;
      }
      at = body.next.split('/v1')[1];
    }
    expect(seen).toEqual(made);
    for (const cursor of ['x', `${at.split('cursor=')[1]}x`]) {
      const { status, body } = await latchkey.ask(own, 'GET', `/keys?cursor=${cursor}`);
      expect([status, Object.keys(body)]).toEqual([400, ['cursor']]);
    }
    const stranger = await latchkey.ask(own, 'GET', `/sessions?cursor=${at.split('cursor=')[1]}`);
    expect(stranger.status).toBe(400);
  });

  it('pipelines: order, filters and pages', async () => {
    for (const name of ['beta', 'alpha', 'gamma']) {
      expect((await latchkey.ask(session, 'POST', '/pipelines', { name, tags: [name, 'greek'] })).status).toBe(201);
    }
    const names = async (query: string) =>
      (await latchkey.ask(session, 'GET', `/pipelines?${query}`)).body.results.map((one: Body) => one.name);
    expect(await names('order=name')).toEqual(['alpha', 'beta', 'gamma']);
    expect(await names('order=-name&limit=1')).toEqual(['gamma']);
    expect(await names('tag=beta')).toEqual(['beta']);
    expect(await names('query=ALPH')).toEqual(['alpha']);
  });
});

describe('check 105: versions', () => {
  it('304 for what is held, 412 for what has changed, and the last use of a key is no change', async () => {
    const { id, key } = await latchkey.made(session);
    const { headers } = await latchkey.ask(session, 'GET', `/keys/${id}`);
    const same = await latchkey.ask(session, 'GET', `/keys/${id}`, undefined, { 'If-None-Match': headers.etag });
    expect([same.status, same.text]).toEqual([304, '']);
    await latchkey.ask(key, 'GET', '/me');
    const changed = await latchkey.ask(session, 'PATCH', `/keys/${id}`, { name: 'one' }, { 'If-Match': headers.etag });
    expect(changed.status).toBe(200);
    const stale = await latchkey.ask(session, 'PATCH', `/keys/${id}`, { name: 'two' }, { 'If-Match': headers.etag });
    expect([stale.status, stale.body]).toEqual([412, { detail: 'It has changed since you read it: read it again.' }]);
    const gone = await latchkey.ask(session, 'DELETE', `/keys/${id}`, undefined, { 'If-Match': headers.etag });
    expect(gone.status).toBe(412);
    const next = await latchkey.ask(session, 'DELETE', `/keys/${id}`, undefined, { 'If-Match': changed.headers.etag });
    expect(next.status).toBe(204);
  });

  it.each(['/keys', '/pipelines'])('of 20 changes at once that have read the same, one is done: %s', async (path) => {
    const { body } = await latchkey.ask(session, 'POST', path, { name: `contended ${path.slice(1)}` });
    const { headers } = await latchkey.ask(session, 'GET', `${path}/${body.id}`);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        latchkey.ask(
          session,
          'PATCH',
          `${path}/${body.id}`,
          { name: `winner ${n} of ${path.slice(1)}` },
          { 'If-Match': headers.etag },
        ),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(19).fill(412)]);
    const [winner] = answers.filter(({ status }) => status === 200);
    expect((await latchkey.ask(session, 'GET', `${path}/${body.id}`)).body.name).toBe(winner?.body.name);
  });
});

describe('check 116 to 119: Idempotency-Key', () => {
  it('the same again is answered again and done once, without the secret', async () => {
    const first = await latchkey.ask(session, 'POST', '/keys', { name: 'once' }, again('a'));
    const second = await latchkey.ask(session, 'POST', '/keys', { name: 'once' }, again('a'));
    expect([first.status, second.status, second.headers['idempotency-replayed']]).toEqual([201, 201, 'true']);
    expect(second.body).toEqual({ ...first.body, key: null });
    expect(await latchkey.house.db('api_keys').where({ name: 'once' })).toHaveLength(1);
    const dump = JSON.stringify(await latchkey.house.db('idempotency_keys'));
    expect(dump).not.toContain(first.body.key.slice(12));
    const other = await latchkey.ask(session, 'POST', '/keys', { name: 'other' }, again('a'));
    expect([other.status, other.body]).toEqual([422, { detail: 'This Idempotency-Key was used for another request.' }]);
  });

  it('of 10 at once one is done; the others hear 409, or its answer', async () => {
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => latchkey.ask(session, 'POST', '/keys', { name: 'burst' }, again('burst'))),
    );
    expect(answers.every(({ status }) => status === 201 || status === 409)).toBe(true);
    expect(answers.filter(({ body }) => body.key)).toHaveLength(1);
    expect(await latchkey.house.db('api_keys').where({ name: 'burst' })).toHaveLength(1);
  });

  it('check 118: somebody else’s equal key is another one, in another account too; what failed is not kept; after a day it is forgotten', async () => {
    const foreigner = await latchkey.person({ accountId: await latchkey.account() });
    for (const stranger of [await latchkey.session(), await latchkey.session(foreigner)]) {
      const theirs = await latchkey.ask(stranger, 'POST', '/keys', { name: 'once' }, again('a'));
      expect([theirs.status, theirs.headers['idempotency-replayed']]).toEqual([201, undefined]);
    }
    const { db } = latchkey.house;
    expect((await latchkey.ask(session, 'POST', '/pipelines', { name: '!' }, again('b'))).status).toBe(201);
    await db('idempotency_keys').update({ created_at: new Date(Date.now() - 86_500_000) as never });
    await prune(latchkey.house);
    expect(await db('idempotency_keys')).toEqual([]);
  });
});
