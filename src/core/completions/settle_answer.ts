import { storedJson } from '../../contract/json.ts';
import { rowOf, statement } from '../../database/statement.ts';
import { noChatbot } from '../chatbots/chatbot_of.ts';
import type { House } from '../house.ts';
import type { Tokens } from '../models/chat.ts';
import { countHits, type Retrieved } from '../retrieval/index.ts';
import { noKey } from '../usage/gather.ts';
import { queueing } from '../webhooks/tell_answers.ts';
import type { Question } from './begin_question.ts';

/** How an answer ended. */
export interface Ended {
  text: string;
  /** Null for an answer that no model gave. */
  model: string | null;
  tokens: Tokens;
  cited: readonly Retrieved[];
  /** Why it is not whole, for people; it is whole without. */
  error?: string;
  milliseconds: number;
}

/** Whoever asked and waits has the answer then; others are told of it in the same moment as it is there. */
const settle = statement<{ public_id: string }>(
  'completions.settle',
  `with question as (
     update messages set state = case when $7::text is null then 'done' else 'failed' end, held_until = null, error = $7
     where id = $1::bigint returning id, conversation_id, unattended),
   answer as (
     insert into messages (conversation_id, type, content, citations, answers, model, broken, error, input_tokens, output_tokens, milliseconds)
     select conversation_id, 'outgoing', $2::text, $3::jsonb, id, $4::text, $7 is not null, $7, $5::int, $6::int, $8::int from question
     returning public_id),
   talk as (update conversations set last_message_at = now() where id = (select conversation_id from question)),
   bot as (update chatbots set total_words_count = total_words_count + char_length($2) where id = $9::uuid and exists (select from question)),
   used as (
     insert into model_usage (account_id, day, chatbot_id, key_uuid, model, answers, input_tokens, output_tokens)
     select $10::int, (now() at time zone 'UTC')::date, $9, $11::uuid, $4, 1, coalesce($5, 0), coalesce($6, 0) where $4 is not null
     on conflict (account_id, day, chatbot_id, key_uuid, model) do update set answers = model_usage.answers + 1,
       input_tokens = model_usage.input_tokens + excluded.input_tokens, output_tokens = model_usage.output_tokens + excluded.output_tokens),
   heard as (select public_id, conversation_id from answer, question where unattended and $7 is null),
   told as (${queueing('heard')})
   select public_id, (select count(*) from told) from answer`,
);

/** Writes an answer down, whole or broken off, and what it took; gives its id. Throws `not_found` where its chatbot has gone. */
export async function settleAnswer({ db, log }: House, question: Question, ended: Ended): Promise<string> {
  const { tokens, cited, model, text } = ended;
  const values = [
    ...[
      await question.messageId,
      text.replaceAll('\0', ''),
      storedJson(cited),
      model,
      tokens.input,
      tokens.output,
      ended.error ?? null,
    ],
    ...[Math.round(ended.milliseconds), question.chatbot.id, question.accountId, question.keyUuid ?? noKey],
  ];
  // In a transaction, so that nobody's question waits behind it for the disk.
  const row = await db.transaction((trx) => rowOf(trx, settle, values));
  if (!row) throw noChatbot();
  const ids = cited.map(({ nodeId }) => nodeId);
  if (ids.length > 0)
    countHits(db, ids).catch((error: Error) => log.warn({ err: error }, 'the uses of knowledge could not be counted'));
  return row.public_id;
}

const leave = statement<{ id: number }>(
  'completions.leave',
  `update messages set state = 'failed', held_until = null, error = $2::text where id = $1::bigint returning id`,
);

/** Leaves a question without an answer, if it was written down at all. Never throws: it is told to whoever asked already. */
export async function leaveQuestion({ db, log }: House, { messageId }: Question, why: string): Promise<void> {
  const id = await messageId.catch(() => undefined);
  if (id === undefined) return;
  await rowOf(db, leave, [id, why]).catch((error: Error) =>
    log.warn({ err: error }, 'a question without an answer could not be marked as such'),
  );
}
