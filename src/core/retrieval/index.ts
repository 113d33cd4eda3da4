import type { Knex } from 'knex';
import type { Models } from '../models/index.ts';
import { byVectors, fused, mostCompared } from './by_vectors.ts';
import { rerankModelOf } from './embedding_model.ts';
import { fullText, type Hit } from './full_text.ts';
import { withPassages } from './passages.ts';
import { type Retrieved, retrievedOf } from './retrieved.ts';
import { type Scope, scopeOf } from './scope.ts';

export type { Retrieved, RetrievedFile } from './retrieved.ts';

/** What is looked for, and where: in the knowledge bases of a chatbot, or in some. */
export interface Wanted {
  /** Whatever else is said, nothing of another account is found. */
  accountId: number;
  chatbotId?: string;
  knowledgeBaseIds?: readonly string[];
  query: string;
  /** What narrows the search: of the message, of the contact; each on top of the other. */
  queryMetadata?: unknown | readonly unknown[];
  /** How many nodes; without it as many as the knowledge bases say. */
  limit?: number;
}

/** No more nodes are given, whatever is asked for. */
const most = 100;
/** A longer question is cut off, in characters. */
const longest = 4_000;

/** So many times as many as are wanted are looked at, where several lists become one or are put in another order. */
const wider = 3;
/** How long a model may take to rank, in milliseconds. */
const patience = 10_000;

/**
 * Finds the pieces of text that fit a question, the best one first (docs/adr/0031-retrieval-in-postgres.md): what a model is to answer from, and
 * what a search shows.
 * @param models the operator's: without them, and where they do not answer, words alone find what there is
 */
export async function retrieve(db: Knex, wanted: Wanted, models?: Models): Promise<Retrieved[]> {
  const { accountId, queryMetadata } = wanted;
  const metadata = Array.isArray(queryMetadata) ? queryMetadata : [queryMetadata];
  const scope = await scopeOf(db, accountId, await basesOf(db, wanted), metadata);
  if (scope.knowledgeBaseIds.length === 0) return [];
  const bases: Base[] = await db('knowledge_bases')
    .whereRaw('id = any(?::uuid[])', [scope.knowledgeBaseIds])
    .select('id', 'number_of_retrieved_chunks', 'similarity_cutoff', 'enable_rerank', 'reranker_model');
  const usual = Math.max(...bases.map(({ number_of_retrieved_chunks: count }) => count));
  const limit = Math.min(wanted.limit ?? usual, most);
  const question = wanted.query.slice(0, longest);
  const hits = await found(db, scope, question, limit * wider, models);
  const cutoffs = new Map(bases.map(({ id, similarity_cutoff: cutoff }) => [id, cutoff]));
  const good = (await retrievedOf(db, hits.slice(0, limit * wider))).filter(
    ({ knowledgeBaseId, score }) => score >= (cutoffs.get(knowledgeBaseId) ?? 0),
  );
  return withPassages(db, (await ranked(good, question, bases, models)).slice(0, limit));
}

interface Base {
  id: string;
  number_of_retrieved_chunks: number;
  similarity_cutoff: number;
  enable_rerank: boolean;
  reranker_model: string;
}

async function found(db: Knex, scope: Scope, question: string, limit: number, models?: Models): Promise<Hit[]> {
  if (!models || models.of('embedding').length === 0) return fullText(db, scope, question, limit);
  const words = await fullText(db, scope, question, mostCompared);
  return fused(words.slice(0, limit), await byVectors(db, scope, models, question, words, limit));
}

/** Puts what was found in the order of a model for that, where there is one and a knowledge base wants it. */
async function ranked(
  all: Retrieved[],
  question: string,
  bases: readonly Base[],
  models?: Models,
): Promise<Retrieved[]> {
  const wish = bases.find(({ enable_rerank: isWished }) => isWished);
  const model = wish && models && rerankModelOf(models, wish.reranker_model);
  if (!model || all.length < 2) return all;
  const texts = all.map(({ text }) => text);
  const order = await models.rerank(model, question, texts, AbortSignal.timeout(patience)).catch(() => []);
  const first = order.flatMap(({ index }) => all[index] ?? []);
  return [...first, ...all.filter((one) => !first.includes(one))];
}

/** Counts nodes as sources of one more answer. */
export async function countHits(db: Knex, nodeIds: readonly string[]): Promise<void> {
  // In one order, so that two answers do not wait for each other in a circle.
  await db.raw(
    `update text_nodes n set hits_count = hits_count + 1
     from (select id from text_nodes where id = any(?::uuid[]) order by id for no key update) found where n.id = found.id`,
    [[...nodeIds]],
  );
}

async function basesOf(db: Knex, { accountId, chatbotId, knowledgeBaseIds }: Wanted): Promise<readonly string[]> {
  if (chatbotId === undefined) return knowledgeBaseIds ?? [];
  const { rows } = await db.raw<{ rows: { id: string }[] }>(
    `select j.knowledge_base_id as id from chatbot_knowledge_bases j join chatbots c on c.id = j.chatbot_id
     where c.id = ? and c.account_id = ?`,
    [chatbotId, accountId],
  );
  const ids = rows.map(({ id }) => id);
  return knowledgeBaseIds ? ids.filter((id) => knowledgeBaseIds.includes(id)) : ids;
}
