import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Logger, symbols } from 'pino';
import { isUuid } from './core/uuid.ts';
import type { Lines } from './log_lines.ts';
import { addressOf } from './wire/url.ts';

/** What balancers ask every other second: a log of nothing else would tell nobody anything. */
const probes = new Set(['/healthz', '/readyz']);

/**
 * One line a request, but for probes, written once its answer is sent or given up: method, path, status, milliseconds, and the id
 * that the answer carries as `x-request-id`; never a header, a body or a query. It is written by hand, as pino would, in a tenth of
 * the time: there is nothing in it that could be a secret.
 */
export function requestLog(log: Logger) {
  const lines = (log as unknown as Record<symbol, Lines>)[symbols.streamSym] as Lines;
  return (request: IncomingMessage, response: ServerResponse, id: string, began: number): void => {
    const { statusCode: status, writableFinished } = response;
    const level = status >= 500 ? 50 : 30;
    const address = addressOf(request);
    const at = address.indexOf('?');
    const path = at < 0 ? address : address.slice(0, at);
    if (probes.has(path) || !log.isLevelEnabled(level === 50 ? 'error' : 'info')) return;
    const said = status >= 500 || writableFinished ? 'answered' : 'given up by the client';
    const now = Date.now();
    const line =
      `{"level":${level},"time":"${written(now)}","request_id":"${id}","method":"${request.method}",` +
      `"path":"${shown(path)}","status":${status},"ms":${now - began},"msg":"${said}"}\n`;
    if (level < 50 && lines.soon) lines.soon(line);
    else lines.write(line);
  };
}

let last = { at: 0, text: '' };

/** A moment as pino writes it: many requests end in the same millisecond. */
function written(at: number): string {
  if (at !== last.at) last = { at, text: new Date(at).toISOString() };
  return last.text;
}

/** The path as it was asked, without its query; what may be a key or a token in it is not written, and what has to be escaped neither. */
function shown(path: string): string {
  // The token of a trigger may be as short as its owner likes.
  const safe = !path.startsWith('/api/')
    ? path
    : path.replace(/(^\/api\/(?:pipeline_schedules?\/[^/]+\/pipeline_)?runs?\/)[^/]+$/, '$1[token]');
  const clean = /^[!#-[\]-~]*$/.test(safe) ? safe : safe.replace(/[^!#-[\]-~]/g, encodeURIComponent);
  if (clean.length < 32) return clean;
  const segments = clean.split('/');
  return segments.map((segment) => (segment.length < 32 || isUuid(segment) ? segment : '[long]')).join('/');
}
