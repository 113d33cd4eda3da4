import { createServer as createHttp, type Server } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterEach, expect, it } from 'vitest';
import { localUrl } from '../../src/core/local_url.ts';
import { type Listening, listen } from '../../src/listen.ts';
import { Mistake } from '../../src/mistake.ts';

const hasIPv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'));
const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

/** A server that answers with the host that it was asked by. */
async function serve(host: string, port = 0): Promise<Listening & { server: Server }> {
  const server = createHttp((request, response) => response.setHeader('connection', 'close').end(request.headers.host));
  const listening = await listen(server, host, port);
  open.push(listening);
  return { ...listening, server };
}

/** Somebody else's server. */
async function taken(host: string, port = 0): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen({ host, port, ipv6Only: true }, resolve));
  open.push(server);
  return (server.address() as AddressInfo).port;
}

const answers = async (host: string, port: number) => {
  const answer = await fetch(`http://${host}:${port}/`).catch(() => undefined);
  return (await answer?.text()) === `${host}:${port}`;
};

it.each(['localhost', 'LOCALHOST', 'localhost.'])('2: %s is both loopbacks, with one port', async (host) => {
  const { port, close } = await serve(host);
  for (const address of ['127.0.0.1', ...(hasIPv6 ? ['[::1]'] : [])]) expect(await answers(address, port)).toBe(true);
  await close();
  for (const address of ['127.0.0.1', '[::1]']) expect(await answers(address, port)).toBe(false);
});

it.each([
  ['127.0.0.1', ['127.0.0.1'], ['[::1]']],
  ['::1', ['[::1]'], ['127.0.0.1']],
  ['0.0.0.0', ['127.0.0.1'], ['[::1]']],
  ['::', ['127.0.0.1', '[::1]'], []],
])('2: %s is listened on as given', async (host, those, not) => {
  if (host.includes(':') && !hasIPv6) return;
  const { port } = await serve(host);
  for (const address of those) expect(await answers(address, port)).toBe(true);
  for (const address of not) expect(await answers(address, port)).toBe(false);
});

it('2: one of the two that somebody else has is a port in use, and leaves the other free', async () => {
  for (const [theirs, other] of [['127.0.0.1', '::1'], ...(hasIPv6 ? [['::1', '127.0.0.1'] as const] : [])] as const) {
    const port = await taken(theirs);
    const refusal = await serve('localhost', port).catch((error) => error);
    expect(refusal).toBeInstanceOf(Mistake);
    expect([refusal.message, refusal.exitCode]).toEqual([
      `Port ${port} of localhost is in use: stop what uses it, or set another HOST or PORT`,
      1,
    ]);
    if (hasIPv6) expect(await taken(other, port)).toBe(port);
  }
});

it.each([
  ['localhost', 'http://localhost:1'],
  ['0.0.0.0', 'http://localhost:1'],
  ['::', 'http://localhost:1'],
  ['127.0.0.1', 'http://127.0.0.1:1'],
  ['::1', 'http://[::1]:1'],
  ['keys.example', 'http://keys.example:1'],
])('2: what listens on %s is at %s', (host, url) => expect(localUrl(host, 1)).toBe(url));
