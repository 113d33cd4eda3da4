/**
 * One contact of each account stands for everybody who says no name; a message may be of another contact than its conversation, or
 * of a person in the chatbot's place; and what is to be answered in the server's own time is told apart.
 * @param {import('knex').Knex} knex
 */
export async function up(knex) {
  await knex.raw(`
    create unique index contacts_anonymous on contacts (account_id) where anonymous;

    alter table messages
      add column contact_id uuid references contacts on delete set null,
      -- To be answered by whichever process takes it up, and how often one has.
      add column unattended boolean not null default false,
      add column attempts integer not null default 0,
      add column key_uuid uuid;
    -- An answer has its turn after its question, whatever else was asked meanwhile.
    create index messages_turns on messages (conversation_id, coalesce(answers, id), id);
    create index messages_contact on messages (contact_id);
    create index messages_unattended on messages (id) where unattended and state = 'waiting';
  `);
}

/** Forward only. */
export async function down() {}
