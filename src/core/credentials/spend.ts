import type { Knex } from 'knex';
import { Failure } from '../../contract/failure.ts';
import type { House } from '../house.ts';
import type { KeyBounds, Window } from '../principal.ts';
import type { WindowLeft } from '../rate_windows/index.ts';
import { spans } from '../rate_windows/spans.ts';

/** What a key has left after a call. */
export interface Left {
  windows: (Window & { remaining: number /** Until it begins anew, in seconds. */; seconds: number })[];
  /** Null where the call used none up. */
  credits: number | null;
}

/** A call that credits refuse, which nobody fills up, is worth another try tomorrow; seconds. */
const tomorrow = 86_400;

/** SQL: the credits that are there now, and whether that is because they were filled up. */
function credit({ refill }: KeyBounds): { now: string; due: string } {
  if (!refill) return { now: 'credits', due: 'false' };
  const due = `refilled_at < date_trunc('${refill.every === 'day' ? 'day' : 'month'}', now(), 'UTC')`;
  return { due, now: `case when ${due} then greatest(credits, ${Number(refill.amount)}) else credits end` };
}

/**
 * Counts one call of a key in all its windows and takes its credits: all or nothing, however many calls of however many processes come at
 * once. Its windows cost a statement for each portion that is taken out of them (docs/adr/0027), credits one for each call. Nothing is asked
 * where a key has neither. Throws `too_many`, and then nothing was counted.
 */
export async function spend(
  { db, limits }: Pick<House, 'db' | 'limits'>,
  bounds: KeyBounds,
  cost: number,
): Promise<Left | undefined> {
  const isPaid = bounds.credited && cost > 0;
  if (bounds.limits.length === 0 && !isPaid) return undefined;
  const { left, full, undo } = await limits.calls(bounds);
  const windows = bounds.limits.map((window, at) => withLeft(window, left[at] as WindowLeft));
  if (full) {
    const { requests, per } = windows.find(({ per }) => spans[per] === full.seconds) as Window;
    const sentence = `This key may be used ${requests} times a ${per}.`;
    throw refused('limit', sentence, full.ends_in, { windows, credits: null });
  }
  if (!isPaid) return { windows, credits: null };
  const credits = await pay(db, bounds, cost).catch((error) => {
    undo();
    throw error;
  });
  if (credits !== undefined) return { windows, credits };
  undo();
  const before = windows.map((window) => ({ ...window, remaining: window.remaining + 1 }));
  const rest = { windows: before, credits: await creditsNow(db, bounds) };
  throw refused('credits', 'This key has used up its credits.', tomorrow, rest);
}

/** The credits that a key has, without a call; null where calls use none up. */
export async function creditsNow(db: Knex, bounds: KeyBounds): Promise<number | null> {
  if (!bounds.credited) return null;
  const sql = `select ${credit(bounds).now} credits from key_counters where id = ?::int`;
  const { rows } = await db.raw<{ rows: { credits: number | null }[] }>(sql, [bounds.counterId]);
  return rows[0]?.credits ?? null;
}

/** Takes credits, if there are so many: gives what is left. */
async function pay(db: Knex, bounds: KeyBounds, cost: number): Promise<number | undefined> {
  const { now, due } = credit(bounds);
  const { rows } = await db.raw<{ rows: { credits: number }[] }>(
    `update key_counters set credits = (${now}) - ?::int, refilled_at = case when ${due} then now() else refilled_at end
     where id = ?::int and (${now}) >= ?::int returning credits`,
    [cost, bounds.counterId, cost],
  );
  return rows[0]?.credits;
}

const withLeft = (window: Window, { remaining, ends_in }: WindowLeft) => ({ ...window, remaining, seconds: ends_in });

function refused(bound: 'limit' | 'credits', sentence: string, seconds: number, left: Left): Failure {
  return new Failure('too_many', `${sentence} Try again in ${seconds} seconds.`, {
    reason: { spent: bound, left },
    headers: { 'Retry-After': String(seconds) },
  });
}
