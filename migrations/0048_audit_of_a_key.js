/**
 * What happened to one thing, and what was done with one key, is found without reading the whole log of the account.
 * @param {import('knex').Knex} knex
 */
export async function up(knex) {
  await knex.raw(`
    create index audit_log_subject on audit_log (account_id, subject, id);
    create index audit_log_key on audit_log (api_key_id, id) where api_key_id is not null;
  `);
}

/** Forward only. */
export async function down() {}
