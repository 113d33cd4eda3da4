import { Failure } from '../../contract/failure.ts';
import { rowOf, rowsOf, statement } from '../../database/statement.ts';
import type { House } from '../house.ts';
import type { Said } from '../prompts/index.ts';
import type { Question } from './begin_question.ts';
import { isAhead } from './hold.ts';

const ahead = statement<{ id: number }>(
  'completions.ahead',
  `select e.id from messages e where e.conversation_id = $1::uuid and e.id < $2::bigint and ${isAhead} limit 1`,
);

/** How long a question waits for those before it; and between two looks, at first and at most; milliseconds. */
const patience = 300_000;
const pauses = { first: 25, most: 1_000 };

/** Waits until all questions of the conversation that came before have had their answers. Throws `unavailable` after a while. */
export async function waitInLine(house: House, question: Question, signal: AbortSignal): Promise<void> {
  if (question.isFirst) return;
  const { conversationId, messageId } = question;
  const since = performance.now();
  for (
    let pause = pauses.first;
    await rowOf(house.db, ahead, [conversationId, messageId]);
    pause = Math.min(2 * pause, pauses.most)
  ) {
    if (performance.now() - since > patience)
      throw new Failure('unavailable', 'An earlier question of this conversation has no answer yet.');
    await house.underWay.pause(conversationId, pause, signal);
  }
}

/** No more messages than these are looked at for what a model is told. */
const most = 200;

const before = statement<{ type: string; content: string }>(
  'completions.before',
  `select type, content from messages where conversation_id = $1::uuid and coalesce(answers, id) < $2::bigint
   order by coalesce(answers, id) desc, id desc limit ${most}`,
);

/** What was said in the conversation before the question, each answer after what it answers. */
export async function saidBefore(house: House, { isFirst, conversationId, messageId }: Question): Promise<Said[]> {
  if (isFirst) return [];
  const rows = await rowsOf(house.db, before, [conversationId, messageId]);
  return rows.reverse().map(({ type, content }) => ({ by: type === 'incoming' ? 'user' : 'assistant', text: content }));
}
