import type { Knex } from 'knex';
import type { Json } from '../pipelines/row.ts';

interface Asks {
  pipeline_schedule_id: number | null;
  settings: Json | null;
}

/** How many runs of a pipeline, and of each of its triggers, may be under way at once. */
export interface Room {
  /** What has no room is called off, and does not wait. */
  skips: boolean;
  has(run: Asks): boolean;
  take(run: Asks): void;
}

/** The limits of `concurrency_config` (docs/compat/mage.md: The scheduler), with what is under way counted against them. */
export async function limitsOf(db: Knex, pipelineId: number, config: Json): Promise<Room> {
  const counts: { pipeline_schedule_id: number | null; running: number }[] = await db('pipeline_runs')
    .where({ pipeline_id: pipelineId, status: 'running' })
    .groupBy('pipeline_schedule_id')
    .select('pipeline_schedule_id', db.raw('count(*)::int as running'));
  const running = new Map(counts.map((row) => [row.pipeline_schedule_id, row.running]));
  let all = [...running.values()].reduce((sum, count) => sum + count, 0);
  const most = limitIn(config, 'pipeline_run_limit_all_triggers');
  return {
    skips: config.on_pipeline_run_limit_reached === 'skip',
    has({ pipeline_schedule_id, settings }) {
      const own = limitIn(settings, 'pipeline_run_limit') ?? limitIn(config, 'pipeline_run_limit');
      return all < (most ?? Infinity) && (running.get(pipeline_schedule_id) ?? 0) < (own ?? Infinity);
    },
    take({ pipeline_schedule_id }) {
      all += 1;
      running.set(pipeline_schedule_id, (running.get(pipeline_schedule_id) ?? 0) + 1);
    },
  };
}

/** A limit where it is one; what is no number is none. */
function limitIn(settings: Json | null, name: string): number | undefined {
  const value = Number(settings?.[name] ?? Number.NaN);
  return Number.isInteger(value) && value > 0 ? value : undefined;
}
