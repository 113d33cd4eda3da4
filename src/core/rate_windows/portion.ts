import { Deadline, past, thisMoment } from '../deadline.ts';
import type { Grant, RateWindow, Unused } from './grant.ts';

/** Asks the database for calls of one window. */
export type Ask = (window: RateWindow, need: { waiting: number; wanted: number }) => Promise<Grant>;

/** What this process may hand out of one window without asking: a portion, which ends with the window. */
export class Portion {
  private unused = 0;
  /** What the window had besides when we asked last. */
  private besides = 0;
  private lastGrant = 0;
  private endsAt = '';
  private end = past;
  private waiting = 0;
  private asking: Promise<void> | undefined;

  constructor(
    readonly window: RateWindow,
    private readonly ask: Ask,
  ) {}

  /** Whether a call can be taken now. */
  has(): boolean {
    return this.unused > 0 && !this.end.isOver();
  }

  /** Whether nothing is to be had until the window ends, as far as is known. */
  isEmpty(): boolean {
    return this.unused === 0 && this.besides === 0 && !this.end.isOver();
  }

  /** Takes one; only where there is one. Gives what takes it back, as long as its window goes on. */
  use(): () => void {
    this.unused -= 1;
    const { endsAt } = this;
    return () => {
      if (this.endsAt === endsAt) this.unused += 1;
    };
  }

  /** What is left, and for how many seconds. */
  get left(): { remaining: number; seconds: number } {
    const { seconds } = this.window;
    if (this.end.isOver()) return { remaining: this.window.limit, seconds };
    const time = Math.max(1, Math.ceil(this.end.left() / 1000));
    return { remaining: this.unused + this.besides, seconds: Math.min(seconds, time) };
  }

  /** Asks for more, once for all who wait. */
  async fill(): Promise<void> {
    this.waiting += 1;
    this.asking ??= this.more().finally(() => {
      this.asking = undefined;
    });
    await this.asking.finally(() => {
      this.waiting -= 1;
    });
  }

  /** What to give back, at the end of the process. */
  unusedBy(whose: string): Unused | undefined {
    if (!this.has()) return undefined;
    const { unused, endsAt: ends_at } = this;
    this.unused = 0;
    return { whose, seconds: this.window.seconds, ends_at, unused };
  }

  /** Twice as much each time, so that whoever calls seldom keeps little from others, and whoever calls often asks seldom. */
  private async more(): Promise<void> {
    const { waiting } = this;
    const wanted = this.end.isOver() ? 1 : 2 * this.lastGrant;
    const asked = thisMoment();
    const { granted, remaining, ends_in, ends_at } = await this.ask(this.window, { waiting, wanted });
    // What was left of a window that is over is nothing.
    this.unused = (ends_at === this.endsAt ? this.unused : 0) + granted;
    this.besides = remaining;
    this.lastGrant = granted;
    this.endsAt = ends_at;
    this.end = new Deadline(asked, ends_in);
  }
}
