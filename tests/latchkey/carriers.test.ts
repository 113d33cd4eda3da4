import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeServer } from '../../src/wire/server.ts';
import { applicationKey } from '../support/house.ts';
import { type Latchkey, openLatchkey } from '../support/latchkey.ts';
import { type Magpipe, type Person, password } from '../support/magpipe.ts';

let latchkey: Latchkey;
let person: Person;
let session: string;
let key: string;
beforeAll(async () => {
  latchkey = await openLatchkey({ LATCHKEY_KEYS_PER_USER: '100' });
  person = await latchkey.person();
  session = await latchkey.session(person);
  key = (await latchkey.made(session)).key;
  for (const name of ['one', 'two', 'three']) await latchkey.ask(session, 'POST', '/pipelines', { name });
});
afterAll(() => latchkey.close());

const missing = [401, { detail: 'Authentication credentials were not provided.' }];
const get = (path: string, headers: Record<string, string> = {}) => request(latchkey.server).get(path).set(headers);

it('check 5: the name of a scheme is good in any case of letters, on every surface', async () => {
  for (const scheme of ['bearer', 'BEARER', 'bEaReR'])
    for (const path of ['/v1/me', '/v4/pipelines'])
      expect([path, (await get(path, { Authorization: `${scheme} ${key}` })).status]).toEqual([path, 200]);
  for (const scheme of ['api-key', 'API-KEY', 'aPi-KeY'])
    expect((await get('/api/v1/pipelines/', { Authorization: `${scheme} ${key}` })).status).toBe(200);
});

