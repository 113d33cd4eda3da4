import { networkOf } from './ip_network.ts';
import { comeBack } from './too_many.ts';

/** A limit by address that is counted in this process alone. */
export interface AddressCounts {
  /** How many more an address may have, and for how long, in seconds; undefined where nothing is limited. */
  left(address: string, what?: string): { limit: number; remaining: number; seconds: number } | undefined;
  /** Counts one. Throws `too_many` past the limit. */
  consume(address: string, what?: string): void;
}

interface Window {
  count: number;
  /** When it is over; milliseconds of the process' own clock. */
  until: number;
}

/**
 * Windows that begin with the first that is counted, by network. They are asked with each request, so nothing is waited for; those that
 * are over leave with the next one that is counted, once a window's length.
 * @param limit 0 for none
 * @param duration of a window, in seconds
 */
export function addressCounts(limit: number, duration: number): AddressCounts {
  const windows = new Map<string, Window>();
  const length = duration * 1000;
  let swept = 0;
  const sweep = (now: number) => {
    if (now - swept < length) return;
    swept = now;
    for (const [key, { until }] of windows) if (until <= now) windows.delete(key);
  };
  const secondsTo = (until: number, now: number) => Math.max(1, Math.ceil((until - now) / 1000));
  const whole = { limit, remaining: limit, seconds: duration };
  const keyOf = (address: string, what: string) => `${what} ${networkOf(address)}`;
  return {
    left(address, what = '') {
      if (limit === 0) return undefined;
      if (windows.size === 0) return whole;
      const window = windows.get(keyOf(address, what));
      if (!window) return whole;
      const now = performance.now();
      if (window.until <= now) return whole;
      return { limit, remaining: Math.max(0, limit - window.count), seconds: secondsTo(window.until, now) };
    },
    consume(address, what = '') {
      if (limit === 0) return;
      const now = performance.now();
      sweep(now);
      const key = keyOf(address, what);
      const known = windows.get(key);
      const window = known && known.until > now ? known : { count: 0, until: now + length };
      window.count += 1;
      if (window !== known) windows.set(key, window);
      if (window.count > limit) throw comeBack(secondsTo(window.until, now), limit);
    },
  };
}
