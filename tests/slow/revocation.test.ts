import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lease } from '../../src/database/all_heard.ts';
import { accepts, type Credential, endings } from '../support/endings_of_credentials.ts';
import { type Fleet, openFleet, type Ship } from '../support/fleet.ts';

// Two processes and this one. `npm run revocation` makes 200 trials of each kind, 20 with one stopped and 20 with one cut off, and
// prints the table of docs/revocation.md.
const trials = Number(process.env.REVOCATION_TRIALS ?? 4);
const cuts = Number(process.env.REVOCATION_CUTS ?? 1);
const atOnce = 20;
const kinds = Object.keys(endings);

let fleet: Fleet;
beforeAll(async () => {
  fleet = await openFleet(2);
});
afterAll(async () => {
  await fleet.close();
  if (process.env.REVOCATION_TRIALS) process.stdout.write(`\n${table()}\n`);
});

/** How often each kind was tried in one of the columns, and how many processes accepted after the answer. */
const columns = ['in the same process', 'in another', 'stopped', 'cut off'] as const;
type Column = (typeof columns)[number];
const seen = new Map<string, { tried: number; accepted: number }>();
function note(kind: string, column: Column, answers: boolean[]) {
  const cell = seen.get(kind + column) ?? { tried: 0, accepted: 0 };
  seen.set(kind + column, cell);
  cell.tried += 1;
  cell.accepted += answers.filter(Boolean).length;
}
const accepted = (column: Column) => kinds.filter((kind) => (seen.get(kind + column)?.accepted ?? 0) > 0);

type Begun = Credential & { kind: string; end(base: string): Promise<unknown> };
/** Begins a credential that every process then remembers. */
async function begun(kind: string): Promise<Begun> {
  const made = await (endings[kind] as (typeof endings)[string]).begin(fleet);
  for (const base of [...fleet.bases, ...fleet.bases])
    expect([kind, base, await accepts(base, made)]).toEqual([kind, base, true]);
  return { ...made, kind };
}
const ask = (bases: string[], made: Credential) => Promise.all(bases.map((base) => accepts(base, made)));

describe('no process accepts after the answer', () => {
  it.each(kinds)(
    '%s',
    async (kind) => {
      for (let at = 0; at < trials; at += atOnce) {
        const batch = Array.from({ length: Math.min(atOnce, trials - at) }, async (_, index) => {
          const made = await begun(kind);
          const own = fleet.bases[(at + index) % 2] as string;
          await made.end(own);
          const others = fleet.bases.filter((base) => base !== own);
          const [isOwn, ...rest] = await ask([own, ...others], made);
          note(kind, 'in the same process', [isOwn === true]);
          note(kind, 'in another', rest);
        });
        await Promise.all(batch);
      }
      expect([...accepted('in the same process'), ...accepted('in another')]).toEqual([]);
    },
    60_000 + 1_000 * trials,
  );
});

describe('nor does one that was stopped across it, or does not hear', () => {
  const [first, second] = [() => fleet.ships[0] as Ship, () => fleet.ships[1] as Ship];

  /** One of each kind ends at the first, while something is the matter with the second: whoever made it waited for a whole lease. */
  async function whileApart(apart: () => void, ended: (all: Begun[]) => Promise<unknown>) {
    await fleet.listening();
    const all = await Promise.all(kinds.map(begun));
    await fleet.listening();
    apart();
    const began = performance.now();
    const waits = await Promise.all(
      all.map(async (made) => {
        await made.end(first().base);
        return performance.now() - began;
      }),
    );
    expect(Math.max(...waits)).toBeGreaterThan(lease);
    await ended(all);
  }
  const noteAll = (column: Column, bases: string[]) => (all: Begun[]) =>
    Promise.all(all.map(async (made) => note(made.kind, column, await ask(bases, made))));

  it(
    'stopped',
    async () => {
      for (let at = 0; at < cuts; at += 1) {
        try {
          await whileApart(
            () => second().pause(),
            async (all) => {
              // What it is asked lies in its socket until it goes on.
              const asked = noteAll('stopped', fleet.bases)(all);
              await new Promise((resolve) => setTimeout(resolve, 50));
              second().resume();
              await asked;
            },
          );
        } finally {
          second().resume();
        }
      }
      expect(accepted('stopped')).toEqual([]);
    },
    60_000 + 20_000 * cuts,
  );

  it(
    'cut off',
    async () => {
      for (let at = 0; at < cuts; at += 1) {
        try {
          await whileApart(() => second().proxy.freeze('node'), noteAll('cut off', fleet.bases));
        } finally {
          second().proxy.heal();
        }
      }
      expect(accepted('cut off')).toEqual([]);
    },
    60_000 + 20_000 * cuts,
  );
});

it('what is not told is seen by this test: without its trigger, a revoked key goes on', async () => {
  const { db } = fleet.house.house;
  await db.raw('alter table api_keys disable trigger api_keys_tell');
  try {
    await fleet.listening();
    const made = await begun('key revoked by a statement');
    await made.end(fleet.bases[0] as string);
    expect(await ask(fleet.bases, made)).toEqual([true, true, true]);
  } finally {
    await db.raw('alter table api_keys enable trigger api_keys_tell');
  }
});

function table(): string {
  const cell = (kind: string, column: Column) => {
    const { tried, accepted } = seen.get(kind + column) ?? { tried: 0, accepted: 0 };
    return `${accepted} of ${tried}`;
  };
  const rows = kinds.map((kind) => [kind, ...columns.map((column) => cell(kind, column))]);
  return [['', ...columns], ['---', ...columns.map(() => '---')], ...rows]
    .map((row) => `| ${row.join(' | ')} |`)
    .join('\n');
}
