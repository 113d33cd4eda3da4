import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import type { Knex } from 'knex';
import type { Config } from '../../config.ts';
import { Mistake } from '../../mistake.ts';
import { makeWebhookSecret } from '../api_keys/index.ts';
import { makeToken } from '../pipeline_schedules/trigger_token.ts';
import { makeHookSecret } from '../webhooks/hook_secret.ts';
import { forgetRows, keepAuditKey, resealRows, sealRows } from './rows.ts';
import { sealOf } from './seal.ts';
import { fileOf, openSeal, replaceFile, setCheck } from './secret.ts';

type Kept = Pick<Config, 'secret' | 'nextSecret' | 'data'>;

/**
 * Seals all secrets with the next secret: LATCHKEY_NEXT_SECRET, or a new one in the data folder's file. With `lost`, what
 * the present one cannot open is given up instead. Gives the sentence that says what to do now. A `Mistake` while a server
 * runs on the database, as it would go on with the old one.
 */
export async function rotateSecret(db: Knex, config: Kept, lost: boolean): Promise<string> {
  await refuseBeside(db);
  if (lost) return forget(db, config);
  if (config.secret !== undefined && config.nextSecret === undefined)
    throw new Mistake('LATCHKEY_NEXT_SECRET is missing: set it to the secret that is to follow LATCHKEY_SECRET', 2);
  const next = config.nextSecret ?? randomBytes(32).toString('base64url');
  const change = () =>
    db.transaction(async (trx) => {
      const from = (await openSeal(trx, config)).seal;
      const to = sealOf(next);
      const count = await resealRows(trx, from, to);
      await keepAuditKey(trx, from, to);
      await setCheck(trx, to);
      return count;
    });
  if (config.nextSecret === undefined) return `The secret in ${await replaceFile(config, next, change)} is a new one.`;
  await change();
  // Nobody should take it for the one that is in use.
  rmSync(fileOf(config), { force: true });
  return 'Everything is sealed with LATCHKEY_NEXT_SECRET now: start with it as LATCHKEY_SECRET, and without the other.';
}

async function forget(db: Knex, config: Kept): Promise<string> {
  return db.transaction(async (trx) => {
    await trx('installation').where({ name: 'secret_check' }).delete();
    const { seal } = await openSeal(trx, config);
    const webhooks = await forgetRows(trx, seal, { makeWebhookSecret, makeHookSecret, makeToken });
    await sealRows(trx, seal);
    return `What the lost secret had sealed is given up: everybody signs in again, ${webhooks} webhooks have a new secret, and all triggers a new token.`;
  });
}

async function refuseBeside(db: Knex): Promise<void> {
  const { rows } = await db.raw(
    `select from pg_stat_activity where datname = current_database() and application_name = 'latchkey worker' limit 1`,
  );
  if (rows.length > 0)
    throw new Mistake('A server runs on this database: stop it, change the secret, and start it again');
}
