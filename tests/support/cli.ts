import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import pLimit from 'p-limit';
import { runProgram } from '../../src/cli/program.ts';

/** The program as it is in the package. */
export const program = fileURLToPath(new URL('../../generated/clients/typescript/cli/main.js', import.meta.url));

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A user of the command line, with a folder of their own. */
export interface Shell {
  /** PIPELINE_DIR. */
  folder: string;
  file: string;
  /** Runs `latchkey` with these arguments in this process, and nothing of our own environment but where programs are. */
  run(args: string[], its?: { env?: Record<string, string>; input?: string }): Promise<Ended>;
}

export function openShell(env: Record<string, string> = {}): Shell {
  const folder = join(mkdtempSync(join(tmpdir(), 'latchkey-cli-')), 'pipeline');
  return {
    folder,
    file: join(folder, 'config.yaml'),
    run: (args, { env: more = {}, input } = {}) => runHere(args, { ...base(folder), ...env, ...more }, input),
  };
}

const oneAtATime = pLimit(1);

/** Runs `latchkey` in this process, which lends it its streams and its environment: a process takes twenty times as long. */
function runHere(args: string[], env: Record<string, string>, input = ''): Promise<Ended> {
  return oneAtATime(async () => {
    const [stdout, stderr] = [keeper(), keeper()];
    const lent = { stdin: Readable.from([Buffer.from(input)]), stdout: stdout.stream, stderr: stderr.stream, env };
    const own = Object.getOwnPropertyDescriptors(process);
    for (const [name, value] of Object.entries(lent))
      Object.defineProperty(process, name, { value, configurable: true });
    try {
      return { code: await runProgram(args), stdout: stdout.said(), stderr: stderr.said() };
    } finally {
      for (const name of Object.keys(lent)) Object.defineProperty(process, name, own[name] as PropertyDescriptor);
    }
  });
}

function keeper() {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write: (chunk, _encoding, done) => {
      chunks.push(Buffer.from(chunk));
      done();
    },
  });
  return { stream, said: () => Buffer.concat(chunks).toString() };
}

/** Runs `latchkey` as a process of its own, with this environment alone. */
export async function runBare(args: string[], env: Record<string, string>, input = ''): Promise<Ended> {
  const child = spawn(process.execPath, [program, ...args], { env });
  child.stdin.end(input);
  const ended = once(child, 'close');
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = await ended;
  return { code, stdout, stderr };
}

export const base = (folder: string): Record<string, string> => ({
  PATH: process.env.PATH ?? '',
  HOME: folder,
  PIPELINE_DIR: folder,
});

export interface Recorded {
  method: string;
  /** With its query. */
  url: string;
  headers: IncomingMessage['headers'];
  body: string;
}

/** A server on a port of its own. */
export interface Listening {
  url: string;
  /** What it was asked, in order. */
  requests: Recorded[];
  close(): Promise<void>;
}

/** Listens, and keeps a copy of every request that comes. */
export async function listen(handle: RequestListener): Promise<Listening> {
  const requests: Recorded[] = [];
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    const { method = '', url = '', headers } = request;
    const push = request.push.bind(request);
    request.push = (chunk: Buffer | null, ...rest) => {
      if (chunk) chunks.push(chunk);
      return push(chunk, ...rest);
    };
    response.on('close', () => {
      requests.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
    });
    handle(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
