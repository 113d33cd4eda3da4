import { Failure } from '../../contract/failure.ts';
import type { Context } from '../context.ts';
import { type Endpoint, show } from '../endpoint.ts';
import { uuidOf } from '../ids.ts';
import { type KeysetPage, keysetPage } from '../keyset.ts';
import { cancelRuns } from '../pipeline_runs/change_run.ts';
import { admit, permitRow } from '../policy.ts';
import { accountOf, editor, viewer } from '../rules.ts';
import { type RunExtra, runs } from './index.ts';
import type { RunRow, RunState } from './row.ts';

interface Extra extends RunExtra {
  pipeline_name: string;
}

/** A run, as it is shown. */
export type ShownRun = RunRow & Extra;

const brief = [
  ...(['id', 'pipeline', 'pipeline_name', 'state', 'error', 'created_at', 'started_at', 'ended_at'] as const),
  'compute_time_ms',
] as const;

/** The runs of an account, to be looked at, cancelled, and deleted once they have ended. */
export const managedRuns: Endpoint<RunRow, Extra> = {
  ...runs,
  resource: {
    ...runs.resource,

    /** Cancels it: whoever has it in hand has it no more, and what its container says is written nowhere. Throws `conflict`. */
    async update({ db }, _call, { id, pipeline_run_id }) {
      // What it is an attempt of is cancelled with it.
      if (pipeline_run_id !== null && (await cancelRuns(db, { 'pipeline_runs.id': pipeline_run_id })) > 0)
        return db('runs').where({ id }).first() as unknown as RunRow;
      const end = { state: 'cancelled', worker: null, leased_until: null };
      const [run] = await db('runs')
        .where({ id })
        .whereNull('ended_at')
        .update({ ...end, ended_at: db.fn.now(), updated_at: db.fn.now() })
        .returning('*');
      if (run) return run as unknown as RunRow;
      throw new Failure('conflict', 'The run has ended already.');
    },

    /** With the files that came out of it. Throws `conflict` while it goes on. */
    async delete({ db }, _call, run) {
      const gone = await db('runs').where({ id: run.id }).whereNotNull('ended_at').delete();
      if (gone > 0) return run;
      throw new Failure('conflict', 'The run has not ended: cancel it first.');
    },
  },
  policy: {
    ...runs.policy,
    action: { ...runs.policy.action, update: editor, delete: editor },
    read: { ...runs.policy.read, pipeline_name: viewer },
  },
  presenter: { default: brief, detail: [...brief, 'inputs'], output: ['state', 'outputs'] },
  collect: {
    ...runs.collect,
    async pipeline_name({ db }, rows) {
      const known = await db('pipelines')
        .whereIn('id', [...new Set(rows.map(({ pipeline_id }) => pipeline_id))])
        .select('id', 'name');
      const byId = new Map(known.map(({ id, name }) => [id, name]));
      return rows.map(({ pipeline_id }) => byId.get(pipeline_id));
    },
  },
};

/** What a list of runs may be narrowed to. */
export interface RunFilter {
  /** A pipeline's id. */
  pipeline?: string;
  state?: RunState;
}

const orders: Record<string, [column: string, cast: string]> = {
  created_at: ['runs.created_at', 'timestamptz'],
  compute_ms: ['runs.compute_order', 'int'],
};

/** A page of them. Throws `invalid` for a cursor that is none, `forbidden` without a role. */
export async function pageOfRuns(
  context: Context,
  { pipeline, state }: RunFilter,
  { order, ...page }: { limit: number; cursor: string | undefined; order: string },
): Promise<KeysetPage<ShownRun>> {
  permitRow(managedRuns, 'list', admit(managedRuns, 'list', context), context, undefined);
  const { db, house } = context;
  const mine = db('runs')
    .where('account_id', accountOf(context))
    .select('*', db.raw('coalesce(compute_time_ms, -1) as compute_order'));
  if (state) mine.where({ state });
  if (pipeline) {
    const public_id = uuidOf('pipeline', pipeline) ?? null;
    mine.whereIn('pipeline_id', db('pipelines').whereRaw('public_id = ?', [public_id]).select('id'));
  }
  const by = [orders[order.replace('-', '')] as [string, string], ['runs.id', 'uuid'] as [string, string]];
  const wanted = { ...page, list: `runs ${order}`, by, descending: order.startsWith('-') };
  const found = await keysetPage<RunRow>(house, db.select('*').from(mine.as('runs')), wanted);
  return { ...found, rows: await shownRuns(context, 'list', found.rows) };
}

/** Runs as their reader sees them. */
export function shownRuns(context: Context, action: 'list' | 'create', rows: readonly RunRow[]): Promise<ShownRun[]> {
  return show(managedRuns, action, context, rows, { query: {}, body: {}, page: { offset: 0, order: [] } });
}
