import type { Operation } from '../../contract/contract.ts';
import type { Failure, Fault, Kind } from '../../contract/failure.ts';
import type { Envelope, Request } from '../../wire/surface.ts';
import { statuses } from '../http_statuses.ts';
import errors from './errors.json' with { type: 'json' };
import { oauthError, speakOAuth } from './oauth_error.ts';

/** What is wrong, by field; for what is inside of a field, by its name or position. */
type Fields = { [name: string]: string[] | Fields };

/** The answer to a Failure: by field, as `{detail}`, or as RFC 9457 writes it for whoever accepts that. */
export function answerFailure(
  failure: Failure,
  request: Request,
  operation?: Operation,
): ReturnType<Envelope['failure']> {
  const { kind, message } = failure;
  const status = statuses[kind];
  // What is not theirs is not told from what is not there, whatever the other surfaces say.
  const told = kind === 'unauthenticated' ? sentenceOf(failure) : kind === 'not_found' ? 'Not found.' : message;
  const fields = kind === 'invalid' ? fieldsOf(failure) : undefined;
  if (status === 400 && operation && speakOAuth.has(operation.id)) return { status, body: oauthError(failure, fields) };
  const lines = operation?.accepts.includes('application/x-ndjson') && linesOf(failure);
  const headers = kind === 'unauthenticated' ? { 'WWW-Authenticate': 'Bearer realm="latchkey"' } : {};
  if (!prefersProblem(request.headers.accept)) return { status, headers, body: lines || (fields ?? { detail: told }) };
  const name = kind === 'stale' ? 'precondition_failed' : kind;
  const list = fields && pointersOf(fields, queryNames(failure));
  const problem = {
    type: `/docs/errors/${name}`,
    title: errors[name as keyof typeof errors].title,
    status,
    detail: told,
    instance: String(request.id),
    ...(list && { errors: list }),
  };
  return { status, headers: { ...headers, 'Content-Type': 'application/problem+json' }, body: problem };
}

function sentenceOf({ reason, message }: Failure): string {
  if (reason && 'credential' in reason) {
    return reason.state === 'missing' ? message : 'Invalid or expired token.';
  }
  return message;
}

/** Whether problem+json is named, and not less wanted than plain JSON where that is named as well. */
function prefersProblem(accept = ''): boolean {
  const weight = (type: string) => {
    const range = accept.split(',').find((one) => one.split(';')[0]?.trim().toLowerCase() === type);
    return range === undefined ? undefined : Number(/;\s*q=([\d.]+)/.exec(range)?.[1] ?? 1);
  };
  const problem = weight('application/problem+json');
  return problem !== undefined && problem > 0 && problem >= (weight('application/json') ?? 0);
}

function fieldsOf({ reason, fields }: Failure): Fields | undefined {
  if (reason && 'faults' in reason && reason.faults.length > 0) {
    const all: Fields = {};
    for (const fault of reason.faults) put(all, fault.path.slice(1), sentence(fault));
    return all;
  }
  return fields && Object.keys(fields).length > 0 ? fields : undefined;
}

/** What is wrong with a body of lines, by its line; undefined where it is not about lines. */
function linesOf({ reason }: Failure): object | undefined {
  const faults = reason && 'faults' in reason ? reason.faults : [];
  const lines = new Map<number, Record<string, string[]>>();
  for (const fault of faults) {
    const [place, index = '', ...within] = fault.path;
    if (place !== 'body' || !/^\d+$/.test(index)) return undefined;
    const line = Number(index) + 1;
    const errors = lines.get(line) ?? {};
    lines.set(line, errors);
    const field = within.join('.') || 'detail';
    const words = sentence(fault);
    const said = Object.hasOwn(errors, field) ? (errors[field] as string[]) : [];
    define(errors, field, said.includes(words) ? said : [...said, words]);
  }
  const sorted = [...lines].sort(([a], [b]) => a - b);
  return lines.size > 0
    ? { imported: 0, lines: sorted.map(([line, errors]) => ({ line, id: null, errors })) }
    : undefined;
}

function put(fields: Fields, path: string[], words: string): void {
  const [name = 'detail', ...rest] = path;
  const held = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (rest.length === 0) {
    if (Array.isArray(held)) held.includes(words) || held.push(words);
    else if (!held) define(fields, name, [words]);
    return;
  }
  const below = held && !Array.isArray(held) ? held : {};
  define(fields, name, below);
  put(below, rest, words);
}

/** As an own field whatever its name is: `__proto__` too. */
function define(fields: object, name: string, value: string[] | Fields): void {
  Object.defineProperty(fields, name, { value, enumerable: true, configurable: true, writable: true });
}

function sentence({ keyword, message }: Fault): string {
  if (keyword === 'required' || message.startsWith('must have required')) return 'This field is required.';
  if (keyword === 'additionalProperties' || message.includes('additional properties'))
    return 'This field is not known.';
  if (message.startsWith('Unknown query parameter')) return 'This parameter is not known.';
  if (message.startsWith('Empty value')) return 'This must not be empty.';
  const words = message.replace('must NOT', 'must not').replace(/^must/, 'This must');
  return words.endsWith('.') ? words : `${words}.`;
}

function queryNames({ reason }: Failure): ReadonlySet<string> {
  const faults = reason && 'faults' in reason ? reason.faults : [];
  return new Set(faults.filter(({ path }) => path[0] === 'query').map(({ path }) => path[1] ?? ''));
}

/** The same as a list: JSON pointers into the body, and `?name` for parameters. */
function pointersOf(fields: Fields, inQuery: ReadonlySet<string>, at = '#'): { pointer: string; detail: string }[] {
  return Object.entries(fields).flatMap(([name, below]) => {
    const step = name.replaceAll('~', '~0').replaceAll('/', '~1');
    const pointer = at === '#' && inQuery.has(name) ? `?${name}` : `${at}/${step}`;
    if (Array.isArray(below)) return below.map((detail) => ({ pointer, detail }));
    return pointersOf(below, inQuery, pointer);
  });
}

/** The page of each kind: the check of the docs reads it. */
export const documented: readonly (Kind | 'precondition_failed')[] = Object.keys(errors) as Kind[];
