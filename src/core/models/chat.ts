import { createParser } from 'eventsource-parser';
import type OpenAI from 'openai';
import { firstTaken, type ModelPace, tried } from './ask_model.ts';
import { cutOff, silent, unreadable, wordless } from './failing_model.ts';
import type { Model } from './model.ts';

/** One turn of a talk, as OpenAI's chat completions have it. */
export type Turn = OpenAI.ChatCompletionMessageParam;

/** What a model is asked. */
export interface Question {
  turns: Turn[];
  /** 0 to 2; the model's own without it. */
  temperature?: number | undefined;
  /** The most tokens of the answer. */
  maxTokens?: number | undefined;
  /** What the answer must be, as JSON Schema. */
  schema?: Record<string, unknown> | undefined;
  /** Who asks, as an id that says nothing. */
  user?: string | undefined;
}

/** What an answer took, in tokens; null where the server does not say. */
export interface Tokens {
  input: number | null;
  output: number | null;
}

/** The most characters of an answer: a model that goes on for ever is cut off there. */
const longest = 2_000_000;
/** The most that comes without an event's end, in characters. */
const longestEvent = 4_000_000;

type Body = OpenAI.ChatCompletionCreateParams;

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
  const limit = AbortSignal.any([signal, cutter.signal]);
  const ask = (body: Body) =>
    tried(
      () => client.chat.completions.create({ ...body, stream: true } as never, { signal: limit }).asResponse(),
      pace,
      limit,
    );
  const options = { stream_options: { include_usage: true } };
  const bodies = bodiesOf(model, question).flatMap((body) =>
    mute.has(model) ? [body] : [{ ...body, ...options }, body],
  );
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
    if (length === 0) throw wordless();
    return tokens;
  } catch (thrown) {
    throw cutter.signal.aborted && !signal.aborted ? silent() : thrown;
  } finally {
    clearTimeout(patience);
    cutter.abort();
  }
}

/** The data of server-sent events, one after the other. */
async function* eventsOf({ body }: Response): AsyncGenerator<string> {
  if (!body) throw unreadable();
  const met: string[] = [];
  const parser = createParser({ onEvent: ({ data }) => met.push(data) });
  let unended = 0;
  const decoder = new TextDecoder();
  for await (const bytes of body as unknown as AsyncIterable<Uint8Array>) {
    const text = decoder.decode(bytes, { stream: true });
    parser.feed(text);
    unended = met.length > 0 ? 0 : unended + text.length;
    if (unended > longestEvent) throw unreadable();
    yield* met.splice(0);
  }
  parser.reset({ consume: true });
  yield* met.splice(0);
}

/** The same question in the ways in which servers take it, best first. */
function bodiesOf({ model }: Model, { turns, temperature, maxTokens, schema, user }: Question): Body[] {
  const body: Body = {
    model,
    messages: turns,
    ...(temperature !== undefined && { temperature }),
    ...(maxTokens !== undefined && { max_tokens: maxTokens }),
    ...(user !== undefined && { user }),
  };
  if (!schema) return [body];
  const named = { type: 'json_schema', json_schema: { name: 'answer', schema } } as const;
  return [
    { ...body, response_format: named },
    { ...body, response_format: { type: 'json_object' } },
  ];
}

function tokensIn(usage: { prompt_tokens?: unknown; completion_tokens?: unknown } | null | undefined): Tokens {
  const whole = (value: unknown) => (Number.isSafeInteger(value) && Number(value) >= 0 ? Number(value) : null);
  return { input: whole(usage?.prompt_tokens), output: whole(usage?.completion_tokens) };
}
