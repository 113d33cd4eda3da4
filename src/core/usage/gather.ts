import type { Knex } from 'knex';
import type { Logger } from 'pino';
import { neighbourhoodOf } from '../ip_network.ts';
import { today } from '../today.ts';

/** Who has asked. What was counted of them last is kept here: the next is mostly the same. */
export interface Whose {
  accountId: number;
  /** The uuid of the key; undefined for a session. */
  key: string | undefined;
  last?: Asked & { day: string; exact: string };
}

/** A request that was answered: what it asked for, and how it ended. */
export interface Asked {
  /** `latchkey.listKeys`. */
  operation: string;
  status: number;
  address: string;
}

/** Counts requests in memory, and writes the counts down in batches. */
export interface Usage {
  /** Never waits, never throws. */
  note(whose: Whose, asked: Asked): void;
  /** Writes what was counted since the last time. Never throws: what could not be written is kept for the next time. */
  flush(): Promise<void>;
  /** Flushes a last time. */
  close(): Promise<void>;
}

/** Who asks with a session has no key. */
export const noKey = '00000000-0000-0000-0000-000000000000';
/** What stands for networks, keys and operations that were too many to be told apart. */
export const other = 'other';

/** account, day, key, operation, class of the status, network. */
type Cell = [number, string, string, string, number, string];

/** So many rows are told apart in memory; then networks are not, and past twice as many, neither keys nor operations are. */
const most = 10_000;
const batch = 1_000;
const interval = 5_000;

const statement = `
  insert into usage_counts (account_id, day, key_uuid, operation, status, network, requests)
  select * from unnest(?::int[], ?::date[], ?::uuid[], ?::text[], ?::smallint[], ?::text[], ?::bigint[])
  on conflict (account_id, day, key_uuid, operation, status, network)
    do update set requests = usage_counts.requests + excluded.requests`;

/** The counts of one process. Nothing is lost while Postgres is away; what is told apart has a bound, the counts have none. */
export function usageOf(db: Knex, log: Logger): Usage {
  let counts = new Map<string, number>();
  let flushing: Promise<void> = Promise.resolve();

  const add = (exact: string, requests: number) => {
    const before = counts.get(exact);
    if (before !== undefined || counts.size < most) return void counts.set(exact, (before ?? 0) + requests);
    const cell = cellOf(exact);
    const [account, day, , , status] = cell;
    const wider = [...cell.slice(0, 5), other].join(',');
    const widest = [account, day, noKey, other, status, other].join(',');
    const key = counts.has(wider) || counts.size < 2 * most ? wider : widest;
    counts.set(key, (counts.get(key) ?? 0) + requests);
  };

  const write = async () => {
    // In one order for all processes, so that no two wait for each other.
    const leaving = [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
    counts = new Map();
    while (leaving.length > 0) {
      const rows = leaving.slice(0, batch).map(([key, requests]) => [...cellOf(key), requests]);
      const columns = [0, 1, 2, 3, 4, 5, 6].map((column) => rows.map((row) => row[column]));
      try {
        await db.raw(statement, columns as never);
        leaving.splice(0, batch);
      } catch (error) {
        for (const [key, requests] of leaving) add(key, requests);
        log.warn({ err: error }, 'usage could not be written; it will be tried again');
        return;
      }
    }
  };
  const flush = () => {
    flushing = flushing.then(write);
    return flushing;
  };
  const timer = setInterval(flush, interval).unref();
  return {
    note(whose, { operation, status, address }) {
      const day = today();
      const { last } = whose;
      if (last?.day === day && last.operation === operation && last.status === status && last.address === address)
        return add(last.exact, 1);
      const { accountId, key = noKey } = whose;
      const exact = `${accountId},${day},${key},${operation},${Math.floor(status / 100)},${neighbourhoodOf(address)}`;
      whose.last = { operation, status, address, day, exact };
      add(exact, 1);
    },
    flush,
    close() {
      clearInterval(timer);
      return flush();
    },
  };
}

/** No part of it has a comma in it. */
function cellOf(key: string): Cell {
  const [account, day, uuid, operation, status, network] = key.split(',') as [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  return [Number(account), day, uuid, operation, Number(status), network];
}
