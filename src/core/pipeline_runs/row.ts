import type { Knex } from 'knex';
import type { BlockRun as BlockRunTable, PipelineRun as PipelineRunTable } from '../../../generated/tables.ts';
import type { Json } from '../pipelines/row.ts';

export const runStatuses = ['initial', 'running', 'completed', 'failed', 'cancelled'] as const;
export type PipelineRunStatus = (typeof runStatuses)[number];

export type BlockRunStatus =
  | 'initial'
  | 'queued'
  | 'running'
  | 'completed'
  | 'failed'
  | 'upstream_failed'
  | 'condition_failed'
  | 'cancelled';

/** A run of a pipeline as the table holds it, with its JSON columns as what they are. */
export type StoredRun = Omit<PipelineRunTable, 'status' | 'variables' | 'event_variables' | 'metrics'> & {
  status: PipelineRunStatus;
  variables: Json | null;
  event_variables: Json | null;
  metrics: Json | null;
};

/** With what its pipeline and its trigger are called. */
export interface PipelineRunRow extends StoredRun {
  pipeline_uuid: string;
}

/** A block's part of a run. */
export type BlockRunRow = Omit<BlockRunTable, 'status' | 'metrics'> & { status: BlockRunStatus; metrics: Json | null };

/** Block runs that have not ended. */
export const openBlocks: readonly BlockRunStatus[] = ['initial', 'queued', 'running'];

/** The parts of runs, each run's in the order of its blocks. */
export function blockRunsOf(db: Knex, runIds: readonly number[]): Promise<BlockRunRow[]> {
  return db('block_runs').whereIn('pipeline_run_id', runIds).orderBy(['pipeline_run_id', 'id']) as never;
}

/** The types of blocks that a run executes; the others are notes, and what runs with a block. */
export const executed = [...['custom', 'data_exporter', 'data_loader', 'global_data_product', 'sensor', 'transformer']];

/** Gives runs a part for each block that their pipeline executes, where they have none yet. */
export async function addBlockRuns(db: Knex, runIds: readonly number[], only?: readonly string[]): Promise<void> {
  if (runIds.length === 0) return;
  await db.raw(
    `insert into block_runs (pipeline_run_id, block_uuid)
     select r.id, b.uuid from pipeline_runs r join blocks b on b.pipeline_id = r.pipeline_id
     where r.id = any(?) and b.place = 'blocks' and b.type = any(?) and (?::text[] is null or b.uuid = any(?))
     order by r.id, b.position, b.id
     on conflict do nothing`,
    [[...runIds], executed, only ? [...only] : null, only ? [...only] : null],
  );
}

/**
 * Holds runs until the transaction ends. Whatever changes a run with its parts or its attempts does so first: in another order two
 * that meet would wait for each other.
 */
export async function holdRuns(db: Knex, ids: readonly number[]): Promise<void> {
  await db('pipeline_runs').whereIn('id', ids).orderBy('id').forNoKeyUpdate().select('id');
}

/** Has the scheduler look after a pipeline's runs as soon as the transaction is through. */
export async function wake(db: Knex, pipelineId: number): Promise<void> {
  const key = `pipeline:${pipelineId}`;
  await db.raw(`select graphile_worker.add_job('pipeline', ?::json, job_key => ?, max_attempts => 3)`, [
    JSON.stringify({ id: pipelineId }),
    key,
  ]);
}
