import type { Response } from 'express';
import { together } from './together.ts';
import { endWhole } from './whole.ts';

/** An answer whose head is written, and what is still to be sent of it. */
interface Leaving {
  response: Response;
  text: string;
  length: number;
}

const leave = together<Leaving>((all) => {
  for (const { response, text, length } of all) endWhole(response, text, length);
});

/** A whole answer in JSON; where it has an ETag that its caller knows, that alone (RFC 9110 §15.4.5). */
export function sendJson(response: Response, text: string): Response {
  const tagOf = response.app.get('etag fn') as ((text: string, encoding: string) => string) | undefined;
  if (tagOf && !response.hasHeader('ETag')) response.setHeader('ETag', tagOf(text, 'utf8'));
  const isKnown =
    response.req.headers['if-none-match'] !== undefined && response.hasHeader('ETag') && response.req.fresh;
  if (isKnown) return response.status(304).end();
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  const length = Buffer.byteLength(text);
  response.setHeader('Content-Length', length);
  // Its head is written now: whoever looks sees that it is answered.
  response.writeHead(response.statusCode);
  leave({ response, text, length });
  return response;
}
