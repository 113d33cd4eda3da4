import type { Knex } from 'knex';
import { RateLimiterPostgres } from 'rate-limiter-flexible';
import type { Config } from '../config.ts';
import { Failure } from '../contract/failure.ts';
import { type AddressCounts, addressCounts } from './address_counts.ts';
import { attempts } from './credentials/attempts.ts';
import { tooMany } from './too_many.ts';

/** Who may ask how often. Requests and passwords are counted in the database, for all processes; the others in memory. */
export interface Limits {
  /** Counts one request of a user. Gives what is left of the shortest window; undefined where nothing is limited. Throws `too_many`. */
  request(userId: number): Promise<Left | undefined>;
  /**
   * Has a password checked, unless there were too many wrong ones or too many wait: gives what `check` finds. Throws
   * `too_many`, and then nothing is checked. See `attempts`.
   */
  attempt(account: string, address: string, check: () => Promise<boolean>): Promise<boolean>;
  /**
   * Counts a credential that did not hold against the address that sent it, on one surface, without a write: gives what to
   * answer, which is the refusal itself, or `too_many` once there were too many. One that holds is never asked about.
   */
  failed(address: string, refusal: unknown, surface: string): Promise<unknown>;
  /** How many more bad credentials an address may send to a surface, and for how long, in seconds; undefined where nothing is limited. */
  left(address: string, surface: string): ReturnType<AddressCounts['left']>;
  /** Counts what was sent in a body to prove who asks, and proved nothing. Throws `too_many`. */
  guessed(address: string): Promise<void>;
  /** Counts a sign-up of an address. Throws `too_many`. */
  signUp(address: string): Promise<void>;
  /** Counts a program at an address that asks to be let in from a browser. Throws `too_many`. */
  deviceLogin(address: string): Promise<void>;
}

/** What a window still has. `reset` in Unix seconds. */
export interface Left {
  limit: number;
  remaining: number;
  reset: number;
}

const minute = 60;
const hour = 3600;
const deviceLoginsPerQuarter = 30;

/** The limits of one process; what they count in the database is counted for all. */
export function limits(db: Knex, config: Config): Limits {
  const limiter = (keyPrefix: string, points: number, duration: number) =>
    new RateLimiterPostgres({
      storeClient: db,
      storeType: 'knex',
      tableName: 'rate_limits',
      tableCreated: true,
      keyPrefix,
      points,
      duration,
    });
  const windows = [
    { limit: config.requestsPerMinute, duration: minute },
    { limit: config.requestsPerHour, duration: hour },
  ]
    .filter(({ limit }) => limit > 0)
    .map(({ limit, duration }) => ({ limit, counter: limiter(`requests${duration}`, limit, duration) }));
  const attempt = attempts(limiter);
  const failures = addressCounts(config.failuresPerMinute, minute);
  const signUps = addressCounts(config.signUpsPerHour, hour);
  const deviceLogins = addressCounts(deviceLoginsPerQuarter, 15 * minute);

  return {
    async request(userId) {
      const left: Left[] = [];
      for (const { limit, counter } of windows) {
        const { remainingPoints, msBeforeNext } = await counter.consume(userId).catch((refused) => {
          throw tooMany(refused, limit);
        });
        left.push({ limit, remaining: remainingPoints, reset: Math.ceil((Date.now() + msBeforeNext) / 1000) });
      }
      return left[0];
    },
    attempt,
    async failed(address, refusal, surface) {
      if (!isBadCredential(refusal)) return refusal;
      try {
        failures.consume(address, surface);
        return refusal;
      } catch (tooMany) {
        return tooMany;
      }
    },
    left: (address, surface) => failures.left(address, surface),
    guessed: async (address) => failures.consume(address),
    signUp: async (address) => signUps.consume(address),
    deviceLogin: async (address) => deviceLogins.consume(address),
  };
}

/** A guess: something that might have been a credential, and is none. Nothing at all, and what was good once, is none. */
function isBadCredential(refusal: unknown): boolean {
  if (!(refusal instanceof Failure) || refusal.kind !== 'unauthenticated') return false;
  const { reason } = refusal;
  if (!reason || !('credential' in reason)) return true;
  return reason.state === 'unknown' && reason.guess !== false;
}
