/**
 * What was attached: a file of the account under a name and a kind. MaiAgent's surface serves them.
 * @param {import('knex').Knex} knex
 */
export async function up(knex) {
  await knex.raw(`
    create table attachments (
      id uuid primary key default gen_random_uuid(),
      account_id integer not null references accounts on delete cascade,
      file_id uuid not null references files,
      type text not null check (type in ('image', 'video', 'audio', 'sticker', 'other')),
      filename text not null check (char_length(filename) between 1 and 255),
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now()
    );
    create index attachments_account on attachments (account_id, created_at, id);
    create index attachments_file_id on attachments (file_id);
  `);
}

/** Forward only. */
export async function down() {}
