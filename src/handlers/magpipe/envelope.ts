import type { Failure, Kind } from '../../contract/failure.ts';
import type { Envelope } from '../../wire/surface.ts';
import { statuses } from '../http_statuses.ts';

/**
 * Errors that are an object with a code; the others of this route are one sentence (docs/compat/magpipe.md: Errors of
 * the other functions).
 */
const codes: Partial<Record<Kind, [code: string, message?: string]>> = {
  unauthenticated: ['unauthorized', 'Unauthorized'],
  not_allowed: ['method_not_allowed', 'Method not allowed'],
  too_many: ['rate_limited'],
};

/** Bare answers, CORS on each of them, and a body that is no JSON object counts as an empty one. */
export const envelope: Envelope = {
  headers: {
    'Access-Control-Allow-Headers': 'authorization, x-client-info, apikey, content-type',
    'Access-Control-Allow-Methods': 'GET, POST, PUT, PATCH, DELETE, OPTIONS',
  },
  preflight: { status: 200, body: 'ok' },
  json: () => true,
  parse: bodyOf,
  unknownQuery: true,
  ask: () => (request) => ({ query: { ...request.query }, body: request.body ?? {}, page: { offset: 0, order: [] } }),
  answer: () => (result) => result,
  failure,
};

function bodyOf(text: string): unknown {
  try {
    const body: unknown = JSON.parse(text);
    return body && typeof body === 'object' && !Array.isArray(body) ? body : {};
  } catch {
    return {};
  }
}

function failure({ kind, message, reason }: Failure) {
  const status = statuses[kind];
  if (reason && 'missing' in reason && reason.missing === 'route') {
    return { status, body: { code: 'NOT_FOUND', message: 'Requested function was not found' } };
  }
  const [code, fixed] = codes[kind] ?? [];
  const headers = kind === 'unauthenticated' ? { 'WWW-Authenticate': 'Bearer' } : {};
  return { status, headers, body: { error: code ? { code, message: fixed ?? message } : message } };
}
