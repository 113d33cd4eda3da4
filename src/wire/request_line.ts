import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { House } from '../core/house.ts';
import { meeting } from './caller.ts';
import { nameRequest } from './request_id.ts';
import { turns } from './request_turns.ts';

/** Answers a request, or has `otherwise` do it: at once, or where a body is looked at, once this turn is over. */
export type QuickDoor = (request: IncomingMessage, response: ServerResponse, otherwise: () => void) => void;

const shut: QuickDoor = (_request, _response, otherwise) => otherwise();

/** A target, and all header fields together, may have so many characters. */
export const longest = 16 * 1024;

/** What Node's parser takes of both: more, so that we can say which of them is too long, however they arrive. */
export const maxHeaderSize = 3 * longest;

/**
 * What HTTP asks of every server before it looks at a path (RFC 9112 §3): a version, a target in one of its forms, a host.
 * It stands before Express, which would keep an absolute target's beginning in mind.
 * @param quick answers what it can at once
 */
export function front(house: House, app: RequestListener, quick = shut): RequestListener {
  const meet = meeting(house.config);
  const inTurn = turns();
  const usual: RequestListener = (request, response) => {
    nameRequest(request, response);
    if (house.draining) response.setHeader('Connection', 'close');
    // A line without a version is HTTP/0.9, which Node's parser lets pass.
    if (request.httpVersion === '0.9') return end(response, 400, { Connection: 'close' });
    if (request.httpVersionMajor !== 1) return end(response, 505, { Connection: 'close' });
    if ((request.url ?? '').length > longest) return end(response, 414, { Connection: 'close' });
    if (sizeOf(request.rawHeaders) > longest) return end(response, 431, { Connection: 'close' });
    if (request.url === '*') return aboutServer(request, response);
    takeAbsolute(request);
    const caller = meet(request);
    // Whoever is not known by an address is about to be refused.
    if (!caller) return app(request, response);
    return inTurn(caller.address, () => app(request, response));
  };
  return (request, response) => quick(request, response, () => usual(request, response));
}

/** How many characters all header fields have together. */
export function sizeOf(rawHeaders: readonly string[]): number {
  let size = 0;
  for (const text of rawHeaders) size += text.length;
  return size;
}

/** `OPTIONS *` asks about the server as a whole (RFC 9110 §9.3.7); no other method has that target. */
function aboutServer({ method }: IncomingMessage, response: ServerResponse) {
  if (method !== 'OPTIONS') return end(response, 400);
  return end(response, 204, { Allow: 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS' });
}

/** `GET http://host/path` is `GET /path` with that Host, whatever the header says (RFC 9112 §3.2.2). */
function takeAbsolute(request: IncomingMessage) {
  if (request.url?.startsWith('/')) return;
  const [, host, rest = ''] = /^https?:\/\/([^/?#]*)(.*)$/i.exec(request.url ?? '') ?? [];
  if (host === undefined) return;
  request.url = rest.startsWith('/') ? rest : `/${rest}`;
  request.headers.host = host;
}

function end(response: ServerResponse, status: number, headers: Record<string, string> = {}) {
  response.writeHead(status, headers).end();
}
