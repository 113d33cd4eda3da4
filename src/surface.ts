import type { Express, Request, Response } from 'express';
import { acceptsJson } from './accept.ts';
import { addressOf, pathBelow } from './address.ts';
import { type Authenticate, authenticator } from './authenticate.ts';
import { bodyReader } from './body.ts';
import { callerOf } from './caller.ts';
import { headerOf } from './carried.ts';
import { type Contract, type Node, type Operation, operationsOf, type Security } from './contract.ts';
import { preflight, share } from './cors.ts';
import type { Call, Context } from './endpoint.ts';
import { Failure, toFailure } from './failure.ts';
import type { House } from './house.ts';
import { allow, bare, challenge, hangUp, notAllowed, vary } from './http.ts';
import { settler } from './json.ts';
import type { Principal } from './principal.ts';
import { type Place, router } from './routes.ts';
import { send } from './send.ts';
import { refuseBytes, refuseSurrogates } from './text.ts';
import { discardUploads, readUploads } from './uploads.ts';
import { validators } from './validator.ts';

export type { Request } from 'express';

/** One operation's work. Surfaces type its call and its result by their contract: see `handlers/<surface>/operations.ts`. */
// biome-ignore lint/suspicious/noExplicitAny: the table's own type says exactly what each operation takes and gives
export type Handler = ((context: Context, call: any) => Promise<unknown>) & {
  /** Whether the caller may try this at all, before the body is looked at. Throws `forbidden`. */
  permits?(context: Context): void;
  /** How large a file may be, in bytes, by the fields of the form that came before it. Throws where none may be sent. */
  takes?(context: Context, fields: Record<string, string>): number;
  /** Looks what the call is about up, where that comes before what is wrong with the body. Throws `not_found`. */
  finds?(context: Context, call: Call): Promise<unknown>;
};

/** How a surface writes what the house says, and reads what its callers say. */
export interface Envelope {
  /** Sent with every answer. Those of CORS are left out for an origin that may not read it. */
  headers: Record<string, string>;
  /** The header in which every answer carries the name of its request in our log, where that is another than `x-request-id`. */
  idHeader?: string;
  /** The answer to OPTIONS, where it is not 204. */
  preflight?: { status: number; body: string };
  /** The path as the contract knows it; throws a Failure for one that this surface refuses outright. */
  path?(path: string, request: Request): string;
  /** Reads a query string; without it, a parameter that comes more than once is a list. */
  query?(text: string | null): Record<string, string | string[]>;
  /** Whether a body of this content type is read as JSON; without it, only those that the contract declares are. */
  json?(type: string): boolean;
  /** Whether an operation takes its fields in any form, as Django does: JSON, or either kind of form. */
  anyForm?: boolean;
  /** What a request without a body stands for. */
  empty?: unknown;
  /** Parses a body that `json` let in. Throws `invalid`. */
  parse?(text: string, type: string): unknown;
  /** Made once per operation: what a body means that may be written in more than one way, before it is checked. */
  read?(operation: Operation, contract: Contract): (body: unknown, request: Request) => unknown;
  /** The caller is asked for before the method is looked at; otherwise the method comes first. */
  callerFirst?: boolean;
  /** Query parameters that the contract does not name go to the policy instead of being refused by the validator. */
  unknownQuery?: boolean;
  /** Made once per operation: reads a validated request into a call. */
  ask(operation: Operation, contract: Contract): (request: Request) => Call;
  /** Made once per operation: wraps a result. */
  answer(operation: Operation, contract: Contract): (result: unknown, request: Request) => unknown;
  /** The answer to a Failure; no body, an empty answer. */
  failure(
    failure: Failure,
    request: Request,
    operation?: Operation,
  ): { status: number; body?: unknown; headers?: Record<string, string> };
}

/** A published API: its contract, and how we keep it. */
export interface Surface {
  contract: Contract;
  handlers: Record<string, Handler>;
  authenticate: Record<string, Authenticate>;
  envelope: Envelope;
  /** Counts the request against the caller's limits, once; gives the headers that say how much is left. Throws `too_many`. */
  limit?(principal: Principal, house: House): Promise<Record<string, string>>;
}

/**
 * Serves a surface: routes, methods, parameters and success codes come from the contract, in the order of design.md §3.
 * Throws at start-up for a contract and a table that do not fit.
 */
