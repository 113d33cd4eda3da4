import type { Contract, Operation } from '../../contract/contract.ts';
import type { Failure, Fault, Kind } from '../../contract/failure.ts';
import { jsonMistake } from '../../contract/json_mistake.ts';
import { mediaTypeOf } from '../../wire/body.ts';
import type { Request } from '../../wire/surface.ts';
import { nulIn } from '../../wire/unicode.ts';
import { statuses as usual } from '../http_statuses.ts';
import { camel } from './camel_case.ts';
import { fieldErrors } from './field_errors.ts';
import { utf8Mistake } from './utf8.ts';

/** What is there already is a field that is wrong. */
const statuses = { ...usual, conflict: 400 };

/** The answer to a Failure, as Django REST framework writes it (docs/compat/maiagent.md: Errors). */
export function failure(thrown: Failure, request: Request, operation: Operation | undefined, contract: Contract) {
  const { kind } = thrown;
  const status = statuses[kind];
  if (kind === 'unauthenticated') return { status, ...refused(thrown) };
  if (kind === 'invalid' || kind === 'conflict') return { status, body: wrong(thrown, request, operation, contract) };
  return { status, body: { detail: detailOf(thrown, request) } };
}

const texts: Partial<Record<Kind, string>> = {
  forbidden: 'You do not have permission to perform this action.',
  not_found: 'Not found.',
  not_acceptable: 'Could not satisfy the request Accept header.',
  too_large: 'Request entity too large.',
  internal: 'A server error occurred.',
};

function detailOf({ kind, message, reason, headers }: Failure, request: Request): string {
  if (reason && 'missing' in reason && reason.missing === 'page') return message;
  if (reason && 'scope' in reason) return message;
  if (kind === 'not_allowed') return `Method "${request.method}" not allowed.`;
  if (kind === 'unsupported' && headers['Accept-Encoding']) return message;
  if (kind === 'unsupported') return `Unsupported media type "${request.headers['content-type'] ?? ''}" in request.`;
  if (kind === 'too_many') {
    const seconds = Number(headers['Retry-After'] ?? 1);
    return `Request was throttled. Expected available in ${seconds} second${seconds === 1 ? '' : 's'}.`;
  }
  return texts[kind] ?? message;
}

/**
 * Which of the two sentences of the seed; a session token has one of its own, in simplejwt's shape
 * (docs/compat/maiagent.md: Signing in).
 */
function refused({ message, reason }: Failure) {
  if (reason && 'credential' in reason && reason.credential === 'token') {
    const messages = [{ tokenClass: 'AccessToken', tokenType: 'access', message: 'Token is invalid or expired' }];
    const isOurs = message.startsWith('Given token');
    const body = { detail: message, code: 'token_not_valid', ...(isOurs && { messages }) };
    return { body, headers: { 'WWW-Authenticate': 'Bearer realm="api"' } };
  }
  const isMalformed = reason && 'credential' in reason && reason.state === 'malformed';
  const detail = isMalformed ? 'Invalid API key format.' : 'Authentication credentials were not provided.';
  return { body: { detail }, headers: { 'WWW-Authenticate': 'Api-Key' } };
}

function wrong(
  { kind, message, fields, reason, cause }: Failure,
  request: Request,
  operation: Operation | undefined,
  contract: Contract,
) {
  if (reason && 'json' in reason) return { detail: `JSON parse error - ${jsonMistake(request.body)}` };
  if (reason && 'bytes' in reason && mediaTypeOf(request) === 'application/json')
    return { detail: `JSON parse error - ${utf8Mistake(reason.bytes)}` };
  const found = foundIn(reason, cause, request);
  if (found.length > 0) {
    const form = request.is('multipart/form-data') ? operation?.form : undefined;
    const schema = form ?? operation?.request ?? operation?.form;
    const faults = found.filter(({ path }) => path[0] === 'body');
    if (schema && faults.length > 0) return fieldErrors(contract, schema, faults, request.body);
  }
  if (reason && 'items' in reason) {
    const errors = reason.items.errors.map(named);
    return reason.items.field === undefined ? errors : { [camel(reason.items.field)]: errors };
  }
  if (fields) return named(fields);
  return kind === 'conflict' ? { nonFieldErrors: [message] } : { detail: message };
}

/** Codes of Postgres for what a text or a JSON value cannot hold. */
const unstorable: ReadonlySet<unknown> = new Set(['22021', '22P05']);

/** What is wrong, and where: by the contract, or with the characters, as the database may have said. */
function foundIn(reason: Failure['reason'], cause: unknown, request: Request): Fault[] {
  if (reason && 'faults' in reason) return reason.faults;
  if (reason && 'characters' in reason) return reason.characters;
  return unstorable.has((cause as { code?: unknown } | undefined)?.code) ? nulIn(request.body) : [];
}

/** Fields as the wire calls them. */
function named(fields: Record<string, string[]>) {
  return Object.fromEntries(Object.entries(fields).map(([name, words]) => [camel(name), words]));
}
