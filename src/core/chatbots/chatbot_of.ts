import type { Chatbot } from '../../../generated/tables.ts';
import { Failure } from '../../contract/failure.ts';
import type { Context } from '../context.ts';
import { accountOf } from '../rules.ts';
import { isUuid } from '../uuid.ts';

/** A chatbot: a row of `chatbots`, with its words as what they are. */
export type ChatbotRow = Omit<Chatbot, 'reply_mode' | 'output_mode' | 'agent_mode' | 'raw_output_format'> & {
  reply_mode: 'normal' | 'template' | 'hybrid' | 'workflow' | 'agent' | 'text_to_sql';
  output_mode: 'text' | 'json_schema';
  agent_mode: 'normal' | 'canvas';
  raw_output_format: Record<string, unknown> | null;
};

/** The chatbots of the caller's account: no others are there. */
export const chatbotsOf = (context: Context) => context.db('chatbots').where('account_id', accountOf(context));

/** One chatbot of the caller's account. Throws `not_found`, also for what is no UUID. */
export async function chatbotOf(context: Context, id = ''): Promise<ChatbotRow> {
  const chatbot = isUuid(id) && (await chatbotsOf(context).where({ id }).first());
  if (chatbot) return chatbot as ChatbotRow;
  throw noChatbot();
}

export function noChatbot(): Failure {
  return new Failure('not_found', 'There is no such chatbot.', { reason: { missing: 'record' } });
}
