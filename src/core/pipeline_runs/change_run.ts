import type { Knex } from 'knex';
import { withDescendants } from '../blocks/graph.ts';
import { blocksOf } from '../blocks/row.ts';
import { endAttempts } from './begin_attempt.ts';
import { addBlockRuns, holdRuns, openBlocks, type StoredRun, wake } from './row.ts';
import { say } from './run_logs.ts';

/** Which runs: one by its id, those of a trigger, of a pipeline, or of a backfill. */
export interface Which {
  'pipeline_runs.id'?: number;
  pipeline_schedule_id?: number;
  pipeline_id?: number;
  backfill_id?: number;
}

/** How runs end that somebody, or the clock, puts an end to. */
interface End {
  status: 'cancelled' | 'failed';
  /** What their log says of it. */
  message: string;
}

/** Cancels runs that have not ended. Gives how many those were. */
export async function cancelRuns(db: Knex, which: Which): Promise<number> {
  return endRuns(db, which, { status: 'cancelled', message: 'Pipeline run cancelled' });
}

/** Ends runs that have not ended, with their blocks and whoever works on them. Gives how many those were. */
export async function endRuns(db: Knex, which: Which, { status, message }: End): Promise<number> {
  const stopped: Pick<StoredRun, 'id' | 'pipeline_id'>[] = await db('pipeline_runs')
    .where(which)
    .whereIn('status', ['initial', 'running'])
    .update({ status, ended_at: db.fn.now(), updated_at: db.fn.now() } as never)
    .returning(['id', 'pipeline_id']);
  const ids = stopped.map(({ id }) => id);
  if (ids.length === 0) return 0;
  await db('block_runs')
    .whereIn('pipeline_run_id', ids)
    .whereIn('status', openBlocks)
    .update({ status: 'cancelled', updated_at: db.fn.now() } as never);
  await endAttempts(db, ids);
  await say(
    db,
    ids.map((runId) => ({ runId, message })),
  );
  // Others may have waited for their end.
  for (const id of new Set(stopped.map(({ pipeline_id }) => pipeline_id))) await wake(db, id);
  return ids.length;
}

/**
 * Has a run go on that has ended: with the blocks that are not completed, or from one block on, with all that come after it
 * (docs/compat/mage.md: Runs). Its `started_at` stays, and `completed_at` until it ends again.
 */
export async function retryBlocks(db: Knex, { id, pipeline_id }: StoredRun, from?: string): Promise<void> {
  await holdRuns(db, [id]);
  const again = from === undefined ? undefined : withDescendants(from, await blocksOf(db, [pipeline_id]));
  const blocks = db('block_runs').where('pipeline_run_id', id);
  if (again) blocks.whereIn('block_uuid', [...again]);
  else blocks.whereNot({ status: 'completed' });
  await blocks.update({ status: 'initial', tries: 0, completed_at: null, updated_at: db.fn.now() } as never);
  await endAttempts(db, [id]);
  const now = db.fn.now();
  await db('pipeline_runs')
    .where({ id })
    .update({
      status: 'running',
      started_at: db.raw('coalesce(started_at, now())'),
      ended_at: null,
      updated_at: now,
    } as never);
  await wake(db, pipeline_id);
}

/** Has the failed runs of a pipeline begin once more, each with the blocks that are not completed. */
export async function retryFailed(db: Knex, pipelineId: number): Promise<void> {
  const failed = await db('pipeline_runs')
    .where({ pipeline_id: pipelineId, status: 'failed' })
    .update({ status: 'initial', ended_at: null, updated_at: db.fn.now() } as never)
    .returning('id');
  const ids = failed.map(({ id }) => id as number);
  await db('block_runs')
    .whereIn('pipeline_run_id', ids)
    .whereNot({ status: 'completed' })
    .update({ status: 'initial', tries: 0, updated_at: db.fn.now() } as never);
  await addBlockRuns(db, ids);
  await wake(db, pipelineId);
}
