import type { Knex } from 'knex';
import { rowOf } from '../../database/statement.ts';
import type { House } from '../house.ts';
import { type Answerer, type Known, knowNew } from './question_statements.ts';

/** What the answer to a first question depends on. `contact`: who asks; null for a sender who is not there. */
export type KnownChatbot = Answerer & Known & { contact: string | null };

/**
 * A chatbot of an account, as it answers a sender: where that is nobody of a name, from memory if it is exact (docs/revocation.md,
 * migrations/0065_exact_chatbots.js), else in one statement. Undefined where the account has no such chatbot.
 */
export async function knownChatbot(
  { exact }: House,
  db: Knex,
  chatbotId: string,
  accountId: number,
  sender: string | null,
): Promise<KnownChatbot | undefined> {
  const ask = () => rowOf(db, knowNew, [chatbotId, accountId, sender]);
  if (sender !== null) return ask();
  const key = `b:${accountId}:${chatbotId.toLowerCase()}`;
  const known = exact.get<KnownChatbot>(key)?.row;
  if (known) return known;
  const mark = exact.mark();
  const row = await ask();
  if (row?.contact) exact.keep(key, mark, row, Number.POSITIVE_INFINITY, [`b:${row.id}`, `p:${row.contact}`]);
  return row;
}
