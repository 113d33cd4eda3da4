import express, { type Express, type Request, type Response } from 'express';
import { type Authenticate, authenticator } from './authenticate.ts';
import { bodyReader } from './body.ts';
import { type Contract, type Operation, operationsOf } from './contract.ts';
import type { Call, Context } from './endpoint.ts';
import { Failure, toFailure } from './failure.ts';
import type { House } from './house.ts';
import type { Principal } from './principal.ts';
import { router } from './routes.ts';
import { validators } from './validator.ts';

export type { Request } from 'express';

/** One operation's work. Surfaces type its call and its result by their contract: see `handlers/<surface>/operations.ts`. */
// biome-ignore lint/suspicious/noExplicitAny: the table's own type says exactly what each operation takes and gives
export type Handler = (context: Context, call: any) => Promise<unknown>;

/** How a surface writes what the house says, and reads what its callers say. */
export interface Envelope {
  /** Sent with every answer: CORS, for one. */
  headers: Record<string, string>;
  /** The answer to OPTIONS, where it is not 204. */
  preflight?: { status: number; body: string };
  /** The path as the contract knows it; throws a Failure for one that this surface refuses outright. */
  path?(path: string, request: Request): string;
  /** Whether a body of this content type is read as JSON; without it, only those that the contract declares are. */
  json?(type: string): boolean;
  /** Parses a body that `json` let in. Throws `invalid`. */
  parse?(text: string, type: string): unknown;
  /** Query parameters that the contract does not name go to the policy instead of being refused by the validator. */
  unknownQuery?: boolean;
  /** Made once per operation: reads a validated request into a call. */
  ask(operation: Operation, contract: Contract): (request: Request) => Call;
  /** Made once per operation: wraps a result. */
  answer(operation: Operation, contract: Contract): (result: unknown, request: Request) => unknown;
  /** The answer to a Failure; no body, an empty answer. */
  failure(failure: Failure, request: Request): { status: number; body?: unknown; headers?: Record<string, string> };
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
  const authenticate = authenticator(contract, surface.authenticate);
  const operations = operationsOf(contract);
  const find = router(operations);
  const options = { unknownQuery: envelope.unknownQuery ?? false, checkResponses: house.checkResponses };
  const { ready, of } = validators(contract, app, options);
  const work = new Map(
    operations.map((operation) => {
      const handler = handlers[operation.id];
      if (!handler) throw new Error(`${operation.id} has no handler`);
      const ask = envelope.ask(operation, contract);
      return [operation, { handler, validate: of(operation), ask, answer: envelope.answer(operation, contract) }];
    }),
  );
  const readBody = bodyReader(envelope);

  /** Who asks? A body may carry a credential, so it is read first; but what is wrong with it is said afterwards. */
  const admit = async (request: Request, response: Response, operation?: Operation) => {
    const unread = await readBody(request, response, operation).catch((thrown: unknown) => ({ thrown }));
    const principal = await authenticate(request, house, operation?.security ?? contract.security ?? []);
    if (unread) throw unread.thrown;
    return principal;
  };

  const serve = async (request: Request, response: Response) => {
    const path = envelope.path?.(request.path, request) ?? request.path;
    const place = find(path);
    if (!place) {
      await admit(request, response);
      throw new Failure('not_found', 'Not found.', { reason: { missing: 'route' } });
    }
    if (request.method === 'HEAD') request.method = 'GET';
    const operation = place.operations.get(request.method);
    const job = operation && work.get(operation);
    if (!operation || !job)
      throw new Failure('not_allowed', 'Method not allowed.', { headers: { Allow: allow(place) } });
    if (!request.accepts('json')) throw new Failure('not_acceptable', 'This is answered as application/json only.');

    const principal = await admit(request, response, operation);
    response.set(await surface.limit?.(principal, house));
    request.url = path + request.url.slice(request.path.length);
    await job.validate(request, response, (thrown) => fail(thrown, request, response));
    const asker = { address: request.ip ?? '', requestId: String(request.id) };
    const result = await job.handler({ house, db: house.db, principal, asker }, job.ask(request));
    const answer = job.answer(result, request);
    response.status(operation.success);
    if (answer === undefined) return void response.end();
    // An alias may be answered under its own name, which the contract does not spell out: such an answer is not checked.
    if (path === request.originalUrl.slice(request.baseUrl.length).split('?')[0]) response.json(answer);
    else response.type('json').send(JSON.stringify(answer));
  };

  const fail = (thrown: unknown, request: Request, response: Response) => {
    const failure = toFailure(thrown);
    report(failure, request, house);
    if (response.headersSent) return void response.destroy();
    const { status, body, headers } = envelope.failure(failure, request);
    response.status(status).set({ ...headers, ...failure.headers });
    if (body === undefined) response.end();
    else response.json(body);
  };

  app.use((request, response) => {
    response.set(envelope.headers);
    if (request.method === 'OPTIONS') {
      const place = find(request.path);
      const { status, body } = envelope.preflight ?? { status: 204, body: undefined };
      response
        .status(status)
        .set(place ? { Allow: allow(place) } : {})
        .end(body);
      return;
    }
    serve(request, response).catch((thrown) => fail(thrown, request, response));
  });
  await ready;
  return app;
}

/** An Express app that says nothing of itself, and reads query strings without nesting. */
export function bare(): Express {
  return express().disable('x-powered-by').set('etag', 'strong').set('query parser', 'simple');
}

function allow({ operations }: { operations: Map<string, Operation> }): string {
  const methods = [...operations.keys()];
  return [...methods, ...(operations.has('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ');
}

/** The private cause goes to the log, without what Postgres quotes of a row. */
function report({ kind, message, cause }: Failure, request: Request, { log }: House): void {
  if (kind !== 'internal' && kind !== 'unavailable') return;
  const { name, message: words, stack, code } = (cause ?? {}) as Error & { code?: unknown };
  log.error(
    { requestId: request.id, kind, err: { type: name, message: words ?? String(cause), stack, code } },
    message,
  );
}
