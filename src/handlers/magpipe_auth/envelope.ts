import contract from '../../../generated/magpipe_auth.json' with { type: 'json' };
import { type Contract, operationsOf } from '../../contract/contract.ts';
import { type Failure, Failure as Thrown } from '../../contract/failure.ts';
import { router } from '../../contract/routes.ts';
import type { Envelope, Request } from '../../wire/surface.ts';
import { envelope as magpipe } from '../magpipe/envelope.ts';

const find = router(operationsOf(contract as unknown as Contract));

/** An error in GoTrue's terms: status, code and sentence (docs/compat/magpipe.md: Refusals of GoTrue). */
type Told = [status: number, code: string, message: string];

/** Codes that are not 400. */
const statuses: Record<string, number> = {
  signup_disabled: 422,
  user_already_exists: 422,
  email_exists: 422,
  weak_password: 422,
  same_password: 422,
  anonymous_provider_disabled: 422,
};

/** GoTrue's way: bare answers, errors in one of two shapes, whichever the caller's version of the API knows. */
export const envelope: Envelope = {
  ...magpipe,
  headers: {
    ...magpipe.headers,
    // As GoTrue has it: supabase-js reads the version of an error from there.
    'Access-Control-Expose-Headers': 'X-Total-Count, Link, X-Supabase-Api-Version',
    'Access-Control-Allow-Headers': 'authorization, x-client-info, apikey, content-type, x-supabase-api-version',
  },
  /** What is not served is not there, whoever asks: GoTrue looks for the route first. */
  path(path) {
    if (find(path)) return path;
    throw new Thrown('not_found', 'Not found.', { reason: { missing: 'route' } });
  },
  parse(text) {
    try {
      const body: unknown = JSON.parse(text);
      // As Go reads it into a struct, null leaves everything as it is.
      if (body === null) return {};
      if (typeof body === 'object' && !Array.isArray(body)) return body;
    } catch {
      // Said below, as for a body that is JSON and no object.
    }
    throw badJson('it is not a JSON object');
  },
  /** Nothing is no JSON, wherever GoTrue reads a body. */
  read: ({ accepts }) => {
    const isRead = accepts.length > 0;
    return (body) => {
      if (isRead && body === undefined) throw badJson('unexpected end of JSON input');
      return body;
    };
  },
  failure(failure, request) {
    const { kind, reason } = failure;
    if (kind === 'unauthenticated' && reason && 'credential' in reason && reason.credential === 'key') {
      return {
        status: 401,
        headers: { 'WWW-Authenticate': 'Key realm="latchkey"' },
        body: refusedByGateway(reason.state),
      };
    }
    const [status, code, message] = told(failure);
    const headers = { 'x-sb-error-code': code, ...(isModern(request) && { 'X-Supabase-Api-Version': modern }) };
    const why = code === 'weak_password' && { weak_password: { reasons: [weakOf(reason)] } };
    if (isModern(request)) return { status, headers, body: { code, message, ...why } };
    return { status, headers, body: { code: status, error_code: code, msg: message, ...why } };
  },
};

function badJson(why: string): Thrown {
  return new Thrown('invalid', `Could not parse request body as JSON: ${why}`, { reason: { auth: 'bad_json' } });
}

function told({ kind, message, reason }: Failure): Told {
  if (reason && 'auth' in reason) return [reason.status ?? statuses[reason.auth] ?? 400, reason.auth, message];
  if (kind === 'unauthenticated') {
    const state = reason && 'credential' in reason && reason.state;
    if (state === 'missing') return [401, 'no_authorization', message];
    // supabase-js signs a tab out on this code, and on no other.
    if (state === 'ended') return [403, 'session_not_found', 'Session from session_id claim in JWT does not exist'];
    return [403, 'bad_jwt', 'invalid JWT: unable to parse or verify signature, or it has expired'];
  }
  const known: Partial<Record<typeof kind, Told>> = {
    invalid: [400, 'validation_failed', message],
    not_found: [404, 'not_found', message],
    not_allowed: [405, 'method_not_allowed', message],
    not_acceptable: [406, 'validation_failed', message],
    conflict: [409, 'conflict', message],
    too_large: [413, 'request_entity_too_large', message],
    unsupported: [415, 'validation_failed', message],
    too_many: [429, 'over_request_rate_limit', 'Request rate limit reached'],
    unavailable: [503, 'unexpected_failure', message],
  };
  return known[kind] ?? [500, 'unexpected_failure', message];
}

const weakOf = (reason: Failure['reason']) => (reason && 'auth' in reason && reason.weak) || 'length';

/** The one version of the API that has a name. */
const modern = '2024-01-01';

/** Clients that name this version or a later one get the short shape. */
function isModern(request: Request): boolean {
  const version = request.get('x-supabase-api-version') ?? '';
  return /^\d{4}-\d\d-\d\d$/.test(version) && version >= modern;
}

function refusedByGateway(state: string) {
  return state === 'missing'
    ? {
        message: 'No API key found in request',
        hint: 'No `apikey` request header or url param was found.',
      }
    : { message: 'Invalid API key', hint: 'Double check your Supabase `anon` or `service_role` API key.' };
}
