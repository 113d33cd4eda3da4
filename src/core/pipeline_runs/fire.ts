import type { Knex } from 'knex';
import { storedJson } from '../../contract/json.ts';
import type { Json } from '../pipelines/row.ts';
import { addBlockRuns, type PipelineRunRow, wake } from './row.ts';
import { partitionKey, partitionOf } from './variables.ts';

/** A trigger that makes a run. */
export interface Firing {
  id: number;
  pipeline_id: number;
  account_id: number;
}

/** What the run is given. */
export interface Given {
  variables: Json | null;
  event_variables: Json | null;
  /** An ISO time; now, unless it is said. */
  execution_date?: string | undefined;
  backfill_id?: number | null | undefined;
}

/**
 * Records a run of a trigger with a part for each block, or for these blocks `only`, and has the scheduler look at it: both or neither. It runs as soon as
 * there is something to run it, and its trigger is active.
 */
export async function fire(db: Knex, trigger: Firing, given: Given, only?: readonly string[]): Promise<PipelineRunRow> {
  const { rows } = await db.raw<{ rows: [{ execution_date: string }] }>(
    'select coalesce(?::timestamptz, clock_timestamp()) as execution_date',
    [given.execution_date ?? null],
  );
  const [{ execution_date }] = rows;
  const partition = partitionOf(trigger.id, execution_date);
  const [run] = await db('pipeline_runs')
    .insert({
      account_id: trigger.account_id,
      pipeline_id: trigger.pipeline_id,
      pipeline_schedule_id: trigger.id,
      execution_date,
      variables: storedJson({ ...given.variables, [partitionKey]: partition }),
      event_variables: given.event_variables === null ? null : storedJson(given.event_variables),
      backfill_id: given.backfill_id ?? null,
    })
    .returning('id');
  const id = run?.id as number;
  await addBlockRuns(db, [id], only);
  await wake(db, trigger.pipeline_id);
  return runById(db, id);
}

/** One run with its pipeline's identifier; it has to be there. */
export async function runById(db: Knex, id: number): Promise<PipelineRunRow> {
  return db('pipeline_runs as r')
    .join('pipelines as p', 'p.id', 'r.pipeline_id')
    .where('r.id', id)
    .first('r.*', 'p.uuid as pipeline_uuid') as never;
}
