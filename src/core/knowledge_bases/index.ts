import type { KnowledgeBase } from '../../../generated/tables.ts';
import type { Collect, Endpoint } from '../endpoint.ts';
import { each, editor, hidden, viewer } from '../rules.ts';
import { resource } from './resource.ts';

/** What of a knowledge base is no column. Chatbots and groups are not kept here. */
export interface KnowledgeBaseExtra {
  files_count: number;
  chatbots: never[];
  groups: never[];
}

const written = [
  'name',
  'description',
  'embedding_model',
  'reranker_model',
  'number_of_retrieved_chunks',
  'sentence_window_size',
  'enable_hyde',
  'similarity_cutoff',
  'enable_rerank',
] as const;
const shown = ['id', ...written, 'files_count', 'chatbots', 'groups', 'created_at', 'updated_at'] as const;

const collect: Collect<KnowledgeBase, KnowledgeBaseExtra> = {
  async files_count({ db }, rows) {
    const ids = rows.map(({ id }) => id);
    const counts: { knowledge_base_id: string; files: number }[] = await db('knowledge_base_files')
      .whereIn('knowledge_base_id', ids)
      .groupBy('knowledge_base_id')
      .select('knowledge_base_id', db.raw('count(*) as files'));
    const byId = new Map(counts.map(({ knowledge_base_id, files }) => [knowledge_base_id, files]));
    return ids.map((id) => byId.get(id) ?? 0);
  },
  chatbots: (_context, rows) => rows.map(() => []),
  groups: (_context, rows) => rows.map(() => []),
};

/**
 * The knowledge bases of an account (docs/compat/maiagent.md: Knowledge bases). What else a caller may send with one
 * (chatbots, groups, an Elasticsearch and its key) is dropped before it gets anywhere.
 */
export const knowledgeBases: Endpoint<KnowledgeBase, KnowledgeBaseExtra> = {
  name: 'knowledge_bases',
  resource,
  policy: {
    action: { list: viewer, detail: viewer, create: editor, update: editor, delete: editor },
    read: { ...each(shown, viewer), ...each(['account_id', 'faqs_of'], hidden) },
    write: each(written, editor),
    query: each(['query', 'embedding_model', 'reranker_model'], { list: viewer }),
    lenient: ['create', 'update'],
  },
  presenter: { default: shown },
  collect,
};
