import type { Context } from '../context.ts';

/** A message on its way to where answers of its inbox go; `attempt`: for the how manieth time. */
export interface Telling {
  /** The message, by the id that the world knows it by. */
  message: string;
  attempt: number;
  /** The bytes that are sent, the same in every attempt; the first one writes them. */
  body?: string;
}

/** Where answers of an inbox `i` of a chatbot `b` go; null: nowhere. */
export const answersGo = 'coalesce(i.webhook_url, b.webhook_url)';

/**
 * SQL that queues the messages of a relation with `public_id` and `conversation_id` to be told, where they go anywhere. It is done only
 * where something reads it.
 */
export const queueing = (messages: string): string => `
  select graphile_worker.add_job('answer', json_build_object('message', m.public_id, 'attempt', 1), flags => array[
    'inbox ' || i.id, 'address ' || substring(lower(${answersGo}) from '^[a-z]+://([^/#]*)'), 'account ' || b.account_id, 'all'])
  from ${messages} m join conversations c on c.id = m.conversation_id join inboxes i on i.id = c.inbox_id
  join chatbots b on b.id = c.chatbot_id where ${answersGo} is not null`;

/** Queues messages to be told, in the context's transaction: what is rolled back is never heard of. */
export async function tellAnswers({ db }: Pick<Context, 'db'>, ids: number[]): Promise<void> {
  if (ids.length === 0) return;
  await db.raw(
    `with said as (select public_id, conversation_id from messages where id = any(?::bigint[]))${queueing('said')}`,
    [ids],
  );
}
