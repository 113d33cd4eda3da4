/**
 * Knowledge bases: files of the account under names and labels. Nothing here reads what is in them, so `status` stays as it is made.
 * @param {import('knex').Knex} knex
 */
export async function up(knex) {
  await knex.raw(`
    create table knowledge_bases (
      id uuid primary key default gen_random_uuid(),
      account_id integer not null references accounts on delete cascade,
      name text not null check (char_length(name) between 1 and 255),
      description text,
      -- Models are not kept here: these are the ids that were sent.
      embedding_model uuid not null,
      reranker_model uuid not null,
      number_of_retrieved_chunks integer not null default 12 check (number_of_retrieved_chunks >= 1),
      sentence_window_size integer not null default 2 check (sentence_window_size >= 0),
      enable_hyde boolean not null default false,
      similarity_cutoff double precision not null default 0.0 check (similarity_cutoff between 0 and 1),
      enable_rerank boolean not null default true,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now()
    );
    create index knowledge_bases_account on knowledge_bases (account_id, created_at, id);

    create table knowledge_base_labels (
      id uuid primary key default gen_random_uuid(),
      knowledge_base_id uuid not null references knowledge_bases on delete cascade,
      name text not null check (char_length(name) between 1 and 255),
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      unique (knowledge_base_id, name)
    );

    create table knowledge_base_files (
      id uuid primary key default gen_random_uuid(),
      knowledge_base_id uuid not null references knowledge_bases on delete cascade,
      file_id uuid not null references files,
      filename text not null check (char_length(filename) between 1 and 255),
      parser uuid,
      status text not null default 'initial'
        check (status in ('initial', 'processing', 'done', 'deleting', 'deleted', 'failed')),
      raw_user_define_metadata jsonb not null default '{}',
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      unique (knowledge_base_id, file_id)
    );
    create index knowledge_base_files_newest on knowledge_base_files (knowledge_base_id, created_at);
    create index knowledge_base_files_file_id on knowledge_base_files (file_id);

    create table knowledge_base_file_labels (
      knowledge_base_file_id uuid not null references knowledge_base_files on delete cascade,
      knowledge_base_label_id uuid not null references knowledge_base_labels on delete cascade,
      primary key (knowledge_base_file_id, knowledge_base_label_id)
    );
    create index knowledge_base_file_labels_label on knowledge_base_file_labels (knowledge_base_label_id);
  `);
}

/** Forward only. */
export async function down() {}
