/**
 * What was answered to a request that may be sent again. A row is written in the transaction of its work, so there is none
 * without the work, and no work without it.
 * @param {import('knex').Knex} knex
 */
export async function up(knex) {
  await knex.raw(`
    create table idempotency_keys (
      -- Whose: a key, or a session.
      principal text not null,
      hash bytea not null,
      -- Of method, address and body.
      fingerprint bytea not null,
      status integer not null,
      -- Without secrets; as text, so that it is answered again to the letter.
      body text,
      created_at timestamptz not null default now(),
      primary key (principal, hash)
    );
    create index idempotency_keys_created on idempotency_keys (created_at);
  `);
}

/** Forward only. */
export async function down() {}
