import { CronExpressionParser } from 'cron-parser';
import { Failure } from '../../failure.ts';

const named = ['@once', '@hourly', '@daily', '@weekly', '@monthly', '@always_on'];

/** A named interval or a cron expression of five fields. Throws `invalid`. */
export function checkInterval(interval: string): void {
  if (named.includes(interval) || cron(interval)) return;
  const sentence = 'Cron expression is invalid.';
  throw new Failure('invalid', sentence, { fields: { schedule_interval: [sentence] } });
}

/** When an active trigger by time runs next, as an ISO time in UTC, or null where no clock decides that. */
export function nextRun(
  { status, schedule_type, schedule_interval: interval, start_time }: Record<string, unknown>,
  now: Date,
): string | null {
  if (status !== 'active' || schedule_type !== 'time' || typeof interval !== 'string') return null;
  const start = typeof start_time === 'string' ? new Date(start_time) : now;
  const from = start > now ? start : now;
  if (interval === '@once' || interval === '@always_on') return start > now ? iso(start) : null;
  const next = cron(interval, from)?.next();
  return next ? iso(next.toDate()) : null;
}

function cron(expression: string, currentDate = new Date()) {
  if (!expression.startsWith('@') && expression.trim().split(/\s+/).length !== 5) return undefined;
  try {
    return CronExpressionParser.parse(expression, { currentDate, tz: 'UTC' });
  } catch {
    return undefined;
  }
}

function iso(time: Date): string {
  return time.toISOString().replace(/(\.000)?Z$/, '+00:00');
}
