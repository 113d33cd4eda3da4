import type { Knex } from 'knex';
import { fullText } from './full_text.ts';
import { type Retrieved, retrievedOf } from './retrieved.ts';
import { scopeOf } from './scope.ts';

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

/**
 * Finds the pieces of text that fit a question, the best one first (docs/adr/0031-retrieval-in-postgres.md): what a model is to answer from, and
 * what a search shows.
 */
export async function retrieve(db: Knex, wanted: Wanted): Promise<Retrieved[]> {
  const { accountId, queryMetadata } = wanted;
  const metadata = Array.isArray(queryMetadata) ? queryMetadata : [queryMetadata];
  const scope = await scopeOf(db, accountId, await basesOf(db, wanted), metadata);
  if (scope.knowledgeBaseIds.length === 0) return [];
  const settings = await db('knowledge_bases')
    .whereRaw('id = any(?::uuid[])', [scope.knowledgeBaseIds])
    .select('id', 'number_of_retrieved_chunks', 'similarity_cutoff');
  const usual = Math.max(...settings.map(({ number_of_retrieved_chunks: count }) => count));
  const limit = Math.min(wanted.limit ?? usual, most);
  const hits = await fullText(db, scope, wanted.query.slice(0, longest), limit);
  const cutoffs = new Map(settings.map(({ id, similarity_cutoff: cutoff }) => [id, cutoff]));
  const found = await retrievedOf(db, hits);
  return found.filter(({ knowledgeBaseId, score }) => score >= (cutoffs.get(knowledgeBaseId) ?? 0));
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
