import { Agent, request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeToken, mintToken } from '../../src/core/credentials/oauth_token.ts';
import { type Doors, everyOperation, openDoors } from '../support/doors.ts';
import { applicationKey, ownerPassword } from '../support/house.ts';

let doors: Doors;
/** A cookie of the owner, in the raw form. */
let cookie: string;
beforeAll(async () => {
  doors = await openDoors();
  const { db, installation } = doors.house;
  const { value, expires } = await mintToken(doors.house, db, 1, installation.accountId);
  cookie = `oauth_token=${await encodeToken(doors.house, value, expires)}`;
});
afterAll(() => doors.close());

const json = { 'content-type': 'application/json' };
const schemesOf = ({ contract, security }: (typeof everyOperation)[number]) =>
  security.flatMap((one) => Object.keys(one)).map((name) => contract.components?.securitySchemes?.[name]);
const cookieOf = (operation: (typeof everyOperation)[number]) =>
  schemesOf(operation).find((scheme) => (scheme as { in?: string }).in === 'cookie') as { name: string } | undefined;
const isChange = ({ method }: { method: string }) => method !== 'GET';

describe('cookies', () => {
  const make = (headers: Record<string, string>) => {
    const user = { email: `m${Math.random()}@x.test`, password: 'long enough', password_confirmation: 'long enough' };
    const body = JSON.stringify({ user: { ...user, roles_new: [1] } });
    return doors.send('POST', `/api/users?api_key=${applicationKey}`, { Cookie: cookie, ...headers }, body);
  };
  const owners = async () => (await doors.house.db('memberships').whereRaw('1 = any(role_ids)')).length;

  it('A1: another site makes nobody an owner, whatever the body calls itself', async () => {
    const before = await owners();
    for (const type of ['text/plain', 'application/json', 'application/x-www-form-urlencoded'])
      for (const foreign of [
        { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' },
        { Origin: 'https://evil.example' },
        { Origin: 'null' },
        { Origin: 'http://127.0.0.1:1' },
        { 'Sec-Fetch-Site': 'cross-site' },
        { 'Sec-Fetch-Site': 'same-site' },
      ]) {
        const { status, body } = await make({ 'content-type': type, ...(foreign as Record<string, string>) });
        expect([foreign, status, body.error?.code]).toEqual([foreign, 403, 403]);
      }
    expect(await owners()).toBe(before);
  });

  it('A1: this site itself, and what is no browser, may', async () => {
    for (const own of [
      {},
      { 'Sec-Fetch-Site': 'same-origin', Origin: `http://127.0.0.1:${doors.port}` },
      { Host: 'keys.example.com', Origin: 'http://keys.example.com' },
    ]) {
      const { body } = await make({ ...json, ...(own as Record<string, string>) });
      expect([own, body.user?.project_access]).toEqual([own, 1]);
    }
  });

  it('A1: every change of every contract that takes a cookie refuses it from another site, and no header', async () => {
    const guarded = everyOperation.filter((operation) => isChange(operation) && cookieOf(operation));
    expect(guarded.length).toBeGreaterThan(30);
    const foreign = { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' };
    for (const operation of guarded) {
      const { method, at, id } = operation;
      const headers = { ...json, ...foreign, Cookie: `${cookieOf(operation)?.name}=x`, 'X-API-KEY': applicationKey };
      const body = method === 'DELETE' ? undefined : '{}';
      expect([id, (await doors.send(method, at, headers, body)).status]).toEqual([id, 403]);
      const header = { ...headers, Authorization: 'Bearer x' };
      expect([id, (await doors.send(method, at, header, body)).status]).toEqual([id, 401]);
    }
  });
});

describe('a Host', () => {
  it.each(['h:99999999', '[', 'a:b:c', 'a b', 'a/b', 'u@h', 'h:x', '[::1', '[1.2.3.4]', '256.1.1.1', ''])(
    'A6: that is none (%j) is 400 in the envelope of every surface, and outside of them',
    async (host) => {
      for (const path of ['/api/users', '/functions/v1/manage-api-keys', '/auth/v1/user', '/api/v1/pipelines/'])
        for (const method of ['GET', 'POST', 'OPTIONS']) {
          const { status, headers } = await doors.send(method, path, ['Host', host]);
          expect([path, method, status, headers['content-type']]).toEqual([
            ...[path, method, 400, 'application/json; charset=utf-8'],
          ]);
        }
      for (const path of ['/healthz', '/docs/', '/nowhere'])
        expect([path, (await doors.send('GET', path, ['Host', host])).status]).toEqual([path, 400]);
    },
  );

  it('A6: every operation of every contract wants one, and one only', async () => {
    for (const { id, method, at } of everyOperation)
      for (const hosts of [[], ['Host', 'a.example', 'Host', 'b.example'], ['Host', 'a', 'host', 'a']]) {
        const { status, text } = await doors.send(method, at, [...hosts, 'Connection', 'close']);
        expect([id, status, text.startsWith('{')]).toEqual([id, 400, true]);
      }
  });

  it.each(['localhost', 'a_b.example', 'H.Example:8443', '[::1]:80', '192.0.2.1', 'h:', 'xn--bcher-kva.example'])(
    'A6: that is one (%s) is answered',
    async (host) => {
      expect((await doors.send('GET', '/api/statuses', ['Host', host])).status).toBe(200);
    },
  );

  it('A6: HTTP/1.0 need not send any', async () => {
    expect(await doors.raw('GET /healthz HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  });
});

describe('a target', () => {
  const get = (target: string, host = 'h') => doors.send('GET', target, ['Host', host]);

  it('B2: in absolute form is that path on that host, whatever Host says', async () => {
    const statuses = await get('/api/statuses');
    expect(statuses.status).toBe(200);
    for (const target of ['http://127.0.0.1:6789/api/statuses', 'HTTPS://a.example/api/statuses?'])
      expect((await get(target)).body).toEqual(statuses.body);
    const { body: map } = await get('/', 'a.example');
    for (const target of ['http://a.example', 'http://a.example?x']) expect((await get(target)).body).toEqual(map);
    expect((await get('http://a.example/nothing')).status).toBe(404);
    expect((await get('http://a.example/healthz', 'b.example')).body.status).toBe('ok');
    expect((await get('http://a:b:c/healthz')).status).toBe(400);
    expect((await get('http://user@a.example/healthz')).status).toBe(400);
  });

  it('B2: every operation is reached by it', async () => {
    for (const { id, method, at } of everyOperation) {
      const plain = await doors.send(method, at, json);
      const absolute = await doors.send(method, `http://127.0.0.1:${doors.port}${at}`, json);
      expect([id, absolute.status, absolute.text]).toEqual([id, plain.status, plain.text]);
    }
  });

  it('C: OPTIONS * tells what the server does; no other method has that target', async () => {
    const { status, headers } = await doors.send('OPTIONS', '*');
    expect([status, headers.allow]).toEqual([204, 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS']);
    expect((await doors.send('GET', '*')).status).toBe(400);
  });

  it('C: is taken as it is written: another case is another path', async () => {
    for (const path of [
      '/V4/pipelines',
      '/API/users',
      '/AUTH/v1/user',
      '/Functions/v1/x',
      '/api/V1/files/',
      '/HealthZ',
    ])
      expect([path, (await doors.send('GET', path)).status]).not.toEqual([path, 200]);
    for (const path of ['/V4/pipelines', '/AUTH/v1/user', '/HealthZ'])
      expect((await doors.send('GET', path)).body).toEqual({ error: 'not_found' });
  });

  it('C: that is too long is 414, and headers that are too large 431', async () => {
    const start = `GET /api/statuses?q=${'a'.repeat(20_000)} HTTP/1.1\r\nHost: h\r\n\r\n`;
    expect(await doors.raw(start)).toMatch(/^HTTP\/1\.1 414 /);
    const large = `GET /api/statuses HTTP/1.1\r\nHost: h\r\nX-Large: ${'a'.repeat(20_000)}\r\n\r\n`;
    expect(await doors.raw(large)).toMatch(/^HTTP\/1\.1 431 /);
    const packets = (text: string) => text.match(/[\s\S]{1,1000}/g) as string[];
    expect(await doors.raw(...packets(start))).toMatch(/^HTTP\/1\.1 414 /);
    expect(await doors.raw(...packets(large))).toMatch(/^HTTP\/1\.1 431 /);
    const whole = `GET /healthz?q=${'a'.repeat(15_000)} HTTP/1.1\r\nHost: h\r\nX-Large: ${'a'.repeat(15_000)}\r\nConnection: close\r\n\r\n`;
    expect(await doors.raw(...packets(whole))).toMatch(/^HTTP\/1\.1 200 /);
    const huge = 'a'.repeat(100_000);
    expect(await doors.raw(`GET /${huge} HTTP/1.1\r\nHost: h\r\n\r\n`)).toMatch(/^HTTP\/1\.1 414 /);
    expect(await doors.raw(`GET / HTTP/1.1\r\nHost: h\r\nX-Large: ${huge}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431 /);
  });

  it('C: without a version, or of another one, is not answered', async () => {
    expect(await doors.raw('GET /healthz\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
    expect(await doors.raw('GET /healthz HTTP/0.9\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
    expect(await doors.raw('GET /healthz HTTP/2.0\r\nHost: h\r\n\r\n')).toMatch(/^HTTP\/1\.1 (400|505) /);
    expect(await doors.raw('nonsense\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
  });
});

describe('other origins', () => {
  const Origin = 'https://app.example';

  it('A13: a preflight of every operation of every contract lets its method and the headers it asks for through', async () => {
    const asked = 'authorization, content-type, x-made-up';
    for (const { id, method, at } of everyOperation) {
      const { status, headers } = await doors.send('OPTIONS', at, {
        Origin,
        'Access-Control-Request-Method': method,
        'Access-Control-Request-Headers': asked,
      });
      expect([id, Math.floor(status / 100), headers['access-control-allow-origin']]).toEqual([id, 2, '*']);
      expect(headers['access-control-allow-methods']?.split(', ')).toContain(method);
      expect([id, headers['access-control-allow-headers']]).toEqual([id, asked]);
      expect(headers).not.toHaveProperty('access-control-allow-credentials');
      expect(headers.allow?.split(', ')).toContain(method);
    }
  });

  it('A13: they may read the answers of every operation, errors too, and what stands in the headers', async () => {
    for (const { id, method, at } of everyOperation) {
      const { headers } = await doors.send(method, at, { Origin, ...json });
      expect([id, headers['access-control-allow-origin']]).toEqual([id, '*']);
      expect(headers['access-control-expose-headers']).toContain('X-Total-Count, Link');
    }
    const { headers } = await doors.send('POST', '/auth/v1/token?grant_type=password', { Origin, ...json });
    expect(headers['access-control-expose-headers']).toBe('X-Total-Count, Link, X-Supabase-Api-Version');
  });

  it('A13: LATCHKEY_CORS_ORIGINS narrows it to those that it names', async () => {
    const narrow = await openDoors({ LATCHKEY_CORS_ORIGINS: 'https://App.example, https://b.example:8443/' });
    const allowed = async (method: string, path: string, origin: string) => {
      const { headers } = await narrow.send(method, path, { Origin: origin, 'Access-Control-Request-Method': 'GET' });
      expect(headers.vary).toMatch(/\bOrigin\b/);
      const { 'access-control-allow-origin': who, 'access-control-allow-methods': what } = headers;
      return [who, what === undefined && method === 'OPTIONS'];
    };
    for (const { method, at } of everyOperation)
      for (const verb of [method, 'OPTIONS']) {
        expect((await allowed(verb, at, 'https://app.example'))[0]).toBe('https://app.example');
        expect(await allowed(verb, at, 'https://evil.example')).toEqual([undefined, verb === 'OPTIONS']);
      }
    expect(await allowed('GET', '/.well-known/jwks.json', 'https://b.example:8443')).toContain(
      'https://b.example:8443',
    );
    await narrow.close();
  });

  it('C: OPTIONS of an alias names the methods of the place', async () => {
    for (const [alias, allow] of [
      ['/api/user', 'GET, POST, HEAD, OPTIONS'],
      ['/api/v1/pipelines', 'GET, POST, HEAD, OPTIONS'],
      ['/v4/pointers/a/b:c', undefined],
      ['/v4/pipelines/', undefined],
    ] as const) {
      const { headers } = await doors.send('OPTIONS', alias);
      expect([alias, headers.allow]).toEqual([alias, allow ?? expect.stringContaining('OPTIONS')]);
    }
  });
});

describe('credentials', () => {
  it('C: every 401 of every operation says how to come back, and Vary names the headers that decide', async () => {
    for (const operation of everyOperation.filter(({ security }) => security.length > 0)) {
      const { id, method, at } = operation;
      const { status, headers } = await doors.send(method, at, json);
      if (status === 401) expect([id, headers['www-authenticate']]).toEqual([id, expect.stringMatching(/^[A-Z]/)]);
      for (const scheme of schemesOf(operation) as { type: string; in?: string; name?: string }[]) {
        if (scheme.in === 'query') continue;
        const header = scheme.type === 'http' ? 'Authorization' : scheme.in === 'cookie' ? 'Cookie' : scheme.name;
        expect([id, headers.vary?.split(', ')]).toEqual([id, expect.arrayContaining([header])]);
      }
    }
  });

  it('C: a token that does not hold is an invalid_token', async () => {
    const Authorization = 'Bearer made-up';
    for (const [method, path] of [
      ['GET', '/v4/pipelines'],
      ['POST', '/functions/v1/manage-api-keys'],
    ] as const) {
      const { status, headers } = await doors.send(method, path, { ...json, Authorization });
      expect([status, headers['www-authenticate']]).toEqual([401, 'Bearer error="invalid_token"']);
      expect((await doors.send(method, path, json)).headers['www-authenticate']).toBe('Bearer');
    }
  });

  it('C: two that are not the same are 400, in one header twice and in two places', async () => {
    const host = ['Host', 'h', 'Content-Type', 'application/json'];
    const twice = [...host, 'Authorization', 'Bearer a', 'Authorization', 'Bearer b'];
    for (const path of ['/v4/pipelines', '/api/v1/pipelines/']) {
      const { status, text } = await doors.send('GET', path, twice);
      expect([path, status, text]).toEqual([path, 400, expect.stringContaining('Two different credentials')]);
    }
    const sign = JSON.stringify({ email: 'owner@example.com', password: ownerPassword });
    const at = '/auth/v1/token?grant_type=password';
    const two = await doors.send('POST', `${at}&apikey=other`, { ...json, apikey: applicationKey }, sign);
    expect(two.status).toBe(400);
    const same = await doors.send('POST', `${at}&apikey=${applicationKey}`, { ...json, apikey: applicationKey }, sign);
    expect(same.status).toBe(200);
    const Cookie = 'access-token=another';
    const Authorization = `Bearer ${same.body.access_token}`;
    expect((await doors.send('GET', '/v4/users/me', { Authorization, Cookie })).status).toBe(400);
    const own = `access-token="${same.body.access_token}"`;
    expect((await doors.send('GET', '/v4/users/me', { Authorization, Cookie: own })).status).toBe(200);
  });
});

describe('answers', () => {
  it('C: JSON ends with the end of a line, errors as well', async () => {
    for (const path of ['/api/statuses', '/api/users', '/v4/pipelines', '/healthz', '/nowhere', '/api/status'])
      expect([path, (await doors.send('GET', path)).text.endsWith('}\n')]).toEqual([path, true]);
  });

  it('B28: idle connections are kept for 75 seconds unless a setting says otherwise', async () => {
    expect((await doors.send('GET', '/healthz')).headers['keep-alive']).toBe('timeout=75');
  });

  it('B12 B28: while it drains, it is not ready, answers all the same, and keeps no connection', async () => {
    const agent = new Agent({ keepAlive: true });
    const ask = (path: string) =>
      new Promise<(string | number | undefined)[]>((resolve) => {
        request({ port: doors.port, path, agent }, (response) => {
          response.resume().on('end', () => resolve([response.statusCode, response.headers.connection]));
        }).end();
      });
    expect(await ask('/readyz')).toEqual([200, 'keep-alive']);
    doors.house.draining = true;
    expect(await ask('/readyz')).toEqual([503, 'close']);
    expect(await ask('/api/statuses')).toEqual([200, 'close']);
    doors.house.draining = false;
    agent.destroy();
  });

  it('C: say how long browsers shall insist on TLS, where that is set', async () => {
    const strict = await openDoors({ LATCHKEY_HSTS_SECONDS: '31536000', LATCHKEY_KEEP_ALIVE_SECONDS: '9' });
    const { headers } = await strict.send('GET', '/v4/pipelines');
    expect([headers['strict-transport-security'], headers['keep-alive']]).toEqual(['max-age=31536000', 'timeout=9']);
    expect((await doors.send('GET', '/healthz')).headers).not.toHaveProperty('strict-transport-security');
    await strict.close();
  });
});
