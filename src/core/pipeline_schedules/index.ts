import type { Context } from '../context.ts';
import type { Endpoint } from '../endpoint.ts';
import type { PipelineRow } from '../pipelines/index.ts';
import { each, editor, hidden, viewer } from '../rules.ts';
import { repoPath } from '../statuses/index.ts';
import { nextRun } from './interval.ts';
import { resource, type ScheduleRow, updated } from './resource.ts';
import { shownToken } from './trigger_token.ts';

/** What of a trigger is no column. Without runs, what counts them is null. */
interface Extra {
  event_matchers: Record<string, unknown>[];
  last_pipeline_run_status: string | null;
  next_pipeline_run_date: string | null;
  pipeline_in_progress_runs_count: number | null;
  pipeline_runs_count: number | null;
  repo_path: string;
  runtime_average: number | null;
  /** Open, or hidden from who may not run the pipeline. */
  token: string;
}

const common = [
  'created_at',
  'description',
  'global_data_product_uuid',
  'id',
  'last_enabled_at',
  'name',
  'pipeline_uuid',
  'repo_path',
  'schedule_interval',
  'schedule_type',
  'settings',
  'sla',
  'start_time',
  'status',
  'token',
  'updated_at',
  'variables',
] as const;
const timed = [...common, 'event_matchers', 'next_pipeline_run_date', 'tags'] as const;
const listed = [
  ...timed,
  'last_pipeline_run_status',
  'pipeline_in_progress_runs_count',
  'pipeline_runs_count',
] as const;

/** How the runs of a trigger went: how many there are and go on, how the last one stands, how many seconds they took. */
interface Count {
  all: number;
  going: number;
  last: string;
  seconds: number | null;
}

const counted =
  <Name extends keyof Count>(name: Name) =>
  async ({ db }: Context, rows: readonly ScheduleRow[]): Promise<(Count[Name] | null)[]> => {
    const found: (Count & { id: number })[] = await db('pipeline_runs')
      .whereIn(
        'pipeline_schedule_id',
        rows.map(({ id }) => id),
      )
      .groupBy('pipeline_schedule_id')
      .select('pipeline_schedule_id as id')
      .select(db.raw(`count(*)::int as "all", count(*) filter (where status in ('initial', 'running'))::int as going`))
      .select(db.raw('(array_agg(status order by execution_date desc, id desc))[1] as last'))
      .select(db.raw('avg(extract(epoch from completed_at - started_at))::float as seconds'));
    const byId = new Map(found.map((count) => [count.id, count[name]]));
    return rows.map(({ id }) => byId.get(id) ?? null);
  };

/** The triggers of pipelines, alone and under their pipeline (docs/compat/mage.md: Triggers). */
export const pipelineSchedules: Endpoint<ScheduleRow, Extra, PipelineRow> = {
  name: 'pipeline_schedules',
  resource,

  policy: {
    action: { list: viewer, detail: viewer, create: editor, update: editor, delete: editor },
    read: {
      ...each([...listed, 'runtime_average'] as const, viewer),
      ...each(['pipeline_id', 'next_due_at', 'planned_at'] as const, hidden),
    },
    write: {
      ...each([...common, 'event_matchers', 'rotate_token', 'tags'] as const, { update: editor }),
      ...each(updated, { create: editor, update: editor }),
    },
    query: each(
      ['global_data_product_uuid', 'order_by', 'schedule_interval[]', 'schedule_type[]', 'status[]', 'tag[]'],
      { list: viewer },
    ),
    lenient: ['create'],
  },

  presenter: {
    default: common,
    list: listed,
    detail: timed,
    update: timed,
    with_runtime_average: [...listed, 'runtime_average'],
  },

  collect: {
    event_matchers: (_context, rows) => rows.map(() => []),
    last_pipeline_run_status: counted('last'),
    next_pipeline_run_date: (_context, rows) => rows.map((row) => nextRun({ ...row }, new Date())),
    pipeline_in_progress_runs_count: counted('going'),
    pipeline_runs_count: counted('all'),
    repo_path: (_context, rows) => rows.map(() => repoPath),
    runtime_average: counted('seconds'),
    token: (context, rows) => rows.map((row) => shownToken(context, row)),
  },
};
