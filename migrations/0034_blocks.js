/**
 * Blocks of pipelines. Their content is their pipeline's own (docs/adr/0021), and so is the graph that they make.
 * @param {import('knex').Knex} knex
 */
export async function up(knex) {
  await knex.raw(`
    create table blocks (
      id integer generated always as identity primary key,
      pipeline_id integer not null references pipelines on delete cascade,
      uuid text not null,
      name text not null,
      type text not null,
      language text not null default 'python',
      -- Which list of the pipeline it is in.
      place text not null default 'blocks' check (place in ('blocks', 'callbacks', 'conditionals', 'extensions')),
      extension_uuid text,
      content text not null default '',
      callback_content text,
      -- Blocks of the same pipeline, by uuid, in the order of the arguments; kept free of circles.
      upstream_blocks text[] not null default '{}',
      replicated_block text,
      configuration jsonb not null default '{}',
      color text,
      executor_config jsonb,
      executor_type text not null default 'local_python',
      has_callback boolean not null default false,
      retry_config jsonb,
      timeout integer,
      status text not null default 'not_executed' check (status in ('not_executed', 'updated')),
      position integer not null,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      unique (pipeline_id, uuid)
    );

    -- Tokens of triggers are sealed from now on; those of earlier versions are at the next start.
    create index pipeline_schedules_unsealed on pipeline_schedules (id) where token not like 'sealed:%';
  `);
}

/** Forward only. */
export async function down() {}
