import type { Context } from '../context.ts';
import { idOf, uuidOf } from '../ids.ts';
import { type KeysetPage, keysetPage } from '../keyset.ts';
import { admit, permitRow } from '../policy.ts';
import { accountOf, viewer } from '../rules.ts';
import type { PipelineRunStatus } from './row.ts';

/** A run of blocks, as the console lists it. */
export interface TriggeredRun {
  id: string;
  pipeline: { id: string; name: string };
  trigger: string | null;
  status: PipelineRunStatus;
  blocks: { all: number; completed: number; failed: number };
  execution_date: string;
  created_at: string;
  started_at: string | null;
  ended_at: string | null;
}

/** What the list may be narrowed to. */
export interface TriggeredFilter {
  /** A pipeline's id. */
  pipeline?: string;
  status?: PipelineRunStatus;
}

const policy = { name: 'pipeline_runs', policy: { action: { list: viewer } } };

type Row = Pick<TriggeredRun, 'trigger' | 'status' | 'blocks' | 'execution_date' | 'created_at'> & {
  id: number;
  public_id: string;
  pipeline_name: string;
  started_at: string | null;
  ended_at: string | null;
};

/** A page of an account's, the newest first. Throws `invalid` for a cursor that is none, `forbidden` without a role. */
export async function pageOfTriggeredRuns(
  context: Context,
  { pipeline, status }: TriggeredFilter,
  page: { limit: number; cursor: string | undefined },
): Promise<KeysetPage<TriggeredRun>> {
  permitRow(policy, 'list', admit(policy, 'list', context), context, undefined);
  const { db, house } = context;
  const mine = db('pipeline_runs as r')
    .join('pipelines as p', 'p.id', 'r.pipeline_id')
    .leftJoin('pipeline_schedules as s', 's.id', 'r.pipeline_schedule_id')
    .where('r.account_id', accountOf(context))
    .select('r.id', 'r.status', 'r.execution_date', 'r.created_at', 'r.started_at', 'r.ended_at')
    .select('p.public_id', 'p.name as pipeline_name', 's.name as trigger');
  if (status) mine.where('r.status', status);
  if (pipeline) mine.whereRaw('p.public_id = ?', [uuidOf('pipeline', pipeline) ?? null]);
  const found = await keysetPage<Row>(house, mine, {
    ...{ ...page, list: 'triggered runs', by: [['r.id', 'int']], descending: true },
  });
  const blocks = await blocksOf(
    context,
    found.rows.map(({ id }) => id),
  );
  return { ...found, rows: found.rows.map((row) => shown(row, blocks.get(row.id))) };
}

/** How far the blocks of runs are. */
async function blocksOf({ db }: Context, ids: readonly number[]): Promise<Map<number, TriggeredRun['blocks']>> {
  const rows: ({ id: number } & TriggeredRun['blocks'])[] = await db('block_runs')
    .whereIn('pipeline_run_id', ids)
    .groupBy('pipeline_run_id')
    .select('pipeline_run_id as id')
    .select(db.raw(`count(*)::int as "all", count(*) filter (where status = 'completed')::int as completed`))
    .select(db.raw(`count(*) filter (where status in ('failed', 'upstream_failed'))::int as failed`));
  return new Map(rows.map(({ id, ...blocks }) => [id, blocks]));
}

function shown(
  { id, public_id, pipeline_name, trigger, status, execution_date, created_at, started_at, ended_at }: Row,
  blocks = { all: 0, completed: 0, failed: 0 },
): TriggeredRun {
  const pipeline = { id: idOf('pipeline', public_id), name: pipeline_name };
  return {
    ...{ id: String(id), pipeline, trigger, status, blocks },
    ...{ execution_date, created_at, started_at, ended_at },
  };
}
