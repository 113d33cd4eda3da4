import { pruneChains } from './audit_chain/prune.ts';
import { pruneConversations } from './conversations/prune_conversations.ts';
import type { House } from './house.ts';

/** Revoked keys stay in lists for so long; days. */
export const revokedDays = 90;

interface Kept {
  table: string;
  /** What orders the rows of a batch and names them. */
  key: string;
  /** Which rows are over, with the days that they are kept as `?`. */
  over: string;
  days: number;
}

const older = (column: string) => `${column} < now() - make_interval(days => ?::int)`;

const olderDay = `day < (now() - make_interval(days => ?::int))::date`;

/** What goes, the small before the large; 0 days: never. */
function rules({ config: { keep } }: House): Kept[] {
  const all: Kept[] = [
    { table: 'sessions', key: 'id', over: older('ended_at'), days: keep.sessions },
    // A used token tells a thief from its owner; of a session that goes on, those that are old do no more.
    { table: 'refresh_tokens', key: 'id', over: older('used_at'), days: keep.sessions },
    { table: 'oauth_tokens', key: 'id', over: older('expires'), days: keep.sessions },
    { table: 'api_keys', key: 'id', over: older('revoked_at'), days: revokedDays },
    // A text may be the key of several callers: the row alone names it, and is locked meanwhile.
    { table: 'idempotency_keys', key: 'ctid', over: older('created_at'), days: 1 },
    { table: 'one_time_links', key: 'id', over: older('expires_at'), days: 1 },
    { table: 'device_logins', key: 'id', over: older('expires_at'), days: 1 },
    { table: 'hook_deliveries', key: 'id', over: older('created_at'), days: keep.webhooks },
    { table: 'webhook_deliveries', key: 'id', over: older('created_at'), days: keep.webhooks },
    { table: 'answer_deliveries', key: 'id', over: older('created_at'), days: keep.webhooks },
    { table: 'runs', key: 'id', over: older('ended_at'), days: keep.runs },
    { table: 'pipeline_runs', key: 'id', over: older('ended_at'), days: keep.runs },
    { table: 'usage_counts', key: 'ctid', over: olderDay, days: keep.usage },
    { table: 'model_usage', key: 'ctid', over: olderDay, days: keep.usage },
    // Of versions that had no chain.
    { table: 'audit_log', key: 'id', over: `seq is null and ${older('at')}`, days: keep.audit },
  ];
  return all.filter(({ days }) => days > 0);
}

/** Rows that go in one statement: few enough that nobody waits for their locks. */
const batch = 1_000;

/**
 * Deletes what has been over for as long as the settings say, in batches, each a transaction of its own; gives how many went
 * of each table. It stops between two batches when told to, and goes on with the next table where one cannot be pruned.
 */
export async function prune(house: House, stopping?: AbortSignal): Promise<Record<string, number>> {
  const gone: Record<string, number> = {};
  for (const rule of rules(house)) {
    try {
      for (let went = batch; went === batch && !stopping?.aborted; ) {
        went = await pruneBatch(house, rule);
        gone[rule.table] = (gone[rule.table] ?? 0) + went;
      }
    } catch (error) {
      house.log.warn(...unpruned(error, rule.table));
    }
  }
  const { conversations, audit } = house.config.keep;
  // What is more than rows of one table has batches of its own.
  const others: [table: string, days: number, work: () => Promise<number>][] = [
    ['conversations', conversations, () => pruneConversations(house, conversations, stopping)],
    ['audit_log', audit, () => pruneChains(house, audit, batch, stopping)],
  ];
  for (const [table, days, work] of others) {
    if (days === 0 || stopping?.aborted) continue;
    try {
      gone[table] = (gone[table] ?? 0) + (await work());
    } catch (error) {
      house.log.warn(...unpruned(error, table));
    }
  }
  if (!stopping?.aborted) gone.rate_limits = await house.db('rate_limits').where('expire', '<', Date.now()).delete();
  house.log.info({ gone }, 'what is over was pruned');
  return gone;
}

const unpruned = (err: unknown, table: string) =>
  [{ err, table }, 'what is over could not be pruned; it is tried again tomorrow'] as const;

/** Prunes where a day has passed since any process did. Never throws. */
export async function pruneDaily(house: House, stopping: AbortSignal): Promise<void> {
  try {
    // Whoever writes the time has the job: the others find that it is not over yet.
    const { rows } = await house.db.raw(
      `insert into installation (name, value) values ('pruned_at', now()::text)
       on conflict (name) do update set value = excluded.value
         where installation.value::timestamptz < now() - interval '1 day'
       returning name`,
    );
    if (rows.length > 0) await prune(house, stopping);
  } catch (error) {
    house.log.warn({ err: error }, 'what is over could not be pruned');
  }
}

async function pruneBatch({ db }: House, { table, key, over, days }: Kept): Promise<number> {
  return db.transaction(async (trx) => {
    if (table === 'audit_log') await trx.raw(`set local latchkey.pruning = 'on'`);
    // Who else prunes, or holds a row, has it; it is looked at again next time.
    const { rowCount } = await trx.raw(
      `delete from ${table} where ${key} in (select ${key} from ${table} where ${over} limit ${batch} for update skip locked)`,
      [days],
    );
    return rowCount ?? 0;
  });
}
