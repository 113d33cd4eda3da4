/**
 * Sessions of the console, whose opaque value is in a cookie; and when the password of a session was asked for again.
 * @param {import('knex').Knex} knex
 */
export async function up(knex) {
  await knex.raw(`
    alter table sessions
      drop constraint sessions_kind_check,
      add constraint sessions_kind_check check (kind in ('token', 'cli', 'console')),
      add column cookie_hash bytea unique,
      add column reauthenticated_at timestamptz,
      add check ((kind = 'console') = (cookie_hash is not null));
  `);
}

/** Forward only. */
export async function down() {}
