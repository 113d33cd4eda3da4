import type OpenAI from 'openai';
import { firstTaken, type ModelPace, tried } from './ask_model.ts';
import { type Body, bodiesOf, longest, type Question, tokensIn } from './chat.ts';
import { silent, unreadable, wordless } from './failing_model.ts';
import type { Model } from './model.ts';

/** A whole answer. Throws what the client throws, or a Failure for an answer that is none. */
export async function wholeAnswer(
  client: OpenAI,
  model: Model,
  question: Question,
  pace: ModelPace,
  signal: AbortSignal,
) {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(pace.answer)]);
  const bodies = bodiesOf(model, question);
  const ask = (body: Body) =>
    tried(() => client.chat.completions.create({ ...body, stream: false }, { signal: limit }), pace, limit);
  const answer = await firstTaken(bodies, ask).catch((thrown: unknown) => {
    throw limit.aborted && !signal.aborted ? silent() : thrown;
  });
  const message = answer?.choices?.[0]?.message;
  if (!message) throw unreadable();
  const text = message.content || message.refusal;
  if (typeof text !== 'string' || text.trim() === '') throw wordless();
  return { text: text.slice(0, longest), tokens: tokensIn(answer.usage) };
}
