import { isIPv6 } from 'node:net';
import type { Knex } from 'knex';
import { RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import type { Config } from '../config.ts';
import { Failure } from '../failure.ts';
import { digest } from './credentials/token.ts';

/** Who may ask how often, counted in the database: shared by all processes. */
export interface Limits {
  /** Counts one request of a user. Gives what is left of the shortest window; undefined where nothing is limited. Throws `too_many`. */
  request(userId: number): Promise<Left | undefined>;
  /**
   * Has a password checked, unless there were too many wrong ones: gives what `check` finds. Throws `too_many`, and then
   * nothing is checked.
   */
  attempt(account: string, address: string, check: () => Promise<boolean>): Promise<boolean>;
}

/** What a window still has. `reset` in Unix seconds. */
export interface Left {
  limit: number;
  remaining: number;
  reset: number;
}

const minute = 60;
const hour = 3600;
const quarter = 900;
const month = 30 * 24 * hour;

/**
 * Sign-in is limited by account and address together, so that nobody can lock an owner out from elsewhere; and, far wider,
 * by each alone, against guessing from many addresses or at many accounts (NIST SP 800-63B §3.2.2: at most 100 per account).
 * An address that somebody signed in from within the last month is not held to the limit of the account: guessing from
 * everywhere does not keep its owner out.
 */
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
  const pair = limiter('try', 10, quarter);
  const account = limiter('try_account', 100, quarter);
  const address = limiter('try_address', 100, quarter);
  const familiar = limiter('try_familiar', 1, month);
  const inTurn = turns();

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
    attempt(name, from, check) {
      // Hashed: what is typed as a name may be long, and may be a password that slipped into the wrong field.
      const who = digest(name.toLowerCase()).toString('base64url');
      const network = networkOf(from);
      const both = `${who}|${network}`;
      const tries = [[pair, both] as const, [account, who] as const, [address, network] as const];
      // One after the other: guesses that are sent all at once must not all pass before the first has failed.
      return inTurn(both, async () => {
        const isFamiliar = (await familiar.get(both)) !== null;
        for (const [counter, key] of tries) {
          if (counter === account && isFamiliar) continue;
          const state = await counter.get(key);
          if (state && state.consumedPoints >= counter.points) throw tooMany(state, counter.points);
        }
        const held = await check();
        if (held) await Promise.all([pair.delete(both), account.delete(who), familiar.set(both, 1, month)]);
        else await Promise.all(tries.map(([counter, key]) => counter.penalty(key)));
        return held;
      });
    },
  };
}

/** Runs work of one name one after the other, and work of different names side by side. */
function turns() {
  const last = new Map<string, Promise<unknown>>();
  return <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const turn = (last.get(name) ?? Promise.resolve()).then(work, work);
    last.set(name, turn);
    const leave = () => void (last.get(name) === turn && last.delete(name));
    turn.then(leave, leave);
    return turn;
  };
}

/** Who stands behind an address, as far as it tells: an IPv4 address, or the /64 that one IPv6 caller has to itself. */
function networkOf(address: string): string {
  const [, mapped] = /^::ffff:([\d.]+)$/i.exec(address) ?? [];
  if (mapped || !isIPv6(address)) return mapped ?? address;
  const [head = '', tail] = address.split('::').map((part) => part.split(':').filter((group) => group !== ''));
  const left = [...head];
  if (tail) left.push(...Array(Math.max(0, 8 - left.length - tail.length)).fill('0'), ...tail);
  return left.slice(0, 4).join(':');
}

function tooMany(refused: unknown, limit: number): unknown {
  if (!(refused instanceof RateLimiterRes)) return refused;
  const seconds = Math.max(1, Math.ceil(refused.msBeforeNext / 1000));
  return new Failure('too_many', `Too many requests. Please try again in ${seconds} s.`, {
    headers: {
      'Retry-After': String(seconds),
      'X-RateLimit-Limit': String(limit),
      'X-RateLimit-Remaining': '0',
      'X-RateLimit-Reset': String(Math.ceil(Date.now() / 1000) + seconds),
    },
  });
}
