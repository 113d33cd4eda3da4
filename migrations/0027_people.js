/**
 * One-time links, members that are switched off, and which end of a key its user has been told of.
 * @param {import('knex').Knex} knex
 */
export async function up(knex) {
  await knex.raw(`
    create table one_time_links (
      id uuid primary key default gen_random_uuid(),
      kind text not null check (kind in ('first_password', 'invitation', 'password_reset')),
      hash bytea not null unique,
      account_id integer not null references accounts on delete cascade,
      -- Whose password it sets; an invitation may be for somebody who is no user yet.
      user_id integer references users on delete cascade,
      email text not null,
      role_id integer references roles,
      -- Whoever made it for somebody else; it holds no longer than they may.
      made_by integer references users on delete cascade,
      created_at timestamptz not null default now(),
      expires_at timestamptz not null default now() + interval '24 hours',
      check ((kind = 'invitation') = (user_id is null)),
      check ((kind = 'invitation') = (role_id is not null))
    );
    -- A new one takes the place of the one before.
    create unique index one_time_links_invited on one_time_links (account_id, email) where user_id is null;
    create unique index one_time_links_user on one_time_links (user_id) where user_id is not null;

    alter table memberships add column disabled_at timestamptz;
    alter table api_keys add column expiry_noticed timestamptz;
  `);
}

/** Forward only. */
export async function down() {}
