import type OpenAI from 'openai';
import { firstTaken, type ModelPace, tried } from './ask_model.ts';
import { type Body, bodiesOf, longest, type Question, type Tokens, tokensIn } from './chat.ts';
import { cutOff, silent, wordless } from './failing_model.ts';
import type { Model } from './model.ts';
import type { Answered } from './over_http.ts';
import { eventsOf } from './stream_events.ts';

interface Chunk {
  choices?: { delta?: { content?: unknown; refusal?: unknown }; finish_reason?: unknown }[] | null;
  usage?: { prompt_tokens?: unknown; completion_tokens?: unknown } | null;
  error?: unknown;
}

/** Models whose servers do not say what a stream took. */
const mute = new WeakSet<Model>();

/**
 * An answer in the pieces in which it comes, and then what it took. The next one is read when it is asked for. Throws what the
 * client throws, or a Failure where the answer breaks off.
 */
export async function* answerInPieces(
  client: OpenAI,
  model: Model,
  question: Question,
  pace: ModelPace,
  signal: AbortSignal,
): AsyncGenerator<string, Tokens> {
  const cutter = new AbortController();
  const cut = () => cutter.abort(signal.reason);
  signal.addEventListener('abort', cut, { once: true });
  if (signal.aborted) cut();
  const ask = (body: Body) =>
    tried(
      () =>
        client.chat.completions
          .create({ ...body, stream: true } as never, { signal: cutter.signal })
          .asResponse() as Promise<unknown> as Promise<Answered>,
      pace,
      cutter.signal,
    );
  const options = { stream_options: { include_usage: true } };
  const bodies = bodiesOf(model, question).flatMap((body) =>
    mute.has(model) ? [body] : [{ ...body, ...options }, body],
  );
  let isWhole = false;
  let patience = setTimeout(() => cutter.abort(), pace.answer);
  try {
    const taken = await firstTaken(bodies, async (body) => ({ body, response: await ask(body) }));
    if (!('stream_options' in taken.body)) mute.add(model);
    let tokens: Tokens = { input: null, output: null };
    let isOver = false;
    let length = 0;
    for await (const data of eventsOf(taken.response)) {
      clearTimeout(patience);
      patience = setTimeout(() => cutter.abort(), pace.pause);
      if (data.trim() === '[DONE]') {
        isOver = true;
        break;
      }
      const { choices, usage, error } = JSON.parse(data) as Chunk;
      if (error) throw cutOff();
      if (usage) tokens = tokensIn(usage);
      const [choice] = choices ?? [];
      if (choice?.finish_reason) isOver = true;
      const text = choice?.delta?.content || choice?.delta?.refusal;
      if (typeof text !== 'string') continue;
      length += text.length;
      if (length > longest) break;
      // A reader takes its time at its own expense.
      clearTimeout(patience);
      yield text;
      patience = setTimeout(() => cutter.abort(), pace.pause);
    }
    if (!isOver) throw cutOff();
    isWhole = true;
    if (length === 0) throw wordless();
    return tokens;
  } catch (thrown) {
    throw cutter.signal.aborted && !signal.aborted ? silent() : thrown;
  } finally {
    clearTimeout(patience);
    signal.removeEventListener('abort', cut);
    if (!isWhole) cutter.abort();
  }
}
