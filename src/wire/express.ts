import express, { type Express, type Request, type Response } from 'express';
import { writeJson } from '../contract/json.ts';
import { type Face, face } from './faces.ts';
import { sendJson } from './send_json.ts';
import { cleanAddress } from './url.ts';

/** An Express app that says nothing of itself, takes paths as they are written, and ends JSON, with its numbers as they came, with a line's end. */
export function bare(): Express {
  const app = express().disable('x-powered-by').enable('case sensitive routing');
  app.set('etag', 'strong').set('query parser', 'simple');
  app.response.json = function json(body) {
    return sendJson(this, `${writeJson(body)}\n`);
  };
  return app.use((request, _response, next) => {
    cleanAddress(request);
    next();
  });
}

/** Answers requests at a path and below it, as Express' own apps do. */
export type Door = (request: Request, response: Response) => void;

/**
 * What answers with Express' request and response in hand, but walks no layers: a surface knows its operations itself.
 * @param help of whose page refusals name; undefined, of none
 */
export function door(app: Express, help: string | undefined, answer: Door): Door {
  const its = { app, help, parse: app.get('query parser fn') as Face['parse'] };
  return (request, response) => {
    face(request, response, its);
    answer(request, response);
  };
}

/** A beginning of paths, the door that it leads to, and what must come next in the path, where not anything may. */
export type Way = readonly [prefix: string, door: Door, next?: ReadonlySet<string>];

/** The door that a path leads to, by its beginning: the first one counts. A request that has none stays as it was. */
export function doorOf(ways: readonly Way[]) {
  return (request: Request): Door | undefined => {
    const url = request.url;
    for (const [prefix, found, among] of ways) {
      const next = url.charCodeAt(prefix.length);
      // A slash, a question mark, or the end.
      if (!url.startsWith(prefix) || !(next === 0x2f || next === 0x3f || Number.isNaN(next))) continue;
      if (among && !among.has(url.slice(prefix.length + 1).split(/[/?]/, 1)[0] ?? '')) continue;
      request.originalUrl = url;
      request.baseUrl = prefix;
      request.url = next === 0x2f ? url.slice(prefix.length) : `/${url.slice(prefix.length)}`;
      return found;
    }
    return undefined;
  };
}

/** Answered before all of the body has come: the rest is not waited for longer than this, in milliseconds. */
const patience = 5_000;

/** Ends the connection of a request that has been answered, if the rest of it does not come. */
export function hangUp(request: Request): void {
  if (!request.complete) setTimeout(() => request.complete || request.socket.destroy(), patience).unref();
}
