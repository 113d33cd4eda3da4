/**
 * Runs of pipelines in containers, and where a pipeline's container answers.
 * @param {import('knex').Knex} knex
 */
export async function up(knex) {
  await knex.raw(`
    alter table pipelines add column container_url text;

    create table runs (
      id uuid primary key default gen_random_uuid(),
      account_id integer not null references accounts on delete cascade,
      user_id integer references users on delete set null,
      pipeline_id integer not null references pipelines on delete cascade,
      -- What the caller named the pipeline by, where that was no id.
      pointer text,
      inputs jsonb not null,
      outputs jsonb,
      error jsonb,
      state text not null default 'queued' check (state in ('created', 'routing', 'queued', 'running', 'completed',
        'failed', 'no_resources_available', 'node_preempted', 'unknown')),
      async boolean not null,
      streamed boolean not null,
      -- Waits for a container that is not there yet.
      waits boolean not null,
      -- How often it was begun, without those times when it was given back.
      attempts integer not null default 0,
      -- Who has it in hand, a new one each time it is taken; nobody else takes it before the lease is over.
      worker uuid,
      leased_until timestamptz,
      started_at timestamptz,
      ended_at timestamptz,
      compute_time_ms integer,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now()
    );
    create index runs_account on runs (account_id, created_at, id);
    create index runs_pipeline_id on runs (pipeline_id, created_at);
    create index runs_user_id on runs (user_id);
    create index runs_open on runs (created_at) where ended_at is null;
  `);
}

/** Forward only. */
export async function down() {}
