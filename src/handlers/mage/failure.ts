import pluralize from 'pluralize';
import { Failure, type Kind, type Refusal } from '../../contract/failure.ts';
import type { Envelope, Request } from '../../wire/surface.ts';
import { pathBelow } from '../../wire/url.ts';
import { unservedAt } from './unserved.ts';

/** Codes and types of docs/compat/mage.md: Errors. What has no type there is an API resource error. */
const codes: Record<Kind, [code: number, type: string]> = {
  invalid: [400, 'record_invalid'],
  unauthenticated: [401, 'invalid_oauth_token'],
  forbidden: [403, 'unauthorized_access'],
  not_found: [404, 'record_not_found'],
  not_allowed: [405, 'api_resource_error'],
  not_acceptable: [406, 'api_resource_error'],
  too_slow: [408, 'api_resource_error'],
  conflict: [409, 'api_resource_error'],
  stale: [412, 'api_resource_error'],
  too_large: [413, 'api_resource_error'],
  unsupported: [415, 'api_resource_error'],
  mismatch: [422, 'api_resource_error'],
  precondition_required: [428, 'api_resource_error'],
  too_many: [429, 'api_resource_error'],
  upstream: [502, 'api_resource_error'],
  unavailable: [503, 'api_resource_error'],
  upstream_late: [504, 'api_resource_error'],
  internal: [500, 'api_resource_error'],
};

/** Kinds that keep their HTTP status, as a path that leads nowhere does; any other error travels as HTTP 200 (§1.5). */
const keepsStatus: ReadonlySet<Kind> = new Set([
  'unauthenticated',
  'not_acceptable',
  'too_slow',
  'too_large',
  'unsupported',
  'too_many',
  'unavailable',
]);

const NO_ROLE = 'You don’t have access to this project. Please ask an admin or owner for permissions.';

type Answer = ReturnType<Envelope['failure']>;

/** The answer to a Failure: `{error, status}`, or the exception shape where Mage has an uncaught exception. */
export function answerFailure(failure: Failure, request: Request): Answer {
  const { kind, reason, message } = failure;
  if (reason && 'missing' in reason && reason.missing === 'service') {
    // `exception` is what clients read of Mage's own uncaught errors.
    const error = { code: 404, message, type: 'record_not_found', exception: message };
    return { status: 404, body: { error, status: 404 } };
  }
  const isRoute = reason !== undefined && 'missing' in reason && reason.missing === 'route';
  const disabled = isRoute ? disabledAction(request) : undefined;
  if (disabled) return answerFailure(disabled, request);
  const allowed = isRoute ? methodsOf(request) : undefined;
  if (allowed && !allowed.includes(request.method)) return { status: 405, headers: { Allow: allowed.join(', ') } };
  if (kind === 'not_allowed') return { status: 405 };
  const unserved = isRoute && !thrownAt(request) ? unservedAt(pathBelow(request)) : undefined;
  if (unserved) return answerFailure(unserved, request);
  const thrown = exception(failure, request);
  if (thrown !== undefined) {
    const error = { code: 500, errors: [], exception: thrown, message: thrown };
    // What nobody could read is the caller's fault, which whoever asks for statuses hears; any other exception is
    // Mage's own 200.
    const isUnread = reason !== undefined && 'missing' in reason && reason.missing === 'body';
    const status = isUnread && request.query._http_error_codes ? codes[kind][0] : 200;
    return { status, body: { error, url_parameters: urlParameters(request) } };
  }
  const error = errorOf(failure);
  const status = request.query._http_error_codes ? error.code : 200;
  const keeps = keepsStatus.has(kind) || isRoute || (reason && 'refused' in reason);
  const headers = kind === 'unauthenticated' ? { 'WWW-Authenticate': 'Bearer' } : {};
  return { status: keeps ? error.code : status, body: { error, status }, headers };
}

function errorOf({ kind, message, reason, fields }: Failure) {
  const [code, type] = codes[kind];
  if (reason && 'refusal' in reason) return { code, message: refusalMessage(reason.refusal), type };
  if (reason && 'credential' in reason) return { code, ...credential(reason.credential, reason.state) };
  if (reason && 'record' in reason) {
    return { code: 200, message: 'Record is invalid.', type, errors: { error: message, metadata: reason.record } };
  }
  // The fields lose the name of the object that holds them: callers know `name`, not `pipeline.name`.
  const errors = fields && Object.fromEntries(Object.entries(fields).map(([field, words]) => [bare(field), words]));
  const sentence = fields ? message.replaceAll(/(^|; )\w+\.(?=\w)/g, '$1') : message;
  return { code, message: sentence, type, ...(errors && { errors, exception: sentence }) };
}

function bare(field: string): string {
  return field.replace(/^\w+\./, '');
}

function credential(which: 'key' | 'token' | 'cookie', state: string): { message: string; type: string } {
  if (which === 'key') return { message: 'Invalid API key.', type: 'invalid_api_key' };
  return state === 'expired'
    ? { message: 'Expired OAuth token.', type: 'expired_oauth_token' }
    : { message: 'Invalid OAuth token.', type: 'invalid_oauth_token' };
}

/** The sentences of docs/compat/mage.md: Refusals. */
function refusalMessage({ part, why, name, value, action, resource, roleless }: Refusal): string {
  if (roleless) return NO_ROLE;
  if (why === 'signed_in') return `Private access for ${name} only, invalid scope.`;
  if (why === 'signed_out') return `Public access for ${name} only, invalid scope.`;
  if (part === 'query') {
    return `Query parameter ${name} of value ${list(value)} is not permitted on ${action} operation for ${resource}.`;
  }
  if (part === 'action') {
    return why === 'disabled'
      ? `The ${action} action is disabled for ${resource}.`
      : `Unauthorized operation ${action} on ${resource}, failed condition.`;
  }
  return why === 'disabled'
    ? `${part} of ${name} on ${action} is disabled for ${resource}.`
    : `Unauthorized ${part} access for ${name} on ${resource} for ${action} operation, failed condition.`;
}

