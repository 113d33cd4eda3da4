/**
 * Sessions of the command line: one opaque token, which lasts as long as its session, by the name of the machine. They are
 * ended by all that ends sessions.
 * @param {import('knex').Knex} knex
 */
export async function up(knex) {
  await knex.raw(`
    alter table sessions
      add column kind text not null default 'token' check (kind in ('token', 'cli')),
      add column name text check (char_length(name) between 1 and 64),
      add column cli_token_hash bytea unique,
      add check ((kind = 'cli') = (cli_token_hash is not null));
  `);
}

/** Forward only. */
export async function down() {}
