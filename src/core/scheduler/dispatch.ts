import type { Knex } from 'knex';
import type { House } from '../house.ts';
import { beginAttempt } from '../pipeline_runs/begin_attempt.ts';
import { addBlockRuns, blockRunsOf, type StoredRun } from '../pipeline_runs/row.ts';
import { say } from '../pipeline_runs/run_logs.ts';
import { completeRun } from '../pipeline_runs/settle.ts';
import type { Json } from '../pipelines/row.ts';
import { limitsOf, type Room } from './room.ts';

/** How many runs of one trigger are looked at in one transaction. */
const batch = 100;

type Waiting = StoredRun & { settings: Json | null };

/**
 * Starts the runs of a pipeline that wait, the oldest date first, as far as its limits go, and closes those that have nothing
 * left to do (docs/compat/mage.md: The scheduler). Runs of triggers that are not active wait. Nobody else looks at the same
 * pipeline meanwhile.
 */
export async function dispatch({ db }: Pick<House, 'db'>, pipelineId: number): Promise<void> {
  for (let isMore = true; isMore; ) {
    isMore = await db.transaction(async (trx) => {
      const pipeline = await trx('pipelines')
        .where({ id: pipelineId })
        .forNoKeyUpdate()
        .first('concurrency_config', 'container_url');
      if (!pipeline) return false;
      await goOn(trx, pipelineId, pipeline.container_url !== null);
      const waiting = await waitingOf(trx, pipelineId);
      const room = await limitsOf(trx, pipelineId, pipeline.concurrency_config as Json);
      let moved = 0;
      for (const run of waiting) if (await admit(trx, run, room, pipeline.container_url !== null)) moved += 1;
      // Where none has moved, the same ones would be found again.
      return moved > 0 && waiting.length >= batch;
    });
  }
}

/** The oldest runs of each active trigger: those of one that has no room keep nobody from seeing those of another. */
async function waitingOf(db: Knex, pipelineId: number): Promise<Waiting[]> {
  const { rows } = await db.raw<{ rows: Waiting[] }>(
    `select r.*, s.settings from (
       select *, row_number() over (partition by pipeline_schedule_id order by execution_date, id) as place
       from pipeline_runs where pipeline_id = ? and status = 'initial'
     ) r join pipeline_schedules s on s.id = r.pipeline_schedule_id
     where s.status = 'active' and r.place <= ${batch} order by r.execution_date, r.id`,
    [pipelineId],
  );
  return rows;
}

/** Starts a run, or calls it off, where there is no room for it; gives whether it waits no longer. */
async function admit(db: Knex, run: Waiting, room: Room, hasContainer: boolean): Promise<boolean> {
  if (room.has(run)) {
    const started = await start(db, run, hasContainer);
    if (started === 'running') room.take(run);
    return true;
  }
  if (!room.skips) return false;
  const message = 'Pipeline run limit reached... skipping this run';
  await db('pipeline_runs')
    .where({ id: run.id })
    .update({ status: 'cancelled', ended_at: db.fn.now() } as never);
  await say(db, [{ runId: run.id, level: 'WARNING', message }]);
  return true;
}

async function start(db: Knex, { id }: Pick<StoredRun, 'id'>, hasContainer: boolean): Promise<'running' | 'completed'> {
  await addBlockRuns(db, [id]);
  const now = db.fn.now();
  const changed = await db('pipeline_runs')
    .where({ id, status: 'initial' })
    .update({ status: 'running', started_at: db.raw('coalesce(started_at, now())'), updated_at: now } as never);
  if (changed === 0) return 'completed';
  await say(db, [{ runId: id, message: `Start executing pipeline run ${id}.` }]);
  const parts = await blockRunsOf(db, [id]);
  const isDone = parts.every(({ status }) => status === 'completed') && !(parts.length === 0 && hasContainer);
  if (isDone) await completeRun(db, id);
  else await beginAttempt(db, id);
  return isDone ? 'completed' : 'running';
}

/** Runs that go on without anybody at work: what is left of them is done once more, and what is done is said to be. */
async function goOn(db: Knex, pipelineId: number, hasContainer: boolean): Promise<void> {
  const idle: { id: number; tried: boolean }[] = await db('pipeline_runs as r')
    .where({ pipeline_id: pipelineId, status: 'running' })
    .whereNotExists(db('runs').whereRaw('pipeline_run_id = r.id').whereNull('ended_at').select(db.raw('1')))
    .forUpdate()
    .select(
      'r.id',
      db.raw(`exists (select from runs t where t.pipeline_run_id = r.id and t.state = 'completed') as tried`),
    );
  for (const { id, tried } of idle) {
    const parts = await blockRunsOf(db, [id]);
    const isEmpty = parts.length === 0 && hasContainer && !tried;
    if (parts.every(({ status }) => status === 'completed') && !isEmpty) await completeRun(db, id);
    else await beginAttempt(db, id);
  }
}
