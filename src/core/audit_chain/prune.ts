import type { Knex } from 'knex';
import type { House } from '../house.ts';
import { checkLinks, linksOf, openAuditKeys } from './check.ts';
import { none, sealOfCheckpoint } from './mac.ts';

/**
 * Deletes the beginnings of chains that are older than so many days, and leaves a sealed checkpoint where each begins now;
 * gives how many rows went. A chain that does not hold is left as it is, as it says what was done to it. One process does it
 * at a time.
 */
export async function pruneChains(house: House, days: number, batch: number, stopping?: AbortSignal): Promise<number> {
  let gone = 0;
  const chains = await house.db('audit_heads').orderBy('account_id').select('account_id');
  for (const { account_id: chain } of chains) {
    for (let went = batch; went === batch && !stopping?.aborted; ) {
      went = await house.db.transaction((trx) => pruneBatch(house, trx, chain, days, batch));
      gone += went;
    }
  }
  return gone;
}

async function pruneBatch(house: House, trx: Knex, chain: number, days: number, batch: number): Promise<number> {
  const { seal } = house.installation;
  const { rows } = await trx.raw(
    `select pg_try_advisory_xact_lock(hashtext('latchkey audit pruning')) as taken,
       now() - make_interval(days => ?::int) as before`,
    [days],
  );
  const [{ taken, before }] = rows;
  if (!taken) return 0;
  const left = await trx('audit_checkpoints').where({ account_id: chain }).first();
  const from = left ?? { seq: 0, mac: none };
  const links = await linksOf(trx, chain, from.seq, batch);
  // The clock may have gone back: only what nothing older follows on is a beginning.
  const young = links.findIndex(({ at }) => Date.parse(at) >= Date.parse(before));
  const old = young < 0 ? links : links.slice(0, young);
  if (old.length === 0) return 0;
  const { breaks, end } = checkLinks(old, from, await openAuditKeys(trx, seal));
  if (breaks.length > 0) {
    house.log.warn({ account: chain, breaks: breaks.slice(0, 10) }, 'the audit log was changed: it is not pruned');
    return 0;
  }
  await trx.raw(`set local latchkey.pruning = 'on'`);
  await trx.raw('delete from audit_log where coalesce(account_id, 0) = ? and seq <= ?', [chain, end.seq]);
  const { auditKey } = seal;
  await trx('audit_checkpoints')
    .insert({
      account_id: chain,
      ...end,
      seal: sealOfCheckpoint(auditKey, chain, end.seq, end.mac),
      seal_key: auditKey.id,
    })
    .onConflict('account_id')
    .merge();
  return old.length;
}
