import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Logger, pino } from 'pino';
import { pinoHttp } from 'pino-http';

/** What is never written, up to three levels deep in what is logged. */
const secrets = [
  ...['authorization', 'proxy-authorization', 'cookie', 'set-cookie', 'x-api-key', 'apikey', 'api_key', 'apiKey'],
  ...['oauth-token', 'oauth_token', 'token', 'access_token', 'refresh_token', 'tokenSecret', 'secret'],
  ...['password', 'password_current', 'password_confirmation', 'password_hash', 'madePassword', 'databaseUrl'],
];

/** Lines of JSON on stdout: control characters are escaped, secrets are not written. */
export function createLog(): Logger {
  const paths = secrets.map((name) => `["${name}"]`).flatMap((name) => [name, `*${name}`, `*.*${name}`]);
  return pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime, redact: { paths, censor: '[redacted]' } });
}

/**
 * One line a request, once its answer is sent or given up: method, path, status, milliseconds, id; never a header, a
 * body or a query. The id is the client's `x-request-id` when that is 1 to 128 of `[A-Za-z0-9_.-]`, else a new UUID; the
 * answer carries it back.
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
    genReqId(request, response) {
      const given = request.headers['x-request-id'];
      const id = typeof given === 'string' && /^[\w.-]{1,128}$/.test(given) ? given : randomUUID();
      response.setHeader('x-request-id', id);
      return id;
    },
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
function pathOf(request: IncomingMessage & { originalUrl?: string }): string {
  const [path = ''] = (request.originalUrl ?? request.url ?? '').split('?', 1);
  const segments = path.replace(/[^!-~]/g, encodeURIComponent).split('/');
  return segments.map((segment) => (segment.length < 32 || uuid.test(segment) ? segment : '[long]')).join('/');
}

const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;
