import { CronExpressionParser } from 'cron-parser';
import { Failure } from '../../failure.ts';

/** The named intervals, as cron where a clock decides them; Mage's weeks begin on Monday. */
const named = new Map([
  ['@once', undefined],
  ['@hourly', '0 * * * *'],
  ['@daily', '0 0 * * *'],
  ['@weekly', '0 0 * * 1'],
  ['@monthly', '0 0 1 * *'],
  ['@always_on', undefined],
]);

/** A named interval or a cron expression of five fields. Throws `invalid`. */
export function checkInterval(interval: string): void {
  if (named.has(interval) || cron(interval)) return;
  throw new Failure('invalid', 'Cron expression is invalid.', { reason: { unusable: 'schedule_interval' } });
}

const moment =
  /^((?!0000)\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?))? ?(?:Z|([+-](?:0\d|1[0-5])):?([0-5]\d)?)?$/i;

/** A date, or a date and a time, of the years 1 to 9999, as ISO text; without a zone it is UTC. Throws `invalid`. */
export function checkStart(text: string): string {
  const [, day = '', clock = '00:00', hours = '+00', minutes = '00'] = moment.exec(text) ?? [];
  const start = `${day}T${clock}${hours}:${minutes}`;
  const year = new Date(start).getUTCFullYear();
  // Date takes 31 February for 3 March; Postgres does not.
  if (year >= 1 && year <= 9999 && new Date(`${day}T00:00Z`).toISOString().startsWith(day)) return start;
  const sentence = 'must be a time, such as 2026-01-31 09:00:00';
  throw new Failure('invalid', `start_time ${sentence}.`, { fields: { start_time: [sentence] } });
}

/**
 * When an active trigger by time runs next, as an ISO time in UTC, or null where no clock decides that. The first run
 * is the interval's first moment that is not before `start_time`.
 */
export function nextRun(
  { status, schedule_type, schedule_interval: interval, start_time }: Record<string, unknown>,
  now: Date,
): string | null {
  if (status !== 'active' || schedule_type !== 'time' || typeof interval !== 'string') return null;
  const start = typeof start_time === 'string' ? new Date(start_time) : now;
  const ahead = start > now;
  if (interval === '@once' || interval === '@always_on') return ahead ? iso(start) : null;
  const next = cron(named.get(interval) ?? interval, ahead ? new Date(start.getTime() - 1) : now)?.next();
  return next ? iso(next.toDate()) : null;
}

/** The moments after `currentDate`, or undefined for what is no cron expression of five fields. */
function cron(expression: string, currentDate = new Date()) {
  if (expression.trim().split(/\s+/).length !== 5) return undefined;
  try {
    return CronExpressionParser.parse(expression, { currentDate, tz: 'UTC' });
  } catch {
    return undefined;
  }
}

function iso(time: Date): string {
  return time.toISOString().replace(/(\.000)?Z$/, '+00:00');
}
