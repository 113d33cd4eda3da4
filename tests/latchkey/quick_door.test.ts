import { once } from 'node:events';
import type { IncomingMessage, Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeServer } from '../../src/wire/server.ts';
import { type Latchkey, openLatchkey } from '../support/latchkey.ts';
import { unknownKey } from '../support/magpipe.ts';

let latchkey: Latchkey;
let server: Server;
let session: string;
/** Whether the last request went the usual way: it alone looks at the address. */
let wasUsual = false;
const keys: Record<string, string> = {};

beforeAll(async () => {
  latchkey = await openLatchkey({ LATCHKEY_KEYS_PER_USER: '100', LATCHKEY_TRUSTED_PROXIES: 'loopback' });
  server = makeServer(latchkey.house.config, latchkey.app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.on('request', ({ address }: IncomingMessage) => {
    wasUsual = address !== undefined;
  });
  session = await latchkey.session();
  const made: Record<string, object> = {
    good: {},
    narrow: { scopes: ['runs:write', 'pipelines:read'] },
    verifier: { scopes: ['keys:verify'] },
    near: { addresses: ['127.0.0.0/8', '203.0.113.0/24'] },
    far: { addresses: ['192.0.2.0/24'] },
    limited: { limits: [{ requests: 1000, per: 'day' }] },
    credited: { credits: { remaining: 1000 } },
    spent: { credits: { remaining: 0 } },
    described: { metadata: { 'a "b"': ['ü', 1.5, null] }, expires_at: '2099-01-01T00:00:00Z' },
    revoked: {},
    disabled: {},
  };
  for (const [name, bounds] of Object.entries(made)) {
    const { key, id } = await latchkey.made(session, bounds);
    keys[name] = key;
    if (name === 'revoked') await latchkey.ask(session, 'DELETE', `/keys/${id}`);
    if (name === 'disabled') await latchkey.ask(session, 'PATCH', `/keys/${id}`, { enabled: false });
  }
  keys.session = session;
  keys.unknown = unknownKey();
});
afterAll(async () => {
  server.close();
  await latchkey.close();
});

/** The whole answer to some lines, with the moment left out. */
function told(line: string, fields: string[], body = ''): Promise<string> {
  const { port } = server.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write([line, ...fields, '', body].join('\r\n')));
    let text = '';
    socket.setEncoding('utf8').on('error', reject);
    socket.on('data', (piece: string) => {
      text += piece;
      const [head, rest] = text.split('\r\n\r\n', 2) as [string, string?];
      const length = /content-length: (\d+)/i.exec(head)?.[1];
      const isWhole = rest !== undefined && Buffer.byteLength(rest) >= Number(length ?? 0);
      if (isWhole || (rest !== undefined && line.startsWith('HEAD'))) socket.destroy();
    });
    socket.on('close', () => resolve(text.replace(/^Date: .*$/m, 'Date')));
  });
}

const usual = { 'x-request-id': 'the-same', host: 'keys.example' };
type Given = Record<string, string | string[] | undefined>;

/** Both ways: as it is, and with a header that means nothing, for which the quick door leaves it. */
async function both(line: string, given: Given, body?: string) {
  const all: Given = { ...usual, ...given };
  const fields = Object.entries(all).flatMap(([name, value]) =>
    [value ?? []].flat().map((one) => `${name}: ${keyed(one)}`),
  );
  await told(line, fields, body);
  const quick = await told(line, fields, body);
  const isQuick = !wasUsual && isGood(quick);
  const slow = await told(
    line,
    [...fields, body === undefined ? 'content-length: 0' : 'x-http: 1', 'content-encoding: identity'],
    body,
  );
  expect(wasUsual || !isGood(slow)).toBe(true);
  return { quick, slow, isQuick };
}

const isGood = (text: string) => text.startsWith('HTTP/1.1 200');

/** Keys by their names. */
const keyed = (text: string) => text.replace(/\{(\w+)\}/g, (_, name) => keys[name] as string);

const bearer = (name: string) => ({ authorization: `Bearer {${name}}` });

