import type { Knex } from 'knex';
import { lastly } from '../../database/lastly.ts';
import type { AuditKey } from '../sealing/seal.ts';
import { chainOf, type Entry, type Link, macOf, none } from './link.ts';

/** What is written down: the rest of the row comes with its place in the chain. */
export type Written = Omit<Entry, 'id' | 'at'>;

interface Item {
  key: AuditKey;
  row: Written;
}

/**
 * Adds a row to the chain of its account at the end of the transaction that it tells of: who writes at the same time waits for
 * that commit alone, and whoever holds the chain waits for nobody.
 */
export function append(db: Knex, key: AuditKey, row: Written): Promise<void> {
  return lastly(db, appendAll, { key, row });
}

async function appendAll(trx: Knex, items: Item[]): Promise<void> {
  const chains = new Set(items.map(({ row }) => chainOf(row.account_id)));
  // In one order for all, so that no two wait for each other.
  for (const chain of [...chains].sort((a, b) => a - b)) {
    await appendTo(
      trx,
      chain,
      items.filter(({ row }) => chainOf(row.account_id) === chain),
    );
  }
}

interface End {
  seq: number;
  mac: Buffer | null;
  at: string;
  ids: number[];
  details: (string | null)[];
}

/** The end of a chain, held until the commit, with the time and the ids of what is added to it. */
async function endOf(trx: Knex, chain: number, rows: readonly Written[]): Promise<End | undefined> {
  // Time and ids are taken once the lock is: they go the way that the numbers go.
  const found = await trx.raw<{ rows: End[] }>(
    `with head as materialized (select seq, mac from audit_heads where account_id = ? for update)
     select seq, mac, clock_timestamp() as at,
       array(select nextval(pg_get_serial_sequence('audit_log', 'id')) from generate_series(1, ?)) as ids,
       array(select d::jsonb::text from unnest(?::text[]) with ordinality as t (d, n) order by n) as details from head`,
    [chain, rows.length, rows.map(({ details }) => details) as never],
  );
  return found.rows[0];
}

async function appendTo(trx: Knex, chain: number, items: readonly Item[]): Promise<void> {
  const rows = items.map(({ row }) => row);
  let end = await endOf(trx, chain, rows);
  if (!end) {
    await trx('audit_heads').insert({ account_id: chain }).onConflict('account_id').ignore();
    end = (await endOf(trx, chain, rows)) as End;
  }
  const { at, ids, details } = end;
  let [seq, mac] = [end.seq, end.mac ?? none];
  const links = items.map(({ key, row }, index): Link => {
    const entry: Entry = { ...row, details: details[index] ?? null, id: ids[index] as number, at };
    seq += 1;
    mac = macOf(key, mac, seq, entry);
    return { ...entry, seq, mac, mac_key: key.id };
  });
  const head = trx.raw('update audit_heads set seq = ?, mac = ? where account_id = ?', [seq, mac, chain]);
  await trx('audit_log').with('head', head).insert(links);
}
