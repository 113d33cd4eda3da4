import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Program, startProgram } from '../support/process.ts';

const LATCHKEY_DATA = mkdtempSync(join(tmpdir(), 'latchkey-main-'));
afterAll(() => rmSync(LATCHKEY_DATA, { recursive: true, force: true }));

const settings = {
  LATCHKEY_DATA,
  PORT: '0',
  LATCHKEY_DRAIN_SECONDS: '0',
  LATCHKEY_APPLICATION_KEY: 'freshapplicationkey000000000000000000000',
};
const start = (more: Record<string, string> = {}) => startProgram('src/main.ts', { ...settings, ...more });
const ready = /^Latchkey is ready at (http:\/\/127\.0\.0\.1:(\d+)) · owner owner@localhost · application key (\w+)$/m;

/** A request whose body is on its way: the server has it in hand until `finish`. */
async function openRequest(port: number) {
  const socket: Socket = connect(port, '127.0.0.1');
  const body = '{"session":{"email":"nobody@example.com","password":"wrong"}}';
  const head = ['POST /api/sessions HTTP/1.1', 'Host: test', 'Content-Type: application/json'];
  const key = `X-API-KEY: ${settings.LATCHKEY_APPLICATION_KEY}`;
  socket.write([...head, key, `Content-Length: ${body.length}`, '', body.slice(0, 20)].join('\r\n'));
  await once(socket, 'connect');
  return async () => {
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.write(body.slice(20));
    await once(socket, 'close');
    return answer;
  };
}

describe('the process', { timeout: 30_000 }, () => {
  let program: Program;
  let url: string;
  let port: number;
  beforeAll(async () => {
    program = start();
    const match = await program.said(ready);
    [url, port] = [match[1] ?? '', Number(match[2])];
  });
  afterAll(() => void program.child.kill('SIGKILL'));

  it('shows the password that it made up, then as its last line where it is, whose and by which key', () => {
    const lines = program.output().trimEnd().split('\n');
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/^The owner's password, shown only this once: [\w-]{12,}$/);
    expect(ready.exec(lines[1] ?? '')?.[3]).toBe(settings.LATCHKEY_APPLICATION_KEY);
  });

  it('answers that it lives and that it is ready', async () => {
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
  });

  it('takes a new key to sign with from a command that runs beside it', async () => {
    const published = async () => {
      const answer = await fetch(`${url}/.well-known/jwks.json`);
      return ((await answer.json()) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid);
    };
    const rotate = startProgram('src/rotate.ts', settings);
    const [, kid = ''] = await rotate.said(/^Session tokens are signed with (\S+) now/m);
    expect(await rotate.ended).toBe(0);
    expect(await published()).toContain(kid);
  });

  it('logs one line a request, without query, key or control character, by the id that the client gave', async () => {
    const path = '/nowhere/mgp_0123456789abcdef0123456789abcdef01234567/%0d%0a%1b[31m?api_key=hunter22#x';
    const answer = await fetch(url + path, { headers: { 'x-request-id': 'my-id.1', 'x-api-key': 'hunter22' } });
    expect(answer.headers.get('x-request-id')).toBe('my-id.1');
    await program.said(/my-id\.1/);
    const lines = program
      .output()
      .split('\n')
      .filter((line) => line.includes('my-id.1'));
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({
        ...{ method: 'GET', path: '/nowhere/[long]/%0d%0a%1b[31m', status: 404 },
        ...{ request_id: 'my-id.1', ms: expect.any(Number) },
      }),
    ]);
    expect(program.output()).not.toContain('hunter22');
  });

  it('gives an id of its own in place of one that could forge a line', async () => {
    const answer = await fetch(`${url}/healthz`, { headers: { 'x-request-id': 'a b{"level":50}' } });
    expect(answer.headers.get('x-request-id')).toMatch(/^[\da-f-]{36}$/);
  });

  it('refuses a second one on its folder, and one on its port, with one line and exit code 1', async () => {
    const other = mkdtempSync(join(tmpdir(), 'latchkey-main-'));
    const second = start();
    const third = start({ LATCHKEY_DATA: other, LATCHKEY_OWNER_PASSWORD: 'not made up', PORT: String(port) });
    expect(await second.ended).toBe(1);
    expect(second.output()).toMatch(
      /^.+ is in use by another Latchkey \(process \d+\): stop it, or set LATCHKEY_DATA.+\n$/,
    );
    expect(await third.ended).toBe(1);
    expect(third.output()).toMatch(/^Port \d+ of 127\.0\.0\.1 is in use: .+\n$/);
    rmSync(other, { recursive: true, force: true });
  });

  it('refuses a bad setting with one line and exit code 2', async () => {
    const refused = start({ PORT: 'eighty' });
    expect(await refused.ended).toBe(2);
    expect(refused.output()).toBe('PORT must be a whole number from 0 to 65535\n');
  });

  it('answers what it was asked before SIGTERM, takes nothing new, and leaves nothing running', async () => {
    const finish = await openRequest(port);
    await fetch(`${url}/readyz`);
    program.child.kill('SIGTERM');
    await program.said(/"stopping"/);
    const refused = await new Promise<string | undefined>((resolve) => {
      connect(port, '127.0.0.1').on('error', ({ code }: NodeJS.ErrnoException) => resolve(code));
    });
    expect(refused).toBe('ECONNREFUSED');
    expect(await finish()).toMatch(/^HTTP\/1\.1 200 OK\r\n(.*\r\n)+.*"error"/);
    expect(await program.ended).toBe(0);

    const again = start({ REQUIRE_USER_AUTHENTICATION: 'false' });
    const lines = (await again.said(ready).then(() => again.output())).trimEnd().split('\n');
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/^Warning: REQUIRE_USER_AUTHENTICATION=false opens everything under \/api /);
    again.child.kill('SIGINT');
    expect(await again.ended).toBe(0);
  });
});
