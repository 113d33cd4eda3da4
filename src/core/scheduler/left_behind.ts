import type { Knex } from 'knex';
import type { House } from '../house.ts';
import { holdRuns, wake } from '../pipeline_runs/row.ts';
import { type Ended, settleRun } from '../pipeline_runs/settle.ts';
import { failed } from '../runs/row.ts';

/** What the log of a run says that nobody is there to run. */
const nobody =
  'Nobody runs this pipeline: attach a container to it (PUT /v4/pipelines/{id}/container), or start a runner (latchkey ' +
  'runner). Then retry the run.';

/**
 * Ends the attempts that no runner has taken, where the account has had none since a minute before they were due: a runner that is
 * busy says so, and its runs wait without limit (docs/runs.md). Gives how many those were.
 */
export async function failUnattended(house: House, now: Date): Promise<number> {
  const { db, config, endings } = house;
  const lost: Ended[] = await unattended(db, now, config.runnerGraceSeconds).select(
    ...['r.id', 'r.pipeline_run_id', 'r.pipeline_id', 'r.executor'],
  );
  for (const attempt of lost) {
    await db.transaction(async (trx) => {
      await holdRuns(trx, [attempt.pipeline_run_id as number]);
      const { error } = failed(nobody);
      const ended = await trx('runs')
        .whereIn('id', unattended(trx, now, config.runnerGraceSeconds).where('r.id', attempt.id).select('r.id'))
        .update({
          state: 'failed',
          error: JSON.stringify(error),
          ended_at: trx.fn.now(),
          updated_at: trx.fn.now(),
        } as never);
      if (ended > 0) await settleRun(trx, attempt, failed(nobody));
    });
    endings.tell(attempt.id);
  }
  return lost.length;
}

/** Attempts for runners that nobody has in hand, and nobody will. */
function unattended(db: Knex, now: Date, grace: number): Knex.QueryBuilder {
  return db('runs as r')
    .join('accounts as a', 'a.id', 'r.account_id')
    .where('r.executor', 'runner')
    .whereNotNull('r.pipeline_run_id')
    .whereNull('r.ended_at')
    .whereNull('r.worker')
    .whereRaw('r.created_at <= ?::timestamptz - make_interval(secs => ?)', [now.toISOString(), grace])
    .whereRaw(`coalesce(a.runner_seen_at, '-infinity') < r.created_at - interval '60 seconds'`);
}

/** Has pipelines looked at whose runs wait, or stand still, and nobody was told: what a process left that died. */
export async function wakeForgotten(db: Knex): Promise<void> {
  const { rows } = await db.raw<{ rows: { pipeline_id: number }[] }>(
    `select distinct r.pipeline_id from pipeline_runs r
     where (r.status = 'running' and not exists (
         select from runs a where a.pipeline_run_id = r.id and a.ended_at is null))
       or (r.status = 'initial' and exists (
         select from pipeline_schedules s where s.id = r.pipeline_schedule_id and s.status = 'active'))`,
  );
  for (const { pipeline_id } of rows) await wake(db, pipeline_id);
}
