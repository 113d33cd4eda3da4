import type { Knex } from 'knex';
import { placeOf } from '../sealing/rows.ts';
import type { AuditKey, Seal } from '../sealing/seal.ts';
import { type Link, linkColumns, macOf, none, sealOfCheckpoint } from './mac.ts';

/** The keys of all HMACs, by name: that of the present secret, and those of former ones. */
export type AuditKeys = ReadonlyMap<string, AuditKey>;

/** Opens the keys. Throws where one was changed. */
export async function openAuditKeys(db: Knex, seal: Seal): Promise<AuditKeys> {
  const rows = await db('audit_keys').select('id', 'key');
  const former = rows.map(({ id, key }) => ({ id, key: Buffer.from(seal.open(key, placeOf.auditKey(id)), 'base64') }));
  return new Map([...former, seal.auditKey].map((key) => [key.id, key]));
}

/** Where in a chain one is. */
export interface Place {
  seq: number;
  mac: Buffer;
}

/**
 * Looks at rows that follow on `from`, in the order of their numbers: gives a sentence for each that is missing or not as it
 * was written, and where they end.
 */
export function checkLinks(links: readonly Link[], from: Place, keys: AuditKeys): { breaks: string[]; end: Place } {
  const breaks: string[] = [];
  let end = from;
  for (const link of links) {
    const key = keys.get(link.mac_key);
    if (link.seq <= end.seq) breaks.push(`row ${link.seq} stands before row ${end.seq + 1}, where the log begins`);
    else if (link.seq > end.seq + 1) breaks.push(missing(end.seq + 1, link.seq - 1));
    else if (!key) breaks.push(`row ${link.seq} has an HMAC of a key that is not here`);
    else if (!macOf(key, end.mac, link.seq, link).equals(link.mac)) {
      breaks.push(`row ${link.seq} is not what was written, or not where it was`);
    }
    // What follows is held against what this row says, so that one change is told once.
    end = { seq: Math.max(end.seq, link.seq), mac: link.mac };
  }
  return { breaks, end };
}

function missing(first: number, last: number): string {
  return first === last ? `row ${first} is missing` : `rows ${first} to ${last} are missing`;
}

/** The next rows of a chain. */
export async function linksOf(db: Knex, chain: number, after: number, limit: number): Promise<Link[]> {
  const { rows } = await db.raw<{ rows: Link[] }>(
    `select ${linkColumns} from audit_log where coalesce(account_id, 0) = ? and seq > ? order by seq limit ?`,
    [chain, after, limit],
  );
  return rows;
}

const batch = 1_000;
const start: Place = { seq: 0, mac: none };

/** What became of a chain. */
export interface Checked {
  chain: number;
  /** Rows that were looked at. */
  rows: number;
  end: Place;
  breaks: string[];
}

/**
 * Looks at a whole chain: from its checkpoint, if it was pruned, to its head. `kept` are places of it that somebody has
 * written down elsewhere.
 */
export async function checkChain(
  db: Knex,
  keys: AuditKeys,
  chain: number,
  kept: readonly Place[] = [],
): Promise<Checked> {
  const { place, breaks } = await beginningOf(db, keys, chain);
  const met = new Map<number, Buffer>([[place.seq, place.mac]]);
  let end = place;
  let rows = 0;
  // Also those before the beginning: there should be none.
  for (let at = 0, links = await linksOf(db, chain, 0, batch); links.length > 0; ) {
    const found = checkLinks(links, end, keys);
    for (const { seq, mac } of links) if (kept.some((one) => one.seq === seq)) met.set(seq, mac);
    breaks.push(...found.breaks);
    end = found.end;
    rows += links.length;
    at = links.at(-1)?.seq ?? at;
    links = await linksOf(db, chain, at, batch);
  }
  const head = await db('audit_heads').where({ account_id: chain }).first();
  if (head && head.seq > end.seq) breaks.push(`${missing(end.seq + 1, head.seq)} at the end`);
  else if (end.seq > 0 && !(head?.seq === end.seq && head.mac?.equals(end.mac)))
    breaks.push(`the head is not row ${end.seq}, which is the last`);
  for (const { seq, mac } of kept) {
    if (seq > end.seq) breaks.push(`${missing(end.seq + 1, seq)} at the end, by the head that was kept`);
    else if (seq >= place.seq && seq > 0 && !met.get(seq)?.equals(mac))
      breaks.push(`row ${seq} is not the head that was kept`);
  }
  return { chain, rows, end, breaks };
}

async function beginningOf(db: Knex, keys: AuditKeys, chain: number): Promise<{ place: Place; breaks: string[] }> {
  const left = await db('audit_checkpoints').where({ account_id: chain }).first();
  if (!left) return { place: start, breaks: [] };
  const key = keys.get(left.seal_key);
  const holds = key && sealOfCheckpoint(key, chain, left.seq, left.mac).equals(left.seal);
  return { place: left, breaks: holds ? [] : [`the checkpoint at row ${left.seq} was not left by Latchkey`] };
}

/** Looks at every chain, and at what is in none; `kept` by chain. */
export async function checkAll(db: Knex, seal: Seal, kept: ReadonlyMap<number, Place[]>): Promise<Checked[]> {
  const keys = await openAuditKeys(db, seal);
  const { rows } = await db.raw<{ rows: { chain: number }[] }>(
    `select account_id as chain from audit_heads union select account_id from audit_checkpoints
     union select coalesce(account_id, 0) from audit_log where seq is not null order by chain`,
  );
  const all: Checked[] = [];
  for (const chain of new Set([...rows.map((row) => row.chain), ...kept.keys()])) {
    all.push(await checkChain(db, keys, chain, kept.get(chain)));
  }
  const outside = await db('audit_log')
    .whereNull('seq')
    .whereRaw(`id > (select value::bigint from installation where name = 'audit_chain_after')`)
    .select('id', 'account_id');
  for (const { id, account_id } of outside) {
    const breaks = [`the row with the id ${id} is in no chain`];
    all.push({ chain: account_id ?? 0, rows: 0, end: start, breaks });
  }
  return all;
}
