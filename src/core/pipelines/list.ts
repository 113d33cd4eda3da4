import type { Knex } from 'knex';
import { rowOf, statement } from '../../database/statement.ts';
import type { Call, Context, Page } from '../context.ts';
import { Conditions, listed } from '../listing.ts';
import { accountOf } from '../rules.ts';
import type { PipelineRow } from './row.ts';

/** The pipelines of the caller's account: no others are there. */
export function mine(context: Context): Knex.QueryBuilder {
  return context.db('pipelines').where('pipelines.account_id', accountOf(context));
}

/** The same, for a statement. */
export function mineWhere(context: Context): Conditions {
  return new Conditions('pipelines.account_id = $', accountOf(context));
}

const whole: Record<keyof PipelineRow, true> = {
  ...{ id: true, account_id: true, public_id: true, uuid: true, name: true, type: true, description: true, tags: true },
  ...{ cache_block_output_in_memory: true, concurrency_config: true, container_url: true, created_at: true },
  ...{ data_integration: true, executor_config: true, executor_count: true, executor_type: true, extensions: true },
  ...{ notification_config: true, retry_config: true, run_pipeline_in_one_process: true, settings: true },
  ...{ spark_config: true, updated_at: true, variables: true },
};
const all = Object.keys(whole)
  .map((name) => `pipelines.${name}`)
  .join(', ');

const by = (column: string) =>
  statement<PipelineRow>(
    `pipeline_by_${column}`,
    `select ${all} from pipelines where pipelines.account_id = $1 and pipelines.${column} = $2`,
  );
const found = { uuid: by('uuid'), public_id: by('public_id') };

/** One pipeline of the caller's account, by what is unique in it; undefined where there is none. */
export function pipelineBy(
  context: Context,
  column: keyof typeof found,
  value: string,
): Promise<PipelineRow | undefined> {
  return rowOf(context.db, found[column], [accountOf(context), value]);
}

/** A row of a list, which says whether there is more to load of it. */
export type Listed = PipelineRow & { has_blocks?: boolean };

const hasBlocks = 'exists (select from blocks b where b.pipeline_id = pipelines.id) as has_blocks';

const schedules = 'select 1 from pipeline_schedules s where s.pipeline_id = pipelines.id';
const statuses: Record<string, string> = {
  active: `exists (${schedules} and s.status = 'active')`,
  inactive: `(exists (${schedules}) and not exists (${schedules} and s.status = 'active'))`,
  no_schedules: `not exists (${schedules})`,
};

/** What `_order_by[]` may name besides columns. */
const orders: Record<string, string> = {
  blocks: `(select count(*) from blocks b where b.pipeline_id = pipelines.id and b.place = 'blocks')`,
  triggers: '(select count(*) from pipeline_schedules s where s.pipeline_id = pipelines.id)',
  status: `(case when ${statuses.active} then 0 when ${statuses.inactive} then 1 else 2 end)`,
};

const columns = new Set([
  ...['name', 'uuid', 'type', 'description', 'created_at', 'updated_at', 'tags', 'executor_type', 'executor_count'],
]);

/** Every filter, order and page of docs/compat/mage.md: Listing. The first name's `-` turns the direction of all. */
export async function list(
  context: Context,
  { query, page: { limit, offset, order } }: Call,
): Promise<Page<PipelineRow>> {
  const where = mineWhere(context);
  // A uuid is lower case already; the text may have been read as a boolean.
  const search = String(query.search ?? '').toLowerCase();
  if (search) where.and('strpos(pipelines.uuid, $) > 0', search);
  const tags = query['tag[]'] === undefined ? undefined : [query['tag[]']].flat().map(String);
  if (tags) where.and(`(tags && $::text[]${tags.includes('no_tags') ? ` or tags = '{}'` : ''})`, tags);
  const types = texts(query['type[]']);
  if (types.length > 0) where.and('type = any($::text[])', types);
  const wanted = texts(query['status[]']);
  if (wanted.length > 0 && query.include_schedules) {
    const conditions = wanted.map((status) => (Object.hasOwn(statuses, status) ? statuses[status] : 'false'));
    where.and(`(${[...new Set(conditions)].join(' or ')})`);
  }

  const direction = order[0]?.startsWith('-') ? 'desc' : 'asc';
  // What is no attribute of ours is left aside, as Mage does.
  const named = order.flatMap((entry) => {
    const name = entry.replace(/^-/, '');
    return Object.hasOwn(orders, name) ? (orders[name] as string) : columns.has(name) ? `pipelines.${name}` : [];
  });
  const ordered = [...named, 'pipelines.uuid'].map((expression) => `${expression} ${direction}`).join(', ');
  const listing = { columns: `${all}, ${hasBlocks}`, from: 'pipelines', where, order: ordered };
  return listed<Listed>(context.db, listing, { limit, offset });
}

/** The texts of a filter that may come once or several times. */
export function texts(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value]).filter((text) => typeof text === 'string' && text !== '');
}

/**
 * Keeps the rows that have one of these tags. Nothing between the commas is a tag that no row has, as in Mage.
 * @param untagged the word that stands for having none
 */
export function filterTags(found: Knex.QueryBuilder, column: string, value: unknown, untagged?: string): void {
  if (value === undefined) return;
  const tags = [value].flat().map(String);
  const orNone = untagged !== undefined && tags.includes(untagged) ? ` or ${column} = '{}'` : '';
  found.whereRaw(`(${column} && ?::text[]${orNone})`, [tags]);
}
