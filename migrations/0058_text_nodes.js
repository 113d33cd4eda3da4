/**
 * What retrieval searches: the text of files and of FAQs in pieces, each with its place.
 * @param {import('knex').Knex} knex
 */
export async function up(knex) {
  await knex.raw(`
    create table knowledge_base_faqs (
      id uuid primary key default gen_random_uuid(),
      knowledge_base_id uuid not null references knowledge_bases on delete cascade,
      question text not null check (char_length(question) between 1 and 10000),
      answer text not null check (char_length(answer) between 1 and 100000),
      raw_user_define_metadata jsonb not null default '{}',
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now()
    );
    create index knowledge_base_faqs_newest on knowledge_base_faqs (knowledge_base_id, created_at, id);

    create table knowledge_base_faq_labels (
      knowledge_base_faq_id uuid not null references knowledge_base_faqs on delete cascade,
      knowledge_base_label_id uuid not null references knowledge_base_labels on delete cascade,
      primary key (knowledge_base_faq_id, knowledge_base_label_id)
    );
    create index knowledge_base_faq_labels_label on knowledge_base_faq_labels (knowledge_base_label_id);

    alter table knowledge_base_files
      -- Grows with each reading: what an older one still writes is not taken.
      add column reading integer not null default 0,
      add column pages integer,
      add column pages_read integer not null default 0,
      add column failure text,
      add column page_failures jsonb not null default '[]';

    create table text_nodes (
      id uuid primary key default gen_random_uuid(),
      account_id integer not null references accounts on delete cascade,
      knowledge_base_id uuid references knowledge_bases on delete cascade,
      knowledge_base_file_id uuid references knowledge_base_files on delete cascade,
      knowledge_base_faq_id uuid unique references knowledge_base_faqs on delete cascade,
      -- The order within a file, from 0.
      position integer not null default 0,
      page integer,
      heading text,
      text text not null,
      -- A text search configuration of Postgres.
      language text not null default 'simple',
      search tsvector not null,
      embedding real[],
      -- Which model made the embedding: those of another one are not compared with it.
      embedding_model text,
      hits_count integer not null default 0,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now()
    );
    -- Without a list of what is pending, which every search would read through.
    create index text_nodes_search on text_nodes using gin (search) with (fastupdate = off);
    create index text_nodes_account on text_nodes (account_id);
    create index text_nodes_knowledge_base on text_nodes (knowledge_base_id, language);
    create index text_nodes_file on text_nodes (knowledge_base_file_id, position);
  `);
}

/** Forward only. */
export async function down() {}
