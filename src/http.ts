import express, { type Express, type Request } from 'express';
import { Failure } from './failure.ts';
import type { Place } from './routes.ts';

/** An Express app that says nothing of itself, and reads query strings without nesting. */
export function bare(): Express {
  return express().disable('x-powered-by').set('etag', 'strong').set('query parser', 'simple');
}

/** This server as a caller names it; a Host header that is none leaves links that lead nowhere else. */
export function originOf({ protocol, headers: { host } }: Request): string {
  return host !== undefined && /^[\w.:[\]-]+$/.test(host) ? `${protocol}://${host}` : `${protocol}://localhost`;
}

/** Answered before all of the body has come: the rest is not waited for longer than this, in milliseconds. */
const patience = 5_000;

/** Ends the connection of a request that has been answered, if the rest of it does not come. */
export function hangUp(request: Request): void {
  if (!request.complete) setTimeout(() => request.complete || request.socket.destroy(), patience).unref();
}

/** The path is there, the method is not. */
export function notAllowed(place: Place): Failure {
  return new Failure('not_allowed', 'Method not allowed.', { headers: { Allow: allow(place) } });
}

/** The methods of a place, as the header `Allow` lists them. */
export function allow({ operations }: Place): string {
  const methods = [...operations.keys()];
  return [...methods, ...(operations.has('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ');
}
