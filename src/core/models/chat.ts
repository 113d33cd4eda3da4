import type OpenAI from 'openai';
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
export const longest = 2_000_000;

export type Body = OpenAI.ChatCompletionCreateParams;

/** The same question in the ways in which servers take it, best first. */
export function bodiesOf({ model }: Model, { turns, temperature, maxTokens, schema, user }: Question): Body[] {
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

/** What an answer took, as its server says it; null for what is no count. */
export function tokensIn(usage: { prompt_tokens?: unknown; completion_tokens?: unknown } | null | undefined): Tokens {
  const whole = (value: unknown) => (Number.isSafeInteger(value) && Number(value) >= 0 ? Number(value) : null);
  return { input: whole(usage?.prompt_tokens), output: whole(usage?.completion_tokens) };
}
