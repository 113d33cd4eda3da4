import type { Knex } from 'knex';
import { Failure } from '../../contract/failure.ts';
import { holderOf } from '../api_keys/index.ts';
import { keyById } from '../api_keys/managed.ts';
import type { Context } from '../context.ts';
import { idOf, uuidOf } from '../ids.ts';
import { admit, permitRow } from '../policy.ts';
import { atLeast } from '../principal.ts';
import { viewer } from '../rules.ts';
import { noKey } from './gather.ts';

/** What each row of a report is about, by its column. */
const columns = {
  day: 'day',
  key: 'key_uuid',
  operation: 'operation',
  status: 'status',
  network: 'network',
} as const;

/** What is asked of usage; days in UTC, both included. */
export interface UsageQuery {
  from?: string;
  to?: string;
  by?: keyof typeof columns;
  key?: string;
  operation?: string;
  status?: string;
  network?: string;
}

const policy = { name: 'usage', policy: { action: { list: viewer } } };
const day = (ago: number) => new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10);

/** A report has so many rows at most: those with the most requests. */
const mostRows = 1_000;

/**
 * Requests and refusals, by what is named: of the whole account for admins, else of the caller's own keys. Throws `forbidden`
 * without a role, `not_found` for a key that one may not see, `invalid`.
 */
export async function usageReport(context: Context, query: UsageQuery) {
  permitRow(policy, 'list', admit(policy, 'list', context), context, undefined);
  const { from = day(29), to = day(0), by = 'day' } = query;
  if (from > to) throw wrong('from', 'This is later than `to`.');
  if (query.key !== undefined) await keyById(context, query.key);
  const counted = found(context, { ...query, from, to });
  const column = columns[by];
  const rows: { cell: string | number; requests: number; refusals: number }[] = await counted
    .clone()
    .select(`${column} as cell`)
    .select(
      context.db.raw('sum(requests) as requests, coalesce(sum(requests) filter (where status = 4), 0) as refusals'),
    )
    .groupBy(column)
    .orderBy(by === 'day' ? [{ column }] : [{ column: 'requests', order: 'desc' }, { column }])
    .limit(mostRows);
  const [all] = await counted.select(
    context.db.raw(
      'coalesce(sum(requests), 0) as requests, coalesce(sum(requests) filter (where status = 4), 0) as refusals',
    ),
  );
  const names =
    by === 'key'
      ? await namesOf(
          context,
          rows.map(({ cell }) => String(cell)),
        )
      : new Map();
  return {
    from,
    to,
    by,
    rows: rows.map(({ cell, requests, refusals }) => ({
      [by]: shown(by, cell),
      ...(by === 'key' && { name: names.get(cell) ?? null }),
      requests,
      refusals,
    })),
    requests: all.requests as number,
    refusals: all.refusals as number,
  };
}

function found(
  context: Context,
  { from, to, key, operation, status, network }: UsageQuery & { from: string; to: string },
): Knex.QueryBuilder {
  const { userId, accountId } = holderOf(context);
  const rows = context.db('usage_counts').where('account_id', accountId).whereBetween('day', [from, to]);
  if (!atLeast('admin', context.principal)) {
    rows.whereIn('key_uuid', context.db('api_keys').where({ user_id: userId, account_id: accountId }).select('uuid'));
  }
  if (key !== undefined) rows.where('key_uuid', uuidOf('key', key) as string);
  if (operation !== undefined) rows.where({ operation });
  if (status !== undefined) rows.where('status', Number(status[0]));
  if (network !== undefined) rows.where({ network });
  return rows;
}

async function namesOf({ db }: Context, keys: string[]): Promise<Map<string, string>> {
  const rows = await db('api_keys').whereIn('uuid', keys).select('uuid', 'name');
  return new Map(rows.map(({ uuid, name }) => [uuid, name]));
}

function shown(by: keyof typeof columns, cell: string | number): string | null {
  if (by === 'key') return cell === noKey ? null : idOf('key', String(cell));
  return by === 'status' ? `${cell}xx` : String(cell);
}

function wrong(field: string, sentence: string): Failure {
  return new Failure('invalid', sentence, { fields: { [field]: [sentence] } });
}
