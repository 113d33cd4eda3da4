import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lease } from '../../src/database/all_heard.ts';
import { accepts, endings } from '../support/endings_of_credentials.ts';
import { type Fleet, openFleet, type Ship } from '../support/fleet.ts';

// Two processes and this one. `npm run revocation` makes 200 trials of each kind, and prints the table of docs/revocation.md.
const trials = Number(process.env.REVOCATION_TRIALS ?? 6);
const cuts = Number(process.env.REVOCATION_CUTS ?? 1);
const time = 60_000 + 1_000 * (trials + 5 * cuts);
const rows: string[][] = [];

let fleet: Fleet;
beforeAll(async () => {
  fleet = await openFleet(2);
}, 120_000);
afterAll(async () => {
  await fleet.close();
  if (process.env.REVOCATION_TRIALS) process.stdout.write(`${table(rows)}\n`);
});

const kinds = Object.keys(endings);
/** One of each table that a verdict reads; each waits for the end of a lease. */
const few = [
  'key revoked',
  'role changed',
  'user deleted by a statement',
  'session signed out',
  'Mage token signed out',
];
const cutKinds = process.env.REVOCATION_CUTS ? kinds : few;

/** Begins a credential that every process then remembers. */
async function begun(kind: string) {
  const made = await (endings[kind] as (typeof endings)[string]).begin(fleet);
  for (const base of [...fleet.bases, ...fleet.bases]) expect([base, await accepts(base, made)]).toEqual([base, true]);
  return made;
}

/** Runs so many, a few at a time; counts those that were accepted by any process after the answer. */
async function late(kind: string, count: number, atOnce: number, one: (at: number) => Promise<boolean[]>) {
  let accepted = 0;
  const began = performance.now();
  for (let at = 0; at < count; at += atOnce) {
    const batch = Array.from({ length: Math.min(atOnce, count - at) }, (_, index) => one(at + index));
    for (const answers of await Promise.all(batch)) accepted += answers.filter(Boolean).length;
  }
  rows.push([kind, String(count), String(accepted), ((performance.now() - began) / 1000).toFixed(1)]);
  return accepted;
}

describe('no process accepts after the answer', () => {
  it.each(kinds)(
    '%s',
    async (kind) => {
      const accepted = await late(kind, trials, 5, async (at) => {
        const made = await begun(kind);
        await made.end(fleet.bases[at % 2] as string);
        return Promise.all(fleet.bases.map((base) => accepts(base, made)));
      });
      expect(accepted).toBe(0);
    },
    time,
  );
});

describe('nor does one that was stopped across it, or does not hear', () => {
  const [first, second] = [() => fleet.ships[0] as Ship, () => fleet.ships[1] as Ship];

  it.each(cutKinds)(
    'stopped: %s',
    async (kind) => {
      const accepted = await late(`${kind}; the other stopped`, cuts, 1, async () => {
        await fleet.listening();
        const made = await begun(kind);
        second().pause();
        const began = performance.now();
        const asked: Promise<boolean>[] = [];
        try {
          await made.end(first().base);
          expect(performance.now() - began).toBeGreaterThan(lease);
          // It lies in the socket until the process goes on.
          asked.push(accepts(second().base, made));
        } finally {
          second().resume();
        }
        return Promise.all([...asked, accepts(second().base, made), accepts(fleet.bases[2] as string, made)]);
      });
      expect(accepted).toBe(0);
    },
    time,
  );

  it.each(cutKinds)(
    'cut off: %s',
    async (kind) => {
      const accepted = await late(`${kind}; the other cut off`, cuts, 1, async () => {
        await fleet.listening();
        const made = await begun(kind);
        second().proxy.freeze('node');
        const began = performance.now();
        try {
          await made.end(first().base);
          expect(performance.now() - began).toBeGreaterThan(lease);
          return await Promise.all(fleet.bases.map((base) => accepts(base, made)));
        } finally {
          second().proxy.heal();
        }
      });
      expect(accepted).toBe(0);
    },
    time,
  );
});

it('what is not told is seen by this test: without its trigger, a revoked key goes on', async () => {
  const { db } = fleet.house.house;
  await db.raw('alter table api_keys disable trigger api_keys_tell');
  try {
    await fleet.listening();
    const made = await begun('key revoked by a statement');
    await made.end(fleet.bases[0] as string);
    expect(await Promise.all(fleet.bases.map((base) => accepts(base, made)))).toEqual([true, true, true]);
  } finally {
    await db.raw('alter table api_keys enable trigger api_keys_tell');
  }
});

function table(lines: string[][]): string {
  const all = [['', 'trials', 'accepted after', 'seconds'], ...lines];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((line) => line[column]?.length ?? 0)));
  return all
    .map((line) =>
      line.map((text, at) => (at ? text.padStart(widths[at] ?? 0) : text.padEnd(widths[at] ?? 0))).join('  '),
    )
    .join('\n');
}
