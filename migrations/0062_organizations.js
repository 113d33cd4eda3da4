/**
 * Accounts get an id that says nothing of how many there are: what MaiAgent calls an organization.
 * @param {import('knex').Knex} knex
 */
export async function up(knex) {
  await knex.raw('alter table accounts add column uuid uuid not null default gen_random_uuid() unique');
}

/** Forward only. */
export async function down() {}
