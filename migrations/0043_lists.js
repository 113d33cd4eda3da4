/**
 * Lists of an account's pipelines, the newest first, by an index each.
 * @param {import('knex').Knex} knex
 */
export async function up(knex) {
  await knex.raw(`
    create index pipelines_newest on pipelines (account_id, id);
    create index pipelines_created on pipelines (account_id, created_at, id);
  `);
}

/** Forward only. */
export async function down() {}
