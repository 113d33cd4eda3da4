import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { Knex } from 'knex';
import { Failure } from '../../contract/failure.ts';
import { rowOf } from '../../database/statement.ts';
import { noChatbot } from '../chatbots/chatbot_of.ts';
import type { Context } from '../context.ts';
import { noSuch } from '../conversations/conversation_of.ts';
import { type AttachmentRef, enclose, namedAttachments } from '../messages/enclosures.ts';
import { stored, titleOf } from '../messages/message_row.ts';
import { accountOf } from '../rules.ts';
import { isUuid } from '../uuid.ts';
import { keyUuidOf } from './hold.ts';
import { knownChatbot } from './known_chatbot.ts';
import { type Answerer, beginNew, beginNext, type Known } from './question_statements.ts';

/** What is asked, as the caller's program says it. */
export interface Said {
  content: string;
  attachments?: AttachmentRef[] | undefined;
  content_payload?: Record<string, unknown> | null | undefined;
  query_metadata?: Record<string, unknown> | null | undefined;
  metadata?: Record<string, unknown> | null | undefined;
  sender?: string | null | undefined;
}

/** A question that is written down, or is being written, and that whoever began it holds. */
export interface Question {
  accountId: number;
  keyUuid: string | null;
  chatbot: Answerer;
  /** Whether it has knowledge bases. */
  isInformed: boolean;
  conversationId: string;
  /** Whether nothing was said before. */
  isFirst: boolean;
  /** Of the message that holds it, once it is there: before, nothing of an answer is told. Throws what refuses it. */
  messageId: Promise<number>;
  content: string;
  facts: Record<string, unknown> | null;
  /** What narrows the knowledge: of the message, and of the contact. */
  narrowing: unknown[];
  hasEnclosures: boolean;
}

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
  const begin = (db: Knex) =>
    conversation ? inConversation(context, db, chatbotId, conversation, said) : inNew(context, db, chatbotId, said);
  if (attachments.length === 0) return begin(context.db);
  return context.db.transaction(async (db) => {
    const question = await begin(db);
    const within = { ...context, db };
    await enclose(
      within,
      await question.messageId,
      await namedAttachments(within, attachments, ['message', 'attachments']),
    );
    return { ...question, hasEnclosures: true };
  });
}

/** Nothing was said before that might matter: the model may be asked while the question is being written. */
async function inNew(context: Context, db: Knex, chatbotId: string, said: Said): Promise<Question> {
  const values = valuesOf(context, chatbotId, said);
  const known = await knownChatbot(context.house, db, chatbotId, accountOf(context), said.sender ?? null);
  if (!known) throw noChatbot();
  if (known.contact === null) throw noSender();
  const conversationId = randomUUID();
  const writing = rowOf(db, beginNew, [...values, conversationId, known.contact, titleOf(said.content)]);
  const messageId = writing.then((row) => {
    // Its inboxes go with a chatbot.
    if (typeof row?.message !== 'number') throw noChatbot();
    return row.message;
  });
  // Whoever waits for it hears of it.
  messageId.catch(() => {});
  // It leaves at the end of this turn of the event loop, before all that is done to ask the model.
  await setImmediate();
  return { ...questionOf(context, said, known, known), conversationId, isFirst: true, messageId };
}

async function inConversation(
  context: Context,
  db: Knex,
  chatbotId: string,
  conversationId: string,
  said: Said,
): Promise<Question> {
  const begun = await rowOf(db, beginNext, [...valuesOf(context, chatbotId, said), conversationId]);
  if (!begun) throw noChatbot();
  if (begun.conversation === null) throw noSuch('conversation', conversationId);
  if (begun.message === null) throw noSender();
  const messageId = Promise.resolve(begun.message);
  const its = questionOf(context, said, begun.chatbot, begun);
  return { ...its, conversationId: begun.conversation, isFirst: false, messageId };
}

function valuesOf(context: Context, chatbotId: string, said: Said): unknown[] {
  return [
    ...[chatbotId, accountOf(context), said.sender ?? null, said.content],
    ...[stored(said.content_payload), stored(said.query_metadata), stored(said.metadata), keyUuidOf(context.principal)],
  ];
}

function questionOf(context: Context, said: Said, chatbot: Answerer, { informed, narrowing }: Known) {
  return {
    ...{ accountId: accountOf(context), keyUuid: keyUuidOf(context.principal), content: said.content, chatbot },
    ...{ isInformed: informed, hasEnclosures: false, facts: said.metadata ?? null },
    narrowing: [said.query_metadata, narrowing],
  };
}

function noSender(): Failure {
  const faults = [{ path: ['body', 'message', 'sender'], keyword: 'reference', message: 'is not there' }];
  return new Failure('invalid', 'There is no such contact.', { reason: { faults } });
}
