import type { Context } from '../context.ts';
import type { Collect } from '../endpoint.ts';
import { shownToken } from '../pipeline_schedules/trigger_token.ts';
import { repoPath } from '../statuses/index.ts';
import { unusable } from '../unusable.ts';
import { type BlockRunRow, blockRunsOf, type PipelineRunRow } from './row.ts';

/** A block's part, inside its run. */
export type BlockRunInside = Omit<BlockRunRow, 'tries'> & {
  pipeline_schedule_id?: number;
  pipeline_schedule_name?: string;
};

/** What of a run is no column. */
export interface PipelineRunExtra {
  block_runs: BlockRunInside[];
  block_runs_count: number;
  completed_block_runs_count: number;
  pipeline_schedule_name: string;
  pipeline_schedule_token: string;
  pipeline_schedule_type: string | null;
  pipeline_tags: string[] | null;
  pipeline_type: string | null;
  repo_path: string;
}

type Trigger = { id: number; name: string; token: string; schedule_type: string | null };

/** The triggers of runs, by id. */
async function triggersOf({ db }: Context, rows: readonly PipelineRunRow[]): Promise<Map<number, Trigger>> {
  const ids = [...new Set(rows.map(({ pipeline_schedule_id }) => pipeline_schedule_id))];
  const found: Trigger[] = await db('pipeline_schedules')
    .whereIn('id', ids as number[])
    .select('id', 'name', 'token', 'schedule_type');
  return new Map(found.map((trigger) => [trigger.id, trigger]));
}

const ofTrigger =
  <T>(value: (trigger: Trigger, context: Context) => T) =>
  async (context: Context, rows: readonly PipelineRunRow[]): Promise<(T | undefined)[]> => {
    const triggers = await triggersOf(context, rows);
    return rows.map(({ pipeline_schedule_id }) => {
      const trigger = triggers.get(pipeline_schedule_id as number);
      return trigger && value(trigger, context);
    });
  };

/** The parts of runs, each run's in order. */
async function parts({ db }: Context, rows: readonly PipelineRunRow[]): Promise<BlockRunInside[][]> {
  const byRun = new Map<number, BlockRunInside[]>(rows.map(({ id }) => [id, []]));
  for (const part of await blockRunsOf(db, [...byRun.keys()])) {
    const { tries: _ours, ...shown } = part;
    byRun.get(part.pipeline_run_id)?.push(shown);
  }
  return rows.map(({ id }) => byRun.get(id) ?? []);
}

/** What of the pipelines of runs is asked for; else null. */
const ofPipeline =
  <T>(name: 'tags' | 'type', ...asked: string[]) =>
  async ({ db }: Context, rows: readonly PipelineRunRow[], { query }: { query: Record<string, unknown> }) => {
    if (!asked.some((parameter) => query[parameter])) return rows.map(() => null);
    const found = await db('pipelines')
      .whereIn('id', [...new Set(rows.map(({ pipeline_id }) => pipeline_id))])
      .select('id', name);
    const byId = new Map(found.map((row) => [row.id, (row as Record<string, unknown>)[name] as T]));
    return rows.map(({ pipeline_id }) => byId.get(pipeline_id) ?? null);
  };

export const collect: Collect<PipelineRunRow, PipelineRunExtra> = {
  async block_runs(context, rows, _call, action) {
    const all = await parts(context, rows);
    if (action === 'list') return all;
    const triggers = await triggersOf(context, rows);
    return rows.map(({ pipeline_schedule_id }, index) => {
      const trigger = triggers.get(pipeline_schedule_id as number);
      // Mage does not get further without the trigger, either.
      if (!trigger) throw unusable('pipeline_schedule', "'NoneType' object has no attribute 'id'");
      const its = { pipeline_schedule_id: trigger.id, pipeline_schedule_name: trigger.name };
      return (all[index] ?? []).map((part) => ({ ...part, ...its }));
    });
  },
  block_runs_count: async (context, rows) => (await parts(context, rows)).map(({ length }) => length),
  completed_block_runs_count: async (context, rows) =>
    (await parts(context, rows)).map((its) => its.filter(({ status }) => status === 'completed').length),
  pipeline_schedule_name: ofTrigger(({ name }) => name),
  pipeline_schedule_token: ofTrigger((trigger, context) => shownToken(context, trigger)),
  pipeline_schedule_type: ofTrigger(({ schedule_type }) => schedule_type),
  pipeline_tags: ofPipeline<string[]>('tags', 'include_pipeline_tags'),
  pipeline_type: ofPipeline<string>('type', 'include_pipeline_type', 'pipeline_type'),
  repo_path: (_context, rows) => rows.map(() => repoPath),
};
