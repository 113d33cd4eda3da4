/**
 * How common a word is can be told from some of the pieces: those with the lowest ids, which are random. To count a word that stands in every second of
 * a hundred thousand takes milliseconds; to count it in one of 64 of them does not.
 * @param {import('knex').Knex} knex
 */
export async function up(knex) {
  await knex.raw(`
    create index text_nodes_sample on text_nodes using gin (search) with (fastupdate = off)
    where id < '04000000-0000-0000-0000-000000000000';
  `);
}

/** Forward only. */
export async function down() {}
