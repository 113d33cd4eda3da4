import type { Knex } from 'knex';
import { Failure } from '../../contract/failure.ts';
import { rowOf, statement } from '../../database/statement.ts';
import { type ChatbotRow, noChatbot } from '../chatbots/chatbot_of.ts';
import type { Context } from '../context.ts';
import { noSuch } from '../conversations/conversation_of.ts';
import { type AttachmentRef, enclose, namedAttachments } from '../messages/enclosures.ts';
import { stored, titleOf } from '../messages/message_row.ts';
import { accountOf } from '../rules.ts';
import { isUuid } from '../uuid.ts';
import { held, keyUuidOf } from './hold.ts';

/** What is asked, as the caller's program says it. */
export interface Said {
  content: string;
  attachments?: AttachmentRef[] | undefined;
  content_payload?: Record<string, unknown> | null | undefined;
  query_metadata?: Record<string, unknown> | null | undefined;
  metadata?: Record<string, unknown> | null | undefined;
  sender?: string | null | undefined;
}

/** A question that has been written down, and that whoever began it holds. */
export interface Question {
  accountId: number;
  keyUuid: string | null;
  chatbot: ChatbotRow;
  /** Whether it has knowledge bases. */
  isInformed: boolean;
  conversationId: string;
  /** Whether nothing was said before. */
  isFirst: boolean;
  messageId: number;
  content: string;
  facts: Record<string, unknown> | null;
  /** What narrows the knowledge: of the message, and of the contact. */
  narrowing: unknown[];
  hasEnclosures: boolean;
}

interface Begun {
  chatbot: ChatbotRow;
  bases: number;
  conversation: string | null;
  message: number | null;
  narrowing: unknown;
}

const message = `insert into messages
  (conversation_id, type, content, content_payload, query_metadata, metadata, state, held_until, contact_id, key_uuid)
  select talk.id, 'incoming', $4, $5::jsonb, $6::jsonb, $7::jsonb, 'waiting', now() + ${held}, $3::uuid, $8::uuid from talk`;
const bot = `bot as (select * from chatbots where id = $1::uuid and account_id = $2::int)`;
// Nobody waits for the disk: what is written later of the question, and waited for, comes after it in the log.
const found = `select set_config('synchronous_commit', 'off', true), to_jsonb(bot) as chatbot, (select id from talk) as conversation, (select id from said) as message,
  (select query_metadata from person) as narrowing,
  (select count(*) from chatbot_knowledge_bases where chatbot_id = bot.id) as bases from bot`;

const beginNew = statement<Begun>(
  'completions.begin_new',
  `with ${bot},
     person as (
       select id, query_metadata from contacts where account_id = $2 and anonymous and $3::uuid is null
       union all select id, query_metadata from contacts where id = $3 and account_id = $2 and deleted_at is null),
     door as (select id from inboxes where chatbot_id = $1 order by access_type = 'api' desc, created_at limit 1),
     talk as (insert into conversations (account_id, chatbot_id, inbox_id, contact_id, title, last_message_at)
       select $2, bot.id, door.id, person.id, $9, now() from bot, door, person returning id),
     said as (${message} returning id)
   ${found}`,
);

// The conversation is locked, so that questions have the order in which they are seen by others.
const beginNext = statement<Begun>(
  'completions.begin_next',
  `with ${bot},
     talk as (select c.id, c.contact_id from conversations c where c.id = $9::uuid and c.chatbot_id = $1 and c.account_id = $2 for update),
     person as (select p.id, p.query_metadata from contacts p, talk
       where p.account_id = $2 and p.id = coalesce($3::uuid, talk.contact_id) and ($3::uuid is null or p.deleted_at is null)),
     said as (${message}, person returning id),
     begun as (update conversations c set last_message_at = now() from said, talk where c.id = talk.id)
   ${found}`,
);

/**
 * Writes a question down, in a conversation or in a new one, and holds it. Throws `not_found` for a chatbot that the account has
 * not, `invalid` for a conversation, a sender or an attachment.
 */
export async function beginQuestion(
  context: Context,
  chatbotId: string,
  { conversation, message: said }: { conversation?: string | null | undefined; message: Said },
): Promise<Question> {
  if (!isUuid(chatbotId)) throw noChatbot();
  const { attachments = [] } = said;
  if (attachments.length === 0) return written(context, context.db, chatbotId, conversation ?? null, said);
  return context.db.transaction(async (db) => {
    const within = { ...context, db };
    const question = await written(within, db, chatbotId, conversation ?? null, said);
    await enclose(within, question.messageId, await namedAttachments(within, attachments, ['message', 'attachments']));
    return { ...question, hasEnclosures: true };
  });
}

async function written(
  context: Context,
  db: Knex,
  chatbotId: string,
  talk: string | null,
  said: Said,
): Promise<Question> {
  const { content, sender = null } = said;
  const accountId = accountOf(context);
  const keyUuid = keyUuidOf(context.principal);
  const begun = await rowOf(db, talk === null ? beginNew : beginNext, [
    ...[chatbotId, accountId, sender, content],
    ...[stored(said.content_payload), stored(said.query_metadata), stored(said.metadata)],
    ...[keyUuid, talk ?? titleOf(content)],
  ]);
  if (!begun) throw noChatbot();
  if (begun.conversation === null && talk !== null) throw noSuch('conversation', talk);
  if (begun.conversation === null || begun.message === null) throw noSender();
  return {
    ...{ accountId, keyUuid, content, chatbot: begun.chatbot, isInformed: begun.bases > 0, hasEnclosures: false },
    ...{ conversationId: begun.conversation, isFirst: talk === null, messageId: begun.message },
    facts: said.metadata ?? null,
    narrowing: [said.query_metadata, begun.narrowing],
  };
}

function noSender(): Failure {
  const faults = [{ path: ['body', 'message', 'sender'], keyword: 'reference', message: 'is not there' }];
  return new Failure('invalid', 'There is no such contact.', { reason: { faults } });
}
