/**
 * What is known of contacts, by which inboxes they come, and where answers are sent besides; which knowledge base has the FAQs of a
 * chatbot; and what became of each attempt to tell somebody of an answer.
 * @param {import('knex').Knex} knex
 */
export async function up(knex) {
  await knex.raw(`
    alter table contacts
      add column phone_number text,
      add column email text,
      -- Who they are where they come from: nobody else of that name comes by one of their inboxes.
      add column source_id text;

    create table contact_inboxes (
      contact_id uuid not null references contacts on delete cascade,
      inbox_id uuid not null references inboxes on delete cascade,
      source_id text,
      primary key (contact_id, inbox_id)
    );
    create unique index contact_inboxes_source on contact_inboxes (inbox_id, source_id);

    alter table inboxes
      -- Instead of the chatbot's.
      add column webhook_url text,
      -- How its web chat looks.
      add column looks jsonb not null default '{}';

    alter table knowledge_bases add column faqs_of uuid unique references chatbots on delete set null;

    create table answer_deliveries (
      id uuid primary key default gen_random_uuid(),
      -- Of one message: the same in all its attempts.
      message_id uuid not null,
      chatbot_id uuid not null references chatbots on delete cascade,
      url text not null,
      body text not null,
      attempt integer not null,
      status integer,
      answer text check (char_length(answer) <= 2000),
      error text check (char_length(error) <= 500),
      created_at timestamptz not null default now(),
      unique (message_id, attempt)
    );
    create index answer_deliveries_chatbot on answer_deliveries (chatbot_id, created_at, id);
    create index answer_deliveries_created on answer_deliveries (created_at);
  `);
}

/** Forward only. */
export async function down() {}