describe('a verdict that is known at once is answered as the usual way answers it, byte for byte', () => {
  const get = 'GET /v1/forward-auth HTTP/1.1';
  const asked = (query: string) => `GET /v1/forward-auth?${query} HTTP/1.1`;
  const cases: [string, string, Given, boolean][] = [
    ['a good key', get, bearer('good'), true],
    ['a narrow one', get, bearer('narrow'), true],
    ['one that has an end', get, bearer('described'), true],
    ['with what proxies say', get, { ...bearer('good'), 'x-original-uri': '/a?b', 'x-forwarded-method': 'PUT' }, true],
    ['from the right address', get, bearer('near'), true],
    ['from the right one behind a proxy', get, { ...bearer('near'), 'x-forwarded-for': '203.0.113.7' }, true],
    ['from a wrong one behind a proxy', get, { ...bearer('near'), 'x-forwarded-for': '198.51.100.7' }, false],
    ['from a wrong address', get, bearer('far'), false],
    ['a scope that it has', asked('scope=runs:create'), bearer('narrow'), true],
    ['several', asked('scope=runs:create+pipelines:read'), bearer('narrow'), true],
    ['several, in another spelling', asked('scope=runs:create%20pipelines:read'), bearer('narrow'), true],
    ['a scope that it lacks', asked('scope=keys:read'), bearer('narrow'), false],
    ['one of several that it lacks', asked('scope=runs:create+keys:read'), bearer('narrow'), false],
    ['a scope that there is not', asked('scope=swords:swing'), bearer('good'), true],
    ['no scope', asked('scope='), bearer('good'), false],
    ['no query behind the mark', 'GET /v1/forward-auth? HTTP/1.1', bearer('good'), false],
    ['two scopes in two parameters', asked('scope=a&scope=b'), bearer('good'), false],
    ['a parameter that is not known', asked('scope=runs:read&x=1'), bearer('good'), false],
    ['a long scope', asked(`scope=${'a'.repeat(600)}`), bearer('good'), false],
    ['bytes that are no text', asked('scope=%ff'), bearer('good'), false],
    ['a key with limits', get, bearer('limited'), false],
    ['a key with credits', get, bearer('credited'), false],
    ['a key without any left', get, bearer('spent'), false],
    ['a revoked key', get, bearer('revoked'), false],
    ['a disabled key', get, bearer('disabled'), false],
    ['a key that there never was', get, bearer('unknown'), false],
    ['a session', get, bearer('session'), false],
    ['nobody', get, {}, false],
    ['another scheme', get, { authorization: 'Basic {good}' }, false],
    ['the scheme in other letters', get, { authorization: 'bearer {good}' }, false],
    ['two spaces', get, { authorization: 'Bearer  {good}' }, false],
    ['two credentials', get, { authorization: ['Bearer {good}', 'Bearer {good}'] }, false],
    ['a key and a cookie', get, { ...bearer('good'), cookie: 'latchkey=nothing' }, true],
    ['from another site', get, { ...bearer('good'), origin: 'https://elsewhere.example' }, true],
    ['for JSON', get, { ...bearer('good'), accept: 'application/json' }, true],
    ['for problems', get, { ...bearer('good'), accept: 'application/problem+json, application/json' }, true],
    ['for something else', get, { ...bearer('good'), accept: 'text/csv' }, false],
    ['that is known already', get, { ...bearer('good'), 'if-none-match': '*' }, true],
    ['on a connection that ends', get, { ...bearer('good'), connection: 'close' }, true],
    ['without a host', get, { ...bearer('good'), host: undefined }, false],
    ['with two hosts', get, { ...bearer('good'), host: ['a.example', 'b.example'] }, false],
    ['with a host that is none', get, { ...bearer('good'), host: 'a b' }, false],
    ['with too many headers', get, { ...bearer('good'), 'x-much': 'x'.repeat(20_000) }, false],
    ['by HEAD', 'HEAD /v1/forward-auth HTTP/1.1', bearer('good'), false],
    ['by POST', 'POST /v1/forward-auth HTTP/1.1', bearer('good'), false],
    ['by OPTIONS', 'OPTIONS /v1/forward-auth HTTP/1.1', { origin: 'https://a.example' }, false],
    ['of the version before', 'GET /v1/forward-auth HTTP/1.0', bearer('good'), false],
    ['with its whole address', 'GET http://keys.example/v1/forward-auth HTTP/1.1', bearer('good'), false],
    ['with a slash too many', 'GET //v1/forward-auth HTTP/1.1', bearer('good'), false],
    ['with a slash behind it', 'GET /v1/forward-auth/ HTTP/1.1', bearer('good'), false],
  ];
  it.each(cases)('%s', async (_, line, given, isQuick) => {
    const seen = await both(line, given);
    expect(seen.quick.replace(/r=\d+/g, 'r')).toBe(seen.slow.replace(/r=\d+/g, 'r'));
    expect(seen.isQuick).toBe(isQuick);
  });

  it('without an id of its own each has a new one', async () => {
    const { quick, slow, isQuick } = await both(get, { ...bearer('good'), 'x-request-id': undefined });
    const [one, other] = [quick, slow].map((text) => /^x-request-id: ([\da-f-]{36})\r$/m.exec(text)?.[1]);
    expect([isQuick, one === other]).toEqual([true, false]);
    expect(quick.replace(one as string, '')).toBe(slow.replace(other as string, ''));
  });

  it('what its address has left of bad credentials is the same number', async () => {
    for (let count = 0; count < 3; count += 1) await told(get, ['host: a', `authorization: Bearer ${unknownKey()}`]);
    const { quick, slow, isQuick } = await both(get, bearer('good'));
    expect([isQuick, quick]).toEqual([true, slow]);
  });
});

it('both ways write the same line, count the same use, and see a key that is revoked in between', async () => {
  const { key, id } = await latchkey.made(session, { name: 'counted' });
  keys.counted = key;
  const before = latchkey.log.length;
  const { isQuick } = await both('GET /v1/forward-auth?scope=runs:read HTTP/1.1', {
    ...bearer('counted'),
    'x-request-id': 'counted',
  });
  await expect.poll(() => latchkey.log.slice(before).filter((line) => line.includes('"counted"')).length).toBe(3);
  const lines = latchkey.log.slice(before).filter((line) => line.includes('"counted"'));
  const plain = lines.map((line) => line.replace(/"time":"[^"]+"|"ms":\d+/g, ''));
  expect([isQuick, new Set(plain).size]).toEqual([true, 1]);
  await latchkey.house.usage.flush();
  await latchkey.house.usedKeys.flush();
  const row = await latchkey.house.db('api_keys').where('name', 'counted').first();
  expect([row?.last_used_at, row?.last_used_address]).toEqual([expect.any(String), '127.0.0.1']);
  const counted = await latchkey.house.db('usage_counts').where('key_uuid', row?.uuid ?? '');
  expect(counted).toMatchObject([{ operation: 'latchkey.forwardAuth', status: 2, requests: 3 }]);
  await latchkey.ask(session, 'DELETE', `/keys/${id}`);
  const refused = await both('GET /v1/forward-auth HTTP/1.1', bearer('counted'));
  expect([refused.isQuick, refused.quick.split('\r\n')[0]]).toEqual([false, 'HTTP/1.1 401 Unauthorized']);
});
