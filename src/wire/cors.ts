import type { Request, Response } from 'express';
import type { Config } from '../config.ts';
import type { Place } from '../contract/routes.ts';
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
 * Lets scripts of other origins read this answer (fetch.spec.whatwg.org §3.2): those of `origins`, where `*` is all of
 * them. Never with the browser's own credentials, so a page of elsewhere gets what anybody gets who knows the key.
 * `own` are the surface's headers, which win; `idHeader` is read as well.
 */
export function share(
  request: Request,
  response: Response,
  { corsOrigins }: Pick<Config, 'corsOrigins'>,
  own: object,
  idHeader?: string,
) {
  const { origin } = request.headers;
  const isAll = corsOrigins.includes('*');
  const allowed = isAll ? '*' : corsOrigins.find((one) => one === origin);
  if (allowed) {
    response.set('Access-Control-Allow-Origin', allowed);
    response.set('Access-Control-Expose-Headers', idHeader ? `${exposed}, ${idHeader}` : exposed);
  }
  response.set(allowed ? own : withoutCors(own));
  if (!isAll) response.vary('Origin');
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

function withoutCors(headers: object) {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !/^access-control-/i.test(name)));
}
