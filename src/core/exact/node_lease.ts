import { lease } from '../../database/all_heard.ts';

/** Two clocks of this process: one that only goes on, and one that knows of a machine that slept; milliseconds. */
export interface Moment {
  steady: number;
  wall: number;
}

/** This moment. */
export const thisMoment = (): Moment => ({ steady: performance.now(), wall: Date.now() });

/**
 * The right to answer from memory, as the one who holds it knows it: from the moment before a renewal was sent, once the renewal's own
 * notice has come back. Notices come in the order of commits, so that all before it was heard.
 */
export class NodeLease {
  /** When renewals were sent, by their beats; and the newest beat whose notice came back. */
  private readonly sent = new Map<number, Moment>();
  private heard = 0;
  private end: Moment = { steady: 0, wall: 0 };
  private isOver = false;

  /** Whether it goes on, this very moment. */
  holds(): boolean {
    return performance.now() < this.end.steady && Date.now() < this.end.wall;
  }

  /** The database has taken a renewal, which was sent at a moment. */
  renewed(beat: number, moment: Moment): void {
    this.sent.set(beat, moment);
    this.extend();
  }

  /** The notice of a renewal is here. */
  hear(beat: number): void {
    this.heard = Math.max(this.heard, beat);
    this.extend();
  }

  /** For good. */
  give(): void {
    this.isOver = true;
    this.end = { steady: 0, wall: 0 };
  }

  private extend() {
    if (this.isOver) return;
    for (const [beat, { steady, wall }] of this.sent) {
      if (beat > this.heard) continue;
      this.end = { steady: Math.max(this.end.steady, steady + lease), wall: wall + lease };
      this.sent.delete(beat);
    }
  }
}
