import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

declare module 'http' {
  interface IncomingMessage {
    /** What it is called in our log. */
    id: string;
  }
}

/**
 * Names a request, once, in the header that its answer carries: the client's `x-request-id` when that is 1 to 128 of
 * `[A-Za-z0-9_.-]`, so that it can forge no line of the log, else a new UUID.
 */
export function nameRequest(request: IncomingMessage, response: ServerResponse): void {
  const given = request.headers['x-request-id'];
  const id = typeof given === 'string' && /^[\w.-]{1,128}$/.test(given) ? given : randomUUID();
  request.id = id;
  response.setHeader('x-request-id', id);
}
