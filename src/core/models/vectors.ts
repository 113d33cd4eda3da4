import type OpenAI from 'openai';
import { type ModelPace, tried } from './ask_model.ts';
import { unreadable } from './failing_model.ts';
import type { Model } from './model.ts';

/** So many texts go in one request: more are too much for servers on small machines. */
const batch = 64;

/** One vector of each text, in their order. Throws what the client throws, and a Failure for an answer that has not all of them. */
export async function vectorsOf(
  client: OpenAI,
  { model }: Model,
  texts: readonly string[],
  pace: ModelPace,
  signal: AbortSignal,
) {
  const vectors: number[][] = [];
  for (let from = 0; from < texts.length; from += batch) {
    const input = texts.slice(from, from + batch);
    // Without the format, the client would ask for one that not all servers have.
    const body = { model, input, encoding_format: 'float' } as const;
    const { data } = await tried(() => client.embeddings.create(body, { signal }), pace, signal);
    const met: number[][] = [];
    for (const { index, embedding } of Array.isArray(data) ? data : []) met[index] = embedding;
    for (const at of input.keys()) vectors.push(vector(met[at]));
  }
  return vectors;
}

function vector(given: unknown): number[] {
  if (Array.isArray(given) && given.length > 0 && given.every((one) => Number.isFinite(one))) return given;
  throw unreadable();
}

/** A text by its place among those that were sent, and how well it fits: more is better. */
export interface Ranked {
  index: number;
  score: number;
}

/**
 * Texts in the order in which they fit a query, the best first, as `POST /rerank` of vLLM, llama.cpp, Jina and Cohere gives them;
 * OpenAI has no such call. Throws as `vectorsOf` does.
 */
export async function rankedTexts(
  client: OpenAI,
  { model }: Model,
  { query, texts }: { query: string; texts: readonly string[] },
  pace: ModelPace,
  signal: AbortSignal,
): Promise<Ranked[]> {
  const body = { model, query, documents: texts, top_n: texts.length };
  const answer = await tried(
    () =>
      client.post<{ results?: { index?: unknown; relevance_score?: unknown; score?: unknown }[] }>('/rerank', {
        body,
        signal,
      }),
    pace,
    signal,
  );
  if (!Array.isArray(answer?.results)) throw unreadable();
  const ranked = answer.results.map(({ index, relevance_score, score }) => ({
    index: Number(index),
    score: Number(relevance_score ?? score),
  }));
  const seen = new Set(ranked.map(({ index }) => index));
  const isWhole = ranked.every(
    ({ index, score }) => Number.isInteger(index) && texts[index] !== undefined && Number.isFinite(score),
  );
  if (!isWhole || seen.size !== ranked.length) throw unreadable();
  return ranked.sort((a, b) => b.score - a.score);
}
