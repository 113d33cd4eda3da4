import { type BlockRow, blocksOf, type Place } from '../blocks/row.ts';
import { type InsideBlock, inside } from '../blocks/shown_block.ts';
import type { Action, Context } from '../context.ts';
import type { Collect } from '../endpoint.ts';
import type { Listed } from './list.ts';
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

/** What of a pipeline is no column of its own. */
export interface PipelineExtra {
  blocks: InsideBlock[];
  callbacks: InsideBlock[];
  conditionals: InsideBlock[];
  /** Each with the blocks that are its own. */
  extensions: Json;
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

/** The blocks of each pipeline that are in this list of it, with what that list shows of a block. */
const placed =
  (place: Place) =>
  async (context: Context, rows: readonly PipelineRow[], _call: unknown, action: Action): Promise<InsideBlock[][]> => {
    const found = await blocksAt(context, rows, place, action);
    return rows.map(({ id }) => (found.get(id) ?? []).map(({ shown }) => shown));
  };

/** The blocks of this list, by their pipeline, each as that list shows it. */
async function blocksAt({ db }: Context, rows: readonly PipelineRow[], place: Place, action: Action) {
  const found = loaded.get(rows) ?? load(db, rows);
  loaded.set(rows, found);
  const shownOf = (its: BlockRow[]) =>
    its
      .filter((block) => block.place === place)
      .map((block) => ({ extension: block.extension_uuid, shown: inside(block, its, action === 'list') }));
  return new Map([...(await found)].map(([id, its]) => [id, shownOf(its)]));
}

/** Of the rows of one answer: four of its attributes are made of them. */
const loaded = new WeakMap<readonly PipelineRow[], Promise<Map<number, BlockRow[]>>>();

async function load(db: Context['db'], rows: readonly Listed[]): Promise<Map<number, BlockRow[]>> {
  const all = new Map<number, BlockRow[]>(rows.map(({ id }) => [id, []]));
  const ids = rows.filter(({ has_blocks }) => has_blocks !== false).map(({ id }) => id);
  if (ids.length > 0) for (const block of await blocksOf(db, ids)) all.get(block.pipeline_id)?.push(block);
  return all;
}

export const collect: Collect<PipelineRow, PipelineExtra> = {
  blocks: placed('blocks'),
  callbacks: placed('callbacks'),
  conditionals: placed('conditionals'),
  async extensions(context, rows, _call, action) {
    const found = await blocksAt(context, rows, 'extensions', action);
    return rows.map(({ id, extensions }) => {
      const all: Json = { ...extensions };
      for (const { extension, shown } of found.get(id) ?? []) {
        const { blocks = [], ...settings } = (all[String(extension)] ?? {}) as Json;
        all[String(extension)] = { ...settings, blocks: [...(blocks as unknown[]), shown] };
      }
      return all;
    });
  },
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
