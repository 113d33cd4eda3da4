import type { Knex } from 'knex';
import { Failure } from '../contract/failure.ts';
import type { User } from './credentials/holder.ts';
import { credentialOf } from './credentials/standing.ts';

/** A request that may come again: by whom, by what name, and what it was. */
export interface Repeatable {
  principal: User;
  /** Of the key that its caller gave it. */
  hash: Buffer;
  fingerprint: Buffer;
}

/** Takes the turn of this name until the transaction ends; false where somebody else has it. */
export async function takeTurn(db: Knex, { principal, hash }: Repeatable): Promise<boolean> {
  const { rows } = await db.raw('select pg_try_advisory_xact_lock(hashtextextended(?, 0)) as taken', [
    `idempotency ${credentialOf(principal)} ${hash.toString('hex')}`,
  ]);
  return rows[0].taken;
}

/** What was answered within the last day; undefined for nothing. Throws `mismatch` where it was to another request. */
export async function answeredBefore(db: Knex, { principal, hash, fingerprint }: Repeatable) {
  const row = await db('idempotency_keys')
    .where({ principal: credentialOf(principal), hash })
    .whereRaw(`created_at > now() - interval '1 day'`)
    .first('fingerprint', 'status', 'body');
  if (row && !row.fingerprint.equals(fingerprint))
    throw new Failure('mismatch', 'This Idempotency-Key was used for another request.');
  return row;
}

/** Keeps an answer for a day. */
export async function remember(db: Knex, asked: Repeatable, status: number, body: string | null): Promise<void> {
  const { principal, hash, fingerprint } = asked;
  await db('idempotency_keys')
    .insert({ principal: credentialOf(principal), hash, fingerprint, status, body })
    .onConflict(['principal', 'hash'])
    .merge({ fingerprint, status, body, created_at: db.fn.now() as unknown as string });
}
