import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Config } from '../config.ts';
import { slowestRate } from './body_rate.ts';
import { Answer, Asked } from './faces.ts';
import { maxHeaderSize } from './request_line.ts';

/**
 * So many connections may wait to be taken, if the system's own bound (net.core.somaxconn) is no lower. Beyond it the system
 * drops them, and whoever is dropped asks again a second later: hundreds that come at once must not fill it for others.
 */
export const backlog = 4096;

/** The server that `app` answers on, not listening yet: how long it waits for what, and what it says to what is no HTTP. */
export function makeServer({ keepAliveSeconds, maxUploadBytes }: Config, app: RequestListener): Server {
  const server = createServer(
    // A client that sends slowly holds a socket for so long, and no longer; milliseconds.
    {
      IncomingMessage: Asked as unknown as typeof IncomingMessage,
      ServerResponse: Answer as unknown as typeof ServerResponse,
      maxHeaderSize,
      headersTimeout: 10_000,
      // Beyond what comes at the slowest rate that is waited for.
      requestTimeout: 120_000 + (maxUploadBytes / slowestRate) * 1000,
      connectionsCheckingInterval: 2_000,
      keepAliveTimeout: keepAliveSeconds * 1000,
      // The surface says so in its envelope.
      requireHostHeader: false,
    },
    app,
  );
  return server.on('clientError', refuse);
}

interface ParserError extends NodeJS.ErrnoException {
  rawPacket?: Buffer;
}

/** Answers what Node could not read, as Node does, but for a target that is too long (RFC 9110 §15.5.15). */
function refuse(error: ParserError, socket: Socket): void {
  const { code, rawPacket } = error;
  if (!socket.writable || code === 'ECONNRESET') return void socket.destroy();
  const lines = {
    HPE_HEADER_OVERFLOW: isTarget(rawPacket) ? '414 URI Too Long' : '431 Request Header Fields Too Large',
    HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Payload Too Large',
    ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
  };
  const line = lines[code as keyof typeof lines] ?? '400 Bad Request';
  const headers = ['Connection: close', 'Content-Length: 0', `X-Request-Id: ${randomUUID()}`];
  socket.end([`HTTP/1.1 ${line}`, ...headers, '', ''].join('\r\n'));
}

/** Whether what was too long begins with a request line that has not ended. */
function isTarget(packet: Buffer | undefined): boolean {
  const [line = ''] = packet?.toString('latin1').split('\n', 1) ?? [];
  return /^[A-Z]+ /.test(line) && line.length > 8_000;
}
