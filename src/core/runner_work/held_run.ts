import type { Knex } from 'knex';
import { Failure } from '../../contract/failure.ts';
import type { Context } from '../context.ts';
import { uuidOf } from '../ids.ts';
import { accountOf } from '../rules.ts';
import { finish, giveBack, type Held, seen } from '../runs/lease.ts';
import { failed, type Outcome, type Pace, unhurried } from '../runs/row.ts';
import { permitRunner } from './take_run.ts';

/** Said of a run that is not the caller's any more. */
const lost = () =>
  new Failure('conflict', 'The run is not in your hands: it was cancelled, has ended, or somebody else has it.');

/** The run that a caller says they have in hand. Throws `forbidden`, `not_found`, and `conflict` where they have not. */
export async function heldRun(context: Context, id: string, lease: string): Promise<Held> {
  permitRunner(context);
  const uuid = uuidOf('run', id);
  const account_id = accountOf(context);
  const run = uuid && (await context.db('runs').where({ id: uuid, account_id }).first());
  if (!run) throw new Failure('not_found', 'Not found.');
  if (run.executor !== 'runner' || run.ended_at !== null || run.worker !== lease) throw lost();
  return { ...run, container_url: null } as unknown as Held;
}

/** Keeps a run in hand, with what is said of it in the same statement: whoever has lost it changes nothing. Throws `conflict`. */
export async function renew(db: Knex, { id, worker, account_id }: Held, more = {}, { lease }: Pace = unhurried) {
  const leased_until = db.raw(`now() + ? * interval '1 millisecond'`, [lease]);
  const kept = await db('runs')
    .where({ id, worker })
    .update({ leased_until, ...more });
  if (kept === 0) throw lost();
  await seen(db, account_id);
  return { lease_seconds: lease / 1000 };
}

/** What a column of milliseconds holds, some 24 days. */
const longest = 2 ** 31 - 1;

/** Writes the end of a run. Throws `conflict` where somebody else has done so, or has it. */
export async function endRun({ house }: Context, held: Held, outcome: Outcome): Promise<void> {
  const ms = held.started_at === null ? 0 : Math.min(longest, Math.max(0, Date.now() - Date.parse(held.started_at)));
  if (!(await finish(house, held, outcome, ms))) throw lost();
}

/** What a runner says of a run's end, as an outcome. */
export function outcomeOf(state: 'completed' | 'failed', message?: string, traceback?: string): Outcome {
  if (state === 'completed') return { state, outputs: null, error: null };
  return failed(message ?? 'The runner gave no reason', { type: 'pipeline_error', traceback: traceback ?? null });
}

/** Puts a run back, to be taken at once. Throws `conflict`. */
export async function putBack({ house }: Context, held: Held): Promise<void> {
  if (!(await giveBack(house, held, 'queued'))) throw lost();
  house.waitingRunners.look();
}
