import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { accepts } from '../support/endings_of_credentials.ts';
import { type Fleet, openFleet, type Ship } from '../support/fleet.ts';

// Whatever is minted, verified, revoked, cut off, healed, stopped and killed in whichever order: what was revoked is refused by
// everybody from the answer on, and what was not is accepted. Clocks of the day jump by an hour all the time.
const runs = Number(process.env.REVOCATION_MODEL_RUNS ?? 3);

let fleet: Fleet;
let chief: string;
const clocks = { NODE_OPTIONS: `--import ${new URL('../support/jumping_clock.js', import.meta.url).href}` };
beforeAll(async () => {
  fleet = await openFleet(0);
  await fleet.launch(clocks);
  await fleet.launch();
  chief = await fleet.house.key(await fleet.house.person());
});
afterAll(() => fleet.close());

interface Model {
  /** Whether each key still holds. */
  keys: boolean[];
  states: ('well' | 'cut' | 'stopped')[];
}
interface Real {
  keys: { key: string; path: string }[];
}

const ship = (at: number) => fleet.ships[at] as Ship;
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
const every = 3;
const base = (at: number) => fleet.bases[at] as string;
const answers = (model: Readonly<Model>, at: number) => at === every - 1 || model.states[at] !== 'stopped';

type Step = fc.AsyncCommand<Model, Real>;
const step = (name: string, check: (model: Readonly<Model>) => boolean, run: Step['run']): Step => ({
  check,
  run,
  toString: () => name,
});

const mint = () =>
  step(
    'mint',
    () => true,
    async (model, real) => {
      const key = await fleet.house.key(await fleet.house.person({ roleIds: [3] }));
      const { uuid } = (await fleet.house.house.db('api_keys').orderBy('id', 'desc').first()) as { uuid: string };
      real.keys.push({ key, path: `/v1/keys/key_${uuid.replaceAll('-', '')}` });
      model.keys.push(true);
    },
  );
const verify = (at: number, which: number) =>
  step(
    `verify ${which} at ${at}`,
    (model) => model.keys.length > 0 && answers(model, at),
    async (model, real) => {
      const index = which % real.keys.length;
      const { key } = real.keys[index] as Real['keys'][number];
      const holds = await accepts(base(at), { path: '/v1/forward-auth', headers: bearer(key) });
      expect([index, at, holds]).toEqual([index, at, model.keys[index]]);
    },
  );
const revoke = (at: number, which: number) =>
  step(
    `revoke ${which} at ${at}`,
    (model) => model.keys.length > 0 && answers(model, at) && model.keys[which % model.keys.length] === true,
    async (model, real) => {
      const index = which % real.keys.length;
      const { path } = real.keys[index] as Real['keys'][number];
      const { status } = await fetch(base(at) + path, { method: 'DELETE', headers: bearer(chief) });
      expect(status).toBe(204);
      model.keys[index] = false;
    },
  );
const become = (
  name: string,
  at: number,
  from: Model['states'][number],
  to: Model['states'][number],
  act: () => void,
) =>
  step(
    `${name} ${at}`,
    (model) => model.states[at] === from,
    async (model) => {
      act();
      model.states[at] = to;
    },
  );
const wait = (time: number) =>
  step(
    `wait ${time}`,
    () => true,
    () => new Promise<void>((resolve) => setTimeout(resolve, time)),
  );

const node = fc.integer({ min: 0, max: every - 1 });
const other = fc.integer({ min: 0, max: 1 });
const which = fc.nat(5);
const steps = [
  fc.constant(null).map(mint),
  ...Array(4).fill(fc.tuple(node, which).map(([at, key]) => verify(at, key))),
  ...Array(2).fill(fc.tuple(node, which).map(([at, key]) => revoke(at, key))),
  other.map((at) => become('cut', at, 'well', 'cut', () => ship(at).proxy.freeze('node'))),
  other.map((at) => become('heal', at, 'cut', 'well', () => ship(at).proxy.heal())),
  other.map((at) => become('stop', at, 'well', 'stopped', () => ship(at).pause())),
  other.map((at) => become('go on', at, 'stopped', 'well', () => ship(at).resume())),
  fc.integer({ min: 1, max: 1_200 }).map(wait),
];

it(
  'a model of it: verdicts follow what was answered, whatever becomes of the processes',
  async () => {
    const property = fc.asyncProperty(fc.commands(steps, { maxCommands: 40, size: 'max' }), async (commands) => {
      const setup = () => ({ model: { keys: [], states: ['well', 'well'] } as Model, real: { keys: [] } as Real });
      try {
        await fc.asyncModelRun(setup, commands);
      } finally {
        for (const each of fleet.ships) {
          each.resume();
          each.proxy.heal();
        }
      }
    });
    await fc.assert(property, { numRuns: runs, endOnFailure: true });
  },
  60_000 + runs * 30_000,
);

it('a process that is killed is waited for once', async () => {
  await fleet.listening();
  const key = await fleet.house.key(await fleet.house.person());
  const credential = { path: '/v1/forward-auth', headers: bearer(key) };
  for (const each of fleet.bases) expect(await accepts(each, credential)).toBe(true);
  const [first, second] = fleet.ships as [Ship, Ship];
  second.child.kill('SIGKILL');
  await second.ended;
  const took: number[] = [];
  const { db } = fleet.house.house;
  for (const revoked_at of [new Date(), null, new Date()]) {
    const began = performance.now();
    await db('api_keys')
      .where({ prefix: key.slice(0, 8) })
      .update({ revoked_at: revoked_at?.toISOString() ?? null });
    took.push(performance.now() - began);
    for (const at of [first.base, fleet.bases.at(-1) as string])
      expect(await accepts(at, credential)).toBe(revoked_at === null);
  }
  expect(took[0]).toBeGreaterThan(1_000);
  expect(Math.min(took[1] as number, took[2] as number)).toBeLessThan(1_000);
});
