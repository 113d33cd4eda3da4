import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Fleet, openFleet, type Ship } from '../support/fleet.ts';

// Three processes count one key's calls: two programs, and this one.
let fleet: Fleet;
beforeAll(async () => {
  fleet = await openFleet(2);
}, 120_000);
afterAll(() => fleet.close());

const limit = 60;
const portion = Math.ceil(limit / 10);

async function limitedKey() {
  const { house, person, key } = fleet.house;
  const counter = (await house.db('key_counters').insert({}).returning('id'))[0]?.id as number;
  const limits = JSON.stringify([{ requests: limit, per: 'hour' }]);
  return { made: await key(await person(), { limits, counter_id: counter }), whose: `counter:${counter}` };
}
const call = async (base: string, key: string) => {
  const asked = fetch(`${base}/v1/forward-auth`, { headers: { authorization: `Bearer ${key}` } });
  return (await asked.catch(() => ({ status: 0 }))).status;
};
const takenOf = async (whose: string) =>
  (await fleet.house.house.db('rate_windows').where({ whose }).first('taken'))?.taken as number;
const count = (statuses: number[], status: number) => statuses.filter((one) => one === status).length;

it('calls at once to all processes: exactly the limit', async () => {
  const { made } = await limitedKey();
  const statuses = await Promise.all(
    Array.from({ length: 3 * limit }, (_, at) => call(fleet.bases[at % 3] as string, made)),
  );
  expect([count(statuses, 200), count(statuses, 429)]).toEqual([limit, 2 * limit]);
});

it('one that ends gives back what it has not used; one that is killed takes no more than its portion with it', async () => {
  const { made, whose } = await limitedKey();
  const [base, ...rest] = fleet.bases.toReversed() as [string, ...string[]];
  const [ending, killed] = [fleet.ships[0], fleet.ships[1]] as [Ship, Ship];
  const statuses: number[] = [];
  for (let at = 0; at < 12; at += 1) statuses.push(await call(rest[at % 2] as string, made));
  expect(statuses).toEqual(Array(12).fill(200));
  const before = await takenOf(whose);
  expect(before).toBeGreaterThan(12);
  ending.child.kill('SIGTERM');
  expect(await ending.ended).toBe(0);
  expect(await takenOf(whose)).toBeLessThan(before);

  const under = Array.from({ length: 5 }, () => call(killed.base, made));
  killed.child.kill('SIGKILL');
  statuses.push(...(await Promise.all(under)));
  // Here nobody has heard yet that there was nothing left.
  while (statuses.at(-1) !== 429) statuses.push(await call(base, made));
  expect(count(statuses, 200)).toBeLessThanOrEqual(limit);
  // What was under way at the one that died may have been counted without an answer.
  expect(count(statuses, 200)).toBeGreaterThanOrEqual(limit - portion - under.length);
});