it('check 6: an empty value, one of several words or one with control characters is 400 or 401, never 500', async () => {
  const server = makeServer(latchkey.house.config, latchkey.app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const answered = async (value: string) => {
    const socket = connect(port, '127.0.0.1');
    const head = `GET /v1/me HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: ${value}\r\n\r\n`;
    socket.write(Buffer.from(head, 'latin1'));
    return Number((await text(socket)).split(' ')[1]);
  };
  const values = [
    '',
    '   ',
    'two words',
    `${key} ${key}`,
    `${key},`,
    `"${key}"`,
    `\t${key}`,
    `${key}\xff`,
    `${key}\xa0`,
    '%00',
    '=',
  ];
  for (const value of values
    .map((value) => `Bearer ${value}`)
    .concat('', 'Bearer', `Bearer\t${key}`, key, `Basic ${key}`))
    expect([value, await answered(value)]).toEqual([value, 401]);
  for (const code of [0, 1, 7, 8, 11, 12, 27, 31, 127]) {
    const value = `Bearer ${key}${String.fromCharCode(code)}`;
    expect([code, [400, 401].includes(await answered(value))]).toEqual([code, true]);
  }
  expect(await answered(`Bearer ${key}`)).toBe(200);
  await new Promise((resolve) => server.close(resolve));
});

it('check 7: a key of either form, a session and a cookie of one person are the same caller, and are answered the same bytes', async () => {
  const made = await latchkey.send('POST', '/v4/tokens', {
    headers: { authorization: `Bearer ${session}` },
    body: { name: 'other form' },
  });
  const line = await latchkey.send('POST', '/v4/sessions', { body: { email: person.email, password, name: 'laptop' } });
  const browser = await request(latchkey.server)
    .post('/v1/sessions')
    .set('Sec-Fetch-Site', 'same-origin')
    .send({ email: person.email, password, cookie: true });
  const cookie = (browser.headers['set-cookie'] as unknown as string[])[0]?.split(';')[0] as string;
  const bearers = [key, made.body.value, line.body.token ?? line.body.value, session];
  const carriers = [...bearers.map((token) => ({ Authorization: `Bearer ${token}` })), { Cookie: cookie }];
  const seen: unknown[] = [];
  for (const carrier of carriers) {
    const pipelines = await get('/v1/pipelines', carrier);
    const { id, email, account, role } = (await get('/v1/me', carrier)).body;
    expect([pipelines.status, pipelines.body.results.length, email]).toEqual([200, 3, person.email]);
    seen.push([pipelines.text, id, account, role, pipelines.headers.etag]);
  }
  expect(seen).toEqual(carriers.map(() => seen[0]));
});

it('check 8: no answer to a key in an address is stored, and the key is in no log, no answer and no header', async () => {
  for (const path of ['/v1/me', '/v1/keys', '/v1/nowhere', '/api/users', '/api/nowhere', '/v4/tokens', '/elsewhere']) {
    const { headers, text } = await get(`${path}?api_key=${key}`);
    expect([path, headers['cache-control']]).toEqual([path, expect.stringMatching(/\b(no-store|private)\b/)]);
    expect([path, (JSON.stringify(headers) + text).includes(key)]).toEqual([path, false]);
  }
  expect((await get(`/api/users?api_key=${key}`)).body).toHaveProperty('users');
  expect(latchkey.log.join('')).not.toContain(key.slice(12));
});

it('check 9: every page says no-referrer, and the next page’s address carries no key', async () => {
  for (const path of ['/', '/docs', '/docs/latchkey', '/v1/me'])
    expect([path, (await get(path)).headers['referrer-policy']]).toEqual([path, 'no-referrer']);
  const { headers, body } = await get('/v1/pipelines?limit=1', { Authorization: `Bearer ${key}` });
  expect([headers.link, body.next].map((text) => [text.includes('cursor='), text.includes(key)])).toEqual([
    [true, false],
    [true, false],
  ]);
  const unknown = await get(`/v1/pipelines?limit=1&api_key=${key}`, { Authorization: `Bearer ${key}` });
  expect([unknown.status, unknown.body]).toEqual([400, { api_key: ['This parameter is not known.'] }]);
  expect(unknown.headers.link).not.toContain(key);
});

it('check 10: a key counts in Authorization alone: in an address, another header or a body it is 401, with the reason', async () => {
  const other = { 'X-API-KEY': key, Cookie: `api_key=${key}; oauth_token=${key}`, 'OAUTH-TOKEN': key };
  for (const asked of [get(`/v1/keys?api_key=${key}`), get(`/v1/keys?access_token=${key}`), get('/v1/keys', other)]) {
    const { status, body, headers } = await asked;
    expect([status, body, headers['www-authenticate']]).toEqual([...missing, 'Bearer realm="latchkey"']);
  }
  const post = () => request(latchkey.server).post('/v1/keys');
  for (const name of ['api_key', 'access_token']) {
    const { status, body } = await post().send({ [name]: key, name: 'stolen' });
    expect([status, body]).toEqual(missing);
    expect(
      (
        await post()
          .type('form')
          .send({ [name]: key, name: 'stolen' })
      ).status,
    ).toBe(401);
  }
  expect(await latchkey.house.db('api_keys').where({ name: 'stolen' })).toEqual([]);
});

it('check 11: a key in the body of a GET is nothing; a multipart body is not read for one', async () => {
  const read = await get('/v1/me').send({ api_key: key });
  expect([read.status, read.body]).toEqual(missing);
  // Mage’s surface takes a key in a body, but in none of a GET, and in JSON and forms alone.
  expect((await get('/api/users').send({ api_key: key })).status).toBe(401);
  for (const path of ['/v1/files', '/v1/keys', '/api/sessions']) {
    const { status } = await request(latchkey.server)
      .post(path)
      .field('api_key', applicationKey)
      .attach('file', Buffer.alloc(1000), 'a.txt');
    expect([path, status]).toEqual([path, 401]);
  }
});

it('check 12: who somebody is said to be in headers decides nothing, and is not passed on', async () => {
  const owner = await latchkey.person();
  const viewer = await latchkey.session(await latchkey.person({ roleIds: [4] }));
  const names = ['User', 'User-Id', 'User-Email', 'User-Role', 'Role', 'Account', 'Account-Id', 'Scopes', 'Key'];
  const said = (name: string) => (/role/i.test(name) ? 'owner' : /scopes/i.test(name) ? '*' : owner.uuid);
  const forged: Record<string, string> = { 'Remote-User': owner.email };
  for (const name of names)
    for (const prefix of ['X', 'X-Forwarded', 'X-Latchkey', 'X-Auth-Request']) forged[`${prefix}-${name}`] = said(name);
  expect((await get('/v1/me', forged)).status).toBe(401);
  const plain = await latchkey.ask(viewer, 'GET', '/me');
  expect((await latchkey.ask(viewer, 'GET', '/me', undefined, forged)).body).toEqual(plain.body);
  const refused = await latchkey.ask(viewer, 'POST', '/invitations', { email: 'x@example.com', role: 'owner' }, forged);
  expect(refused.status).toBe(403);
  const { headers, body } = await latchkey.ask(viewer, 'GET', '/forward-auth', undefined, forged);
  expect([headers['x-latchkey-user'], body.user === plain.body.id]).toEqual([plain.body.id, true]);
  expect(JSON.stringify(headers)).not.toContain(owner.uuid);
});

describe('check 13: where LATCHKEY_HTTPS_ONLY is true', () => {
  let strict: Magpipe;
  beforeAll(async () => {
    strict = await latchkey.twin({ httpsOnly: true, trustedProxies: 'loopback' });
  });
  const calls = [
    ['GET', '/v1/me'],
    ['GET', '/v1/nowhere'],
    ['POST', '/v1/sessions'],
    ['POST', '/v1/password-resets'],
    ['OPTIONS', '/v1/me'],
    ['POST', '/functions/v1/manage-api-keys'],
    ['POST', '/auth/v1/token?grant_type=password'],
    ['GET', '/api/v1/pipelines/'],
    ['GET', '/api/users'],
    ['GET', '/v4/pipelines'],
  ] as const;
  const ask = (method: string, path: string, headers: object = {}) =>
    request(strict.server)
      [method.toLowerCase() as 'get'](path)
      .set({ Authorization: `Bearer ${key}`, ...headers });

  it.each(calls)('a call by plain http is 400, and is not sent on to https: %s %s', async (method, path) => {
    for (const said of [{}, { 'X-Forwarded-Proto': 'http' }, { 'X-Forwarded-Proto': 'https, http' }]) {
      const { status, headers } = await ask(method, path, said);
      expect([status, headers.location]).toEqual([400, undefined]);
    }
  });

  it('one that a proxy took by https is answered, and so is what asks whether the server is up', async () => {
    expect((await ask('GET', '/v1/me', { 'X-Forwarded-Proto': 'https' })).status).toBe(200);
    expect((await ask('GET', '/v1/me')).body).toEqual({ detail: 'This server is asked by https only.' });
    expect((await ask('GET', '/readyz')).status).toBe(200);
  });
});
