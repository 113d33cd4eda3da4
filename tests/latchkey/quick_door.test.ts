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
  // What comes with a body is looked at once the turn of its headers is over.
  server.on('request', (request: IncomingMessage) =>
    process.nextTick(() => {
      wasUsual = request.address !== undefined;
    }),
  );
  session = await latchkey.session();
  const made: Record<string, object> = {
    good: {},
    narrow: { scopes: ['runs:write', 'pipelines:read'] },
    verifier: { scopes: ['keys:verify'] },
    near: { addresses: ['127.0.0.0/8', '203.0.113.0/24'] },
    far: { addresses: ['192.0.2.0/24'] },
    limited: { limits: [{ requests: 1000, per: 'day' }] },
    narrowed: { scopes: ['runs:read'], limits: [{ requests: 1000, per: 'day' }] },
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
  const elsewhere = await latchkey.person({ accountId: await latchkey.account() });
  keys.foreign = (await latchkey.made(await latchkey.session(elsewhere))).key;
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
  if (body !== undefined) all['content-length'] = String(Buffer.byteLength(body));
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

/** Without the moments that it took, which may be of other lengths. */
function timeless(text: string): string {
  const ms = /"ms":([\d.]+)\}/.exec(text)?.[1];
  if (ms === undefined) return text;
  const length = (_: string, name: string, digits: string) => `${name}${Number(digits) - ms.length}`;
  return text.replace(/"ms":[\d.]+\}/, '"ms"}').replace(/(Content-Length: )(\d+)/, length);
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
    expect(seen.quick.replace(/([rt])=\d+/g, '$1')).toBe(seen.slow.replace(/([rt])=\d+/g, '$1'));
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

it('what is asked without waiting is answered in its order, whole, however late it is read', async () => {
  const { port } = server.address() as AddressInfo;
  const count = 2_000;
  const asked = (n: number) =>
    `GET /v1/forward-auth HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${keys.good}\r\nx-request-id: r${n}\r\n` +
    `connection: ${n === count - 1 ? 'close' : 'keep-alive'}\r\n\r\n`;
  const socket = connect(port, '127.0.0.1').setEncoding('latin1').pause();
  socket.write(Array.from({ length: count }, (_, n) => asked(n)).join(''));
  // They wait for their reader, with the system and with the server.
  await new Promise((resolve) => setTimeout(resolve, 200));
  const pieces: string[] = [];
  socket.resume().on('data', (piece: string) => pieces.push(piece));
  await once(socket, 'close');
  const text = pieces.join('');
  expect(text.match(/(?<=^x-request-id: r)\d+/gm)).toEqual(Array.from({ length: count }, (_, n) => String(n)));
  const shape = text.replace(/^(x-request-id|Date|Connection|Keep-Alive): .*\r\n/gm, '').replace(/([rt])=\d+/g, '$1');
  expect(new Set(shape.split(/(?=HTTP\/1\.1 )/)).size).toBe(1);
});

