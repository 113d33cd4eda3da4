import { generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import type { Server } from 'node:http';
import { type AddressInfo, createServer, connect as dial, type Socket } from 'node:net';
import request from 'supertest';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { makeHouse } from '../../src/core/house.ts';
import { openInstallation } from '../../src/core/installation/index.ts';
import { connect } from '../../src/database/database.ts';
import { surface } from '../../src/handlers/latchkey/index.ts';
import { mount } from '../../src/wire/mount.ts';
import { makeServer } from '../../src/wire/server.ts';
import { type Latchkey, openLatchkey } from '../support/latchkey.ts';
import { unknownKey } from '../support/magpipe.ts';

let latchkey: Latchkey;
let session: string;
beforeAll(async () => {
  // Nobody listens there.
  latchkey = await openLatchkey({ LATCHKEY_GITHUB_KEYS_URL: 'http://127.0.0.1:1/keys' });
  session = await latchkey.session();
});
afterAll(() => latchkey.close());

const urlOf = () => (latchkey.house.db.client.config.connection as { connectionString: string }).connectionString;

it('check 60: what is configured wrong does not start, and who cannot be asked lets nobody in', async () => {
  for (const broken of [
    { LATCHKEY_TRUSTED_PROXIES: 'everybody' },
    { LATCHKEY_CORS_ORIGINS: 'nowhere' },
    { LATCHKEY_LEAKED_KEYS: 'ignore' },
    { LATCHKEY_FAILURES_PER_MINUTE: 'few' },
    { LATCHKEY_SECRET: 'short' },
    { LATCHKEY_SECRETS: 'a name that is no setting, long enough' },
    { REQUIRE_USER_AUTHENTICATION: 'false', HOST: '0.0.0.0' },
  ])
    expect(() => readConfig(broken)).toThrow(Object.keys(broken)[0]);
  await expect(mount({ ...surface, authenticate: {} }, latchkey.house)).rejects.toThrow('has no authenticator');

  const { key } = await latchkey.made(session);
  const text = JSON.stringify([{ token: key, type: 'latchkey_api_key', url: 'https://a.example', source: 'content' }]);
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const told = await latchkey.ask(undefined, 'POST', '/secret-scanning/github', text, {
    'Content-Type': 'application/json',
    'Github-Public-Key-Identifier': 'one',
    'Github-Public-Key-Signature': sign('sha256', Buffer.from(text), privateKey).toString('base64'),
  });
  expect([told.status, (await latchkey.ask(key, 'GET', '/me')).status]).toEqual([503, 200]);
});

it('check 120: on its way out it is not ready, and answers what it is asked; what it had in hand as well', async () => {
  const { house, app } = latchkey;
  const server: Server = makeServer(house.config, app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const body = JSON.stringify({ name: 'in hand' });
  const socket = dial(port, '127.0.0.1').setEncoding('utf8');
  let answer = '';
  socket.on('data', (chunk) => (answer += chunk));
  const head = ['POST /v1/keys HTTP/1.1', 'Host: h', 'Content-Type: application/json', 'Connection: close'];
  const arrived = once(server, 'request');
  socket.write(
    [...head, `Authorization: Bearer ${session}`, `Content-Length: ${body.length}`, '', body.slice(0, 5)].join('\r\n'),
  );
  await arrived;
  house.draining = true;
  try {
    const ask = (path: string) =>
      fetch(`http://127.0.0.1:${port}${path}`, { headers: { Authorization: `Bearer ${session}` } });
    const [ready, me] = [await ask('/readyz'), await ask('/v1/me')];
    expect([ready.status, await ready.json()]).toEqual([503, { status: 'draining' }]);
    expect([me.status, me.headers.get('connection')]).toEqual([200, 'close']);
    const closed = new Promise((resolve) => server.close(resolve));
    socket.write(body.slice(5));
    await once(socket, 'close');
    expect(answer).toMatch(/^HTTP\/1\.1 201 [\s\S]*"in hand"/);
    server.closeIdleConnections();
    await closed;
  } finally {
    house.draining = false;
  }
});

it('check 120: a revocation that was answered is in the database, whatever becomes of the process', async () => {
  const { key, id } = await latchkey.made(session);
  const twin = await latchkey.twin();
  const revoked = await twin.send('DELETE', `/v1/keys/${id}`, { headers: { authorization: `Bearer ${session}` } });
  expect(revoked.status).toBe(204);
  // As it ends when it is killed: its connections break, and what it holds in memory is written nowhere.
  await latchkey.house.db.raw(
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
  );
  await expect.poll(async () => (await latchkey.ask(key, 'GET', '/me')).status).toBe(401);
  await expect.poll(async () => (await latchkey.ask(session, 'GET', `/keys/${id}`)).body.state).toBe('revoked');
});

it('check 121: without the database nobody is let in and nothing is said of a key; with it again all is well, by itself', async () => {
  const { hostname, port } = new URL(urlOf());
  const through = new Set<Socket>();
  let isAway = false;
  const relay = createServer((near) => {
    if (isAway) return void near.destroy();
    const far = dial(Number(port), hostname);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      through.add(one);
      one.on('error', () => {}).on('close', () => other.destroy());
      one.pipe(other);
    }
  }).listen(0, '127.0.0.1');
  await once(relay, 'listening');
  const at = { hostname: '127.0.0.1', port: String((relay.address() as AddressInfo).port) };
  const db = connect(Object.assign(new URL(urlOf()), at).href);
  const { config, log } = latchkey.house;
  const house = makeHouse({ config, db, log, installation: await openInstallation(db, config) }, true);
  const app = await createApp(house);

  const { key } = await latchkey.made(session);
  const ask = async (method: string, path: string, credential: string, body?: object) => {
    const call = request(app)[method.toLowerCase() as 'get'](path).set('Authorization', `Bearer ${credential}`);
    const { status, headers, body: told } = await (body ? call.send(body) : call);
    return [status, headers['retry-after'], told.valid];
  };
  const all = async () => [
    await ask('GET', '/v1/me', key),
    await ask('GET', '/v1/forward-auth', key),
    await ask('GET', '/v1/forward-auth', unknownKey()),
    await ask('POST', '/v1/verify', session, { key }),
    await ask('POST', '/v1/verify', session, { key: unknownKey() }),
    await ask('POST', '/v1/introspect', session, { token: key }),
    await ask('POST', '/v1/keys', session, { name: 'made' }),
    await ask('GET', '/readyz', key),
  ];
  const [ok, away] = [[200, undefined, undefined], Array(7).fill([503, '5', undefined])];
  const here = [ok, ok, [401, undefined, undefined], [200, undefined, true], [200, undefined, false]];
  const there = [...here, ok, [201, undefined, undefined], ok];
  try {
    expect(await all()).toEqual(there);
    isAway = true;
    for (const socket of through) socket.destroy();
    expect(await all()).toEqual([...away, [503, undefined, undefined]]);
    isAway = false;
    await expect.poll(() => ask('GET', '/readyz', key), { timeout: 20_000 }).toEqual(ok);
    expect(await all()).toEqual(there);
  } finally {
    await house.usedKeys.close();
    await house.usedSessions.close();
    await house.usage.close();
    await db.destroy();
    relay.close();
  }
});
