/**
 * What of an uploaded file is no bytes. Several rows may share one content; the bytes lie in the file store, by their hash.
 * @param {import('knex').Knex} knex
 */
export async function up(knex) {
  await knex.raw(`
    create table files (
      id uuid primary key default gen_random_uuid(),
      account_id integer not null references accounts on delete cascade,
      user_id integer references users on delete set null,
      name text not null check (char_length(name) between 1 and 255),
      media_type text not null,
      size bigint not null check (size >= 0),
      sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now()
    );
    create index files_sha256 on files (sha256);
    create index files_account on files (account_id, created_at, id);
    create index files_user_id on files (user_id);
  `);
}

/** Forward only. */
export async function down() {}
