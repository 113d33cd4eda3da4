import type { Request, Response } from 'express';
import { type Operation, operationsOf } from '../contract/contract.ts';
import { Failure } from '../contract/failure.ts';
import { writeJson } from '../contract/json.ts';
import { type Place, router } from '../contract/routes.ts';
import type { Asker, Context } from '../core/context.ts';
import { isCounted, type Left, spend } from '../core/credentials/spend.ts';
import type { House } from '../core/house.ts';
import type { Principal } from '../core/principal.ts';
import { needScope } from '../core/scopes.ts';
import { toFailure } from '../core/to_failure.ts';
import { acceptsJson } from './accept_header.ts';
import { authenticator } from './authenticate.ts';
import { bodyReader } from './body.ts';
import { callerOf, isForeign, needHttps } from './caller.ts';
import { preflight, sharing } from './cors.ts';
import { tellEnd } from './deprecation.ts';
import { checkMatch } from './etag.ts';
import { bare, type Door, door, hangUp } from './express.ts';
import { Headed } from './headed.ts';
import { allow, challenge, deciding, nameScope, notAllowed, vary } from './headers.ts';
import { jobsOf } from './job.ts';
import { linkPages } from './link.ts';
import { logFailure } from './log_failure.ts';
import { saidBy } from './said_by.ts';
import { send } from './send.ts';
import { timing } from './server_timing.ts';
import type { Surface } from './surface.ts';
import { refuseBytes, refuseSurrogates } from './unicode.ts';
import { discardUploads, readUploads, type Uploads } from './uploads.ts';
import { addressOf, pathBelow } from './url.ts';
import { whenClosed } from './when_closed.ts';

/**
 * Serves a surface: routes, methods, parameters and success codes come from the contract, in the order that docs/architecture.md gives.
 * Throws at start-up for a contract and a table that do not fit.
 */
