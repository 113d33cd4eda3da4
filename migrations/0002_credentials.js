/**
 * API keys with webhooks, sessions by JWT with rotating refresh tokens, signing keys, and the audit log.
 * @param {import('knex').Knex} knex
 */
export async function up(knex) {
  await knex.raw(`
    alter table users
      add column uuid uuid not null default gen_random_uuid() unique,
      add column last_sign_in_at timestamptz;

    -- checksummed: the key is of our own making, so its checksum holds. Seeded keys of the same form may have none.
    alter table api_keys
      add column uuid uuid not null default gen_random_uuid() unique,
      add column checksummed boolean not null default false,
      add column webhook_url text,
      add column webhook_secret text,
      add constraint api_keys_name_length check (char_length(name) between 1 and 64);
    create index api_keys_active on api_keys (user_id) where revoked_at is null;

    create table sessions (
      id uuid primary key default gen_random_uuid(),
      account_id integer not null references accounts on delete cascade,
      user_id integer not null references users on delete cascade,
      created_at timestamptz not null default now(),
      refreshed_at timestamptz,
      ended_at timestamptz
    );
    create index sessions_user_id on sessions (user_id) where ended_at is null;

    -- A token that was used stays: whoever uses it once more ends the session.
    create table refresh_tokens (
      id integer generated always as identity primary key,
      session_id uuid not null references sessions on delete cascade,
      hash bytea not null unique,
      created_at timestamptz not null default now(),
      used_at timestamptz
    );
    create index refresh_tokens_session_id on refresh_tokens (session_id);

    create table signing_keys (
      kid text primary key,
      private_jwk jsonb not null,
      created_at timestamptz not null default now(),
      -- Signs nothing any more; tokens that it signed are taken until this time.
      retires_at timestamptz
    );

    -- As rate-limiter-flexible wants it.
    create table rate_limits (
      key text primary key,
      points integer not null default 0,
      expire bigint
    );

    -- Append only: nobody edits what happened. Rows outlive what they are about, so nothing here refers to it by key.
    create table audit_log (
      id bigint generated always as identity primary key,
      at timestamptz not null default now(),
      account_id integer,
      user_id integer,
      api_key_id integer,
      action text not null,
      subject text,
      address text,
      request_id text
    );
    create index audit_log_account on audit_log (account_id, id);
    create function audit_log_is_append_only() returns trigger language plpgsql as $$
      begin
        raise exception 'the audit log is append only';
      end
    $$;
    create trigger audit_log_append_only before update or delete or truncate on audit_log
      for each statement execute function audit_log_is_append_only();
  `);
}

/** Forward only. */
export async function down() {}
