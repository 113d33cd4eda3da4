import express, { type Express, type Request, type Response } from 'express';
import { Failure } from '../contract/failure.ts';
import { writeJson } from '../contract/json.ts';
import type { Place } from '../contract/routes.ts';
import { cleanAddress } from './address.ts';

/** An Express app that says nothing of itself, takes paths as they are written, and ends JSON, with its numbers as they came, with a line's end. */
export function bare(): Express {
  const app = express().disable('x-powered-by').enable('case sensitive routing');
  app.response.json = function json(body) {
    return this.type('json').send(`${writeJson(body)}\n`);
  };
  app.set('etag', 'strong').set('query parser', 'simple');
  return app.use((request, _response, next) => {
    cleanAddress(request);
    next();
  });
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

/**
 * Every 401 says how to come back (RFC 9110 §11.6.1), and where a token was sent, that it was this one which does not
 * hold (RFC 6750 §3.1). A surface that has a scheme of its own names it itself.
 */
export function challenge({ reason }: Failure, request: Request, response: Response): void {
  const scheme = response.get('WWW-Authenticate') ?? 'Bearer';
  const refused = reason && 'credential' in reason && reason.state !== 'missing' ? reason : undefined;
  const isToken = refused && (refused.credential === 'token' || request.headers.authorization !== undefined);
  const error = `${scheme.includes(' ') ? ',' : ''} error="invalid_token"`;
  response.set('WWW-Authenticate', isToken && /^Bearer\b/.test(scheme) ? scheme + error : scheme);
}

/** Adds to what an answer depends on. */
export function vary(response: Response, headers: readonly string[]): void {
  for (const header of headers) response.vary(header);
}