export async function mount(surface: Surface, house: House): Promise<Door> {
  const { contract, envelope } = surface;
  const app = bare();
  if (!envelope.tagged) app.disable('etag');
  if (envelope.query) app.set('query parser', envelope.query);
  const authenticate = authenticator(contract, surface.authenticate);
  const operations = operationsOf(contract);
  const find = router(operations);
  const jobOf = jobsOf(surface, operations, house.checkResponses);
  const readBody = bodyReader(envelope);
  const named = (request: Request) => envelope.path?.(request.path, request) ?? request.path;
  const decides = deciding(contract);

  /** Who asks? A body may carry a credential, so it is read first; but what is wrong with it is said afterwards. */
  const admit = async (request: Request, response: Response, operation: Operation | undefined, asked = operation) => {
    const reading = readBody(request, response, asked);
    const unread = reading && (await reading.catch((thrown: unknown) => ({ thrown })));
    const principal = await authenticate(request, house, operation?.security ?? contract.security ?? []);
    response.locals.principal = principal;
    const caller = callerOf(request);
    const { address, origin } = caller;
    const userAgent = request.get('user-agent');
    const asker: Asker = { address, origin, requestId: String(request.id) };
    if (isForeign(request, caller)) asker.isForeign = true;
    if (userAgent !== undefined) asker.userAgent = userAgent;
    if (principal.kind === 'user' && principal.sessionId)
      house.usedSessions.note(principal.sessionId, { address, userAgent });
    const whenGone = (work: () => void) => whenClosed(response, work);
    return { context: { house, db: house.db, principal, asker, whenGone }, unread };
  };

  const serve = async (request: Request, response: Response) => {
    const lap = house.config.development ? timing(response) : undefined;
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
    if (operation) tellEnd(operation, response);
    vary(response, decides(operation?.security ?? contract.security ?? []));
    if (!operation && !envelope.callerFirst) throw notAllowed(place);
    if (operation?.isJson !== false && !acceptsJson(request.headers.accept))
      throw new Failure('not_acceptable', 'This is answered as application/json only.');

    const [any] = place.operations.values();
    const { context, unread } = await admit(request, response, operation ?? any, operation);
    lap?.('caller');
    const job = operation && jobOf(operation);
    if (operation) {
      needScope(context.principal, operation.scope);
      const charged = charge(context.principal, operation, request, response);
      if (charged) await charged;
    }
    job?.handler.permits?.(context);
    if (surface.limit) response.set(await surface.limit(context.principal, house));
    if (!operation || !job) throw notAllowed(place);
    if (unread) throw unread.thrown;

    const { handler } = job;
    const late = (thrown: unknown) => fail(thrown, request, response);
    refuseBytes(addressOf(request).split('?', 2)[1] ?? '', 'The query');
    const takes = (fields: Record<string, string>) => handler.takes?.(context, fields);
    const wanted = { house, operation, principal: context.principal, takes };
    const uploads = operation.accepts.length === 0 ? none : await readUploads(request, wanted);
    try {
      request.url = path + request.url.slice(request.path.length);
      request.body = job.settle(job.read(request.body, request));
      refuseSurrogates(request.body);
      if (operation.needed.includes('if-match') && request.get('if-match') === undefined)
        throw new Failure('precondition_required', 'Send If-Match with the ETag that you have read.');
      const checking = job.validate(request, response, late)?.catch(async (thrown) => {
        await handler.finds?.(context, job.ask(request));
        throw thrown;
      });
      if (checking) await checking;
      const precondition = preconditionOf(request, operation, place);
      const work = async (db: Context['db']) => {
        const within =
          db === context.db && !precondition ? context : { ...context, db, ...(precondition && { precondition }) };
        const result = await handler(within, { ...job.ask(request), uploads });
        if (!(result instanceof Headed)) return job.answer(result, request);
        response.set(result.headers);
        return job.answer(result.body, request);
      };
      lap?.('request');
      const asked = { request, operation, principal: context.principal, db: house.db, uploads };
      const { body, replayed } = job.once
        ? await job.once(asked, work)
        : { body: await work(house.db), replayed: false };
      lap?.('work');
      if (replayed) response.set('Idempotency-Replayed', 'true');
      if (job.tag) response.set('ETag', job.tag(body));
      if (operation.told.includes('link')) linkPages(body, response);
      // An alias may be answered under its own name, which the contract does not spell out: such an answer is not checked.
      const isAlias = path !== pathBelow(request);
      await send(body, { request, response, operation, house, isHead, isAlias });
    } finally {
      if (uploads !== none) await discardUploads(uploads, house);
    }
  };

  /** Counts the call where its key has limits or credits, before anything is done. Throws `too_many`. */
  const charge = (principal: Principal, { cost }: Operation, request: Request, response: Response) => {
    if (principal.kind !== 'user' || !principal.key || !isCounted(principal.key, cost)) return undefined;
    return spend(house, principal.key, cost).then((left) => {
      response.locals.left = left;
      if (left) tell(request, response, left);
    });
  };
  const tell = (request: Request, response: Response, left?: Left) => {
    // An answer that has begun, such as a stream that breaks off, says nothing more.
    if (surface.left && !response.headersSent) response.set(surface.left(house, callerOf(request).address, left));
  };

  /** Counts the request where somebody asked: with a key that holds or that held once, or with a session. */
  const count = (request: Request, { locals, statusCode: status }: Response, ms: number) => {
    const whose = locals.holder ?? holderOf(locals.principal);
    if (!whose || !surface.name) return;
    // One that goes on as long as somebody listens says nothing of how fast we are.
    if (locals.operation?.isJson !== false) house.latency.note(ms);
    const operation = `${surface.name}.${locals.operation?.id ?? 'none'}`;
    house.usage.note(whose, { operation, status, address: callerOf(request).address });
  };

  /** What a change of a thing must find, if it says so: the version that its caller has read of it. */
  const preconditionOf = (request: Request, operation: Operation, { operations }: Place) => {
    const header = operation.headers.includes('if-match') ? request.get('if-match') : undefined;
    const detail = operations.get('GET');
    const shown = detail && jobOf(detail);
    if (header === undefined || !shown?.tag) return undefined;
    return (thing: unknown) => checkMatch(header, shown.tag?.(shown.answer(thing, request)) ?? '');
  };

  const fail = (thrown: unknown, request: Request, response: Response) => {
    // Whoever asked has gone before the end of the answer.
    if ((thrown as NodeJS.ErrnoException)?.code === 'ERR_STREAM_PREMATURE_CLOSE') return void response.destroy();
    const failure = toFailure(thrown);
    response.locals.refused = true;
    if (failure.reason && 'holder' in failure.reason) response.locals.holder = failure.reason.holder;
    logFailure(failure, request, house);
    if (response.headersSent) return void response.destroy();
    const { status, body, headers } = envelope.failure(failure, request, response.locals.operation);
    response.status(status).set({ ...headers, ...failure.headers });
    if (status === 401) challenge(failure, request, response);
    if (status === 403) nameScope(failure, response);
    if (body === undefined) response.end();
    else if (headers?.['Content-Type']) response.send(`${writeJson(body)}\n`);
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

  /** What is left is told before anything is asked, so that whatever is answered says it. */
  const meet = async (request: Request, response: Response) => {
    needHttps(request, house.config);
    tell(request, response);
    return request.method === 'OPTIONS' ? options(request, response) : serve(request, response);
  };

  const share = sharing(house.config, saidBy(surface), envelope.idHeader);
  const answer = door(app, surface.name, (request, response) => {
    share(request, response);
    if (envelope.idHeader) response.setHeader(envelope.idHeader, String(request.id));
    const began = performance.now();
    response.on('close', () => {
      if (response.writableFinished) hangUp(request);
      count(request, response, performance.now() - began);
    });
    meet(request, response).catch((thrown) => {
      // Whoever is not known by an address has nothing left of anything.
      if (!(request.met instanceof Failure)) tell(request, response, leftOf(thrown) ?? response.locals.left);
      fail(thrown, request, response);
    });
  });
  return answer;
}

/** No files came with a request. */
const none: Uploads = {};

/** What a key has left, as its refusal says. */
function leftOf(thrown: unknown): Left | undefined {
  const reason = thrown instanceof Failure ? thrown.reason : undefined;
  return reason && 'left' in reason ? (reason.left as Left) : undefined;
}

/** The account and the key of a principal, for those who count. */
function holderOf(principal: Principal | undefined) {
  return principal?.kind === 'user' ? { accountId: principal.accountId, key: principal.key?.uuid } : undefined;
}
