import type { Knex } from 'knex';
import { Failure } from '../../contract/failure.ts';
import type { Call, Context, Page } from '../context.ts';
import { texts } from '../pipelines/list.ts';
import { accountOf } from '../rules.ts';
import { unusable } from '../unusable.ts';
import type { PipelineRunRow } from './row.ts';

/** The runs of the account, each with what its pipeline is called. */
export function mine(context: Context): Knex.QueryBuilder {
  return context
    .db('pipeline_runs')
    .join('pipelines as p', 'p.id', 'pipeline_runs.pipeline_id')
    .where('pipeline_runs.account_id', accountOf(context))
    .select('pipeline_runs.*', 'p.uuid as pipeline_uuid');
}

/** What runs may be ordered by. */
const columns: Record<string, string> = {
  ...Object.fromEntries(
    [
      ...['backfill_id', 'completed_at', 'created_at', 'execution_date', 'executor_type', 'id', 'passed_sla'],
      ...['pipeline_schedule_id', 'started_at', 'status', 'updated_at'],
    ].map((name) => [name, `pipeline_runs.${name}`]),
  ),
  pipeline_uuid: 'p.uuid',
};

/** Every filter, order and page of docs/compat/mage.md: Runs. Runs whose trigger is gone are in no list. */
export async function list(
  context: Context,
  { query, page: { limit = 40, offset } }: Call,
  trigger: { id: number } | undefined,
): Promise<Page<PipelineRunRow>> {
  const found = mine(context).join('pipeline_schedules as s', 's.id', 'pipeline_runs.pipeline_schedule_id');
  if (trigger) found.where('pipeline_runs.pipeline_schedule_id', trigger.id);
  filter(found, query);
  await filterTags(context, found, query['pipeline_tag[]']);
  const [{ count }] = await found.clone().clearSelect().count({ count: '*' });
  const order = texts(query['order_by[]']);
  for (const one of order) found.orderBy(...orderOf(one));
  if (order.length === 0) found.orderBy('pipeline_runs.execution_date', 'desc');
  found.orderBy('pipeline_runs.id', 'desc');
  const rows = limit > 0 ? await found.limit(limit).offset(offset) : [];
  const said = {
    ...(query.include_pipeline_uuids !== undefined && { pipeline_uuids: await uuidsOf(context) }),
    // Mage sorts types out of a page that it has read, and knows of no next one then.
    ...(query.pipeline_type !== undefined && { next: false }),
  };
  return { rows, count: Number(count), limit, offset, said };
}

function filter(found: Knex.QueryBuilder, query: Record<string, unknown>): void {
  const any = (column: string, ...names: string[]) => {
    const wanted = names.flatMap((name) => texts(query[name]));
    if (wanted.length > 0) found.whereIn(column, wanted);
  };
  any('p.uuid', 'pipeline_uuid', 'pipeline_uuid[]');
  any('p.type', 'pipeline_type');
  if (query.status === 'last_run_failed') found.whereRaw(lastFailed);
  else any('pipeline_runs.status', 'status', 'status[]');
  for (const [name, sign] of [
    ['start_timestamp', '>='],
    ['end_timestamp', '<='],
  ] as const) {
    const value = query[name];
    if (value === undefined) continue;
    found.whereRaw(`pipeline_runs.created_at ${sign} to_timestamp(?)`, [secondsOf(name, value)]);
  }
  if (query.backfill_id !== undefined) found.where('pipeline_runs.backfill_id', integerOf(query.backfill_id));
  const product = query.global_data_product_uuid;
  if (product === undefined) found.whereNull('s.global_data_product_uuid');
  else found.where('s.global_data_product_uuid', String(product));
}

/** The newest of those that a trigger made for the same date, where it has failed. */
const lastFailed = `pipeline_runs.status = 'failed' and not exists (
  select from pipeline_runs later where later.pipeline_schedule_id = pipeline_runs.pipeline_schedule_id
    and later.execution_date = pipeline_runs.execution_date and later.id > pipeline_runs.id)`;

/** A tag that nobody has filters nothing, as in Mage. */
async function filterTags(context: Context, found: Knex.QueryBuilder, value: unknown): Promise<void> {
  const tags = texts(value);
  if (tags.length === 0) return;
  const tagged = context.db('pipelines').where('account_id', accountOf(context)).whereRaw('tags && ?::text[]', [tags]);
  if (await tagged.first('id')) found.whereRaw('p.tags && ?::text[]', [tags]);
}

async function uuidsOf(context: Context): Promise<string[]> {
  const rows = await context.db('pipelines').where('account_id', accountOf(context)).orderBy('uuid').select('uuid');
  return rows.map(({ uuid }) => uuid as string);
}

/** `id desc`: a column, and a direction in any case. Throws `invalid`. */
function orderOf(text: string): [column: string, direction: 'asc' | 'desc'] {
  const [name = '', direction = 'asc', ...more] = text.trim().split(/\s+/);
  if (!Object.hasOwn(columns, name)) throw unusable('order_by', `type object 'PipelineRun' has no attribute '${name}'`);
  if (!/^(asc|desc)$/i.test(direction) || more.length > 0)
    throw unusable('order_by', `'Column' object has no attribute '${direction.toLowerCase()}'`);
  return [columns[name] as string, direction.toLowerCase() as 'asc' | 'desc'];
}

/** Unix seconds of the years that there are. Throws `invalid`. */
function secondsOf(name: string, value: unknown): number {
  const seconds = /^\d{1,12}$/.test(String(value)) ? Number(value) : Number.NaN;
  if (seconds <= 253_402_300_799) return seconds;
  throw new Failure('invalid', `Value is invalid for ${name}.`);
}

/** A whole number that the database has. Throws `invalid` as Python does. */
export function integerOf(value: unknown): number {
  const text = String(value).trim();
  if (!/^[+-]?\d+$/.test(text)) throw unusable('number', `invalid literal for int() with base 10: '${String(value)}'`);
  return Math.max(-2_147_483_648, Math.min(2_147_483_647, Number(text)));
}
