import type { Knex } from 'knex';
import { Failure } from '../../contract/failure.ts';
import type { House } from '../house.ts';
import type { KeyBounds, Window } from '../principal.ts';

/** What a key has left after a call. */
export interface Left {
  windows: (Window & { remaining: number /** Until it begins anew, in seconds. */; seconds: number })[];
  /** Null where calls use none up. */
  credits: number | null;
}

/** How long each span is, in seconds. */
export const spans: Readonly<Record<Window['per'], number>> = { second: 1, minute: 60, hour: 3600, day: 86_400 };

type Counters = Record<string, string | number | null>;

/** A call that credits refuse, which nobody fills up, is worth another try tomorrow; seconds. */
const tomorrow = 86_400;

/** SQL: whether a window goes on. It begins with its first call, so no span of that length ever has more, in any process. */
const goesOn = (per: Window['per']) => `${per}_from > now() - interval '1 ${per}'`;

/** SQL: the credits that are there now, and whether that is because they were filled up. */
function credit({ refill }: KeyBounds): { now: string; due: string } {
  if (!refill) return { now: 'credits', due: 'false' };
  const due = `refilled_at < date_trunc('${refill.every === 'day' ? 'day' : 'month'}', now(), 'UTC')`;
  return { due, now: `case when ${due} then greatest(credits, ${Number(refill.amount)}) else credits end` };
}

/** Whether anything is counted of a call that costs so much. */
export function isCounted({ limits, credited }: KeyBounds, cost: number): boolean {
  return limits.length > 0 || (credited && cost > 0);
}

/**
 * Counts one call of a key in all its windows and takes its credits, in one statement: all or nothing, however many calls of
 * however many processes come at once. Nothing is asked where a key has neither. Throws `too_many`, and then nothing was
 * counted.
 */
export async function spend({ db }: Pick<House, 'db'>, bounds: KeyBounds, cost: number): Promise<Left | undefined> {
  const { limits, credited, counterId } = bounds;
  if (!isCounted(bounds, cost)) return undefined;
  const { now, due } = credit(bounds);
  const sets = limits.flatMap(({ per }) => [
    `${per}_from = case when ${goesOn(per)} then ${per}_from else now() end`,
    `${per}_count = case when ${goesOn(per)} then ${per}_count + 1 else 1 end`,
  ]);
  const conditions = limits.map(({ per }) => `(not ${goesOn(per)} or ${per}_count < ?::int)`);
  const costs = credited ? [cost] : [];
  if (credited) {
    sets.push(`credits = (${now}) - ?::int`, `refilled_at = case when ${due} then now() else refilled_at end`);
    conditions.push(`(${now}) >= ?::int`);
  }
  const { rows } = await db.raw(
    `update key_counters set ${sets.join(', ')} where id = ?::int and ${conditions.join(' and ')} returning ${seen(bounds)}`,
    [...costs, counterId, ...limits.map(({ requests }) => requests), ...costs],
  );
  if (rows[0]) return leftOf(bounds, rows[0] as Counters);
  const left = await leftNow(db, bounds);
  const full = left.windows.find(({ remaining }) => remaining === 0);
  if (full) throw refused('limit', `This key may be used ${full.requests} times a ${full.per}.`, full.seconds, left);
  if (left.credits !== null && left.credits < cost)
    throw refused('credits', 'This key has used up its credits.', tomorrow, left);
  // Between the two statements a window has ended: whoever comes again now is let in.
  throw refused('limit', 'This key was used too often.', 1, left);
}

/** What a key has left, without a call. */
export async function leftNow(db: Knex, bounds: KeyBounds): Promise<Left> {
  const { rows } = await db.raw(`select ${seen(bounds)} from key_counters where id = ?::int`, [bounds.counterId]);
  return leftOf(bounds, (rows[0] ?? {}) as Counters);
}

function seen(bounds: KeyBounds): string {
  const windows = bounds.limits.flatMap(({ per }) => [
    `case when ${goesOn(per)} then ${per}_count else 0 end ${per}_used`,
    `ceil(extract(epoch from ${per}_from + interval '1 ${per}' - now()))::float8 ${per}_ends`,
  ]);
  return [...windows, `${credit(bounds).now} credits`].join(', ');
}

function leftOf({ limits, credited }: KeyBounds, row: Counters): Left {
  const windows = limits.map(({ requests, per }) => {
    const used = Number(row[`${per}_used`] ?? 0);
    const ends = Number(row[`${per}_ends`] ?? 0);
    const seconds = used > 0 ? Math.min(spans[per], Math.max(1, ends)) : spans[per];
    return { requests, per, remaining: Math.max(0, requests - used), seconds };
  });
  return { windows, credits: credited && row.credits != null ? Number(row.credits) : null };
}

function refused(bound: 'limit' | 'credits', sentence: string, seconds: number, left: Left): Failure {
  return new Failure('too_many', `${sentence} Try again in ${seconds} seconds.`, {
    reason: { spent: bound, left },
    headers: { 'Retry-After': String(seconds) },
  });
}
