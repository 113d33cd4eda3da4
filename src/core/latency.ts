import { today } from './today.ts';

/** How long requests took in this process, since midnight in UTC. */
export interface Latency {
  /** Counts one that took so many milliseconds. */
  note(ms: number): void;
  /** In milliseconds: half of them took less than the first, 99 of 100 less than the second; null before there was any. */
  percentiles(): { p50: number | null; p99: number | null };
}

/** Each bucket is by a 32nd of a doubling longer than the one before: 2.2 %. They begin at a microsecond and end at 18 minutes. */
const fine = 32;
const buckets = 30 * fine;

/** A few kilobytes, however many requests there are; one that is counted costs less than one that Node's own histogram takes. */
export function latencies(): Latency {
  const counts = new Uint32Array(buckets + 1);
  let total = 0;
  let day = '';
  const turn = () => {
    const now = today();
    if (now === day) return;
    day = now;
    counts.fill(0);
    total = 0;
  };
  const at = (percentile: number) => {
    let below = 0;
    const bucket = counts.findIndex((count) => {
      below += count;
      return below >= total * percentile;
    });
    // The middle of it, to a hundredth of a millisecond.
    return Math.round(2 ** ((bucket + 0.5) / fine) / 10) / 100;
  };
  return {
    note(ms) {
      turn();
      const bucket = Math.floor(Math.log2(Math.max(1, ms * 1000)) * fine);
      const its = Math.min(buckets, bucket);
      counts[its] = (counts[its] as number) + 1;
      total += 1;
    },
    percentiles() {
      turn();
      return total === 0 ? { p50: null, p99: null } : { p50: at(0.5), p99: at(0.99) };
    },
  };
}
