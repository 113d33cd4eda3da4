import type { Knex } from 'knex';
import { rowOf, statement } from '../../database/statement.ts';

/** So many of somebody's calls in a span of time. */
export interface RateWindow {
  limit: number;
  seconds: number;
}

/** What the database has granted of a window: calls that nobody else counts. */
export interface Grant {
  granted: number;
  /** What the window has besides, for whoever asks next. */
  remaining: number;
  /** When it ends: in so many milliseconds, and by its name, which is that of this window and no later one. */
  ends_in: number;
  ends_at: string;
}

/** What a process has, and has not used. */
export interface Unused {
  whose: string;
  seconds: number;
  ends_at: string;
  unused: number;
}

/** SQL: of what is left, as much as is waited for, and where nobody waits, not more than a tenth of it. */
const of = (left: string) => `least(${left}, greatest($4::int, least($5::int, ceil((${left}) / 10.0)::int)))`;
const isOver = 'w.ends_at <= now()';
const left = '$3::int - w.taken';

const grant = statement<Grant>(
  'rate_window_grant',
  `insert into rate_windows as w (whose, seconds, ends_at, taken, granted)
   values ($1, $2::int, now() + make_interval(secs => $2::int), ${of('$3::int')}, ${of('$3::int')})
   on conflict (whose, seconds) do update set
     granted = case when ${isOver} then excluded.granted else greatest(0, ${of(left)}) end,
     taken = case when ${isOver} then excluded.taken else w.taken + greatest(0, ${of(left)}) end,
     ends_at = case when ${isOver} then excluded.ends_at else w.ends_at end
   returning granted, greatest(0, ${left}) as remaining, ends_at::text,
     extract(epoch from w.ends_at - now())::float8 * 1000 as ends_in`,
);

/**
 * Takes calls out of somebody's window, for one process to hand out: never more than it has. A window begins with the first call and
 * ends by the database's clock.
 * @param waiting how many calls wait for it now; `wanted`: how many would be welcome
 */
export async function takeGrant(
  db: Knex,
  whose: string,
  { limit, seconds }: RateWindow,
  { waiting, wanted }: { waiting: number; wanted: number },
): Promise<Grant> {
  return (await rowOf(db, grant, [whose, seconds, limit, waiting, wanted])) as Grant;
}

/** Gives back what was not used, to windows that go on. */
export async function giveBack(db: Knex, all: Unused[]): Promise<void> {
  if (all.length === 0) return;
  await db.raw(
    `update rate_windows w set taken = greatest(0, w.taken - b.unused)
     from unnest(?::text[], ?::int[], ?::timestamptz[], ?::int[]) b (whose, seconds, ends_at, unused)
     where w.whose = b.whose and w.seconds = b.seconds and w.ends_at = b.ends_at`,
    [
      all.map(({ whose }) => whose),
      all.map(({ seconds }) => seconds),
      all.map(({ ends_at }) => ends_at),
      all.map(({ unused }) => unused),
    ],
  );
}
