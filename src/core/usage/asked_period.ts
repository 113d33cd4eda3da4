import type { Knex } from 'knex';
import { Failure } from '../../contract/failure.ts';
import { holderOf } from '../api_keys/index.ts';
import { keyById } from '../api_keys/managed.ts';
import type { Context } from '../context.ts';
import { uuidOf } from '../ids.ts';
import { admit, permitRow } from '../policy.ts';
import { atLeast } from '../principal.ts';
import { viewer } from '../rules.ts';

/** What every report is asked: days in UTC, both included, and a key. */
export interface Asked {
  from?: string;
  to?: string;
  key?: string;
}

/** A report has so many rows at most: those that count most. */
export const mostRows = 1_000;

const policy = { name: 'usage', policy: { action: { list: viewer } } };
const day = (ago: number) => new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10);

/**
 * The rows of a table that somebody may see, in the days that are asked for, the last thirty without: those of the whole account for
 * admins, else those of the caller's own keys. Throws `forbidden` without a role, `not_found` for a key that one may not see, `invalid`.
 */
export async function countedIn(context: Context, table: 'usage_counts' | 'model_usage', query: Asked) {
  permitRow(policy, 'list', admit(policy, 'list', context), context, undefined);
  const { from = day(29), to = day(0), key } = query;
  if (from > to) {
    const sentence = 'This is later than `to`.';
    throw new Failure('invalid', sentence, { fields: { from: [sentence] } });
  }
  if (key !== undefined) await keyById(context, key);
  const { userId, accountId } = holderOf(context);
  const rows: Knex.QueryBuilder = context.db(table).where('account_id', accountId).whereBetween('day', [from, to]);
  if (!atLeast('admin', context.principal)) {
    rows.whereIn('key_uuid', context.db('api_keys').where({ user_id: userId, account_id: accountId }).select('uuid'));
  }
  if (key !== undefined) rows.where('key_uuid', uuidOf('key', key) as string);
  return { from, to, rows };
}

/** What keys or chatbots are called, by their ids; those that have gone are not among them. */
export async function namesOf(
  { db }: Context,
  table: 'api_keys' | 'chatbots',
  ids: string[],
): Promise<Map<string, string>> {
  const column = table === 'api_keys' ? 'uuid' : 'id';
  const rows: { id: string; name: string }[] = await db(table).whereIn(column, ids).select(`${column} as id`, 'name');
  return new Map(rows.map(({ id, name }) => [id, name]));
}
