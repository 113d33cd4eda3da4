import type { Context } from '../context.ts';
import { accountOf } from '../rules.ts';
import { beginQuestion, type Said } from './begin_question.ts';
import { type Given, giveAnswer, hasLeft } from './give_answer.ts';

/** What is asked of a chatbot, and in which conversation; in a new one without. */
export interface Asking {
  conversation?: string | null | undefined;
  message: Said;
}

/** An answer that comes in pieces; `close` ends it, wherever it is: the caller has left. */
export interface Coming {
  conversationId: string;
  pieces: AsyncGenerator<string, Given>;
  close(): void;
  /** Whether there is no answer any more because the caller has left. */
  hasLeft(): boolean;
}

/**
 * Asks a chatbot (docs/compat/maiagent.md: Completions): the question is written down, and from here on there is an answer to it.
 * Throws `too_many` at the bound of the account, and what `beginQuestion` throws.
 */
export async function ask(context: Context, chatbotId: string, asking: Asking, inPieces: boolean): Promise<Coming> {
  const { house } = context;
  const leave = house.underWay.enter(accountOf(context));
  try {
    const question = await beginQuestion(context, chatbotId, asking);
    const cutter = new AbortController();
    const { signal } = cutter;
    const goes = () => cutter.abort();
    context.whenGone?.(goes);
    const pieces = leaving(giveAnswer(house, question, { cutter, inPieces }), leave);
    const close = () => {
      goes();
      // Between two pieces nobody would ask for the next one.
      pieces.return(undefined as never).catch((error: Error) => house.log.warn({ err: error }, 'an answer was lost'));
    };
    return { conversationId: question.conversationId, pieces, close, hasLeft: () => hasLeft(signal) };
  } catch (thrown) {
    leave();
    throw thrown;
  }
}

/** The whole answer, at once. Throws as its pieces do. */
export async function wholeOf({ pieces }: Coming): Promise<Given> {
  for (;;) {
    const { done, value } = await pieces.next();
    if (done) return value;
  }
}

async function* leaving(pieces: AsyncGenerator<string, Given>, leave: () => void): AsyncGenerator<string, Given> {
  try {
    return yield* pieces;
  } finally {
    leave();
  }
}
