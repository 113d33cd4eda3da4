import type { Knex } from 'knex';
import { writeJson } from '../../contract/json.ts';
import { idOf } from '../ids.ts';
import type { Json } from '../pipelines/row.ts';
import { failed, type Outcome, type RunError } from '../runs/row.ts';
import { openBlocks, wake } from './row.ts';
import { say } from './run_logs.ts';

/** An attempt that has ended, as far as its run goes. */
export interface Ended {
  id: string;
  pipeline_run_id: number | null;
  pipeline_id: number;
  executor: string;
}

/**
 * What the end of an attempt means for the run that it was of; in the transaction that ends the attempt, so that neither is
 * without the other. A run that was cancelled stays so.
 */
export async function settleRun(db: Knex, attempt: Ended, outcome: Outcome): Promise<void> {
  const { pipeline_run_id: runId } = attempt;
  if (runId === null) return;
  const end = outcome.state === 'absent' ? failed('The container did not answer in time') : outcome;
  const isContainer = attempt.executor === 'container';
  const parts = isContainer ? {} : await countParts(db, runId);
  const open = openBlocks.reduce((sum, status) => sum + (parts[status] ?? 0), 0);
  const error = end.error ?? (open > 0 ? failed('The runner left blocks undone').error : null);
  // Blocks that may fail do not end the run: it has failed, once all of them are done with.
  const hasFailed = error !== null || (parts.failed ?? 0) + (parts.upstream_failed ?? 0) > 0;
  const now = db.fn.now();
  const changed = await db('pipeline_runs')
    .where({ id: runId, status: 'running' })
    .update({
      status: hasFailed ? 'failed' : 'completed',
      ...{ ended_at: now, updated_at: now, ...(error === null && { completed_at: now }) },
      ...(isContainer && { metrics: writeJson({ container: saidOf(attempt, end) }) }),
    } as never);
  if (changed === 0) return;
  // A container does the whole pipeline, and says nothing of its blocks.
  const rest = hasFailed ? { status: 'cancelled' } : { status: 'completed', completed_at: now };
  await db('block_runs')
    .where('pipeline_run_id', runId)
    .whereIn('status', openBlocks)
    .update({ ...rest, updated_at: now } as never);
  await say(db, [lastLine(runId, error)]);
  if (!hasFailed) await switchOff(db, runId);
  await wake(db, attempt.pipeline_id);
}

/** Ends a run whose blocks are all completed. */
export async function completeRun(db: Knex, id: number): Promise<void> {
  const now = db.fn.now();
  await db('pipeline_runs')
    .where({ id, status: 'running' })
    .update({ status: 'completed', completed_at: now, ended_at: now, updated_at: now } as never);
  await say(db, [lastLine(id, null)]);
  await switchOff(db, id);
}

/** A trigger that runs once has done so once a run of it is completed. */
async function switchOff(db: Knex, runId: number): Promise<void> {
  await db('pipeline_schedules')
    .where({ schedule_type: 'time', schedule_interval: '@once' })
    .whereIn('id', db('pipeline_runs').where({ id: runId }).select('pipeline_schedule_id'))
    .update({ status: 'inactive', updated_at: db.fn.now() });
}

async function countParts(db: Knex, runId: number): Promise<Record<string, number>> {
  const counts: { status: string; count: number }[] = await db('block_runs')
    .where('pipeline_run_id', runId)
    .groupBy('status')
    .select('status', db.raw('count(*)::int as count'));
  return Object.fromEntries(counts.map(({ status, count }) => [status, count]));
}

function saidOf({ id }: Ended, { outputs, error }: Exclude<Outcome, { state: 'absent' }>): Json {
  return { run_id: idOf('run', id), outputs, ...(error && { error }) };
}

function lastLine(runId: number, error: RunError | null) {
  if (!error) return { runId, message: `Finished executing pipeline run ${runId}.` };
  const more = error.traceback ? { more: { error: error.traceback } } : {};
  return { runId, level: 'ERROR' as const, message: error.message, ...more };
}
