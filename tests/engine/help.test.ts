import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Everything, openEverything, operations } from '../support/everything.ts';
import { applicationKey } from '../support/house.ts';

let all: Everything;
beforeAll(async () => {
  all = await openEverything();
}, 60_000);
afterAll(() => all.close());

const pages: Record<string, string> = { magpipeAuth: 'magpipe_auth', mysticV3: 'mystic_v3' };
const page = (surface: string) => `/docs/${pages[surface] ?? surface}.html`;
const contractOf = (surface: string) => `</docs/openapi/${pages[surface] ?? surface}.json>; rel="service-desc"`;
const isRefusal = (status: number, text: string) => status >= 400 || (status === 200 && /^\{"error":/.test(text));

describe('6: a refusal', () => {
  it('of every operation of every contract carries x-request-id and leads to its page in the reference', async () => {
    let seen = 0;
    for (const [surface, path, { method, id, isJson }] of operations) {
      // The contract is given to whoever asks, in whatever they accept.
      if (id === 'getSchema') continue;
      // Nobody asks, or for what is not made here: no operation takes that.
      const headers: Record<string, string> = isJson ? { accept: 'text/csv' } : {};
      const { status, headers: got, text } = await all.tell(method, path, { ...headers, host: 'keys.example' });
      expect([id, isRefusal(status, text)]).toEqual([id, true]);
      const help = `<http://keys.example${page(surface)}#operation/${id}>; rel="help"`;
      expect([id, got.link]).toEqual([id, `${contractOf(surface)}, ${help}`]);
      expect(got['x-request-id']).toMatch(/^[\w.-]{1,128}$/);
      seen += 1;
    }
    expect(seen).toBeGreaterThan(100);
  });

  it('leads to the page of the surface where there is no such operation', async () => {
    for (const surface of new Set(operations.map(([name]) => name))) {
      const [, path = ''] = operations.find(([name]) => name === surface) ?? [];
      const base = path.split('/').slice(0, path.startsWith('/v') || path.startsWith('/api/p') ? 2 : 3);
      const { status, headers, text } = await all.tell('GET', `${base.join('/')}/nowhere/at/all/`, all.credentials);
      expect(isRefusal(status, text)).toBe(true);
      expect(headers.link).toMatch(/, <http:\/\/127\.0\.0\.1:\d+\/docs\/\w+\.html>; rel="help"$/);
    }
  });

  it('of Mage with status 200 has it, and no success has', async () => {
    const bad = await request(all.server)
      .post('/api/sessions')
      .set('X-API-KEY', applicationKey)
      .send({ session: { email: 'nobody@example.com', password: 'wrong' } });
    expect([bad.status, bad.body.error.code, bad.headers.link]).toEqual([
      200,
      404,
      expect.stringMatching(/\/docs\/mage\.html#operation\/createSession>; rel="help"$/),
    ]);
    const good = await request(all.server).get('/api/statuses');
    expect([good.status, good.body.error, good.headers.link]).toEqual([200, undefined, contractOf('mage')]);
  });

  it('of a request without a Host has a path alone', async () => {
    const told = await all.tell('GET', '/v4/pipelines', { host: 'a b' });
    expect([told.status, told.headers.link]).toEqual([400, `${contractOf('mystic')}, </docs/mystic.html>; rel="help"`]);
  });

  it.each([
    ['a target that is none', 'GET * HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['a version that is none', 'GET / HTTP/2.0\r\nHost: a\r\n\r\n'],
    ['what is no HTTP', 'what is this\r\n\r\n'],
    ['a header that is too large', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`],
    ['no page of ours', 'GET /nowhere HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'],
  ])('of %s carries x-request-id, before any surface is asked', async (_what, bytes) => {
    const socket = connect(all.port, '127.0.0.1');
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk;
      if (answer.includes('\r\n\r\n')) socket.end();
    });
    socket.write(bytes);
    await new Promise((resolve) => socket.on('close', resolve));
    expect(answer).toMatch(/^HTTP\/1\.1 (4\d\d|505) /);
    expect(answer).toMatch(/\r\nx-request-id: [\w.-]{1,128}\r\n/i);
  });

  it('may be read by scripts of other origins, link and all', async () => {
    for (const path of ['/api/pipelines', '/functions/v1/manage-api-keys', '/auth/v1/user', '/v4/pipelines']) {
      const { headers } = await request(all.server).get(path).set('Origin', 'https://app.example.com');
      expect(headers['access-control-expose-headers']).toMatch(/\bLink\b/i);
    }
  });
});

it('6: every operation has one tag, whose name the reference takes for its address as it is', () => {
  for (const surface of ['mage', 'magpipe', 'magpipe_auth', 'maiagent', 'mystic', 'mystic_v3']) {
    const { paths } = JSON.parse(readFileSync(new URL(`../../generated/${surface}.json`, import.meta.url), 'utf8'));
    for (const item of Object.values(paths) as Record<string, { operationId?: string; tags?: string[] }>[])
      for (const { operationId, tags } of Object.values(item).filter((one) => one?.operationId))
        expect([operationId, tags]).toEqual([operationId, [expect.stringMatching(/^[a-z_-]+$/)]]);
  }
});
