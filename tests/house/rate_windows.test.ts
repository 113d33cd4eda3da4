import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { RateWindows, type Taken } from '../../src/core/rate_windows/index.ts';
import { openHouse, type TestHouse } from '../support/house.ts';

let house: TestHouse;
beforeAll(async () => {
  house = await openHouse();
});
afterAll(() => house.close());
afterEach(() => void vi.useRealTimers());

let people = 0;
const somebody = () => {
  people += 1;
  return `user:${1_000_000 + people}`;
};
const minute = (limit: number) => ({ limit, seconds: 60 });
const open = (count: number) => Array.from({ length: count }, () => new RateWindows(house.house.db));
const takenOf = async (whose: string, seconds = 60) =>
  (await house.house.db('rate_windows').where({ whose, seconds }).first('taken'))?.taken;
const remaining = ({ left }: Taken) => left.map((window) => window.remaining);

it('of several processes and any calls: never more than the limit, at most a portion of each refused early, and what is unused goes back', async () => {
  const bursts = fc.array(fc.record({ at: fc.nat(2), count: fc.integer({ min: 1, max: 20 }), undone: fc.boolean() }), {
    minLength: 1,
    maxLength: 12,
  });
  const property = fc.asyncProperty(
    fc.integer({ min: 1, max: 80 }),
    bursts,
    fc.boolean(),
    async (limit, all, isAtOnce) => {
      const processes = open(3);
      const whose = somebody();
      let accepted = 0;
      const call = async (at: number, isUndone = false) => {
        const { full, undo } = await (processes[at] as RateWindows).take(whose, [minute(limit)]);
        if (isUndone) undo();
        if (!full && !isUndone) accepted += 1;
        return !full;
      };
      const burst = ({ at, count, undone }: { at: number; count: number; undone: boolean }) =>
        Promise.all(Array.from({ length: count }, (_, index) => call(at, undone && index === 0)));
      if (isAtOnce) await Promise.all(all.map(burst));
      else for (const one of all) await burst(one);
      expect(accepted).toBeLessThanOrEqual(limit);
      while (await call(0));
      expect(accepted).toBeLessThanOrEqual(limit);
      expect(accepted).toBeGreaterThanOrEqual(limit - 2 * Math.ceil(limit / 10));
      for (const process of processes) await process.close();
      expect(await takenOf(whose)).toBe(accepted);
    },
  );
  await fc.assert(property, { numRuns: 25 });
});

it('one process counts down to nothing, and writes far less often than it is asked', async () => {
  const [windows] = open(1) as [RateWindows];
  const whose = somebody();
  let writes = 0;
  const see = ({ sql }: { sql: string }) => {
    if (/rate_windows/.test(sql)) writes += 1;
  };
  house.house.db.on('query', see);
  for (let left = 999; left >= 0; left -= 1)
    expect(remaining(await windows.take(whose, [minute(1000)]))).toEqual([left]);
  for (let call = 0; call < 100; call += 1)
    expect(await windows.take(whose, [minute(1000)])).toMatchObject({ full: { limit: 1000, remaining: 0 } });
  house.house.db.removeListener('query', see);
  expect(writes).toBeLessThan(80);
});

it('several windows: all are counted, or none', async () => {
  const [windows] = open(1) as [RateWindows];
  const whose = somebody();
  const both = [minute(3), { limit: 5, seconds: 3600 }];
  const calls: unknown[] = [];
  for (let call = 0; call < 5; call += 1) calls.push(remaining(await windows.take(whose, both)));
  expect(calls).toEqual([
    [2, 4],
    [1, 3],
    [0, 2],
    [0, 2],
    [0, 2],
  ]);
  const { full } = await windows.take(whose, both);
  expect(full).toMatchObject({ limit: 3, seconds: 60 });
  expect(full?.ends_in).toBeGreaterThan(0);
  expect(full?.ends_in).toBeLessThanOrEqual(60);
});

it('a portion ends with its window, also where a machine slept; what a process that died had is lost until then, and no longer', async () => {
  const [one, dead] = open(2) as [RateWindows, RateWindows];
  const whose = somebody();
  for (let call = 0; call < 8; call += 1) await dead.take(whose, [minute(40)]);
  const before = (await takenOf(whose)) as number;
  expect(before).toBeGreaterThan(8);
  let taken = 0;
  while (!(await one.take(whose, [minute(40)])).full) taken += 1;
  expect(taken).toBe(40 - before);

  await house.house.db('rate_windows').where({ whose }).update({ ends_at: new Date().toISOString() });
  vi.setSystemTime(Date.now() + 60_000);
  for (let left = 39; left >= 0; left -= 1) expect(remaining(await one.take(whose, [minute(40)]))).toEqual([left]);
  expect((await dead.take(whose, [minute(40)])).full).toBeDefined();
});

it('what was undone after its window had ended is given to no other', async () => {
  const [windows] = open(1) as [RateWindows];
  const whose = somebody();
  const { undo } = await windows.take(whose, [minute(1)]);
  await house.house.db('rate_windows').where({ whose }).update({ ends_at: new Date().toISOString() });
  vi.setSystemTime(Date.now() + 60_000);
  expect((await windows.take(whose, [minute(1)])).full).toBeUndefined();
  undo();
  expect((await windows.take(whose, [minute(1)])).full).toBeDefined();
});

it('another limit counts from now on: a lower one also where more was taken, a higher one at once', async () => {
  const [windows] = open(1) as [RateWindows];
  const whose = somebody();
  for (let call = 0; call < 5; call += 1) await windows.take(whose, [minute(100)]);
  expect((await windows.take(whose, [minute(3)])).full).toMatchObject({ limit: 3 });
  expect((await windows.take(whose, [minute(10)])).full).toBeUndefined();
});
