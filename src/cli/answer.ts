import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { text as readText } from 'node:stream/consumers';
import { Stop } from './stop.ts';

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  /** The body as it was sent. */
  text: string;
}

export function isSuccess({ statusCode = 0 }: IncomingMessage): boolean {
  return statusCode >= 200 && statusCode < 300;
}

/** The whole of an answer. */
export async function read(answer: IncomingMessage): Promise<Answer> {
  const { statusCode: status = 0, headers } = answer;
  try {
    return { status, headers, text: await readText(answer) };
  } catch (error) {
    throw brokeOff(error);
  }
}

/** What to end with where an answer ends before its end. */
export function brokeOff(error: unknown): Stop {
  return error instanceof Stop
    ? error
    : new Stop('refused', `The answer broke off: ${reasonOf(error)}.`, { cause: error });
}

/** The server's own sentence, and what names the request in the server's log. */
export function refusal({ status, headers, text }: Answer): Stop {
  const kind = status === 401 ? 'unauthenticated' : status === 404 ? 'notFound' : 'refused';
  const id = headers['x-correlation-id'] ?? headers['x-request-id'];
  return new Stop(
    kind,
    `${sentenceOf(text, status)} (${[`HTTP ${status}`, id && `request ${id}`].filter(Boolean).join(', ')})`,
  );
}

/**
 * The sentence of an error in any of the forms that it has (docs/compat/mystic.md: Errors, docs/compat/magpipe.md), no
 * page of HTML.
 */
function sentenceOf(text: string, status: number): string {
  const body = parse(text);
  const { detail, error } = (typeof body === 'object' && body ? body : {}) as { detail?: unknown; error?: unknown };
  if (Array.isArray(detail)) return detail.map(complaint).join('; ');
  for (const told of [detail, error]) {
    if (typeof told === 'string') return told;
    if (typeof told === 'object' && told && 'message' in told) return String(told.message);
  }
  const fields = Object.entries(body && typeof body === 'object' ? body : {}).flatMap(([field, said]) =>
    saidOf(field, said),
  );
  if (fields.length > 0) return fields.join('; ');
  if (status >= 300 && status < 400) return 'The server sends elsewhere, which is not followed. Correct the URL.';
  return 'The server did not do it, and did not say why.';
}

/** The sentences of a field, as /v1 has them: in a list, or by what is inside of it. */
function saidOf(field: string, said: unknown): string[] {
  if (Array.isArray(said)) return said.filter((one) => typeof one === 'string').map((one) => `${field}: ${one}`);
  if (typeof said !== 'object' || said === null) return [];
  return Object.entries(said).flatMap(([inner, more]) => saidOf(`${field}.${inner}`, more));
}

function complaint({ loc, msg }: { loc?: unknown; msg?: unknown }): string {
  return Array.isArray(loc) ? `${loc.join('.')}: ${msg}` : String(msg);
}

/** The object that an answer is. Throws a `Stop` where it is none, as that of another server may be. */
export function parseObject<Body extends object>(text: string): Body {
  const body = parse(text);
  if (typeof body === 'object' && body !== null) return body as Body;
  throw new Stop('refused', 'The answer is none of this API. Is that a Latchkey server?');
}

/** Undefined for what is no JSON. */
export function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const reasons: Record<string, string> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'its name cannot be looked up',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  ETIMEDOUT: 'it does not answer',
  ABORT_ERR: 'it does not answer in time',
};

/** What went wrong with a connection, in words. */
export function reasonOf(error: unknown): string {
  const { code, name, message } = error as NodeJS.ErrnoException;
  return (name === 'AbortError' ? reasons.ABORT_ERR : reasons[code ?? '']) ?? (message || code || 'unknown');
}
