import { statement } from '../../database/statement.ts';
import type { ChatbotRow } from '../chatbots/chatbot_of.ts';
import { held } from './hold.ts';

/** What an answer takes of its chatbot. */
const traits = [
  ...(['id', 'large_language_model', 'instructions', 'temperature', 'max_tokens', 'reply_mode'] as const),
  ...(['unanswerable_template', 'number_of_retrieved_chunks', 'output_mode', 'raw_output_format'] as const),
] as const;

/** A chatbot, as an answer depends on it. */
export type Answerer = Pick<ChatbotRow, (typeof traits)[number]>;

/** What an answer depends on, besides the question: `narrowing` as the contact has it, and whether there are knowledge bases. */
export interface Known {
  narrowing: unknown;
  informed: boolean;
}

const message = `insert into messages
  (conversation_id, type, content, content_payload, query_metadata, metadata, state, held_until, contact_id, key_uuid)
  select talk.id, 'incoming', $4, $5::jsonb, $6::jsonb, $7::jsonb, 'waiting', now() + ${held}, $3::uuid, $8::uuid from talk`;
const bot = `bot as (select * from chatbots where id = $1::uuid and account_id = $2::int)`;
const informed = `exists (select from chatbot_knowledge_bases where chatbot_id = bot.id) as informed`;
// Nobody waits for the disk: what is written later of the question, and waited for, comes after it in the log.
const soon = `set_config('synchronous_commit', 'off', true)`;

// Whoever says no name is looked for within the id: a plan for any sender is as good as one for this sender, and so Postgres makes it once.
export const knowNew = statement<Answerer & Known & { contact: string | null }>(
  'completions.know_new',
  `with ${bot}, person as (
     select id, query_metadata from contacts where account_id = $2
       and id = coalesce($3::uuid, (select id from contacts where account_id = $2 and anonymous)) and ($3 is null or deleted_at is null))
   select ${traits.map((trait) => `bot.${trait}`).join(', ')}, ${informed}, person.id as contact, person.query_metadata as narrowing
   from bot left join person on true`,
);

export const beginNew = statement<{ message: number | null }>(
  'completions.begin_new',
  `with door as (select id from inboxes where chatbot_id = $1::uuid order by access_type = 'api' desc, created_at limit 1),
     talk as (insert into conversations (id, account_id, chatbot_id, inbox_id, contact_id, title, last_message_at)
       select $9::uuid, $2::int, $1, door.id, $10::uuid, $11, now() from door returning id),
     said as (${message} returning id)
   select ${soon}, (select id from said) as message`,
);

// The conversation is locked, so that questions have the order in which they are seen by others.
export const beginNext = statement<Known & { chatbot: Answerer; conversation: string | null; message: number | null }>(
  'completions.begin_next',
  `with ${bot},
     talk as (select c.id, c.contact_id from conversations c where c.id = $9::uuid and c.chatbot_id = $1 and c.account_id = $2 for update),
     person as (select p.id, p.query_metadata from contacts p, talk
       where p.account_id = $2 and p.id = coalesce($3::uuid, talk.contact_id) and ($3::uuid is null or p.deleted_at is null)),
     said as (${message}, person returning id),
     begun as (update conversations c set last_message_at = now() from said, talk where c.id = talk.id)
   select ${soon}, to_jsonb(bot) as chatbot, ${informed}, (select id from talk) as conversation, (select id from said) as message,
     (select query_metadata from person) as narrowing from bot`,
);