export async function mount(surface: Surface, house: House): Promise<Express> {
  const { contract, envelope, handlers } = surface;
  const app = bare();
  if (envelope.query) app.set('query parser', envelope.query);
  const authenticate = authenticator(contract, surface.authenticate);
  const operations = operationsOf(contract);
  const find = router(operations);
  const checks = { unknownQuery: envelope.unknownQuery ?? false, checkResponses: house.checkResponses };
  const { ready, of } = validators(contract, app, checks);
  const work = new Map(
    operations.map((operation) => {
      const handler = handlers[operation.id];
      if (!handler) throw new Error(`${operation.id} has no handler`);
      const ask = envelope.ask(operation, contract);
      const answer = envelope.answer(operation, contract);
      const read = envelope.read?.(operation, contract) ?? ((body: unknown) => body);
      const settle = settler(contract, operation.request ?? operation.form);
      return [operation, { handler, validate: of(operation), read, settle, ask, answer }];
    }),
  );
  const readBody = bodyReader(envelope);
  const named = (request: Request) => envelope.path?.(request.path, request) ?? request.path;
  const decides = deciding(contract);

  /** Who asks? A body may carry a credential, so it is read first; but what is wrong with it is said afterwards. */
  const admit = async (request: Request, response: Response, operation: Operation | undefined, asked = operation) => {
    const unread = await readBody(request, response, asked).catch((thrown: unknown) => ({ thrown }));
    const principal = await authenticate(request, house, operation?.security ?? contract.security ?? []);
    const { address, origin } = callerOf(request);
    const asker = { address, requestId: String(request.id), origin };
    return { context: { house, db: house.db, principal, asker }, unread };
  };

  const serve = async (request: Request, response: Response) => {
    const isHead = request.method === 'HEAD';
    const path = named(request);
    const place = find(path);
    if (!place) {
      vary(response, decides(contract.security ?? []));
      await admit(request, response, undefined);
      throw new Failure('not_found', 'Not found.', { reason: { missing: 'route' } });
    }
    if (isHead) request.method = 'GET';
    const operation = place.operations.get(request.method);
    response.locals.operation = operation;
    vary(response, decides(operation?.security ?? contract.security ?? []));
    if (!operation && !envelope.callerFirst) throw notAllowed(place);
    if (operation?.isJson !== false && !acceptsJson(request.headers.accept))
      throw new Failure('not_acceptable', 'This is answered as application/json only.');

    const [any] = place.operations.values();
    const { context, unread } = await admit(request, response, operation ?? any, operation);
    const job = operation && work.get(operation);
    job?.handler.permits?.(context);
    response.set(await surface.limit?.(context.principal, house));
    if (!operation || !job) throw notAllowed(place);
    if (unread) throw unread.thrown;

    const { handler } = job;
    const late = (thrown: unknown) => fail(thrown, request, response);
    refuseBytes(addressOf(request).split('?', 2)[1] ?? '', 'The query');
    const takes = (fields: Record<string, string>) => handler.takes?.(context, fields);
    const uploads = await readUploads(request, { house, operation, principal: context.principal, takes });
    try {
      request.url = path + request.url.slice(request.path.length);
      request.body = job.settle(job.read(request.body, request));
      refuseSurrogates(request.body);
      await job.validate(request, response, late).catch(async (thrown) => {
        await handler.finds?.(context, job.ask(request));
        throw thrown;
      });
      const result = await handler(context, { ...job.ask(request), uploads });
      // An alias may be answered under its own name, which the contract does not spell out: such an answer is not checked.
      const isAlias = path !== pathBelow(request);
      await send(job.answer(result, request), { request, response, operation, house, isHead, isAlias });
    } finally {
      await discardUploads(uploads, house);
    }
  };

  const fail = (thrown: unknown, request: Request, response: Response) => {
    // Whoever asked has gone before the end of the answer.
    if ((thrown as NodeJS.ErrnoException)?.code === 'ERR_STREAM_PREMATURE_CLOSE') return void response.destroy();
    const failure = toFailure(thrown);
    report(failure, request, house);
    if (response.headersSent) return void response.destroy();
    const { status, body, headers } = envelope.failure(failure, request, response.locals.operation);
    response.status(status).set({ ...headers, ...failure.headers });
    if (status === 401) challenge(failure, request, response);
    if (body === undefined) response.end();
    else response.json(body);
  };

  /** OPTIONS asks what may be done, under any name that a place has. */
  const options = (request: Request, response: Response) => {
    const place = placeOf(request);
    if (place) response.set('Allow', allow(place));
    preflight(request, response, place);
    const { status, body } = envelope.preflight ?? { status: 204, body: undefined };
    response.status(status).end(body);
  };
  const placeOf = (request: Request): Place | undefined => {
    try {
      return find(named(request));
    } catch {
      return undefined;
    }
  };

  app.use((request, response) => {
    share(request, response, house.config, envelope.headers, envelope.idHeader);
    if (envelope.idHeader) response.set(envelope.idHeader, String(request.id));
    response.once('finish', () => hangUp(request));
    try {
      callerOf(request);
      if (request.method === 'OPTIONS') return options(request, response);
    } catch (thrown) {
      return fail(thrown, request, response);
    }
    serve(request, response).catch((thrown) => fail(thrown, request, response));
  });
  await ready;
  return app;
}

/** The headers that decide who a request is from, where that is asked: caches hold answers by them. */
function deciding(contract: Contract): (alternatives: readonly Security[]) => string[] {
  const schemes = (contract.components?.securitySchemes ?? {}) as Record<string, Node>;
  const known = new WeakMap<readonly Security[], string[]>();
  return (alternatives) => {
    const names = alternatives.flatMap((alternative) => Object.keys(alternative));
    const headers = known.get(alternatives) ?? names.flatMap((name) => headerOf(schemes[name] as Node) ?? []);
    known.set(alternatives, headers);
    return headers;
  };
}

/** The private cause goes to the log, without what Postgres quotes of a row. */
function report({ kind, message, cause, reason }: Failure, request: Request, { log }: House): void {
  // A run that nobody takes is no fault of ours.
  if ((kind !== 'internal' && kind !== 'unavailable') || (reason && 'run' in reason)) return;
  const { name, message: words, stack, code } = (cause ?? {}) as Error & { code?: unknown };
  log.error(
    { requestId: request.id, kind, err: { type: name, message: words ?? String(cause), stack, code } },
    message,
  );
}
