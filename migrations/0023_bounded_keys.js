/**
 * What a key may do, from where, how often, until when and for how many calls; and from where sessions are used.
 * @param {import('knex').Knex} knex
 */
export async function up(knex) {
  await knex.raw(`
    alter table api_keys
      add column scopes text[] not null default '{*}',
      add column addresses text[] not null default '{}',
      -- [{"requests": 10, "per": "second"}]
      add column limits jsonb not null default '[]',
      -- {"amount": 100, "every": "day"}
      add column refill jsonb,
      add column metadata jsonb not null default '{}',
      add column last_used_address text,
      -- The key that a rotation made of this one, which is revoked at the end of its grace.
      add column successor_id integer unique references api_keys on delete set null;

    -- Written at each use of a key that has limits or credits; apart, so that keys themselves are not. The two keys of a
    -- rotation share one.
    create table key_counters (
      id integer generated always as identity primary key,
      second_from timestamptz not null default '-infinity',
      second_count integer not null default 0,
      minute_from timestamptz not null default '-infinity',
      minute_count integer not null default 0,
      hour_from timestamptz not null default '-infinity',
      hour_count integer not null default 0,
      day_from timestamptz not null default '-infinity',
      day_count integer not null default 0,
      credits integer check (credits >= 0),
      refilled_at timestamptz not null default now()
    ) with (fillfactor = 50);
    alter table api_keys add column counter_id integer references key_counters;
    create index api_keys_counter_id on api_keys (counter_id) where counter_id is not null;

    create function drop_key_counter() returns trigger language plpgsql as $$
      begin
        delete from key_counters c where c.id = old.counter_id
          and not exists (select 1 from api_keys k where k.counter_id = c.id);
        return null;
      end
    $$;
    create trigger api_keys_drop_counter after delete on api_keys for each row
      when (old.counter_id is not null) execute function drop_key_counter();

    alter table sessions
      add column address text,
      add column user_agent text,
      add column last_used_at timestamptz;
  `);
}

/** Forward only. */
export async function down() {}
