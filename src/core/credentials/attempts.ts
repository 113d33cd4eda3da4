import type { Knex } from 'knex';
import type { RateLimiterAbstract, RateLimiterRes } from 'rate-limiter-flexible';
import { networkOf } from '../ip_network.ts';
import { canonicalEmail } from '../names.ts';
import { comeBack, tooMany } from '../too_many.ts';
import { digest } from './digest.ts';
import { Full, fairly, type Lane } from './fair_queue.ts';
import { hashesAtOnce } from './password_hash.ts';

/** Makes a counter that all processes share: a prefix, how many, in how many seconds. */
type Counters = (prefix: string, points: number, duration: number) => RateLimiterAbstract;

const quarter = 900;
const month = 30 * 24 * 3600;

/** How many of one address, and of one account, wait at once: each hash takes some 60 ms of one processor. */
const mostOfAddress = 16;
const mostOfAccount = 8;
/** Besides those who are hashed, a few more talk to the database. */
const room = { atOnce: hashesAtOnce + 2, perPair: 40, inAll: 64 };
/** Pairs that this process has seen sign in: who is known before the database is asked. */
const mostKnown = 10_000;

/**
 * Sign-in is limited by account and address together, so that nobody can lock an owner out from elsewhere; and, far wider,
 * by each alone, against guessing from many addresses or at many accounts (NIST SP 800-63B §3.2.2: at most 100 per account).
 * An address that an account signed in from within the last month is *familiar*: it is held to its own ten only, so that
 * neither guessing from everywhere nor a neighbour's guessing keeps its owner out.
 *
 * An attempt is counted before the password is checked, and taken back when it was right: guesses that are sent all at once,
 * to however many processes, cannot all pass before the first has failed. They wait in a queue that is fair by address,
 * with a bound for each address, each account and in all, and nothing is asked of the database before an attempt has its
 * turn. Throws `too_many`.
 */
export function attempts(counters: Counters) {
  const pair = counters('try', 10, quarter);
  const account = counters('try_account', 100, quarter);
  const address = counters('try_address', 100, quarter);
  const familiar = counters('try_familiar', 1, month);
  const inTurn = fairly(room);
  const known = new Set<string>();
  const remember = (both: string) => {
    known.delete(both);
    if (known.size >= mostKnown) known.delete(known.values().next().value as string);
    known.add(both);
  };

  return async (name: string, from: string, check: () => Promise<boolean>): Promise<boolean> => {
    const who = whoOf(name);
    const network = networkOf(from);
    const both = `${who}|${network}`;
    const tried = async () => {
      const isFamiliar = (await familiar.get(both)) !== null;
      const counted: [RateLimiterAbstract, string][] = [[pair, both]];
      if (!isFamiliar) counted.push([account, who], [address, network]);
      await reserve(counted);
      const held = await check().catch(async (thrown) => {
        await giveBack(counted);
        throw thrown;
      });
      if (!held) return false;
      remember(both);
      await Promise.all([pair.delete(both), account.delete(who), familiar.set(both, 1, month)]);
      if (!isFamiliar) await giveBack([[address, network]]);
      return true;
    };
    return inTurn(laneOf(who, network, known.has(both)), tried).catch((thrown) => {
      throw thrown instanceof Full ? comeBack(1, mostOfAddress) : thrown;
    });
  };
}

/** Forgets the wrong guesses at an account, wherever they came from, by each of its names. */
export async function forgiveAttempts(db: Knex, names: readonly (string | null)[]): Promise<void> {
  for (const name of names) {
    if (name === null) continue;
    const who = whoOf(name);
    await db('rate_limits')
      .where('key', `try_account:${who}`)
      .orWhereRaw('starts_with(key, ?)', [`try:${who}|`])
      .delete();
  }
}

/** Hashed: what is typed as a name may be long, and may be a password that slipped into the wrong field. */
const whoOf = (name: string) => digest(canonicalEmail(name)).toString('base64url');

function laneOf(who: string, network: string, isFamiliar: boolean): Lane {
  const pair = `${who}|${network}`;
  if (isFamiliar) return { pair, group: pair, bounds: [], first: true };
  const bounds = [
    { name: `from ${network}`, most: mostOfAddress },
    { name: `at ${who}`, most: mostOfAccount },
  ];
  return { pair, group: network, bounds, first: false };
}

/** Counts one in each, or none. Throws `too_many`. */
async function reserve(counted: [RateLimiterAbstract, string][]) {
  // Read first, so that what is refused writes nothing.
  const states = await Promise.all(counted.map(([counter, key]) => counter.get(key)));
  counted.forEach(([{ points }], index) => {
    const state = states[index];
    if (state && state.consumedPoints >= points) throw tooMany(state, points);
  });
  const taken = await Promise.allSettled(counted.map(([counter, key]) => counter.consume(key)));
  const full = taken.findIndex(({ status }) => status === 'rejected');
  if (full < 0) return;
  await giveBack(counted);
  throw tooMany((taken[full] as PromiseRejectedResult).reason as RateLimiterRes, counted[full]?.[0].points ?? 0);
}

async function giveBack(counted: [RateLimiterAbstract, string][]) {
  await Promise.all(counted.map(([counter, key]) => counter.reward(key)));
}
