import type { Knex } from 'knex';
import type { House } from '../house.ts';
import { endRuns } from '../pipeline_runs/change_run.ts';
import { holdRuns } from '../pipeline_runs/row.ts';
import { say } from '../pipeline_runs/run_logs.ts';

/** What a number of seconds in JSON is, or null for what is none. */
const seconds = (json: string) => `case when jsonb_typeof(${json}) = 'number' then (${json})::numeric::float end`;

/**
 * Ends the runs that take longer than their trigger lets them, as its `timeout_status` says, and those of which a block takes longer
 * than it may; marks those that have passed their trigger's `sla` (docs/compat/mage.md: The scheduler).
 */
export async function endOverdue({ db }: Pick<House, 'db'>, now: Date): Promise<void> {
  const at = now.toISOString();
  await db.raw(
    `update pipeline_runs r set passed_sla = true from pipeline_schedules s
     where s.id = r.pipeline_schedule_id and not r.passed_sla and r.status in ('initial', 'running')
       and s.sla > 0 and r.execution_date + make_interval(secs => s.sla) < ?`,
    [at],
  );
  const { rows: late } = await db.raw<{ rows: { id: number; took: number; ends: string }[] }>(
    `select r.id, floor(extract(epoch from ?::timestamptz - r.started_at))::int as took, s.settings ->> 'timeout_status' as ends
     from pipeline_runs r join pipeline_schedules s on s.id = r.pipeline_schedule_id
     where r.status = 'running' and extract(epoch from ?::timestamptz - r.started_at) >= ${seconds(`s.settings -> 'timeout'`)}
       and ${seconds(`s.settings -> 'timeout'`)} > 0`,
    [at, at],
  );
  for (const { id, took, ends } of late) {
    const message = `Pipeline run timed out after ${took} seconds`;
    const status = ends === 'cancelled' ? 'cancelled' : 'failed';
    await db.transaction((trx) => endRuns(trx, { 'pipeline_runs.id': id }, { status, message }));
  }
  const { rows: slow } = await db.raw<{ rows: SlowBlock[] }>(
    `select b.id, b.pipeline_run_id, b.block_uuid, blocks.timeout from block_runs b
     join pipeline_runs r on r.id = b.pipeline_run_id and r.status = 'running'
     join blocks on blocks.pipeline_id = r.pipeline_id and blocks.uuid = b.block_uuid
     where b.status = 'running' and blocks.timeout > 0 and b.started_at + make_interval(secs => blocks.timeout) <= ?`,
    [at],
  );
  for (const block of slow) await db.transaction((trx) => failBlock(trx, block));
}

interface SlowBlock {
  id: number;
  pipeline_run_id: number;
  block_uuid: string;
  timeout: number;
}

async function failBlock(db: Knex, { id, pipeline_run_id, block_uuid, timeout }: SlowBlock): Promise<void> {
  await holdRuns(db, [pipeline_run_id]);
  const failed = await db('block_runs')
    .where({ id, status: 'running' })
    .update({ status: 'failed', updated_at: db.fn.now() } as never);
  if (failed === 0) return;
  const message = `Block ${block_uuid} timed out after ${timeout} seconds`;
  await say(db, [{ runId: pipeline_run_id, blockRunId: id, level: 'ERROR', message }]);
  await endRuns(db, { 'pipeline_runs.id': pipeline_run_id }, { status: 'failed', message });
}