describe('so is a verdict on another key', () => {
  const json = 'application/json';
  const asked = (key: string, more: object = {}) => JSON.stringify({ key: `{${key}}`, ...more });
  const by = (name: string): Given => ({ ...bearer(name), 'content-type': json });
  const cases: [string, Given, string, boolean][] = [
    ['on a good key', by('good'), asked('narrow'), true],
    ['on itself', by('verifier'), asked('verifier'), true],
    ['by a key that may ask that alone', by('verifier'), asked('good'), true],
    ['by one that may not', by('narrow'), asked('good'), false],
    ['on one with metadata', by('good'), asked('described'), true],
    ['for a scope that it has', by('good'), asked('narrow', { scopes: ['runs:create', 'pipelines:read'] }), true],
    ['for none', by('good'), asked('narrow', { scopes: [] }), true],
    ['for one that it lacks', by('good'), asked('narrow', { scopes: ['keys:read'] }), true],
    ['for one that is none', by('good'), asked('narrow', { scopes: [1] }), false],
    ['for too many', by('good'), asked('narrow', { scopes: Array(65).fill('runs:read') }), false],
    ['from a right address', by('good'), asked('near', { address: '203.0.113.9' }), true],
    ['from a wrong one', by('good'), asked('near', { address: '198.51.100.9' }), true],
    ['from none', by('good'), asked('near'), true],
    ['from what is none', by('good'), asked('near', { address: 'nowhere' }), true],
    ['from what is no text', by('good'), asked('near', { address: null }), false],
    ['on a revoked key', by('good'), asked('revoked'), true],
    ['on a disabled key', by('good'), asked('disabled'), true],
    ['on a key with limits', by('good'), asked('limited'), false],
    ['on a key with limits, for a scope that it lacks', by('good'), asked('narrowed', { scopes: ['keys:read'] }), true],
    ['on a key with credits', by('good'), asked('credited'), false],
    ['on a key without any left', by('good'), asked('spent'), false],
    ['on a key that there never was', by('good'), asked('unknown'), false],
    ["on another account's key", by('good'), asked('foreign'), false],
    ['on a session', by('good'), asked('session'), false],
    ['with a cost', by('good'), asked('narrow', { cost: 2 }), false],
    ['with what is not asked', by('good'), asked('narrow', { swords: 1 }), false],
    ['with what every object has', by('good'), '{"key":"{narrow}","__proto__":{"scopes":["keys:read"]}}', false],
    ['with a key that comes twice', by('good'), '{"key":"{good}","key":"{narrow}"}', true],
    ['with spaces', by('good'), ' {\n\t"key" : "{narrow}" }\r\n', true],
    ['in more than ASCII', by('good'), asked('narrow', { address: 'ü' }), false],
    ['in half an object', by('good'), '{"key":"{narrow}"', false],
    ['in a list', by('good'), '["{narrow}"]', false],
    ['in nothing', by('good'), '', false],
    ['in a text', by('good'), '"{narrow}"', false],
    ['that is long', by('good'), `${asked('narrow')}${' '.repeat(5000)}`, false],
    ['in another type', { ...bearer('good'), 'content-type': 'text/plain' }, asked('narrow'), false],
    [
      'with a charset',
      { ...bearer('good'), 'content-type': 'application/json; charset=utf-8' },
      asked('narrow'),
      false,
    ],
    ['by a key with limits', by('limited'), asked('narrow'), false],
    ['by a key with credits', by('credited'), asked('narrow'), true],
    ['by a revoked key', by('revoked'), asked('narrow'), false],
    ['by a key that there never was', by('unknown'), asked('narrow'), false],
    ['by a session', by('session'), asked('narrow'), false],
    ['by a key from a wrong address', by('far'), asked('narrow'), false],
    ['by nobody', { 'content-type': json }, asked('narrow'), false],
    [
      'by two keys',
      { authorization: ['Bearer {good}', 'Bearer {good}'], 'content-type': json },
      asked('narrow'),
      false,
    ],
    ['from another site', { ...by('good'), origin: 'https://elsewhere.example' }, asked('narrow'), true],
    ['for something else', { ...by('good'), accept: 'text/csv' }, asked('narrow'), false],
    ['on a connection that ends', { ...by('good'), connection: 'close' }, asked('narrow'), true],
  ];
  it.each(cases)('%s', async (_, given, body, isQuick) => {
    const seen = await both('POST /v1/verify HTTP/1.1', given, keyed(body));
    const [quick, slow] = [seen.quick, seen.slow].map((text) =>
      timeless(text).replace(/(r=|t=|"remaining":|"credits":)\d+/g, '$1'),
    );
    expect(quick).toBe(slow);
    expect(seen.isQuick).toBe(isQuick);
  });

  it('a query is refused as everywhere', async () => {
    const { quick, slow, isQuick } = await both('POST /v1/verify?a=b HTTP/1.1', by('good'), keyed(asked('narrow')));
    expect([isQuick, quick]).toEqual([false, slow]);
  });

  it('a body that comes later, or in pieces, is read as ever', async () => {
    const { port } = server.address() as AddressInfo;
    const body = keyed(asked('narrow'));
    const head = ['POST /v1/verify HTTP/1.1', 'host: a', `authorization: Bearer ${keys.good}`, `content-type: ${json}`];
    const socket = connect(port, '127.0.0.1').setEncoding('utf8');
    let text = '';
    socket.on('data', (piece: string) => {
      text += piece;
    });
    socket.write([...head, `content-length: ${body.length}`, '', body.slice(0, 9)].join('\r\n'));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(text).toBe('');
    socket.write(body.slice(9));
    await expect.poll(() => text).toContain('"code":"valid"');
    // What follows on the same connection is answered in its order, whichever way each one goes.
    const whole = [...head, `content-length: ${body.length}`, '', body].join('\r\n');
    text = '';
    socket.write(whole + whole.replaceAll(keys.narrow as string, keys.unknown as string) + whole);
    await expect.poll(() => text.match(/"code":"\w+"/g)?.length).toBe(3);
    expect(text.match(/"code":"\w+"/g)).toEqual(['"code":"valid"', '"code":"unknown"', '"code":"valid"']);
    socket.destroy();
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
