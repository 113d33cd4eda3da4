import type { Context } from '../context.ts';
import { idOf } from '../ids.ts';
import { type Asked, countedIn, mostRows, namesOf } from './asked_period.ts';
import { noKey } from './gather.ts';

/** What each row of a report is about, by its column. */
const columns = {
  day: 'day',
  key: 'key_uuid',
  operation: 'operation',
  status: 'status',
  network: 'network',
} as const;

/** What is asked of usage. */
export interface UsageQuery extends Asked {
  by?: keyof typeof columns;
  operation?: string;
  status?: string;
  network?: string;
}

/**
 * Requests and refusals, by what is named: of the whole account for admins, else of the caller's own keys. Throws
 * as `countedIn` does.
 */
export async function usageReport(context: Context, query: UsageQuery) {
  const { by = 'day', operation, status, network } = query;
  const { from, to, rows: counted } = await countedIn(context, 'usage_counts', query);
  if (operation !== undefined) counted.where({ operation });
  if (status !== undefined) counted.where('status', Number(status[0]));
  if (network !== undefined) counted.where({ network });
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
          'api_keys',
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

function shown(by: keyof typeof columns, cell: string | number): string | null {
  if (by === 'key') return cell === noKey ? null : idOf('key', String(cell));
  return by === 'status' ? `${cell}xx` : String(cell);
}
