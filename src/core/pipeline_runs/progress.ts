import type { Knex } from 'knex';
import { storedJson } from '../../contract/json.ts';
import { withDescendants } from '../blocks/graph.ts';
import { blocksOf } from '../blocks/row.ts';
import type { Json } from '../pipelines/row.ts';
import { type Held, heldBy } from '../runs/lease.ts';
import { type BlockRunStatus, holdRuns } from './row.ts';
import { say } from './run_logs.ts';

// What whoever has an attempt in hand says of its blocks, one after the other. Each is written only while the attempt is still
// theirs; false says that it is not, and that the work is to be dropped.

/** A block's output, as it is shown and kept. */
export interface BlockOutput {
  type: 'table' | 'text';
  text_data?: string;
  sample_data?: { columns: string[]; rows: unknown[][] };
  shape?: number[];
  /** Itself, where it is a value that JSON has. */
  value?: unknown;
  /** As Python pickles it, in base64. */
  pickled?: string;
}

/** How a block ended. */
export type BlockEnd =
  | { status: 'completed'; outputs: BlockOutput[] }
  | { status: 'failed'; error: { error: string; errors: string[]; message: string }; outputs?: BlockOutput[] }
  | { status: 'condition_failed' };

/** A block has begun. */
export async function blockBegan(db: Knex, held: Held, block: string): Promise<boolean> {
  return whileHeld(db, held, (trx) => began(trx, held, block));
}

/** The same, for whoever holds the run and knows whose the attempt is. */
export async function began(trx: Knex, held: Held, block: string): Promise<void> {
  const now = trx.fn.now();
  const tries = trx.raw('tries + 1');
  await part(trx, held, block).update({
    ...{ status: 'running', started_at: now, metrics: null, tries, updated_at: now },
  } as never);
}

/**
 * A block has ended. What comes after one that has failed cannot run any more where blocks may fail, and neither can what comes
 * after a condition that does not hold.
 */
export async function blockEnded(db: Knex, held: Held, block: string, end: BlockEnd): Promise<boolean> {
  return whileHeld(db, held, (trx) => ended(trx, held, block, end));
}

/** The same, for whoever holds the run and knows whose the attempt is. */
export async function ended(trx: Knex, held: Held, block: string, end: BlockEnd): Promise<void> {
  const now = trx.fn.now();
  const metrics: Json | null = end.status === 'failed' ? { error: end.error } : end.status === 'completed' ? {} : null;
  const [row] = await part(trx, held, block)
    .update({
      status: end.status,
      metrics: metrics && storedJson(metrics),
      ...{ updated_at: now, ...(end.status === 'completed' && { completed_at: now }) },
    } as never)
    .returning('id');
  if (!row) return;
  // Of a block whose tests have failed, there is what it gave.
  if (end.status !== 'condition_failed') await keep(trx, row.id as number, end.outputs ?? []);
  if (end.status === 'failed') {
    const message = `Failed to execute block ${block}`;
    const more = { error: end.error.errors.join('') || end.error.message };
    await say(trx, [
      { runId: held.pipeline_run_id as number, blockRunId: row.id as number, level: 'EXCEPTION', message, more },
    ]);
    if (await mayFail(trx, held)) await skip(trx, held, block, 'upstream_failed');
  }
  if (end.status === 'condition_failed') await skip(trx, held, block, 'condition_failed');
}

function part(db: Knex, { pipeline_run_id }: Held, block_uuid: string): Knex.QueryBuilder {
  return db('block_runs')
    .where({ pipeline_run_id: pipeline_run_id as number, block_uuid })
    .whereIn('status', ['initial', 'queued', 'running']);
}

async function whileHeld(db: Knex, held: Held, work: (trx: Knex) => Promise<void>): Promise<boolean> {
  return db.transaction(async (trx) => {
    await holdRuns(trx, [held.pipeline_run_id as number]);
    if (!(await heldBy(trx, held))) return false;
    await work(trx);
    return true;
  });
}

async function keep(db: Knex, block_run_id: number, outputs: readonly BlockOutput[]): Promise<void> {
  await db('block_outputs').where({ block_run_id }).delete();
  const json = (value: unknown) => (value === undefined ? null : storedJson(value));
  const rows = outputs.map(({ type, text_data, sample_data, shape, value, pickled }, position) => ({
    ...{ block_run_id, position, type, text_data: text_data ?? null },
    ...{ sample_data: json(sample_data), shape: json(shape), value: json(value) },
    pickled: pickled === undefined ? null : Buffer.from(pickled, 'base64'),
  }));
  if (rows.length > 0) await db('block_outputs').insert(rows);
}

async function mayFail(db: Knex, { pipeline_run_id }: Held): Promise<boolean> {
  const trigger = await db('pipeline_schedules as s')
    .join('pipeline_runs as r', 'r.pipeline_schedule_id', 's.id')
    .where('r.id', pipeline_run_id as number)
    .first('s.settings');
  return Boolean((trigger?.settings as Json | null)?.allow_blocks_to_fail);
}

async function skip(db: Knex, held: Held, block: string, status: BlockRunStatus): Promise<void> {
  const after = withDescendants(block, await blocksOf(db, [held.pipeline_id]));
  after.delete(block);
  await db('block_runs')
    .where({ pipeline_run_id: held.pipeline_run_id as number, status: 'initial' })
    .whereIn('block_uuid', [...after])
    .update({ status, updated_at: db.fn.now() } as never);
}
