import { expect, vi } from 'vitest';
import type { Context } from '../../src/core/context.ts';
import type { House } from '../../src/core/house.ts';
import type { Role } from '../../src/core/principal.ts';
import { acceptRun } from '../../src/core/runs/accept.ts';
import type { Pace, RunInput, RunRow } from '../../src/core/runs/row.ts';
import { unhurried } from '../../src/core/runs/row.ts';
import { type Runner, startRuns } from '../../src/core/runs/runner.ts';
import { startWorker } from '../../src/core/worker.ts';
import { openHouse, type TestHouse } from './house.ts';

/** As in life, but for the seconds. */
export const brisk: Pace = {
  ...unhurried,
  lease: 20_000,
  pause: 50,
  patience: 600,
  limit: 2_000,
  connect: 500,
  sweep: 60,
};

/** A house with pipelines, and runners that do what they are told. */
export interface Runs extends TestHouse {
  /** A call of a user of the first account, or of another one, to the core. */
  asking(role?: Role, accountId?: number): Context;
  /** A pipeline whose container is there, and its id on the wire. */
  pipeline(container: string | null, accountId?: number): Promise<{ id: number; wire: string }>;
  /** Accepts a run, unless told otherwise one that waits. */
  run(pipeline: string, inputs: RunInput[], its?: { async?: boolean; waits?: boolean }): Promise<RunRow>;
  row(id: string): Promise<RunRow>;
  /** The row, once the run has ended. */
  ended(id: string): Promise<RunRow>;
  /** A runner and a queue on this database; stopped with the house. */
  work(pace?: Pace, house?: House): Promise<Runner>;
}

export const url = ({ house }: TestHouse): string => house.db.client.connectionSettings.connectionString;
export const int = (value: number): RunInput => ({ type: 'integer', value });

let names = 0;

/** Containers may be on the loopback unless `env` says otherwise. */
export async function openRuns(env: Record<string, string> = {}): Promise<Runs> {
  const opened = await openHouse({ LATCHKEY_PRIVATE_CONTAINERS: 'true', ...env });
  const { house } = opened;
  const { db, installation } = house;
  const stops: (() => Promise<void>)[] = [];
  const owner = await db('users').where({ email: 'owner@example.com' }).first('id');

  const runs: Runs = {
    ...opened,
    asking(role = 'owner', accountId = installation.accountId) {
      const principal = { kind: 'user', userId: owner?.id as number, accountId, roles: [role] } as const;
      return { house, db, principal, asker: { address: '127.0.0.1', requestId: 'test', origin: 'http://127.0.0.1' } };
    },
    async pipeline(container, accountId = installation.accountId) {
      names += 1;
      const values = { account_id: accountId, uuid: `p${names}`, name: `p${names}`, container_url: container };
      const [row] = await db('pipelines').insert(values).returning(['id', 'public_id']);
      return { id: row?.id as number, wire: `pipeline_${row?.public_id.replaceAll('-', '')}` };
    },
    run: (pipeline, inputs, { async = true, waits = true } = {}) =>
      acceptRun(runs.asking(), { pipeline, inputs, waits }, async),
    row: async (id) => (await db('runs').where({ id }).first()) as RunRow,
    async ended(id) {
      const over = async () => expect((await runs.row(id)).ended_at).not.toBeNull();
      await vi.waitFor(over, { timeout: 15_000, interval: 15 });
      return runs.row(id);
    },
    async work(pace = brisk, of = house) {
      const runner = startRuns(of, pace);
      const queue = await startWorker(of, url(opened), undefined, { run: async () => runner.look() });
      stops.push(async () => {
        await queue.stop();
        await runner.stop(0);
      });
      return runner;
    },
    async close() {
      for (const stop of stops) await stop();
      await opened.close();
    },
  };
  return runs;
}
