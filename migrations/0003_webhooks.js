import { Logger, runMigrations } from 'graphile-worker';
import pg from 'pg';

/** graphile-worker has transactions of its own, on connections of its own. */
export const config = { transaction: false };

/**
 * The queue (graphile-worker's schema), and what became of each attempt to deliver a webhook.
 * @param {import('knex').Knex} knex
 */
export async function up(knex) {
  const pool = new pg.Pool(knex.client.connectionSettings);
  pool.on('connect', (client) => client.on('error', () => {})).on('error', () => {});
  await runMigrations({ pgPool: pool, logger: silent }).finally(() => pool.end());

  await knex.raw(`
    create table webhook_deliveries (
      id bigint generated always as identity primary key,
      -- One event for one key: the same in all its attempts.
      delivery uuid not null,
      api_key_id integer not null references api_keys on delete cascade,
      event text not null,
      payload text not null,
      attempt integer not null,
      status_code integer,
      response_body text check (char_length(response_body) <= 2000),
      error text check (char_length(error) <= 500),
      duration_ms integer not null,
      delivered_at timestamptz,
      next_retry_at timestamptz,
      created_at timestamptz not null default now(),
      unique (delivery, attempt)
    );
    create index webhook_deliveries_api_key_id on webhook_deliveries (api_key_id, id);
    create index api_keys_webhooks on api_keys (account_id) where webhook_url is not null and revoked_at is null;
  `);
}

const ignore = () => {};
const silent = new Logger(() => ignore);

/** Forward only. */
export async function down() {}
