/**
 * Command lines that wait to be let in from a browser (RFC 8628). Of both codes only hashes are kept.
 * @param {import('knex').Knex} knex
 */
export async function up(knex) {
  await knex.raw(`
    create table device_logins (
      id uuid primary key default gen_random_uuid(),
      device_hash bytea not null unique,
      -- Keyed: so few letters would be found by trying them all.
      user_hash bytea not null unique,
      name text not null check (char_length(name) between 1 and 64),
      address text,
      user_agent text,
      created_at timestamptz not null default now(),
      expires_at timestamptz not null default now() + interval '10 minutes',
      -- How often it may ask, and when it did last.
      interval_seconds integer not null default 5,
      polled_at timestamptz,
      state text not null default 'waiting' check (state in ('waiting', 'allowed', 'refused')),
      -- Whoever answered, in which account; and which of their passwords held then.
      user_id integer references users on delete cascade,
      account_id integer references accounts on delete cascade,
      password_version integer,
      check ((state = 'waiting') = (user_id is null)),
      check ((user_id is null) = (account_id is null))
    );
    create index device_logins_user on device_logins (user_id) where user_id is not null;
  `);
}

/** Forward only. */
export async function down() {}
