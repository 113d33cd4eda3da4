import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { version } from '../../src/version.ts';
import { type Program, ready, startProgram } from '../support/process.ts';

const LATCHKEY_DATA = mkdtempSync(join(tmpdir(), 'latchkey-main-'));
afterAll(() => rmSync(LATCHKEY_DATA, { recursive: true, force: true }));

const welcome = join(LATCHKEY_DATA, 'welcome');
const hasIPv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'));

const settings = {
  LATCHKEY_DATA,
  PORT: '0',
  LATCHKEY_DRAIN_SECONDS: '0',
  LATCHKEY_APPLICATION_KEY: 'freshapplicationkey000000000000000000000',
};
const start = (more: Record<string, string> = {}) => startProgram('src/main.ts', { ...settings, ...more });

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

describe('the process', () => {
  let program: Program;
  let url: string;
  let port: number;
  beforeAll(async () => {
    program = start();
    const match = await program.said(ready);
    url = match[1] ?? '';
    port = Number(new URL(url).port);
  });
  afterAll(() => void program.child.kill('SIGKILL'));

  it('1: ends its start with one block: where it is, whose, and in a pipe where the secrets lie instead of them', () => {
    const [log = '', ...block] = program.output().split('\n');
    expect(JSON.parse(log)).toMatchObject({ msg: 'starting', version });
    const env = join(LATCHKEY_DATA, 'env');
    expect(block).toEqual([
      `Latchkey ${version} is ready.`,
      '',
      `  API        ${url}`,
      `  Docs       ${url}/docs`,
      '  Owner      owner@localhost',
      `  Open       the link in ${welcome}; good once, for 24 hours`,
      `  App key    in ${env}, with the rest: source ${env}`,
      '',
      `  Next       open the link, and choose a password; or: npx latchkey login ${url}`,
      '',
      '',
    ]);
    const [link = '', code = ''] = /^http:\S+\/welcome#(fst_[\w-]{43})\n$/.exec(readFileSync(welcome, 'utf8')) ?? [];
    expect(link.startsWith(url)).toBe(true);
    for (const secret of [code, settings.LATCHKEY_APPLICATION_KEY]) expect(program.output()).not.toContain(secret);
    expect([welcome, env].map((path) => statSync(path).mode & 0o777)).toEqual([0o600, 0o600]);
  });

  it('1: what a shell sources is exported, and no password is in it', async () => {
    const names = ['LATCHKEY_URL', 'LATCHKEY_APPLICATION_KEY', 'LATCHKEY_OWNER_EMAIL'];
    const show = `. "$1" && exec "$2" -p 'JSON.stringify(process.env)'`;
    for (const shell of ['bash', 'dash', 'zsh']) {
      const args = ['-c', show, shell, join(LATCHKEY_DATA, 'env'), process.execPath];
      const { stdout, error } = spawnSync(shell, args, { encoding: 'utf8', env: {} });
      // Whoever has not got a shell does not source in it.
      if (shell !== 'bash' && (error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') continue;
      const env = JSON.parse(stdout);
      expect(names.map((name) => env[name])).toEqual([url, settings.LATCHKEY_APPLICATION_KEY, 'owner@localhost']);
      expect(JSON.stringify(env)).not.toContain(readFileSync(welcome, 'utf8').split('#')[1]?.trim());
    }
  });

  it('2: localhost is both of its addresses, with one port', async () => {
    const hosts = ['localhost', '127.0.0.1', ...(hasIPv6 ? ['[::1]'] : [])];
    for (const host of hosts) expect((await fetch(`http://${host}:${port}/healthz`)).status).toBe(200);
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
    expect(third.output()).toMatch(/^Port \d+ of localhost is in use: .+\n$/);
    rmSync(other, { recursive: true, force: true });
  });

  it('refuses a bad setting with one line and exit code 2', async () => {
    const refused = start({ PORT: 'eighty' });
    expect(await refused.ended).toBe(2);
    expect(refused.output()).toBe('PORT must be a whole number from 0 to 65535\n');
  });

  it('check 120: answers what it was asked before SIGTERM, takes nothing new, and leaves nothing running', async () => {
    const finish = await openRequest(port);
    await fetch(`${url}/readyz`);
    program.child.kill('SIGTERM');
    await program.said(/"stopping"/);
    for (const host of ['127.0.0.1', ...(hasIPv6 ? ['::1'] : [])]) {
      const refused = await new Promise<string | undefined>((resolve) => {
        connect(port, host).on('error', ({ code }: NodeJS.ErrnoException) => resolve(code));
      });
      expect(refused).toBe('ECONNREFUSED');
    }
    expect(await finish()).toMatch(/^HTTP\/1\.1 200 OK\r\n(.*\r\n)+.*"error"/);
    expect(await program.ended).toBe(0);

    const again = start({ REQUIRE_USER_AUTHENTICATION: 'false' });
    const [, warning] = (await again.said(ready).then(() => again.output())).split('\n');
    expect(warning).toMatch(/^Warning: REQUIRE_USER_AUTHENTICATION=false opens everything under \/api /);
    again.child.kill('SIGINT');
    expect(await again.ended).toBe(0);
  });
});
