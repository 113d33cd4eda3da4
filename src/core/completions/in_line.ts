import { Failure } from '../../contract/failure.ts';
import { rowsOf, statement } from '../../database/statement.ts';
import type { House } from '../house.ts';
import type { Said } from '../prompts/index.ts';
import type { Question } from './begin_question.ts';
import { isAhead } from './hold.ts';

/** No more messages than these are looked at for what a model is told. */
const most = 200;

// At one moment: what is not waited for any more is among what was said.
const turn = statement<{ ahead: boolean; type: string | null; content: string }>(
  'completions.turn',
  `select line.ahead, m.type, m.content from
     (select exists (select from messages e where e.conversation_id = $1::uuid and e.id < $2::bigint and ${isAhead}) as ahead) line
     left join lateral (
       select type, content, coalesce(answers, id) as turn, id from messages
       where not line.ahead and conversation_id = $1 and coalesce(answers, id) < $2
       order by turn desc, id desc limit ${most}) m on true
   order by m.turn, m.id`,
);

/** How long a question waits for those before it; and between two looks, at first and at most; milliseconds. */
const patience = 300_000;
const pauses = { first: 25, most: 1_000 };

/**
 * Waits until all questions of the conversation that came before have had their answers; gives what was said, each answer after what
 * it answers. Throws `unavailable` after a while.
 */
export async function waitInLine(house: House, question: Question, signal: AbortSignal): Promise<Said[]> {
  if (question.isFirst) return [];
  const { conversationId } = question;
  const messageId = await question.messageId;
  const since = performance.now();
  for (let pause = pauses.first; ; pause = Math.min(2 * pause, pauses.most)) {
    const rows = await rowsOf(house.db, turn, [conversationId, messageId]);
    if (!rows[0]?.ahead) return rows.flatMap(saidIn);
    if (performance.now() - since > patience)
      throw new Failure('unavailable', 'An earlier question of this conversation has no answer yet.');
    await house.underWay.pause(conversationId, pause, signal);
  }
}

function saidIn({ type, content: text }: { type: string | null; content: string }): Said[] {
  return type === null ? [] : [{ by: type === 'incoming' ? 'user' : 'assistant', text }];
}
