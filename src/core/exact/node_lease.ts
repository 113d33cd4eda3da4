import { lease } from '../../database/all_heard.ts';
import { Deadline, type Moment, past } from '../deadline.ts';

/**
 * The right to answer from memory, as the one who holds it knows it: from the moment before a renewal was sent, once the renewal's own
 * notice has come back. Notices come in the order of commits, so that all before it was heard.
 */
export class NodeLease {
  /** When renewals were sent, by their beats; and the newest beat whose notice came back. */
  private readonly sent = new Map<number, Moment>();
  private heard = 0;
  private end = past;
  private isOver = false;

  /** Whether it goes on, this very moment. */
  holds(): boolean {
    return !this.end.isOver();
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
    this.end = past;
  }

  /** Renewals follow each other, and the last one counts. */
  private extend() {
    if (this.isOver) return;
    for (const [beat, moment] of this.sent) {
      if (beat > this.heard) continue;
      this.end = new Deadline(moment, lease);
      this.sent.delete(beat);
    }
  }
}
