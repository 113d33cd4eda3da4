import type { Context } from '../context.ts';
import { conversationOf } from '../conversations/conversation_of.ts';
import { admit, permitRow } from '../policy.ts';
import { editor } from '../rules.ts';

const policy = { name: 'answers', policy: { action: { update: editor } } };

/** Whether the caller may cancel answers at all. Throws `forbidden`. */
export function mayCancel(context: Context): void {
  permitRow(policy, 'update', admit(policy, 'update', context), context, undefined);
}

/**
 * Cancels what is being answered in a conversation, and what waits there; gives how many questions. In this process it ends at
 * once, in others within seconds; what was said until then is kept. Throws `not_found`.
 */
export async function cancelAnswers(context: Context, conversationId: string): Promise<number> {
  mayCancel(context);
  const { id } = await conversationOf(context, conversationId);
  const found = await context
    .db('messages')
    .where({ conversation_id: id, state: 'waiting' })
    .update({ state: 'failed', held_until: null, error: 'The answer was cancelled.' })
    .returning('id');
  const ids = found.map(({ id: message }) => message);
  context.house.underWay.cancel(ids);
  return ids.length;
}
