import type { Collect } from '../endpoint.ts';
import type { Json, PipelineRow } from './row.ts';

/** A trigger, inside its pipeline. */
export interface PipelineTrigger {
  created_at: string;
  id: number;
  name: string;
  pipeline_uuid: string;
  schedule_interval: string | null;
  schedule_type: 'api' | 'event' | 'time' | null;
  start_time: string | null;
  status: 'active' | 'inactive';
  updated_at: string;
}

/** What of a pipeline is no column. Blocks are not kept here, so their lists are empty. */
export interface PipelineExtra {
  blocks: Json[];
  callbacks: Json[];
  conditionals: Json[];
  widgets: Json[];
  remote_variables_dir: string | null;
  variables_dir: string | null;
  history: Json[];
  schedules: PipelineTrigger[];
  variables: Json;
}

const empty = (_context: unknown, rows: readonly PipelineRow[]) => rows.map(() => []);
const none = (_context: unknown, rows: readonly PipelineRow[]) => rows.map(() => null);

const triggerColumns = [
  's.created_at',
  's.id',
  's.name',
  'p.uuid as pipeline_uuid',
  's.schedule_interval',
  's.schedule_type',
  's.start_time',
  's.status',
  's.updated_at',
];

export const collect: Collect<PipelineRow, PipelineExtra> = {
  blocks: empty,
  callbacks: empty,
  conditionals: empty,
  widgets: empty,
  remote_variables_dir: none,
  variables_dir: none,
  history: (_context, rows, { query }) => rows.map(() => (query.from_history_days ? [] : undefined)),
  variables: (_context, rows) => rows.map(({ variables }) => variables ?? undefined),

  async schedules({ db }, rows, { query }) {
    if (!query.include_schedules) return rows.map(() => undefined);
    const ids = rows.map(({ id }) => id);
    const triggers: (PipelineTrigger & { pipeline_id: number })[] = await db('pipeline_schedules as s')
      .join('pipelines as p', 'p.id', 's.pipeline_id')
      .whereIn('s.pipeline_id', ids)
      .orderBy('s.id')
      .select(...triggerColumns, 's.pipeline_id');
    const byPipeline = new Map<number, PipelineTrigger[]>(ids.map((id) => [id, []]));
    for (const { pipeline_id, ...trigger } of triggers) byPipeline.get(pipeline_id)?.push(trigger);
    return ids.map((id) => byPipeline.get(id));
  },
};
