import { CronExpressionParser } from 'cron-parser';
import { Failure } from '../../contract/failure.ts';

/** The named intervals, as cron where a clock decides them; Mage's weeks begin on Monday. */
const named = new Map([
  ['@once', undefined],
  ['@hourly', '0 * * * *'],
  ['@daily', '0 0 * * *'],
  ['@weekly', '0 0 * * 1'],
  ['@monthly', '0 0 1 * *'],
  ['@midnight', '0 0 * * *'],
  ['@yearly', '0 0 1 1 *'],
  ['@annually', '0 0 1 1 *'],
  ['@always_on', undefined],
]);

/** A named interval or a cron expression. Throws `invalid`. */
export function checkInterval(interval: string): void {
  if (named.has(interval) || after(interval, new Date())) return;
  throw new Failure('invalid', 'Cron expression is invalid.', { reason: { unusable: 'schedule_interval' } });
}

const moment =
  /^((?!0000)\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?))? ?(?:Z|([+-](?:0\d|1[0-5])):?([0-5]\d)?)?$/i;

/** A date, or a date and a time, of the years 1 to 9999, as ISO text; without a zone it is UTC. Undefined for what is none. */
export function momentOf(text: string): string | undefined {
  const [, day = '', clock = '00:00', hours = '+00', minutes = '00'] = moment.exec(text) ?? [];
  const start = `${day}T${clock}${hours}:${minutes}`;
  const year = new Date(start).getUTCFullYear();
  // Date takes 31 February for 3 March; Postgres does not.
  return year >= 1 && year <= 9999 && new Date(`${day}T00:00Z`).toISOString().startsWith(day) ? start : undefined;
}

/** The same of a trigger's start. Throws `invalid`. */
export function checkStart(text: string): string {
  const start = momentOf(text);
  if (start !== undefined) return start;
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
  const next = after(named.get(interval) ?? interval, ahead ? new Date(start.getTime() - 1) : now);
  return next ? iso(next) : null;
}

/** What a trigger by time says of when it runs. */
export interface Timing {
  schedule_interval: string | null;
  start_time: string | null;
  last_enabled_at: string | null;
  settings: Record<string, unknown> | null;
}

/**
 * The interval that a trigger is in, by its first moment, and when the next one begins; without an interval nothing is due now
 * (docs/compat/mage.md: The scheduler). Where no clock decides (`@once`, `@always_on`), the interval begins now and has no next one.
 */
export function intervalAt(timing: Timing, now: Date): { start?: Date; next?: Date } {
  const { schedule_interval: interval, start_time, last_enabled_at, settings } = timing;
  const first = start_time === null ? undefined : new Date(start_time);
  if (interval === null || (first && first > now)) return first ? { next: first } : {};
  if (interval === '@once' || interval === '@always_on') return { start: now };
  const cron = named.get(interval) ?? interval;
  const next = after(cron, now);
  const start = before(cron, now);
  const isEarly = start && first && first > start;
  // One that was switched on within an interval begins with the next one, unless it says otherwise.
  const isBegun = start && last_enabled_at !== null && start < new Date(last_enabled_at);
  const isOut = !start || isEarly || (isBegun && !settings?.create_initial_pipeline_run);
  return { ...(!isOut && { start }), ...(next && { next }) };
}

/**
 * The interval that begins at a moment, for the code that runs for it: ISO times in UTC, and its length in seconds. Null where no clock decides.
 */
export function spanFrom(interval: string | null, start: Date) {
  if (interval === null || (named.has(interval) && named.get(interval) === undefined)) return null;
  const cron = named.get(interval) ?? interval;
  const [end, previous] = [after(cron, start), before(cron, new Date(start.getTime() - 1))];
  return {
    start: iso(start),
    end: end ? iso(end) : null,
    previous: previous ? iso(previous) : null,
    seconds: end ? (end.getTime() - start.getTime()) / 1000 : null,
  };
}

/** The first moment of a cron expression after a time, in UTC; undefined for what is none, or never comes. */
function after(expression: string, time: Date): Date | undefined {
  return nearest(expression, time, 1);
}

/** The last moment of a cron expression that is not after a time; undefined for what is none, or never was. */
function before(expression: string, time: Date): Date | undefined {
  return nearest(expression, new Date(time.getTime() + 1), -1);
}

/**
 * The nearest moment in a direction. Five fields, or six with seconds last, or seven with a year after them: Mage's order,
 * which is croniter's.
 */
function nearest(expression: string, time: Date, direction: 1 | -1): Date | undefined {
  const fields = expression.trim().split(/\s+/);
  const [five, [seconds, years]] = [fields.slice(0, 5), fields.slice(5)];
  // `H` is the parser's own, and stands for something else each time.
  if (fields.length < 5 || fields.length > 7 || fields.some((field) => /(^|[,/])H/i.test(field))) return undefined;
  const wanted = yearsOf(years ?? '*');
  const pattern = [...(seconds === undefined ? [] : [seconds]), ...five].join(' ');
  const step = (currentDate: Date) => {
    const moments = CronExpressionParser.parse(pattern, { currentDate, tz: 'UTC' });
    return (direction > 0 ? moments.next() : moments.prev()).toDate();
  };
  try {
    let found = step(time);
    while (!wanted(found.getUTCFullYear())) {
      const year = yearAfter(found.getUTCFullYear(), direction, wanted);
      if (year === undefined) return undefined;
      found = step(new Date(Date.UTC(direction > 0 ? year : year + 1, 0, 1) - (direction > 0 ? 1 : 0)));
    }
    return found;
  } catch {
    return undefined;
  }
}

function yearAfter(year: number, direction: 1 | -1, wanted: (year: number) => boolean): number | undefined {
  for (let at = year + direction; at <= latest && at >= 1970; at += direction) if (wanted(at)) return at;
  return undefined;
}

/** The last year that a cron expression may name. */
const latest = 2099;

/** Which years a field of years means. Throws for one that is none. */
function yearsOf(field: string): (year: number) => boolean {
  const parts = field.split(',').map((part) => {
    const [, first, last, step = '1'] = /^(?:\*|(\d{4})(?:-(\d{4}))?)(?:\/([1-9]\d*))?$/.exec(part) ?? [];
    if (!/^[*\d]/.test(part) || (first === undefined && !part.startsWith('*'))) return undefined;
    const from = Number(first ?? 1970);
    const until = Number(last ?? (first === undefined || part.includes('/') ? latest : first));
    return (year: number) => year >= from && year <= until && (year - from) % Number(step) === 0;
  });
  return (year) => parts.every((part) => part !== undefined) && parts.some((part) => part?.(year));
}

function iso(time: Date): string {
  return time.toISOString().replace(/(\.000)?Z$/, '+00:00');
}
