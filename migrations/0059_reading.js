/**
 * Files of knowledge bases are read: when the process that does it was last heard of.
 * @param {import('knex').Knex} knex
 */
export async function up(knex) {
  await knex.raw('alter table knowledge_base_files add column heard_at timestamptz');
}

/** Forward only. */
export async function down() {}
