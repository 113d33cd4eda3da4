/**
 * Secrets of an account, which its pipelines are given, and backfills: runs for the dates of a span.
 * @param {import('knex').Knex} knex
 */
export async function up(knex) {
  await knex.raw(`
    create table secrets (
      id integer generated always as identity primary key,
      account_id integer not null references accounts on delete cascade,
      name text not null,
      -- Sealed (docs/adr/0012).
      value text not null,
      created_at timestamptz not null default now(),
      unique (account_id, name)
    );

    create table backfills (
      id integer generated always as identity primary key,
      pipeline_id integer not null references pipelines on delete cascade,
      -- Made when it is started, with a run for each date.
      pipeline_schedule_id integer references pipeline_schedules on delete set null,
      name text,
      block_uuid text,
      start_datetime timestamptz,
      end_datetime timestamptz,
      interval_type text,
      interval_units integer,
      settings jsonb,
      variables jsonb,
      status text check (status in ('initial', 'cancelled')),
      started_at timestamptz,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now()
    );
    create index backfills_pipeline_id on backfills (pipeline_id, id);
    create index pipeline_runs_backfill_id on pipeline_runs (backfill_id) where backfill_id is not null;
  `);
}

/** Forward only. */
export async function down() {}
