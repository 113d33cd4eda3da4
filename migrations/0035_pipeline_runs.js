/**
 * Runs of pipelines as Mage has them, their blocks, what these gave and what was said; and how they get on the one queue of
 * runs (docs/runs.md).
 * @param {import('knex').Knex} knex
 */
export async function up(knex) {
  await knex.raw(`
    create table pipeline_runs (
      id integer generated always as identity primary key,
      account_id integer not null references accounts on delete cascade,
      pipeline_id integer not null references pipelines on delete cascade,
      pipeline_schedule_id integer references pipeline_schedules on delete set null,
      backfill_id integer,
      execution_date timestamptz not null,
      -- The interval that it stands for, of a trigger by time: each runs once, whoever sees it first.
      interval_at timestamptz,
      status text not null default 'initial'
        check (status in ('initial', 'running', 'completed', 'failed', 'cancelled')),
      started_at timestamptz,
      -- As Mage has it: set where all blocks were done with, and kept by a retry.
      completed_at timestamptz,
      ended_at timestamptz,
      -- In the order in which they were sent: a container takes them so.
      variables json,
      event_variables json,
      metrics json,
      passed_sla boolean not null default false,
      executor_type text not null default 'local_python',
      created_at timestamptz not null default clock_timestamp(),
      updated_at timestamptz not null default clock_timestamp()
    );
    create unique index pipeline_runs_interval on pipeline_runs (pipeline_schedule_id, interval_at)
      where interval_at is not null;
    create index pipeline_runs_account_id on pipeline_runs (account_id, execution_date, id);
    create index pipeline_runs_pipeline_id on pipeline_runs (pipeline_id, execution_date, id);
    create index pipeline_runs_schedule_id on pipeline_runs (pipeline_schedule_id, id);
    create index pipeline_runs_open on pipeline_runs (pipeline_id) where status in ('initial', 'running');

    create table block_runs (
      id integer generated always as identity primary key,
      pipeline_run_id integer not null references pipeline_runs on delete cascade,
      block_uuid text not null,
      status text not null default 'initial' check (status in ('initial', 'queued', 'running', 'completed', 'failed',
        'upstream_failed', 'condition_failed', 'cancelled')),
      started_at timestamptz,
      completed_at timestamptz,
      metrics json,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      unique (pipeline_run_id, block_uuid)
    );

    create table block_outputs (
      block_run_id integer not null references block_runs on delete cascade,
      position integer not null,
      -- What is shown: 'table' with sample_data, or 'text' with text_data.
      type text not null check (type in ('table', 'text')),
      text_data text,
      sample_data json,
      shape json,
      -- The value itself, where it is one that JSON has.
      value json,
      primary key (block_run_id, position)
    );

    create table run_logs (
      id bigint generated always as identity primary key,
      pipeline_run_id integer not null references pipeline_runs on delete cascade,
      block_run_id integer references block_runs on delete cascade,
      at timestamptz not null default clock_timestamp(),
      level text not null,
      message text not null,
      -- What a line says besides, such as an error.
      more json
    );
    create index run_logs_pipeline_run_id on run_logs (pipeline_run_id, block_run_id, id);
    create index run_logs_block_run_id on run_logs (block_run_id);

    alter table runs
      add column executor text not null default 'container' check (executor in ('container', 'runner')),
      -- Of which run of Mage's it is an attempt.
      add column pipeline_run_id integer references pipeline_runs on delete cascade;
    create index runs_pipeline_run_id on runs (pipeline_run_id) where pipeline_run_id is not null;

    -- When a runner of the account last asked for work, or said that it is at work.
    alter table accounts add column runner_seen_at timestamptz;
  `);
}

/** Forward only. */
export async function down() {}
