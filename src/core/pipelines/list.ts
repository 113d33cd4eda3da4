import type { Knex } from 'knex';
import type { Call, Context, Page } from '../context.ts';
import { accountOf } from '../rules.ts';
import type { PipelineRow } from './row.ts';

/** The pipelines of the caller's account: no others are there. */
export function mine(context: Context): Knex.QueryBuilder {
  return context.db('pipelines').where('pipelines.account_id', accountOf(context));
}

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
  const found = mine(context);
  // A uuid is lower case already; the text may have been read as a boolean.
  const search = String(query.search ?? '').toLowerCase();
  if (search) found.whereRaw('strpos(pipelines.uuid, ?) > 0', [search]);
  filterTags(found, 'tags', query['tag[]'], 'no_tags');
  const types = texts(query['type[]']);
  if (types.length > 0) found.whereIn('type', types);
  const wanted = texts(query['status[]']);
  if (wanted.length > 0 && query.include_schedules) {
    const conditions = wanted.map((status) => (Object.hasOwn(statuses, status) ? statuses[status] : 'false'));
    found.whereRaw(`(${conditions.join(' or ')})`);
  }

  const [{ count }] = await found.clone().count({ count: '*' });
  const direction = order[0]?.startsWith('-') ? 'desc' : 'asc';
  for (const name of order.map((entry) => entry.replace(/^-/, ''))) {
    if (Object.hasOwn(orders, name)) found.orderByRaw(`${orders[name]} ${direction}`);
    // What is no attribute of ours is left aside, as Mage does.
    else if (columns.has(name)) found.orderBy(`pipelines.${name}`, direction);
  }
  found.orderBy('pipelines.uuid', direction).offset(offset);
  if (limit !== undefined) found.limit(limit);
  return { rows: await found.select('pipelines.*'), count, offset, ...(limit !== undefined && { limit }) };
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
