/**
 * Keys that came from another system by their hashes, SHA-256 or SHA-512; and keys that somebody found where they should not be.
 * @param {import('knex').Knex} knex
 */
export async function up(knex) {
  await knex.raw(`
    alter table api_keys
      add column imported boolean not null default false,
      add column leaked_at timestamptz;
    create index api_keys_imported on api_keys (octet_length(hash)) where imported;
  `);
}

/** Forward only. */
export async function down() {}
