import express, { type Express, type Request } from 'express';
import { writeJson } from '../contract/json.ts';
import { cleanAddress } from './url.ts';

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
