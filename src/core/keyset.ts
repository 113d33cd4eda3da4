import { createHmac } from 'node:crypto';
import type { Knex } from 'knex';
import { Failure } from '../contract/failure.ts';
import type { Context } from './context.ts';
import type { House } from './house.ts';
import { type Listing, listed } from './listing.ts';

/** A page of a list that is followed by where one was, not by how many were before: rows that come or go move nothing. */
export interface KeysetPage<Row> {
  rows: Row[];
  count: number;
  /** Cursors of the pages after and before this one; null where there is none. */
  next: string | null;
  previous: string | null;
}

interface Asked {
  /** Of which list, with its order: a cursor of another one is refused. */
  list: string;
  /** Columns, the last of which is unique, with the casts of their values; all the same way. */
  by: readonly (readonly [column: string, cast: string])[];
  descending: boolean;
  limit: number;
  cursor: string | undefined;
}

interface Place {
  way: 'after' | 'before';
  at: (string | number)[];
}

/** One page of what a query finds. The last part of each column's name is its name in the rows. Throws `invalid` for a cursor that is none of ours. */
export async function keysetPage<Row extends object>(
  house: House,
  found: Knex.QueryBuilder,
  asked: Asked,
): Promise<KeysetPage<Row>> {
  const { by, limit } = asked;
  const { place, falling } = begin(house, asked);
  const rows = found.clone();
  if (place) {
    const columns = by.map(([column]) => column).join(', ');
    const values = by.map(([, cast]) => `?::${cast}`).join(', ');
    rows.whereRaw(`(${columns}) ${falling ? '<' : '>'} (${values})`, place.at);
  }
  for (const [column] of by) rows.orderBy(column, falling ? 'desc' : 'asc');
  const [[{ count }] = [{ count: 0 }], met] = await Promise.all([
    found.clone().clearSelect().count({ count: '*' }) as unknown as Promise<[{ count: number }]>,
    rows.limit(limit + 1) as unknown as Promise<Row[]>,
  ]);
  return pageOf(house, asked, place, met, Number(count));
}

/** The same of a list that is asked often, in one statement. */
export async function keysetListing<Row extends object>(
  { house, db }: Pick<Context, 'house' | 'db'>,
  list: Omit<Listing, 'within' | 'order'>,
  asked: Asked,
): Promise<KeysetPage<Row>> {
  const { by, limit } = asked;
  const { place, falling } = begin(house, asked);
  const { values } = list.where;
  const columns = by.map(([column]) => column).join(', ');
  const at = by.map(([, cast], index) => `$${values.length + index + 1}::${cast}`).join(', ');
  const order = by.map(([column]) => `${column} ${falling ? 'desc' : 'asc'}`).join(', ');
  const listing = { ...list, order, ...(place && { within: `(${columns}) ${falling ? '<' : '>'} (${at})` }) };
  const page = { limit: limit + 1, offset: 0 };
  const { rows, count } = await listed<Row>(db, listing, page, [...values, ...(place?.at ?? [])]);
  return pageOf(house, asked, place, rows, count);
}

function begin(house: House, { list, by, descending, cursor }: Asked) {
  const place = cursor === undefined ? undefined : opened(house, list, cursor, by.length);
  return { place, falling: descending !== (place?.way === 'before') };
}

/** The page of rows that were found, of which there is one more where there is another page. */
function pageOf<Row extends object>(
  house: House,
  { list, by, limit }: Asked,
  place: Place | undefined,
  met: Row[],
  count: number,
): KeysetPage<Row> {
  const backwards = place?.way === 'before';
  const more = met.length > limit;
  const rows = met.slice(0, limit);
  if (backwards) rows.reverse();
  const cursorAt = (row: Row | undefined, way: Place['way']) => {
    const at = by.map(([column]) => (row as Record<string, string>)?.[column.split('.').at(-1) as string] as string);
    return row ? sealed(house, list, { way, at }) : null;
  };
  const after = backwards || more;
  const before = backwards ? more : place !== undefined;
  return {
    rows,
    count,
    next: after ? cursorAt(rows.at(-1), 'after') : null,
    previous: before ? cursorAt(rows[0], 'before') : null,
  };
}

/** A cursor names its place and is signed for its list: nobody makes one up. */
function sealed(house: House, list: string, place: Place): string {
  const text = Buffer.from(JSON.stringify([place.way, ...place.at])).toString('base64url');
  return `${text}.${signature(house, list, text)}`;
}

function opened(house: House, list: string, cursor: string, columns: number): Place {
  const [text = '', signed] = cursor.split('.');
  if (signed === signature(house, list, text)) {
    const [way, ...at] = JSON.parse(Buffer.from(text, 'base64url').toString()) as [Place['way'], ...Place['at']];
    if (at.length === columns) return { way, at };
  }
  const sentence = 'This is no cursor of this list: take `next` and `previous` as they came.';
  throw new Failure('invalid', sentence, { fields: { cursor: [sentence] } });
}

function signature({ installation }: House, list: string, text: string): string {
  const mac = createHmac('sha256', installation.tokenSecret).update(`cursor:${list}:${text}`).digest();
  return mac.subarray(0, 9).toString('base64url');
}