/** A query value as Python prints its list of strings. */
function list(value: unknown): string {
  const values = (Array.isArray(value) ? value : [value]).map((item) => {
    if (typeof item === 'boolean') return item ? 'True' : 'False';
    const text = String(item).replaceAll('\\', '\\\\');
    return text.includes("'") && !text.includes('"') ? `"${text}"` : `'${text.replaceAll("'", "\\'")}'`;
  });
  return `[${values.join(', ')}]`;
}

/** The text of the exception, where Mage throws one: there is nothing of a status or a type in its answer then. */
function exception({ kind, message, reason }: Failure, request: Request): string | undefined {
  if (kind === 'internal') return `${message} Request id: ${request.id}.`;
  if (kind === 'conflict' || (reason && 'unusable' in reason)) return message;
  if (!reason || !('missing' in reason)) return undefined;
  if (reason.missing === 'route') return thrownAt(request) ?? unknownResource(request);
  return reason.missing === 'record' || reason.missing === 'user' ? undefined : message;
}

/** What Mage throws where it has a resource, but not under this parent. */
const misplaced: [method: string, path: RegExp, sentence: string][] = [
  ['GET', /^\/pipelines\/[^/]+\/pipeline_runs$/, "'Pipeline' object has no attribute 'id'"],
  ['POST', /^\/pipelines\/[^/]+\/pipeline_runs$/, "'Pipeline' object has no attribute 'pipeline_uuid'"],
  ['GET', /^\/pipelines\/[^/]+\/block_runs$/, "'Pipeline' object has no attribute 'pipeline_uuid'"],
  ['GET', /^\/variables$/, "'NoneType' object has no attribute 'uuid'"],
  ['GET', /^\/blocks\/[^/]+\/(\w+)$/, "No module named 'mage_ai.api.resources.$1Resource'"],
];

function thrownAt(request: Request): string | undefined {
  const path = pathBelow(request);
  const found = misplaced.find(([method, where]) => method === request.method && where.test(path));
  if (!found) return undefined;
  const [, name = ''] = found[1].exec(path) ?? [];
  return found[2].replace('$1', titled(name));
}

/** The name of a resource's class. */
function titled(name: string): string {
  const words = pluralize.singular(name).split('_');
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}

function unknownResource(request: Request): string | undefined {
  const { resource, pk, child, child_pk } = urlParameters(request);
  const name = child ?? resource;
  if (!name) return undefined;
  const title = titled(name);
  const listed = (request.method === 'GET' || request.method === 'HEAD') && !(child ? child_pk : pk);
  return `No module named 'mage_ai.api.${listed ? `policies.${title}Policy` : `resources.${title}Resource`}'`;
}

/** What may be done with a path of a resource's form, known or not; undefined for a path of no such form. */
function methodsOf(request: Request): string[] | undefined {
  const { resource, pk, child, child_pk } = urlParameters(request);
  if (!resource) return undefined;
  return (child ? child_pk : pk) ? ['GET', 'PUT', 'DELETE', 'HEAD', 'OPTIONS'] : ['GET', 'POST', 'HEAD', 'OPTIONS'];
}

/** What Mage says of an action that a resource of ours does not have, where the path and the method are of its form. */
function disabledAction(request: Request): Failure | undefined {
  const { resource = '', pk, child } = urlParameters(request);
  const name = pluralize.plural(resource);
  if (child || !served.has(name) || !methodsOf(request)?.includes(request.method)) return undefined;
  const actions: Record<string, string> = { GET: 'detail', HEAD: 'detail', PUT: 'update', DELETE: 'delete' };
  const action = pk === undefined ? (request.method === 'POST' ? 'create' : 'list') : actions[request.method];
  if (action === undefined) return undefined;
  const refusal = { part: 'action', why: 'disabled', name: action, action, resource: name, roleless: false } as const;
  return new Failure('forbidden', `You may not ${action} ${name}.`, { reason: { refusal } });
}

/** The resources of the contract that do not have all actions. */
const served = new Set(['oauth_access_tokens', 'statuses']);

/** The parts of a path of this surface: `/resource/pk/child/child_pk`, or what the routes of triggers call theirs. */
function urlParameters(request: Request): Record<string, string> {
  const fired = /^\/pipeline_schedules?\/([^/]+)\/(?:api_trigger|pipeline_runs?\/([^/]+))$/.exec(pathBelow(request));
  const block = /^\/runs(?:\/([^/]+))?$/.exec(pathBelow(request));
  if (block && request.method === 'POST') return block[1] === undefined ? {} : { token: decode(block[1]) };
  if (fired && request.method === 'POST') {
    const [, schedule = '', token] = fired;
    return { pipeline_schedule_id: decode(schedule), ...(token !== undefined && { token: decode(token) }) };
  }
  const match = /^\/(\w+)(?:\/([^/]+)(?:\/(\w+)(?:\/([^/]+))?)?)?$/.exec(pathBelow(request));
  const names = ['resource', 'pk', 'child', 'child_pk'];
  const found = (match ?? []).slice(1).map((value, index) => [names[index], value && decode(value)]);
  return Object.fromEntries(found.filter(([, value]) => value));
}

/** A path as it was meant, or as it stands where its percent-encoding is broken. */
export function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
