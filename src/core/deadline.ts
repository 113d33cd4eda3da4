/** Two clocks of this process: one that only goes on, and one that knows of a machine that slept; milliseconds. */
export interface Moment {
  steady: number;
  wall: number;
}

/** This moment. */
export const thisMoment = (): Moment => ({ steady: performance.now(), wall: Date.now() });

/** A time to come, which has come as soon as either clock says so. */
export class Deadline {
  private readonly end: Moment;

  /** @param time milliseconds after a moment */
  constructor({ steady, wall }: Moment, time: number) {
    this.end = { steady: steady + time, wall: wall + time };
  }

  /** Milliseconds until then; 0 from then on. */
  left(): number {
    return Math.max(0, Math.min(this.end.steady - performance.now(), this.end.wall - Date.now()));
  }

  isOver(): boolean {
    return performance.now() >= this.end.steady || Date.now() >= this.end.wall;
  }
}

/** A time that has come. */
export const past = new Deadline({ steady: 0, wall: 0 }, 0);
