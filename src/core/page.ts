import type { Knex } from 'knex';
import { Failure } from '../contract/failure.ts';
import type { Call, Page } from './context.ts';

/** A column, and which way: `desc` for the newest or the last one first. */
export type Order = [column: string, direction?: string];

/** One page of what a query finds, in this order, and how many there are on all pages; no `limit`, everything. */
export async function pageOf<Row>(
  found: Knex.QueryBuilder,
  order: readonly Order[],
  { limit, offset }: Pick<Call['page'], 'limit' | 'offset'>,
): Promise<Page<Row>> {
  const [{ count }] = await found.clone().clearSelect().count({ count: '*' });
  const rows = found.clone().offset(offset);
  for (const [column, direction] of order) rows.orderBy(column, direction);
  if (limit !== undefined) rows.limit(limit);
  return { rows: await rows, count: Number(count), offset, ...(limit !== undefined && { limit }) };
}

/**
 * `created_at:desc` as an order; without a direction, from the smallest on, as Mystic has it. Throws `invalid` for anything but
 * these columns: an order by what a caller may not read would tell it.
 */
export function orderOf(text: string, columns: readonly string[]): [column: string, direction: string] {
  const [column = '', direction = 'asc', ...more] = text.split(':');
  if (columns.includes(column) && /^(asc|desc)$/.test(direction) && more.length === 0) return [column, direction];
  const fields = { order_by: [`must be one of ${columns.join(', ')}, and perhaps :asc or :desc`] };
  throw new Failure('invalid', 'Unknown order', { fields });
}
