import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

declare module 'http' {
  interface IncomingMessage {
    /** What it is called in our log. */
    id: string;
  }
}

/**
 * What a request is called: the client's `x-request-id` when that is 1 to 128 of `[A-Za-z0-9_.-]`, so that it can forge no line of
 * the log, else a new UUID.
 */
export function requestIdOf({ headers }: IncomingMessage): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && /^[\w.-]{1,128}$/.test(given) ? given : randomUUID();
}

/** Names a request, once, in the header that its answer carries. */
export function nameRequest(request: IncomingMessage, response: ServerResponse): void {
  request.id = requestIdOf(request);
  response.setHeader('x-request-id', request.id);
}
