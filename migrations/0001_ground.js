/**
 * Accounts, people, credentials, pipelines and their triggers.
 * @param {import('knex').Knex} knex
 */
export async function up(knex) {
  await knex.raw(`
    -- What this installation made up for itself at its first start: keys and secrets shared by all its processes.
    create table installation (
      name text primary key,
      value text not null
    );

    create table accounts (
      id integer generated always as identity primary key,
      name text not null,
      created_at timestamptz not null default now()
    );

    create table roles (
      id integer primary key,
      name text not null unique,
      access integer not null,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now()
    );
    insert into roles (id, name, access) values (1, 'Owner', 1), (2, 'Admin', 2), (3, 'Editor', 4), (4, 'Viewer', 8);

    create table users (
      id integer generated always as identity primary key,
      email text not null,
      username text,
      password_hash text,
      first_name text,
      last_name text,
      avatar text,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now()
    );
    create unique index users_email_key on users (lower(email));
    create unique index users_username_key on users (lower(username));

    -- A membership without a role is allowed: such a user may sign in and do nothing.
    create table memberships (
      account_id integer not null references accounts on delete cascade,
      user_id integer not null references users on delete cascade,
      role_ids integer[] not null default '{}' check (role_ids <@ array[1, 2, 3, 4]),
      created_at timestamptz not null default now(),
      primary key (account_id, user_id)
    );
    create index memberships_user_id on memberships (user_id);

    -- user_id becomes null when the user goes: the token is then an expired one, not an unknown one.
    create table oauth_tokens (
      id integer generated always as identity primary key,
      hash bytea not null unique,
      hint text not null,
      account_id integer not null references accounts on delete cascade,
      user_id integer references users on delete set null,
      expires timestamptz not null,
      created_at timestamptz not null default now()
    );
    create index oauth_tokens_user_id on oauth_tokens (user_id);

    create table api_keys (
      id integer generated always as identity primary key,
      hash bytea not null unique,
      prefix text not null,
      name text not null,
      account_id integer not null references accounts on delete cascade,
      user_id integer not null references users on delete cascade,
      created_at timestamptz not null default now(),
      last_used_at timestamptz,
      expires_at timestamptz,
      revoked_at timestamptz
    );
    create index api_keys_user_id on api_keys (user_id);

    create table pipelines (
      id integer generated always as identity primary key,
      account_id integer not null references accounts on delete cascade,
      uuid text collate "C" not null,
      name text not null,
      type text not null default 'python',
      description text,
      tags text[] not null default '{}',
      cache_block_output_in_memory boolean not null default false,
      concurrency_config jsonb not null default '{}',
      data_integration jsonb,
      executor_config jsonb not null default '{}',
      executor_count integer not null default 1,
      executor_type text,
      extensions jsonb not null default '{}',
      notification_config jsonb not null default '{}',
      retry_config jsonb not null default '{}',
      run_pipeline_in_one_process boolean not null default false,
      settings jsonb not null default '{"triggers": null}',
      spark_config jsonb not null default '{}',
      variables jsonb,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      unique (account_id, uuid)
    );

    create table pipeline_schedules (
      id integer generated always as identity primary key,
      pipeline_id integer not null references pipelines on delete cascade,
      name text not null,
      description text,
      global_data_product_uuid text,
      schedule_type text,
      schedule_interval text,
      start_time timestamptz,
      status text not null default 'inactive',
      settings jsonb,
      sla integer,
      tags text[] not null default '{}',
      token text not null,
      variables jsonb,
      last_enabled_at timestamptz,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now()
    );
    create index pipeline_schedules_pipeline_id on pipeline_schedules (pipeline_id);
  `);
}

/** Forward only. */
export async function down() {}
