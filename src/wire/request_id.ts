import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * Names a request, once, in the header that its answer carries: the client's `x-request-id` when that is 1 to 128 of
 * `[A-Za-z0-9_.-]`, so that it can forge no line of the log, else a new UUID.
 */
export function nameRequest(request: IncomingMessage, response: ServerResponse): string {
  const known = response.getHeader('x-request-id');
  if (typeof known === 'string') return known;
  const given = request.headers['x-request-id'];
  const id = typeof given === 'string' && /^[\w.-]{1,128}$/.test(given) ? given : randomUUID();
  response.setHeader('x-request-id', id);
  return id;
}
