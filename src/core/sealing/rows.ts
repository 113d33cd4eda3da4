import type { Knex } from 'knex';
import { isSealed, type Seal } from './seal.ts';

/** Where a value is sealed to: a row of a table. */
export const placeOf = {
  installation: (name: string) => `installation/${name}`,
  signingKey: (kid: string) => `signing_keys/${kid}`,
  webhook: (keyUuid: string) => `api_keys/${keyUuid}`,
  hook: (id: string) => `hooks/${id}`,
  secret: (id: number | string) => `secrets/${id}`,
  trigger: (id: number | string) => `pipeline_schedules/${id}`,
  auditKey: (id: string) => `audit_keys/${id}`,
};

/** Every column that keeps a secret which has to be read again, with the identifier that it is sealed to. */
const columns = [
  { table: 'installation', key: 'name', column: 'value', place: placeOf.installation, only: `name = 'token_secret'` },
  { table: 'signing_keys', key: 'kid', column: 'private_jwk', place: placeOf.signingKey, only: 'true' },
  { table: 'audit_keys', key: 'id', column: 'key', place: placeOf.auditKey, only: 'true' },
  {
    table: 'api_keys',
    key: 'uuid',
    column: 'webhook_secret',
    place: placeOf.webhook,
    only: 'webhook_secret is not null',
  },
  { table: 'hooks', key: 'id', column: 'secret', place: placeOf.hook, only: 'true' },
  { table: 'hooks', key: 'id', column: 'old_secret', place: placeOf.hook, only: 'old_secret is not null' },
  { table: 'secrets', key: 'id', column: 'value', place: placeOf.secret, only: 'true' },
  { table: 'pipeline_schedules', key: 'id', column: 'token', place: placeOf.trigger, only: 'true' },
] as const;

/** What `like` finds in clear; written as the indexes `api_keys_unsealed` and `pipeline_schedules_unsealed` have it. */
const inClear = (column: string) => `${column} not like 'sealed:%'`;

/** Seals what is still in clear: rows of earlier versions, and of a dump that was made by one. Gives how many. */
export async function sealRows(db: Knex, seal: Seal): Promise<number> {
  let sealed = 0;
  for (const { table, key, column, place, only } of columns) {
    const { rows } = await db.raw<{ rows: Record<string, string>[] }>(
      `select ${key} as key, ${column} as secret from ${table} where ${only} and ${inClear(column)} for update`,
    );
    for (const { key: at = '', secret = '' } of rows) {
      await db.raw(`update ${table} set ${column} = ? where ${key} = ?`, [seal.seal(secret, place(at)), at]);
      sealed += 1;
    }
  }
  return sealed;
}

/** Opens every sealed value with one secret and seals it with another. Gives how many. Throws where one does not open. */
export async function resealRows(db: Knex, from: Seal, to: Seal): Promise<number> {
  let count = 0;
  for (const { table, key, column, place, only } of columns) {
    const { rows } = await db.raw<{ rows: Record<string, string>[] }>(
      `select ${key} as key, ${column} as secret from ${table} where ${only} for update`,
    );
    for (const { key: at = '', secret = '' } of rows) {
      const text = isSealed(secret) ? from.open(secret, place(at)) : secret;
      await db.raw(`update ${table} set ${column} = ? where ${key} = ?`, [to.seal(text, place(at)), at]);
      count += 1;
    }
  }
  return count;
}

/** Keeps the key of a former secret's HMACs, for those who look whether the audit log is as it was written. */
export async function keepAuditKey(db: Knex, from: Seal, to: Seal): Promise<void> {
  const { id, key } = from.auditKey;
  const row = { id, key: to.seal(key.toString('base64'), placeOf.auditKey(id)) };
  await db('audit_keys').insert(row).onConflict('id').merge();
}

/**
 * Gives up what a lost secret had sealed: signing keys and the token secret go, to be made anew, and the keys of the audit
 * log for good; each webhook gets a secret of `makeWebhookSecret`, and each trigger a token of `makeToken`. Gives how many
 * webhooks those are.
 */
export async function forgetRows(
  db: Knex,
  seal: Seal,
  {
    makeWebhookSecret,
    makeHookSecret,
    makeToken,
  }: Record<'makeWebhookSecret' | 'makeHookSecret' | 'makeToken', () => string>,
): Promise<number> {
  await db('installation').where({ name: 'token_secret' }).delete();
  await db('signing_keys').delete();
  await db('secrets').delete();
  await db('audit_keys').delete();
  const keys = await db('api_keys').whereNotNull('webhook_secret').select('uuid');
  for (const { uuid } of keys) {
    const webhook_secret = seal.seal(makeWebhookSecret(), placeOf.webhook(uuid));
    await db('api_keys').where({ uuid }).update({ webhook_secret });
  }
  const hooks = await db('hooks').select('id');
  for (const { id } of hooks) {
    const secret = seal.seal(makeHookSecret(), placeOf.hook(id));
    await db('hooks').where({ id }).update({ secret, old_secret: null, old_secret_until: null });
  }
  for (const { id } of await db('pipeline_schedules').select('id')) {
    await db('pipeline_schedules')
      .where({ id })
      .update({ token: seal.seal(makeToken(), placeOf.trigger(id)) });
  }
  return keys.length + hooks.length;
}
