import type { IncomingMessage, ServerResponse } from 'node:http';
import { type DestinationStream, type Logger, pino } from 'pino';
import { pinoHttp } from 'pino-http';
import { isUuid } from './core/uuid.ts';
import { forPeople } from './pretty.ts';
import type { LogLevel } from './setting_kinds.ts';
import { nameRequest } from './wire/request_id.ts';
import { addressOf } from './wire/url.ts';

/** The names, in lower case, of what is never written, wherever in a logged object it stands. */
const secrets = new Set([
  ...['authorization', 'proxy-authorization', 'cookie', 'set-cookie', 'x-api-key', 'apikey', 'api_key'],
  ...['oauth-token', 'oauth_token', 'token', 'access_token', 'refresh_token', 'tokensecret', 'databaseurl'],
  ...['secret', 'nextsecret'],
  ...['password', 'password_current', 'password_confirmation', 'password_hash', 'device_code'],
]);

/**
 * Lines of JSON, on stdout unless told otherwise; for people on a terminal, and then quiet: warnings and errors alone.
 * Control characters are escaped, secrets are not written. `level` of its own: `LATCHKEY_LOG_LEVEL`.
 */
export function createLog(destination?: DestinationStream, level?: LogLevel): Logger {
  const isTerminal = destination === undefined && process.stdout.isTTY === true;
  const options = {
    level: level ?? (isTerminal ? 'warn' : 'info'),
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { log: (logged: object) => withoutSecrets(logged) as Record<string, unknown> },
    serializers: { err: (error: Error) => withoutSecrets(pino.stdSerializers.err(error)) },
  };
  return pino(options, destination ?? (isTerminal ? forPeople(process.stdout) : pino.destination(1)));
}

/** pino's own redaction, which cannot look to any depth, costs some 80 µs a line; this costs a few. */
function withoutSecrets(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Error || value instanceof Date) return value;
  if (depth > 8) return '[deep]';
  if (Array.isArray(value)) return value.map((item) => withoutSecrets(item, depth + 1));
  const entries = Object.entries(value).map(([name, inner]) => [
    name,
    secrets.has(name.toLowerCase()) ? '[redacted]' : withoutSecrets(inner, depth + 1),
  ]);
  return Object.fromEntries(entries);
}

/** What balancers ask every other second: a log of nothing else would tell nobody anything. */
const probes = new Set(['/healthz', '/readyz']);

/**
 * One line a request, but for probes, once its answer is sent or given up: method, path, status, milliseconds, and the id
 * that the answer carries as `x-request-id`; never a header, a body or a query.
 */
export function requestLog(log: Logger) {
  const line = (request: IncomingMessage, response: ServerResponse, { ms }: { ms: number }) => ({
    method: request.method,
    path: pathOf(request),
    status: response.statusCode,
    ms,
  });
  return pinoHttp({
    logger: log,
    genReqId: nameRequest,
    autoLogging: { ignore: (request) => probes.has(addressOf(request).split('?', 1)[0] ?? '') },
    // The request is handed to a child logger that nobody uses: it must cost nothing, and hold nothing.
    wrapSerializers: false,
    serializers: { req: () => undefined },
    quietReqLogger: true,
    quietResLogger: true,
    customAttributeKeys: { reqId: 'request_id', responseTime: 'ms' },
    customLogLevel: (_request, response) => (response.statusCode >= 500 ? 'error' : 'info'),
    customSuccessObject: line,
    customErrorObject: (request, response, _error, value) => line(request, response, value),
    customSuccessMessage: (_request, response) => (response.writableFinished ? 'answered' : 'given up by the client'),
    customErrorMessage: () => 'answered',
  });
}

/** The path as it was asked, without its query; what may be a key or a token in it is not written. */
function pathOf(request: IncomingMessage): string {
  const [path = ''] = addressOf(request).split('?', 1);
  // The token of a trigger may be as short as its owner likes.
  const safe = path.replace(/(^\/api\/(?:pipeline_schedules?\/[^/]+\/pipeline_)?runs?\/)[^/]+$/, '$1[token]');
  const segments = safe.replace(/[^!-~]/g, encodeURIComponent).split('/');
  return segments.map((segment) => (segment.length < 32 || isUuid(segment) ? segment : '[long]')).join('/');
}
