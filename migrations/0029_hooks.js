/**
 * Endpoints that an account's events are sent to, and what became of each event.
 * @param {import('knex').Knex} knex
 */
export async function up(knex) {
  await knex.raw(`
    create table hooks (
      id uuid primary key default gen_random_uuid(),
      account_id integer not null references accounts on delete cascade,
      url text not null check (char_length(url) <= 2048),
      events text[] not null,
      description text,
      enabled boolean not null default true,
      -- Sealed (docs/adr/0012). The one before signs as well, until its time is over.
      secret text not null,
      old_secret text,
      old_secret_until timestamptz,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now()
    );
    create index hooks_account on hooks (account_id, created_at, id);

    create table hook_deliveries (
      id uuid primary key default gen_random_uuid(),
      hook_id uuid not null references hooks on delete cascade,
      -- What the receiver knows it by: the same when it is sent again.
      message uuid not null,
      event text not null,
      body text not null,
      state text not null default 'waiting' check (state in ('waiting', 'delivered', 'failed')),
      attempts integer not null default 0,
      status integer,
      answer text check (char_length(answer) <= 2000),
      error text check (char_length(error) <= 500),
      last_attempt_at timestamptz,
      next_attempt_at timestamptz,
      created_at timestamptz not null default now()
    );
    create index hook_deliveries_hook on hook_deliveries (hook_id, created_at, id);
    create index hook_deliveries_created on hook_deliveries (created_at);
  `);
}

/** Forward only. */
export async function down() {}
