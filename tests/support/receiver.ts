import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request that came. */
export interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
  at: number;
}

/** What is sent back: a status, or whatever the function does with the response. */
export type Reply = number | ((response: ServerResponse) => void);

/** Somebody who has given us a webhook URL: a real HTTP server. */
export interface Receiver {
  /** Without a slash at its end; append any path. */
  url: string;
  /** What came, in order; to one path, or to all. */
  received(path?: string): Received[];
  /** How a path answers, one request after the other, the last reply for good. Without this, 200. */
  replies(path: string, ...replies: Reply[]): void;
  /** Every connection that was made, whether a request came on it or not. */
  connections(): number;
  close(): Promise<void>;
}

/** Listens on a free port of the loopback. */
export async function openReceiver(): Promise<Receiver> {
  const all: Received[] = [];
  const scripts = new Map<string, Reply[]>();
  let connections = 0;
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    const path = request.url ?? '';
    all.push({ path, headers: request.headers, body, at: Date.now() });
    const script = scripts.get(path) ?? [];
    const reply = (script.length > 1 ? script.shift() : script[0]) ?? 200;
    if (typeof reply === 'number') response.writeHead(reply).end();
    else reply(response);
  });
  server.on('connection', () => {
    connections += 1;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received: (path) => all.filter((one) => path === undefined || one.path === path),
    replies: (path, ...replies) => void scripts.set(path, replies),
    connections: () => connections,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
