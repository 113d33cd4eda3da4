import type { Knex } from 'knex';
import { giveBack, type RateWindow, takeGrant } from './grant.ts';
import { Portion } from './portion.ts';

export type { RateWindow } from './grant.ts';

/** What a window has left, and until when; seconds. */
export interface WindowLeft extends RateWindow {
  remaining: number;
  ends_in: number;
}

/** What windows have left, in their order. */
export interface Taken {
  left: WindowLeft[];
  /** One that had no room: then nothing was counted in any. */
  full?: WindowLeft;
  /** The call was not done after all. */
  undo(): void;
}

/** So many are known to a process; the portion of one that is forgotten is lost until its window ends. */
const most = 50_000;
const mostTries = 20;

/**
 * Counts calls in windows that all processes share (docs/adr/0027). A process takes portions of a window out of the database and hands
 * them out by itself: never is there more than the limit, and what others hold and do not use is refused early.
 */
export class RateWindows {
  private readonly portions = new Map<string, Portion>();

  constructor(private readonly db: Knex) {}

  /** Counts a call of somebody in all windows, or in none. */
  async take(whose: string, windows: readonly RateWindow[]): Promise<Taken> {
    const portions = windows.map((window) => this.portionOf(whose, window));
    for (let tries = 1; ; tries += 1) {
      const lacking = portions.filter((portion) => !portion.has());
      if (lacking.length === 0) break;
      // A database that answers after its window is over has nothing for anybody.
      const full = tries > mostTries ? lacking : lacking.filter((portion) => portion.isEmpty());
      if (full.length > 0) return { left: leftOf(portions), full: lastOf(leftOf(full)), undo() {} };
      await Promise.all(lacking.map((portion) => portion.fill()));
    }
    const undos = portions.map((portion) => portion.use());
    return { left: leftOf(portions), undo: () => undos.forEach((undo) => void undo()) };
  }

  /** Gives back what is not used. A process that is killed does not: its portions are lost until their windows end. */
  async close(): Promise<void> {
    const all = [...this.portions].map(([name, portion]) => portion.unusedBy(name.split(' ')[0] as string));
    this.portions.clear();
    await giveBack(
      this.db,
      all.filter((one) => one !== undefined),
    ).catch(() => {});
  }

  private portionOf(whose: string, window: RateWindow): Portion {
    const name = nameOf(whose, window);
    const known = this.portions.get(name);
    if (known?.window.limit === window.limit) return known;
    const made = new Portion(window, (its, need) => takeGrant(this.db, whose, its, need));
    // One with another limit counts on where the first stood in the database.
    this.portions.delete(name);
    if (this.portions.size >= most) this.portions.delete(this.portions.keys().next().value as string);
    this.portions.set(name, made);
    return made;
  }
}

const nameOf = (whose: string, { seconds }: RateWindow) => `${whose} ${seconds}`;

const leftOf = (portions: Portion[]) =>
  portions.map(({ window, left }) => ({ ...window, remaining: left.remaining, ends_in: left.seconds }));

const lastOf = (all: WindowLeft[]): WindowLeft => all.reduce((last, one) => (one.ends_in > last.ends_in ? one : last));
