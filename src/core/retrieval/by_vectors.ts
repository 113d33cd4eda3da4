import type { Knex } from 'knex';
import type { Models } from '../models/index.ts';
import { embeddingModelOf, unit } from './embedding_model.ts';
import type { Hit } from './full_text.ts';
import { byPgvector, pgvectorOf } from './pgvector.ts';
import { type Scope, within } from './scope.ts';

/**
 * Without pgvector, so many nodes are compared with a question; of more, those that its words find. (Each takes some 0.1 ms with 1,536 dimensions.)
 */
export const mostCompared = 1_000;
/** How long a model may take to read a question, in milliseconds. */
const patience = 10_000;

/**
 * Finds by meaning: the nodes whose vectors have the largest cosine with the question's. Nothing where no model made vectors, or the model does not
 * answer: words find what there is.
 * @param found what words have found, the best first
 */
export async function byVectors(
  db: Knex,
  scope: Scope,
  models: Models,
  question: string,
  found: readonly Hit[],
  limit: number,
): Promise<Hit[]> {
  const bases = await db('knowledge_bases')
    .whereRaw('id = any(?::uuid[])', [scope.knowledgeBaseIds])
    .select('id', 'embedding_model');
  const hits: Hit[] = [];
  for (const model of new Set(bases.map(({ embedding_model: id }) => embeddingModelOf(models, id)))) {
    if (!model) continue;
    const its = bases.filter(({ embedding_model: id }) => embeddingModelOf(models, id) === model);
    const [vector] = await models.embed(model, [question], AbortSignal.timeout(patience)).catch(() => []);
    if (!vector) continue;
    const part = { ...scope, knowledgeBaseIds: its.map(({ id }) => id) };
    hits.push(...(await nearest(db, part, model.id, unit(vector), found, limit)));
  }
  return hits.sort((a, b) => b.score - a.score).slice(0, limit);
}

async function nearest(
  db: Knex,
  scope: Scope,
  model: string,
  vector: readonly number[],
  found: readonly Hit[],
  limit: number,
): Promise<Hit[]> {
  const compared = db.raw('? and n.embedding_model = ? and cardinality(n.embedding) = ?', [
    within(db, scope),
    model,
    vector.length,
  ]);
  const pgvector = await pgvectorOf(db);
  if (pgvector !== undefined) return byPgvector(db, pgvector, compared, vector, limit);
  const { rows } = await db.raw<{ rows: Hit[] }>(
    `with near as (select n.id, n.embedding from text_nodes n where ? limit ${mostCompared + 1}),
     few as (
       select * from near where (select count(*) from near) <= ${mostCompared}
       union all select n.id, n.embedding from text_nodes n where ? and n.id = any(?::uuid[]) and (select count(*) from near) > ${mostCompared}
     )
     select id, (select sum(a * b) from unnest(embedding, ?::real[]) as v (a, b)) as score from few order by score desc, id limit ?`,
    [compared, compared, found.map(({ id }) => id).slice(0, mostCompared), [...vector], limit],
  );
  return rows;
}

/** How much a place in a list counts against the next one (Cormack, Clarke, Büttcher 2009). */
const smoothing = 60;

/** Two lists as one, by reciprocal rank: what is high in both comes first. A node's score is its cosine where it has one. */
export function fused(words: readonly Hit[], vectors: readonly Hit[]): Hit[] {
  const ranks = new Map<string, number>();
  for (const list of [words, vectors])
    for (const [at, { id }] of list.entries()) ranks.set(id, (ranks.get(id) ?? 0) + 1 / (smoothing + at + 1));
  const scores = new Map([...words, ...vectors].map(({ id, score }) => [id, Math.min(1, Math.max(0, score))]));
  return [...ranks].sort(([, a], [, b]) => b - a).map(([id]) => ({ id, score: scores.get(id) ?? 0 }));
}
