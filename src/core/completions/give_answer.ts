import { Failure } from '../../contract/failure.ts';
import type { House } from '../house.ts';
import type { Tokens } from '../models/chat.ts';
import { TooLongForModel } from '../models/failing_model.ts';
import type { Retrieved } from '../retrieval/index.ts';
import { toFailure } from '../to_failure.ts';
import type { Question } from './begin_question.ts';
import { waitInLine } from './in_line.ts';
import { askedOf, prepareAnswer } from './prepare_answer.ts';
import { leaveQuestion, settleAnswer } from './settle_answer.ts';

/** An answer that is whole and written down. */
export interface Given {
  /** Of the message that holds it. */
  id: string;
  conversationId: string;
  text: string;
  cited: readonly Retrieved[];
}

/** Of the room of a model: all; and where that was too much, half. */
const parts = [1, 0.5] as const;

/** How one who has left is spoken of in what is written down. */
const left = 'The caller left before the end.';

const free: Tokens = { input: null, output: null };

/**
 * Gives the answer to a question that is held, piece by piece; where they are not wanted, all in one. The first one comes once the
 * question is written down. Whatever happens, it is written down before this ends: the answer; the piece of it that was given; or
 * that there is none. Throws a Failure, or anything where whoever asked has left.
 * @param cutter ends it: with a Failure that says why, or without, since whoever asked has left
 */
export async function* giveAnswer(
  house: House,
  question: Question,
  { cutter, inPieces }: { cutter: AbortController; inPieces: boolean },
): AsyncGenerator<string, Given> {
  const began = performance.now();
  const end = house.underWay.begin(question, cutter);
  const { signal } = cutter;
  let text = '';
  let cited: readonly Retrieved[] = [];
  let model: string | null = null;
  let isSettled = false;
  const settle = async (tokens: Tokens, error?: string) => {
    isSettled = true;
    const milliseconds = performance.now() - began;
    return settleAnswer(house, question, {
      text,
      model,
      tokens,
      cited,
      milliseconds,
      ...(error !== undefined && { error }),
    });
  };
  const breakOff = async (why: string) => {
    isSettled = true;
    if (text === '') await leaveQuestion(house, question, why);
    else await settle(free, why);
  };
  try {
    const ready = await prepareAnswer(house, question, await waitInLine(house, question, signal));
    signal.throwIfAborted();
    let tokens = free;
    if (ready.fixed !== undefined) {
      await question.messageId;
      text = ready.fixed;
      yield text;
    } else {
      model = ready.model.name;
      for (const part of parts) {
        const { asked, cited: sources } = askedOf(question, ready, part);
        cited = sources;
        try {
          const pieces = inPieces
            ? house.models.pieces(ready.model, asked, signal)
            : inOne(house, ready.model, asked, signal);
          tokens = yield* kept(pieces, async (piece) => {
            await question.messageId;
            text += piece;
          });
          break;
        } catch (thrown) {
          if (!(thrown instanceof TooLongForModel) || part === parts.at(-1)) throw thrown;
        }
      }
    }
    return { id: await settle(tokens), conversationId: question.conversationId, text, cited };
  } catch (thrown) {
    const failure = toFailure(signal.reason instanceof Failure ? signal.reason : thrown);
    if (!isSettled) await breakOff(hasLeft(signal) ? left : failure.message);
    throw hasLeft(signal) ? thrown : failure;
  } finally {
    // A reader who leaves between two pieces ends it there.
    if (!isSettled) await breakOff(left);
    end();
  }
}

/** Whether an answer has ended because whoever asked has left. */
export const hasLeft = ({ aborted, reason }: AbortSignal) => aborted && !(reason instanceof Failure);

async function* kept(
  pieces: AsyncGenerator<string, Tokens>,
  keep: (piece: string) => Promise<void>,
): AsyncGenerator<string, Tokens> {
  try {
    for (;;) {
      const { done, value } = await pieces.next();
      if (done) return value;
      await keep(value);
      yield value;
    }
  } finally {
    await pieces.return(free);
  }
}

async function* inOne(house: House, ...asked: Parameters<House['models']['answer']>): AsyncGenerator<string, Tokens> {
  const { text, tokens } = await house.models.answer(...asked);
  yield text;
  return tokens;
}
