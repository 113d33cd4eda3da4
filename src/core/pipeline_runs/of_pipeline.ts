import type { Knex } from 'knex';
import { storedJson } from '../../contract/json.ts';
import type { Json, PipelineRow } from '../pipelines/row.ts';
import { cancelRuns, retryFailed } from './change_run.ts';
import { wake } from './row.ts';
import { dateOf } from './variables.ts';

/** A run as a pipeline's own update names it. */
export interface NamedRun {
  id?: number | null;
  pipeline_schedule_id?: number | null;
  execution_date?: string | null;
  variables?: Json | null;
}

/** What a pipeline's own update says of its runs (docs/compat/mage.md: Runs). */
export interface RunsChange {
  status: 'cancelled' | 'retry' | 'retry_incomplete_block_runs';
  pipeline_runs?: NamedRun[] | null | undefined;
  pipeline_schedule_id?: number | null | undefined;
}

/** Changes the runs of a pipeline: those that are named, those of a trigger, or all. Throws `invalid` for a date that is none. */
export async function changeRuns(db: Knex, { id, account_id }: PipelineRow, change: RunsChange): Promise<void> {
  const named = (change.pipeline_runs ?? []).filter((run) => typeof run === 'object' && run !== null);
  if (change.status === 'retry_incomplete_block_runs') return retryFailed(db, id);
  if (change.status === 'retry') {
    for (const run of named) await runAgain(db, { pipeline_id: id, account_id }, run);
    return wake(db, id);
  }
  if (named.length > 0)
    for (const run of named) await cancelRuns(db, { 'pipeline_runs.id': run.id ?? 0, pipeline_id: id });
  else if (change.pipeline_schedule_id)
    await cancelRuns(db, { pipeline_schedule_id: change.pipeline_schedule_id, pipeline_id: id });
  else await cancelRuns(db, { pipeline_id: id });
}

/** A new run with the date and the variables of an earlier one, of a trigger of the same pipeline. */
async function runAgain(db: Knex, of: { pipeline_id: number; account_id: number }, run: NamedRun): Promise<void> {
  const trigger = await db('pipeline_schedules')
    .where({ id: run.pipeline_schedule_id ?? 0, pipeline_id: of.pipeline_id })
    .first('id');
  if (!trigger) return;
  await db('pipeline_runs').insert({
    ...of,
    pipeline_schedule_id: trigger.id,
    execution_date: dateOf(String(run.execution_date ?? '')),
    variables: run.variables ? storedJson(run.variables) : null,
  });
}
