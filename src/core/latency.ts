import { createHistogram } from 'node:perf_hooks';

/** How long requests took in this process, since midnight in UTC. */
export interface Latency {
  /** Counts one that took so many milliseconds. */
  note(ms: number): void;
  /** In milliseconds: half of them took less than the first, 99 of 100 less than the second; null before there was any. */
  percentiles(): { p50: number | null; p99: number | null };
}

/** A histogram of a few kilobytes, however many requests there are. */
export function latencies(): Latency {
  const histogram = createHistogram({ highest: 3_600_000_000 });
  let day = '';
  const turn = () => {
    const today = new Date().toISOString().slice(0, 10);
    if (today === day) return;
    day = today;
    histogram.reset();
  };
  const at = (percentile: number) => Math.round(histogram.percentile(percentile) / 10) / 100;
  return {
    note(ms) {
      turn();
      // In microseconds; it takes none that is 0.
      histogram.record(Math.max(1, Math.round(ms * 1000)));
    },
    percentiles() {
      turn();
      return histogram.count === 0 ? { p50: null, p99: null } : { p50: at(50), p99: at(99) };
    },
  };
}
