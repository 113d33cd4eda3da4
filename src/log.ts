import { type DestinationStream, type Logger, pino } from 'pino';
import { toDescriptor } from './log_lines.ts';
import { forPeople } from './pretty.ts';
import type { LogLevel } from './setting_kinds.ts';

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
  return pino(options, destination ?? (isTerminal ? forPeople(process.stdout) : toDescriptor(1)));
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
