import type { Knex } from 'knex';
import { lastly } from '../../database/lastly.ts';
import type { AuditKey } from '../sealing/seal.ts';
import { chainOf, type Entry, type Link, macOf, none } from './mac.ts';

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
  texts: (string | null)[];
}

/** Of a statement, which has 65,535 values at most. */
const batch = 1_000;

async function appendTo(trx: Knex, chain: number, items: readonly Item[]): Promise<void> {
  const given = items.map(({ row }) => row.details);
  const { rows } = await trx.raw<{ rows: End[] }>('select * from audit_end(?, ?::text[])', [chain, given as never]);
  const { at, ids, texts, ...end } = rows[0] as End;
  let [seq, mac] = [end.seq, end.mac ?? none];
  const links = items.map(({ key, row }, index): Link => {
    const entry: Entry = { ...row, details: texts[index] ?? null, id: ids[index] as number, at };
    seq += 1;
    mac = macOf(key, mac, seq, entry);
    return { ...entry, seq, mac, mac_key: key.id };
  });
  while (links.length > batch) await trx('audit_log').insert(links.splice(0, batch));
  const head = trx.raw('update audit_heads set seq = ?, mac = ? where account_id = ?', [seq, mac, chain]);
  await trx('audit_log').with('head', head).insert(links);
}
