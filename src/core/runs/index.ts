import type { Knex } from 'knex';
import { Failure } from '../../contract/failure.ts';
import type { Call, Context, Page } from '../context.ts';
import type { Collect, Endpoint, Presenter } from '../endpoint.ts';
import { uuidOf } from '../ids.ts';
import { orderOf } from '../page.ts';
import type { Policy } from '../policy.ts';
import { accountOf, each, editor, hidden, viewer } from '../rules.ts';
import { addressed } from './inputs.ts';
import type { RunInput, RunOutput, RunRow } from './row.ts';
import { outputsOf } from './shown_outputs.ts';

export type { RunRow } from './row.ts';

/** What of a run is no column of its own. */
export interface RunExtra {
  /** The pipeline's id for others, a uuid. */
  pipeline: string;
  /** How many runs of the pipeline are before it, while it is queued. */
  queue_position: number | null;
  /** With addresses of the files that are ours. */
  inputs: RunInput[];
  outputs: RunOutput[] | null;
}

const member = [
  'id',
  'created_at',
  'updated_at',
  'pipeline',
  'state',
  'inputs',
  'outputs',
  'error',
  'queue_position',
] as const;
const times = ['compute_time_ms', 'started_at', 'ended_at'] as const;

const presenter: Presenter<keyof (RunRow & RunExtra) & string> = {
  default: member,
  list: ['id', 'created_at', 'updated_at', 'pipeline', 'state', 'pointer', ...times],
  detailed: [...member, ...times],
};

const policy: Policy<RunRow, RunExtra> = {
  // Made by `acceptRun` and `streamRun`, and edited by nobody.
  action: { list: viewer, detail: viewer, create: editor },
  read: {
    ...each([...member, ...times, 'pointer'] as const, viewer),
    ...each(['account_id', 'user_id', 'pipeline_id'] as const, hidden),
    ...each(['async', 'streamed', 'waits', 'attempts', 'worker', 'leased_until', 'origin', 'sent_at'] as const, hidden),
    ...each(['executor', 'pipeline_run_id', 'reported'] as const, hidden),
  },
  write: {},
  query: each(['pipeline_id', 'include_pointers'], { list: viewer }),
};

const collect: Collect<RunRow, RunExtra> = {
  async pipeline({ db }, rows) {
    const ids = [...new Set(rows.map(({ pipeline_id }) => pipeline_id))];
    const known = await db('pipelines').whereIn('id', ids).select('id', 'public_id');
    const byId = new Map(known.map(({ id, public_id }) => [id, public_id]));
    return rows.map(({ pipeline_id }) => byId.get(pipeline_id));
  },
  inputs: ({ house, db, asker: { origin } }, rows) =>
    Promise.all(rows.map((run) => addressed({ house, db, accountId: run.account_id, origin }, run.inputs))),
  outputs: outputsOf,
  queue_position: ({ db }, rows) =>
    Promise.all(
      rows.map(async ({ state, pipeline_id, created_at }) => {
        if (state !== 'queued') return null;
        const before = db('runs').where({ state, pipeline_id }).where('created_at', '<', created_at);
        return Number((await before.count({ count: '*' }))[0]?.count);
      }),
    ),
};

const mine = (context: Context): Knex.QueryBuilder => context.db('runs').where('runs.account_id', accountOf(context));

/**
 * Filtered by `pipeline_id`, in the order of `order_by`: a column, and perhaps `:asc` or `:desc`
 * (docs/compat/mystic.md: Lists).
 */
async function list(context: Context, { query, page }: Call): Promise<Page<RunRow>> {
  const {
    limit = 20,
    offset,
    order: [order],
  } = page;
  const found = mine(context);
  if (query.pipeline_id !== undefined && query.pipeline_id !== null) {
    const uuid = uuidOf('pipeline', String(query.pipeline_id)) ?? null;
    found.whereIn(
      'pipeline_id',
      context
        .db('pipelines')
        .where('public_id', uuid as string)
        .select('id'),
    );
  }
  const [{ count }] = await found.clone().count({ count: '*' });
  const [column, direction] = orderOf(order ?? 'created_at:desc', ['created_at', 'state', 'compute_time_ms']);
  found.orderByRaw(`${column} ${direction} nulls last, id ${direction}`);
  return { rows: await found.select('runs.*').limit(limit).offset(offset), count: Number(count), limit, offset };
}

/** The runs of an account (docs/compat/mystic.md: A run, Lists). */
export const runs: Endpoint<RunRow, RunExtra> = {
  name: 'runs',
  resource: {
    list,
    async member(context, { id = '' }) {
      const uuid = uuidOf('run', id);
      const run = uuid && (await mine(context).where({ id: uuid }).first());
      if (run) return run;
      throw new Failure('not_found', 'Run not found', { reason: { missing: 'record' } });
    },
  },
  policy,
  presenter,
  collect,
};
