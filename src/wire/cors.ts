import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Request, Response } from 'express';
import type { Config } from '../config.ts';
import type { Place } from '../contract/routes.ts';
import type { Fields } from './fields.ts';
import { allow } from './headers.ts';

/** What scripts of other origins may read beside the body: ids, pages, limits, and what uploads in parts need. */
const exposed = [
  ...['X-Request-Id', 'X-Total-Count', 'Link', 'Location', 'ETag', 'WWW-Authenticate'],
  ...['Content-Disposition', 'Content-Range', 'Accept-Ranges', 'Retry-After', 'Allow'],
  ...['RateLimit', 'RateLimit-Policy', 'Idempotency-Replayed', 'Deprecation', 'Sunset', 'Server-Timing'],
  ...['X-RateLimit-Limit', 'X-RateLimit-Remaining', 'X-RateLimit-Reset'],
].join(', ');

/** How long a browser may remember the answer to a preflight; seconds. */
const remembered = '600';

/**
 * Made once: what lets scripts of an origin read an answer (fetch.spec.whatwg.org §3.2): those of `origins`, where `*` is all of
 * them. Never with the browser's own credentials, so a page of elsewhere gets what anybody gets who knows the key.
 * `own` are the surface's headers, which win; `idHeader` is read as well.
 */
export function sharedWith(
  { corsOrigins }: Pick<Config, 'corsOrigins'>,
  own: Record<string, string>,
  idHeader?: string,
) {
  const isAll = corsOrigins.includes('*');
  const withOrigin = { ...own, Vary: [own.Vary ?? [], isAll ? [] : 'Origin'].flat().join(', ') };
  const all = Object.entries(withOrigin).filter(([, value]) => value !== '');
  const toNobody = all.filter(([name]) => !/^access-control-/i.test(name));
  const readable = idHeader ? `${exposed}, ${idHeader}` : exposed;
  const to = new Map<string, Fields>();
  for (const origin of corsOrigins) {
    const access = { 'Access-Control-Allow-Origin': origin, 'Access-Control-Expose-Headers': readable };
    to.set(origin, [...Object.entries({ ...access, ...Object.fromEntries(all) })]);
  }
  return (origin: string | undefined): Fields => to.get(isAll ? '*' : (origin ?? '')) ?? toNobody;
}

/** The same, said on each answer. */
export function sharing(...its: Parameters<typeof sharedWith>) {
  const shared = sharedWith(...its);
  return ({ headers }: IncomingMessage, response: ServerResponse): void => {
    for (const [name, value] of shared(headers.origin)) response.setHeader(name, value);
  };
}

/** Answers a preflight: the methods of the place, unless the surface says others, and every header that is asked for. */
export function preflight(request: Request, response: Response, place: Place | undefined) {
  if (!response.get('Access-Control-Allow-Origin') || !request.headers['access-control-request-method']) return;
  const wanted = request.headers['access-control-request-headers'];
  if (!response.get('Access-Control-Allow-Methods') && place)
    response.set('Access-Control-Allow-Methods', allow(place));
  response.set('Access-Control-Max-Age', remembered).vary('Access-Control-Request-Headers');
  if (wanted && /^[\w!#$%&'*+.^`|~, -]{1,1000}$/.test(wanted)) response.set('Access-Control-Allow-Headers', wanted);
}
