import type { Conversation } from '../../../generated/tables.ts';
import { Failure } from '../../contract/failure.ts';
import type { Context } from '../context.ts';
import { accountOf } from '../rules.ts';
import { isUuid } from '../uuid.ts';

/** The conversations of the caller's account: no others are there. */
export const conversationsOf = (context: Context) =>
  context.db('conversations').where('conversations.account_id', accountOf(context));

/** One conversation of the caller's account. Throws `not_found`, also for what is no UUID. */
export async function conversationOf(context: Context, id = ''): Promise<Conversation> {
  const conversation = isUuid(id) && (await conversationsOf(context).where({ id }).first());
  if (conversation) return conversation;
  throw new Failure('not_found', 'There is no such conversation.', { reason: { missing: 'record' } });
}

/** The conversation that a body names. Throws `invalid`. */
export async function namedConversation(context: Context, id: string): Promise<Conversation> {
  const conversation = await conversationsOf(context).where({ id }).first();
  if (conversation) return conversation;
  throw noSuch('conversation', id);
}

/** A body names what the account has not. */
export function noSuch(field: string, id: string): Failure {
  const sentence = `Invalid pk "${id}" - object does not exist.`;
  return new Failure('invalid', sentence, { fields: { [field]: [sentence] } });
}
