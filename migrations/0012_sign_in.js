/**
 * What users say of themselves, what tells an old password from a new one, and what an audited change was from and to.
 * @param {import('knex').Knex} knex
 */
export async function up(knex) {
  await knex.raw(`
    -- password_version rises with each new password: a sign-in that was checked against an old one opens nothing.
    alter table users
      add column user_metadata jsonb not null default '{}' check (jsonb_typeof(user_metadata) = 'object'),
      add column password_version integer not null default 0;

    alter table audit_log add column details jsonb;
  `);
}

/** Forward only. */
export async function down() {}
