import type { Knex } from 'knex';
import { Failure } from '../../contract/failure.ts';
import { storedJson } from '../../contract/json.ts';
import type { Context } from '../context.ts';
import { uuidOf } from '../ids.ts';
import { noPipeline, pipelineByIdOrPointer } from '../pointers/find.ts';
import { admit, permitRow } from '../policy.ts';
import { accountOf } from '../rules.ts';
import { runs } from './index.ts';
import { located } from './inputs.ts';
import { type Held, inHand } from './lease.ts';
import { type Pace, type RunInput, type RunRow, unhurried } from './row.ts';
import { type Stream, stream } from './stream.ts';

/** What a caller wants run. */
export interface Wanted {
  /** A pipeline's id, or a pointer. */
  pipeline: string;
  inputs: RunInput[];
  /** Waits for a container that is not there: 5 minutes. */
  waits: boolean;
}

/**
 * Records a run and queues it, both or neither: from here on it ends, whatever becomes of this process. Where the
 * pipeline has no container and the run does not wait for one, it has ended already. Throws `forbidden`, `not_found`,
 * `invalid`.
 */
export async function acceptRun(context: Context, wanted: Wanted, async: boolean): Promise<RunRow> {
  return context.db.transaction(async (db) => {
    const { row, pipeline } = await rowOf({ ...context, db }, wanted);
    if (pipeline.container_url !== null || wanted.waits) return queued(db, { ...row, async });
    const ended = { state: 'no_resources_available', ended_at: db.fn.now(), compute_time_ms: 0 };
    const [run] = await db('runs')
      .insert({ ...row, async, streamed: false, ...ended })
      .returning('*');
    return run as unknown as RunRow;
  });
}

/**
 * The same for a pipeline by its id, where there is a container to wait for. Throws `conflict` where there is none, and then
 * nothing is recorded.
 */
export async function queueRun(context: Context, pipelineId: string, inputs: RunInput[]): Promise<RunRow> {
  return context.db.transaction(async (db) => {
    if (uuidOf('pipeline', pipelineId) === undefined) throw noPipeline();
    const { row, pipeline } = await rowOf({ ...context, db }, { pipeline: pipelineId, inputs, waits: true });
    if (pipeline.container_url !== null) return queued(db, { ...row, async: true });
    throw new Failure('conflict', 'Nobody takes runs of this pipeline: it has no container.');
  });
}

async function queued(db: Knex, values: Awaited<ReturnType<typeof rowOf>>['row'] & { async: boolean }) {
  const [run] = await db('runs')
    .insert({ ...values, streamed: false })
    .returning('*');
  await db.raw(`select graphile_worker.add_job('run', ?::json)`, [JSON.stringify({ id: run?.id })]);
  return run as unknown as RunRow;
}

/** Records a run that this process has in hand from the start, and begins to stream it. Throws as `acceptRun` does. */
export async function streamRun(context: Context, wanted: Wanted, pace: Pace = unhurried): Promise<Stream> {
  const { row, pipeline } = await rowOf(context, wanted);
  const { container_url } = pipeline;
  const values = { ...row, async: false, streamed: true, ...inHand(context.db, pace) };
  const [run] = await context.db('runs').insert(values).returning('*');
  return stream(context.house, { ...run, container_url } as unknown as Held, pace);
}

/**
 * Gives a run once it has ended, or as it stands after `patience` milliseconds: before the client's 300 s
 * (docs/compat/mystic.md: Waiting).
 */
export async function outcomeFor(context: Context, { id }: RunRow, patience = 290_000): Promise<RunRow> {
  await context.house.endings.wait(id, patience);
  const run = await context.db('runs').where({ id }).first();
  if (run) return run as RunRow;
  throw new Failure('not_found', 'Run not found');
}

async function rowOf(context: Context, { pipeline: name, inputs, waits }: Wanted) {
  const { principal } = context;
  permitRow(runs, 'create', admit(runs, 'create', context), context, undefined);
  const pipeline = await pipelineByIdOrPointer(context, name);
  const row = {
    account_id: accountOf(context),
    user_id: principal.kind === 'user' ? principal.userId : null,
    pipeline_id: pipeline.id,
    pointer: name.startsWith('pipeline_') ? null : name,
    inputs: storedJson(await located(context, inputs)),
    waits,
    origin: context.asker.origin,
  };
  return { row, pipeline };
}
