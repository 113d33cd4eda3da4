import type { Endpoint } from '../endpoint.ts';
import type { PipelineRow } from '../pipelines/index.ts';
import { each, editor, hidden, viewer } from '../rules.ts';
import { repoPath } from '../statuses/index.ts';
import { nextRun } from './interval.ts';
import { resource, type ScheduleRow, updated } from './resource.ts';
import { shownToken } from './trigger_token.ts';

/** What of a trigger is no column. Nothing runs yet, so what counts runs is null. */
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
const counted = [
  ...timed,
  'last_pipeline_run_status',
  'pipeline_in_progress_runs_count',
  'pipeline_runs_count',
] as const;
const none = (_context: unknown, rows: readonly ScheduleRow[]) => rows.map(() => null);

/** The triggers of pipelines, alone and under their pipeline (docs/compat/mage.md: Triggers). */
export const pipelineSchedules: Endpoint<ScheduleRow, Extra, PipelineRow> = {
  name: 'pipeline_schedules',
  resource,

  policy: {
    action: { list: viewer, detail: viewer, create: editor, update: editor, delete: editor },
    read: { ...each([...counted, 'runtime_average'] as const, viewer), pipeline_id: hidden },
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
    list: counted,
    detail: timed,
    update: timed,
    with_runtime_average: [...counted, 'runtime_average'],
  },

  collect: {
    event_matchers: (_context, rows) => rows.map(() => []),
    last_pipeline_run_status: none,
    next_pipeline_run_date: (_context, rows) => rows.map((row) => nextRun({ ...row }, new Date())),
    pipeline_in_progress_runs_count: none,
    pipeline_runs_count: none,
    repo_path: (_context, rows) => rows.map(() => repoPath),
    runtime_average: none,
    token: (context, rows) => rows.map((row) => shownToken(context, row)),
  },
};
