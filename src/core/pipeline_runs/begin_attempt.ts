import type { Knex } from 'knex';
import { storedJson } from '../../contract/json.ts';
import { inputsOf, merged } from './variables.ts';

/**
 * What runs a pipeline of Mage's: `container`, where one is attached, sent to by `core/runs` as all its runs are; or `runner`,
 * a program that takes the attempts of its account from the table `runs` (docs/runs.md, "Runs of Mage's pipelines").
 */
export type Executor = 'container' | 'runner';

/**
 * Puts a run on the one queue of runs: an attempt, taken, fenced and ended as every run is. Gives its id. Only for a run that
 * is running and has no open attempt.
 */
export async function beginAttempt(db: Knex, runId: number): Promise<string> {
  const run = await db('pipeline_runs as r')
    .join('pipelines as p', 'p.id', 'r.pipeline_id')
    .leftJoin('pipeline_schedules as s', 's.id', 'r.pipeline_schedule_id')
    .where('r.id', runId)
    .first('r.account_id', 'r.pipeline_id', 'p.container_url', {
      globals: 'p.variables',
      triggers: 's.variables',
      own: 'r.variables',
    });
  const executor: Executor = run.container_url === null ? 'runner' : 'container';
  const inputs = executor === 'container' ? inputsOf(merged(run.globals, run.triggers, run.own)) : [];
  const [attempt] = await db('runs')
    .insert({
      account_id: run.account_id,
      pipeline_id: run.pipeline_id,
      pipeline_run_id: runId,
      inputs: storedJson(inputs),
      ...{ executor, async: true, streamed: false, waits: true },
    })
    .returning('id');
  const id = attempt?.id as string;
  // Runners ask for themselves.
  if (executor === 'container')
    await db.raw(`select graphile_worker.add_job('run', ?::json)`, [JSON.stringify({ id })]);
  return id;
}

/** Ends the attempts of runs that shall not go on: whoever has one in hand finds that it is lost. */
export async function endAttempts(db: Knex, runIds: readonly number[]): Promise<void> {
  await db('runs')
    .whereIn('pipeline_run_id', runIds)
    .whereNull('ended_at')
    .update({
      ...{ state: 'cancelled', worker: null, leased_until: null, ended_at: db.fn.now(), updated_at: db.fn.now() },
    } as never);
}
