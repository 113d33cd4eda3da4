import type { Knex } from 'knex';
import { rowOf, rowsOf, type Statement, statement } from '../database/statement.ts';
import type { Page } from './context.ts';

/** What rows must be: conditions, all of which hold, and the values in them. */
export class Conditions {
  private text: string;
  readonly values: unknown[];

  /** @param text SQL in which each `$` stands for the next value */
  constructor(text: string, ...values: unknown[]) {
    this.values = values;
    this.text = numbered(text, 0);
  }

  and(text: string, ...values: unknown[]): void {
    this.text += ` and ${numbered(text, this.values.length)}`;
    this.values.push(...values);
  }

  toString(): string {
    return this.text;
  }
}

/** A list that is asked often. Its texts are ours; whatever a caller has written is a value. */
export interface Listing {
  columns: string;
  from: string;
  /** What is counted, where fewer tables say it. */
  counted?: string;
  where: Conditions;
  /** Further conditions of the page, which are none of the count. */
  within?: string;
  order: string;
}

/** One page of a list and how many there are in all, in one statement; in two, where the page is beyond the end. */
export async function listed<Row extends object>(
  db: Knex,
  { columns, from, counted = from, where, within, order }: Listing,
  { limit, offset }: { limit?: number | undefined; offset: number },
  values: readonly unknown[] = where.values,
): Promise<Page<Row> & { count: number }> {
  const page = numbered('limit $::bigint offset $::bigint', values.length);
  const count = `select count(*) as total from ${counted} where ${where}`;
  const its = `where ${where}${within ? ` and ${within}` : ''} order by ${order} ${page}`;
  const rows = await rowsOf<Row & { total: number }>(
    db,
    shaped(`select ${columns}, (${count}) as total from ${from} ${its}`),
    [...values, limit ?? null, offset],
  );
  const isBeyond = rows.length === 0 && (offset > 0 || limit === 0 || within !== undefined);
  const total = isBeyond ? (await rowOf<{ total: number }>(db, shaped(count), where.values))?.total : rows[0]?.total;
  return { rows, count: total ?? 0, offset, ...(limit !== undefined && { limit }) };
}

/** SQL whose placeholders are `$`, the first of which follows so many others. */
function numbered(text: string, before: number): string {
  let count = before;
  return text.replace(/\$/g, () => {
    count += 1;
    return `$${count}`;
  });
}

/** So many shapes of lists are planned once; whoever asks for ever new ones has the others planned each time. */
const most = 200;
const shapes = new Map<string, Statement<object>>();

/** A statement by its text: lists differ by what they are narrowed to, and each such shape is one. */
export function shaped<Row extends object>(text: string): Statement<Row> {
  const known = shapes.get(text);
  if (known) return known as Statement<Row>;
  if (shapes.size >= most) return statement<Row>('', text);
  const made = statement<Row>(`shape_${shapes.size}`, text);
  shapes.set(text, made as Statement<object>);
  return made;
}
