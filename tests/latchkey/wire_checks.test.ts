import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { makeServer } from '../../src/wire/server.ts';
import { type Body, type Latchkey, openLatchkey } from '../support/latchkey.ts';
import { password } from '../support/magpipe.ts';

let latchkey: Latchkey;
let session: string;
/** The server of `main.ts` before the same house. */
let server: ReturnType<typeof makeServer>;
let port: number;
beforeAll(async () => {
  latchkey = await openLatchkey();
  session = await latchkey.session();
  server = makeServer(latchkey.house.config, latchkey.app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await latchkey.close();
});

const problem = { Accept: 'application/problem+json' };
const signIn = (email: string, word: string) =>
  latchkey.send('POST', '/v1/sessions', { body: { email, password: word } });
/** Writes this on a connection of its own, and gives what comes back first. */
const begin = (text: string) => {
  const socket = connect(port, '127.0.0.1').setEncoding('latin1');
  socket.on('error', () => {}).write(text);
  const first = once(socket, 'data').then(([data]) => String(data));
  return { socket, first: first.finally(() => socket.destroy()) };
};

describe('what is limited', () => {
  it('check 53: the right password, while it is too many, is refused as a wrong one is, by the same work', async () => {
    const { email } = await latchkey.person();
    const before = await latchkey.statements(async () => {
      for (let n = 0; n < 10; n += 1) expect((await signIn(email, `wrong ${n}`)).status).toBe(401);
    });
    const looksUp = (sql: string) => /"users"/.test(sql);
    expect(before.filter(looksUp)).toHaveLength(10);
    const tried = async (word: string) => {
      const answers: Body[] = [];
      const work = await latchkey.statements(async () => void answers.push(await signIn(email, word)));
      const { status, headers, body } = answers[0];
      expect([status, Number(headers['retry-after']) > 0]).toEqual([429, true]);
      return [work, Object.keys(headers), body.detail.replace(/\d+/, 'n')];
    };
    const wrong = await tried('wrong');
    expect(await tried(password)).toEqual(wrong);
    // No password is hashed where nobody is looked up.
    expect((wrong[0] as string[]).filter(looksUp)).toEqual([]);
  });

  it('check 91: 429 says when to come back, is kept by no cache, and has the shape of every other refusal', async () => {
    const { key } = await latchkey.made(session, { limits: [{ requests: 1, per: 'hour' }] });
    expect((await latchkey.ask(key, 'GET', '/me')).status).toBe(200);
    for (const [headers, expected] of [
      [{}, { detail: expect.stringMatching(/^.+\.$/) }],
      [problem, { type: '/docs/errors/too_many', title: expect.any(String), status: 429, detail: expect.any(String) }],
    ] as const) {
      const { status, headers: told, body } = await latchkey.ask(key, 'GET', '/me', undefined, headers);
      expect([status, told['cache-control']]).toEqual([429, 'no-store']);
      const after = Number(told['retry-after']);
      expect(after).toBeGreaterThan(0);
      expect(after).toBeLessThanOrEqual(3600);
      expect(body).toMatchObject(expected);
      if (!('Accept' in headers)) expect(Object.keys(body)).toEqual(['detail']);
    }
  });

  it('check 99: signing in, asking for a reset and making keys each have a lower limit than asking has', async () => {
    const { email } = await latchkey.person();
    const own = await latchkey.session(await latchkey.person());
    const tried = async (ask: (n: number) => Promise<{ status: number }>) => {
      const seen: number[] = [];
      for (let n = 0; n < 11; n += 1) seen.push((await ask(n)).status);
      return seen;
    };
    const asked = { method: 'POST', path: '/v1/password-resets', body: { email: 'nobody@wire.test' } };
    expect(await tried((n) => signIn(email, `wrong ${n}`))).toEqual([...Array(10).fill(401), 429]);
    expect(await tried(() => latchkey.send(asked.method, asked.path, asked))).toEqual([...Array(10).fill(202), 429]);
    expect(await tried(() => latchkey.ask(own, 'POST', '/keys', { name: 'k' }))).toEqual([...Array(10).fill(201), 409]);
    expect(await tried(() => latchkey.ask(own, 'GET', '/me'))).toEqual(Array(11).fill(200));
  });

  it('check 96: what is too large, too long, too deep or too many is told, and what is at the bound is taken', async () => {
    const post = (body: unknown) =>
      latchkey.ask(session, 'POST', '/keys', body, { 'Content-Type': 'application/json' });
    const large = await post(`{"name":"${'x'.repeat(1024 * 1024)}"}`);
    expect([large.status, large.body]).toEqual([413, { detail: 'The body is larger than 1048576 bytes.' }]);
    const deep = await post(`{"name":"deep","metadata":${'['.repeat(128)}${']'.repeat(128)}}`);
    expect([deep.status, deep.body]).toEqual([400, { detail: 'The body is nested more than 128 levels deep.' }]);
    const many = await post({ name: 'many', addresses: Array(65).fill('192.0.2.1') });
    expect([many.status, Object.keys(many.body)]).toEqual([400, ['addresses']]);
    for (const [limit, expected] of [
      [1001, 400],
      [0, 400],
      ['1e9', 400],
      [1000, 200],
    ] as const) {
      const { status, body } = await latchkey.ask(session, 'GET', `/keys?limit=${limit}`);
      expect([limit, status]).toEqual([limit, expected]);
      if (status === 400) expect(Object.keys(body)).toEqual(['limit']);
    }
    const host = 'HTTP/1.1\r\nHost: h\r\nConnection: close\r\n';
    expect(await begin(`GET /v1/keys?q=${'a'.repeat(20_000)} ${host}\r\n`).first).toMatch(/^HTTP\/1\.1 414 /);
    expect(await begin(`GET /v1/me ${host}X: ${'a'.repeat(20_000)}\r\n\r\n`).first).toMatch(/^HTTP\/1\.1 431 /);
  });
});

describe('who sends slowly', () => {
  it('check 97: a body that comes by a byte a second ends as 408; a head is waited for 10 s', async () => {
    expect([server.headersTimeout, server.requestTimeout > 0]).toEqual([10_000, true]);
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    try {
      const head = ['POST /v1/sessions HTTP/1.1', 'Host: h', 'Content-Type: application/json', 'Content-Length: 900'];
      const { socket, first } = begin(`${head.join('\r\n')}\r\n\r\n{`);
      while (vi.getTimerCount() === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      for (let second = 0; second < 10; second += 1) {
        socket.write(' ');
        await vi.advanceTimersByTimeAsync(1000);
      }
      expect(await first).toMatch(/^HTTP\/1\.1 408 /);
    } finally {
      vi.useRealTimers();
    }
  });

  it('check 97: hundreds of connections that say nothing keep nobody out', async () => {
    const idle: Socket[] = [];
    for (let n = 0; n < 300; n += 1) idle.push(connect(port, '127.0.0.1').on('error', () => {}));
    await Promise.all(idle.map((socket) => once(socket, 'connect')));
    for (const socket of idle.slice(0, 150)) socket.write('GET /v1/me HTTP/1.1\r\nHost: h\r\n');
    const answer = await fetch(`http://127.0.0.1:${port}/v1/me`, { headers: { Authorization: `Bearer ${session}` } });
    expect(answer.status).toBe(200);
    for (const socket of idle) socket.destroy();
  });
});

it('check 98: no pattern of any contract hangs on 50 kB that were made to hang it', () => {
  const folder = new URL('../../generated/', import.meta.url);
  const patterns = new Set<string>();
  for (const name of ['latchkey', 'mage', 'magpipe', 'magpipe_auth', 'maiagent', 'mystic', 'mystic_v3'])
    JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8'), (key, value) => {
      if (key === 'pattern' && typeof value === 'string') patterns.add(value);
      return value;
    });
  expect(patterns.size).toBeGreaterThan(15);
  const pieces = ['0', 'a', '/', 'a/', '../', '%25', '%2e', '-', '.', ':', ' ', '\n', 'é', '\0', 'a-', '0a:'];
  // The bound is no measure of speed: what backtracks does not end within it by orders of magnitude.
  const hangs = (pattern: string, text: string, timeout = 5000) => {
    try {
      runInNewContext(`new RegExp(pattern, 'u').test(text)`, { pattern, text }, { timeout });
      return false;
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return true;
      throw thrown;
    }
  };
  const hung = [...patterns].filter((pattern) => {
    const start = /^\^([\w:=]*)/.exec(pattern)?.[1] ?? '';
    return pieces.some((piece) => hangs(pattern, `${start}${piece.repeat(50_000 / piece.length)}\u{1f511}`));
  });
  expect(hung).toEqual([]);
  expect(hangs('^(a+)+$', `${'a'.repeat(50)}!`, 100)).toBe(true);
});
