import { bodyOf, type Sendable } from './body_of.ts';
import { type Credential, credentialOf } from './credential_of.ts';
import { errorOf, LatchkeyError } from './latchkey_error.ts';
import type { CallOptions, FollowOptions, LatchkeyOptions, UploadOptions } from './options.ts';
import type { Route } from './route.ts';
import { toldBy } from './told.ts';
import { backoff, wait } from './wait.ts';
import { sendWithProgress } from './with_progress.ts';

/** All that a call may be given. */
export type AnyOptions = CallOptions & UploadOptions & FollowOptions & { ifMatch?: string; query?: object };

/** An answer that is a success, and what its body was; undefined where it is not read here. */
export interface Answered {
  response: Response;
  body: unknown;
}

/** A server, and as whom it is spoken to. */
export interface Connection {
  /** Sends a request, again where it may be. Throws `LatchkeyError`, and the reason of a signal that was aborted. */
  send(route: Route, path: string, value: unknown, options: AnyOptions): Promise<Answered>;
}

/** Where nobody waits longer than this many seconds: whoever is told to is told so, by the error. */
const longest = 60;
const passing = [429, 502, 503, 504];

/** A connection by these options. Nothing is sent yet. */
export function connect(options: LatchkeyOptions): Connection {
  const credential = credentialOf(options, (input, init) => (options.fetch ?? fetch)(input, init));
  return { send: (route, path, value, own) => send(options, credential, route, path, value, own) };
}

async function send(
  all: LatchkeyOptions,
  credential: Credential,
  route: Route,
  path: string,
  value: unknown,
  own: AnyOptions,
): Promise<Answered> {
  const sendable = route.body && value !== undefined ? bodyOf(route.body, value) : undefined;
  const idempotencyKey = route.idempotent ? (own.idempotencyKey ?? crypto.randomUUID()) : undefined;
  const mayRepeat = /^(GET|PUT|DELETE)$/.test(route.verb) || idempotencyKey !== undefined;
  const most = own.retries ?? all.retries ?? 3;
  let isRenewed = false;
  let isLost = false;
  for (let attempt = 0; ; attempt++) {
    const named = route.dress ? await credential.headers(route.dress) : {};
    const headers: Record<string, string> = {
      Accept: route.read === 'bytes' ? '*/*' : 'application/json, */*;q=0.5',
      ...(sendable?.type && { 'Content-Type': sendable.type }),
      ...named,
      ...(idempotencyKey && { 'Idempotency-Key': idempotencyKey }),
      ...(own.ifMatch && { 'If-Match': own.ifMatch }),
      ...(own.lastEventId && { 'Last-Event-ID': own.lastEventId }),
      ...all.headers,
      ...own.headers,
    };
    try {
      return await once(all, route, path, headers, sendable, own);
    } catch (thrown) {
      if (!(thrown instanceof LatchkeyError)) throw thrown;
      const { status, retryAfter = 0 } = thrown;
      if (status === 401 && !isRenewed && (await credential.renew(named.Authorization))) {
        isRenewed = true;
        attempt--;
        continue;
      }
      // What was sent before may still be worked on.
      const isWorkedOn = status === 409 && isLost && idempotencyKey !== undefined;
      const isPassing = status === 0 || passing.includes(status) || isWorkedOn;
      if (!isPassing || attempt >= most || retryAfter > longest) throw thrown;
      // What was refused for its number was not begun.
      if (!mayRepeat && status !== 429) throw thrown;
      isLost ||= status !== 429;
      await wait(Math.max(retryAfter * 1000, backoff(attempt)), own.signal);
    }
  }
}

async function once(
  all: LatchkeyOptions,
  route: Route,
  path: string,
  headers: Record<string, string>,
  sendable: Sendable | undefined,
  own: AnyOptions,
): Promise<Answered> {
  const limit = own.timeout ?? all.timeout ?? 60_000;
  const ending = new AbortController();
  const late = Symbol();
  const timer = limit > 0 && Number.isFinite(limit) ? setTimeout(() => ending.abort(late), limit) : undefined;
  const stop = () => ending.abort(own.signal?.reason);
  if (own.signal?.aborted) throw own.signal.reason;
  own.signal?.addEventListener('abort', stop, { once: true });
  const isStreamed = ['bytes', 'events', 'lines'].includes(route.read);
  let goesOn = false;
  try {
    const url = all.url.replace(/\/+$/, '') + path;
    const init = { method: route.verb, headers, signal: ending.signal };
    const response =
      own.onProgress && sendable
        ? await sendWithProgress(url, init, sendable, own.onProgress, all.fetch)
        : await (all.fetch ?? fetch)(url, {
            ...init,
            ...(sendable && { body: sendable.body as NonNullable<RequestInit['body']> }),
          });
    own.onResponse?.(response);
    if (isStreamed && response.ok) {
      goesOn = true;
      return { response, body: undefined };
    }
    const body = await read(response);
    const told = toldBy(response, body);
    if (told) throw errorOf(told);
    return { response, body };
  } catch (thrown) {
    if (thrown instanceof LatchkeyError || own.signal?.aborted) throw thrown;
    if (ending.signal.reason === late)
      throw errorOf({ status: 0, code: 'timeout', message: `No answer within ${limit} ms.` }, { cause: thrown });
    const { message } = thrown instanceof Error ? thrown : { message: String(thrown) };
    throw errorOf({ status: 0, code: 'network', message: `No answer: ${message}` }, { cause: thrown });
  } finally {
    clearTimeout(timer);
    // The signal also ends a body that is still being read.
    if (!goesOn) own.signal?.removeEventListener('abort', stop);
  }
}

/** JSON, or the text that it is not. */
async function read(response: Response): Promise<unknown> {
  const text = await response.text();
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
