/**
 * Chatbots that answer, the doors to them, the people who talk to them, and what is said. Models are in a file of the operator's:
 * their ids here refer to nothing in the database.
 * @param {import('knex').Knex} knex
 */
export async function up(knex) {
  await knex.raw(`
    -- Whoever speaks has a number, people and chatbots from one sequence.
    create sequence speakers as integer;

    create table chatbots (
      id uuid primary key default gen_random_uuid(),
      account_id integer not null references accounts on delete cascade,
      speaker integer not null unique default nextval('speakers'),
      name text not null check (char_length(name) between 1 and 255),
      large_language_model uuid not null,
      rag uuid not null,
      embedding_model uuid,
      reranker_model uuid,
      instructions text not null default '',
      reply_mode text not null default 'normal'
        check (reply_mode in ('normal', 'template', 'hybrid', 'workflow', 'agent', 'text_to_sql')),
      template text,
      unanswerable_template text,
      output_mode text not null default 'text' check (output_mode in ('text', 'json_schema')),
      raw_output_format jsonb,
      agent_mode text not null default 'normal' check (agent_mode in ('normal', 'canvas')),
      temperature double precision check (temperature between 0 and 2),
      max_tokens integer check (max_tokens >= 1),
      number_of_retrieved_chunks integer not null default 12 check (number_of_retrieved_chunks >= 1),
      enable_chinese_conversion boolean not null default false,
      webhook_url text,
      -- Of all answers, in characters.
      total_words_count bigint not null default 0,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now()
    );
    create index chatbots_account on chatbots (account_id, created_at, id);

    create table chatbot_knowledge_bases (
      chatbot_id uuid not null references chatbots on delete cascade,
      knowledge_base_id uuid not null references knowledge_bases on delete cascade,
      primary key (chatbot_id, knowledge_base_id)
    );
    create index chatbot_knowledge_bases_base on chatbot_knowledge_bases (knowledge_base_id);

    -- A door to a chatbot. Each has one for the API and one for the web from the beginning.
    create table inboxes (
      id uuid primary key default gen_random_uuid(),
      account_id integer not null references accounts on delete cascade,
      chatbot_id uuid not null references chatbots on delete cascade,
      name text not null check (char_length(name) between 1 and 255),
      channel_type text not null default 'web' check (channel_type in ('web', 'line', 'telegram', 'messenger')),
      access_type text not null default 'web' check (access_type in ('web', 'admin', 'api')),
      -- The web chat.
      channel_id uuid not null unique default gen_random_uuid(),
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now()
    );
    create index inboxes_account on inboxes (account_id, created_at, id);
    create index inboxes_chatbot on inboxes (chatbot_id, created_at);

    create table contacts (
      id uuid primary key default gen_random_uuid(),
      account_id integer not null references accounts on delete cascade,
      speaker integer not null unique default nextval('speakers'),
      name text not null check (char_length(name) between 1 and 255),
      avatar text,
      -- Somebody who said no name: in no list.
      anonymous boolean not null default false,
      query_metadata jsonb,
      deleted_at timestamptz,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now()
    );
    create index contacts_account on contacts (account_id, created_at, id) where deleted_at is null and not anonymous;

    create table conversations (
      id uuid primary key default gen_random_uuid(),
      account_id integer not null references accounts on delete cascade,
      chatbot_id uuid not null references chatbots on delete cascade,
      inbox_id uuid not null references inboxes on delete cascade,
      contact_id uuid not null references contacts on delete cascade,
      title text not null default '',
      auto_reply_enabled boolean not null default true,
      enable_group_mention boolean not null default false,
      last_read_at timestamptz,
      last_message_at timestamptz,
      created_at timestamptz not null default now()
    );
    create index conversations_account on conversations (account_id, created_at, id);
    create index conversations_inbox on conversations (inbox_id, created_at, id);
    create index conversations_contact on conversations (contact_id, created_at, id);
    create index conversations_chatbot on conversations (chatbot_id);

    create table messages (
      -- In the order in which they were said.
      id bigint primary key generated always as identity,
      public_id uuid not null unique default gen_random_uuid(),
      conversation_id uuid not null references conversations on delete cascade,
      type text not null check (type in ('incoming', 'outgoing')),
      content text not null,
      content_payload jsonb,
      query_metadata jsonb,
      metadata jsonb,
      feedback text check (feedback in ('like', 'dislike')),
      -- What the answer was made of, as it was then.
      citations jsonb not null default '[]',
      -- Of an incoming one that is to be answered: whether it has been, and until when somebody is at it.
      state text not null default 'done' check (state in ('waiting', 'done', 'failed')),
      held_until timestamptz,
      -- Of an answer: which message it is to, and by which model; whether it is whole; what it took, in tokens and milliseconds.
      answers bigint references messages on delete cascade,
      model text,
      broken boolean not null default false,
      error text,
      input_tokens integer,
      output_tokens integer,
      milliseconds integer,
      created_at timestamptz not null default now()
    );
    create index messages_conversation on messages (conversation_id, id);
    create index messages_answers on messages (answers);
    create index messages_waiting on messages (conversation_id, id) where state = 'waiting';

    create table message_attachments (
      message_id bigint not null references messages on delete cascade,
      attachment_id uuid not null references attachments on delete cascade,
      position integer not null,
      primary key (message_id, attachment_id)
    );
    create index message_attachments_attachment on message_attachments (attachment_id);

    -- What models took, by day: kept when chatbots and keys are gone.
    create table model_usage (
      account_id integer not null references accounts on delete cascade,
      day date not null,
      chatbot_id uuid not null,
      key_uuid uuid not null,
      model text not null,
      answers bigint not null,
      input_tokens bigint not null,
      output_tokens bigint not null,
      primary key (account_id, day, chatbot_id, key_uuid, model)
    );
  `);
}

/** Forward only. */
export async function down() {}
