import { Failure } from '../../contract/failure.ts';
import type { Json } from '../pipelines/row.ts';

/** The dates of a backfill: from one to the other, both included, so many units apart. */
export interface Span {
  start_datetime: string;
  end_datetime: string;
  interval_type: string;
  interval_units: number;
}

/** How many runs a backfill may have. */
const most = 10_000;

const milliseconds: Record<string, number> = {
  second: 1_000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  week: 604_800_000,
};
const months: Record<string, number> = { month: 1, year: 12 };

/** The variables of each run of a span: its date, and its interval, as ISO text without a zone. Throws `invalid`. */
export function datesOf(span: Span): Json[] {
  const dates = [...between(span)];
  return dates.map((date, at) => {
    const end = step(span, date);
    const before = dates[at - 1] ?? step({ ...span, interval_units: -span.interval_units }, date);
    return {
      ds: date.toISOString().slice(0, 10),
      hr: String(date.getUTCHours()).padStart(2, '0'),
      execution_date: plain(date),
      interval_end_datetime: plain(end),
      interval_seconds: (end.getTime() - date.getTime()) / 1000,
      interval_start_datetime: plain(date),
      interval_start_datetime_previous: plain(before),
    };
  });
}

function* between(span: Span): Generator<Date> {
  const end = new Date(span.end_datetime);
  if (span.interval_units < 1) throw wrong('interval_units', 'must be 1 or more');
  let count = 0;
  for (let date = new Date(span.start_datetime); date <= end; date = step(span, date)) {
    count += 1;
    if (count > most) throw wrong('end_datetime', `makes more than ${most} runs`);
    yield date;
  }
}

function step({ interval_type, interval_units }: Span, date: Date): Date {
  const length = milliseconds[interval_type];
  if (length !== undefined) return new Date(date.getTime() + length * interval_units);
  const count = months[interval_type];
  if (count === undefined) throw wrong('interval_type', 'must be second, minute, hour, day, week, month or year');
  const next = new Date(date);
  next.setUTCMonth(date.getUTCMonth() + count * interval_units);
  return next;
}

const plain = (date: Date) => date.toISOString().slice(0, 19);

function wrong(field: string, why: string): Failure {
  return new Failure('invalid', `${field} ${why}.`, { fields: { [field]: [why] } });
}
