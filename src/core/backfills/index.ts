import type { Knex } from 'knex';
import { Failure } from '../../contract/failure.ts';
import { storedJson } from '../../contract/json.ts';
import type { Call, Context } from '../context.ts';
import type { Endpoint } from '../endpoint.ts';
import { pageOf } from '../page.ts';
import { cancelRuns } from '../pipeline_runs/change_run.ts';
import { momentOf } from '../pipeline_schedules/interval.ts';
import { type PipelineRow, pipelineOf } from '../pipelines/index.ts';
import type { Json } from '../pipelines/row.ts';
import { accountOf, each, editor, hidden, owner, viewer } from '../rules.ts';
import { datesOf, type Span } from './dates.ts';
import type { BackfillRow } from './row.ts';
import { startBackfill } from './start_backfill.ts';

interface Extra {
  completed_at: null;
  failed_at: null;
  metrics: null;
  total_run_count: number;
  run_status_counts: Json;
  pipeline_run_dates: Json[];
}

const whole = [
  ...(['block_uuid', 'completed_at', 'created_at', 'end_datetime', 'failed_at', 'id', 'interval_type'] as const),
  ...(['interval_units', 'metrics', 'name', 'pipeline_schedule_id', 'pipeline_uuid', 'settings'] as const),
  ...(['start_datetime', 'started_at', 'status', 'updated_at', 'variables'] as const),
];
const counted = ['total_run_count', 'run_status_counts', 'pipeline_run_dates'] as const;
const settable = [
  ...(['block_uuid', 'end_datetime', 'interval_type', 'interval_units', 'name', 'settings', 'start_datetime'] as const),
  'variables',
] as const;

/** Runs of a pipeline for the dates of a span (docs/compat/mage.md: Backfills). */
export const backfills: Endpoint<BackfillRow, Extra, PipelineRow> = {
  name: 'backfills',
  resource: {
    parent: (context, uuid) => pipelineOf(context, uuid),

    list(context, { page: { limit = 40, offset } }, pipeline) {
      const found = mine(context);
      if (pipeline) found.where('b.pipeline_id', pipeline.id);
      return pageOf(found, [['b.id', 'desc']], { limit, offset });
    },

    async member(context, { id = '' }, pipeline) {
      const found = mine(context).whereRaw('b.id::text = ?', [id]);
      if (pipeline) found.where('b.pipeline_id', pipeline.id);
      const backfill = await found.first();
      if (backfill) return backfill;
      throw new Failure('not_found', 'Record not found.', { reason: { missing: 'record' } });
    },

    async create(context, { body }, pipeline) {
      const values = { ...columnsOf(body), pipeline_id: (pipeline as PipelineRow).id };
      const [made] = await context.db('backfills').insert(values).returning('id');
      return again(context, made?.id as number);
    },

    async update(context, { body }, backfill) {
      const { db } = context;
      const changes = columnsOf(body);
      if (Object.keys(changes).length > 0) await db('backfills').where({ id: backfill.id }).update(changes);
      if (body.status === 'initial') await startBackfill(context, await again(context, backfill.id));
      if (body.status === 'cancelled') {
        await cancelRuns(db, { backfill_id: backfill.id });
        await db('backfills').where({ id: backfill.id }).update({ status: 'cancelled', updated_at: db.fn.now() });
      }
      return again(context, backfill.id);
    },

    async delete({ db }, _call, backfill) {
      await cancelRuns(db, { backfill_id: backfill.id });
      await db('backfills').where({ id: backfill.id }).delete();
      return backfill;
    },
  },
  policy: {
    action: { list: viewer, detail: viewer, create: editor, update: editor, delete: editor },
    read: { ...each([...whole, ...counted] as const, viewer), ...each(['pipeline_id', 'account_id'] as const, hidden) },
    write: {
      ...each(settable, { create: owner, update: editor }),
      name: { create: editor, update: editor },
      status: { update: editor },
    },
    query: each(['include_preview_runs', 'include_run_count'], { list: viewer, detail: viewer, update: editor }),
  },
  presenter: {
    default: whole,
    list: [...whole, ...counted],
    detail: [...whole, ...counted],
    update: [...whole, ...counted],
  },
  collect: {
    completed_at: (_context, rows) => rows.map(() => null),
    failed_at: (_context, rows) => rows.map(() => null),
    metrics: (_context, rows) => rows.map(() => null),
    total_run_count: (context, rows, call) =>
      asked(call, rows, async () => {
        const counts = await countsOf(context, rows);
        return rows.map(({ id }) => counts.get(id)?.reduce((sum, [, count]) => sum + count, 0) ?? 0);
      }),
    run_status_counts: (context, rows, call) =>
      asked(call, rows, async () => {
        const counts = await countsOf(context, rows);
        return rows.map(({ id }) => Object.fromEntries(counts.get(id) ?? []));
      }),
    pipeline_run_dates: (_context, rows, { query }) =>
      rows.map((row) => (query.include_preview_runs && isWhole(row) ? datesOf(row) : undefined)),
  },
};

function isWhole(row: BackfillRow): row is BackfillRow & Span {
  const { start_datetime, end_datetime, interval_type, interval_units } = row;
  return ![start_datetime, end_datetime, interval_type, interval_units].includes(null);
}

function mine(context: Context): Knex.QueryBuilder {
  return context
    .db('backfills as b')
    .join('pipelines as p', 'p.id', 'b.pipeline_id')
    .where('p.account_id', accountOf(context))
    .select('b.*', 'p.uuid as pipeline_uuid', 'p.account_id');
}

const again = (context: Context, id: number): Promise<BackfillRow> => mine(context).where('b.id', id).first() as never;

/** Only where the caller wants them: undefined is left out. */
async function asked<T>(
  { query }: Call,
  rows: readonly unknown[],
  load: () => Promise<T[]>,
): Promise<(T | undefined)[]> {
  return query.include_run_count || query.include_preview_runs ? load() : rows.map(() => undefined);
}

async function countsOf({ db }: Context, rows: readonly BackfillRow[]): Promise<Map<number, [string, number][]>> {
  const found: { backfill_id: number; status: string; count: number }[] = await db('pipeline_runs')
    .whereIn(
      'backfill_id',
      rows.map(({ id }) => id),
    )
    .groupBy('backfill_id', 'status')
    .select('backfill_id', 'status', db.raw('count(*)::int as count'));
  const byId = new Map<number, [string, number][]>();
  for (const { backfill_id, status, count } of found)
    byId.set(backfill_id, [...(byId.get(backfill_id) ?? []), [status, count]]);
  return byId;
}

/** What of a body is a column. Throws `invalid` for a time that is none. */
function columnsOf(body: Call['body']): Json {
  const given = settable.filter((name) => body[name] !== undefined).map((name) => [name, body[name]]);
  const values = Object.fromEntries(given) as Json;
  for (const name of ['start_datetime', 'end_datetime'] as const) {
    const text = values[name];
    if (typeof text !== 'string') continue;
    const moment = momentOf(text);
    const sentence = 'must be a time, such as 2026-01-31 09:00:00';
    if (moment === undefined) throw new Failure('invalid', `${name} ${sentence}.`, { fields: { [name]: [sentence] } });
    values[name] = moment;
  }
  for (const name of ['settings', 'variables'] as const) if (values[name]) values[name] = storedJson(values[name]);
  return values;
}
