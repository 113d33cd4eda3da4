import type { Knex } from 'knex';
import { type EntryRow, entries } from '../knowledge_bases/entry.ts';
import { labelsOf, type ShownLabel } from '../knowledge_bases/label_refs.ts';
import type { Hit } from './full_text.ts';

/** A piece of text that was found, with its place. */
export interface Retrieved {
  nodeId: string;
  knowledgeBaseId: string;
  text: string;
  /** The text with the sentences around it, as many as its knowledge base says: what a model is given. */
  passage: string;
  /** 0 to 1. */
  score: number;
  /** The score with two digits, as a text. */
  displayScore: string;
  /** Null for a FAQ. */
  file: RetrievedFile | null;
  faqId: string | null;
  /** From 1; null where the file has none. */
  page: number | null;
  heading: string | null;
  /** How often it has been an answer's source. */
  hitsCount: number;
  updatedAt: string;
}

/** The file of a piece, with its labels. */
export type RetrievedFile = EntryRow & { labels: ShownLabel[] };

interface NodeRow {
  id: string;
  knowledge_base_id: string;
  knowledge_base_file_id: string | null;
  knowledge_base_faq_id: string | null;
  page: number | null;
  heading: string | null;
  text: string;
  hits_count: number;
  updated_at: string;
}

/** Nodes that were found, in their order, each by itself its passage; what has gone meanwhile is left out. */
export async function retrievedOf(db: Knex, hits: readonly Hit[]): Promise<Retrieved[]> {
  const ids = hits.map(({ id }) => id);
  if (ids.length === 0) return [];
  const rows: NodeRow[] = await db('text_nodes')
    .whereRaw('id = any(?::uuid[])', [ids])
    .select('id', 'knowledge_base_id', 'knowledge_base_file_id', 'knowledge_base_faq_id', 'page', 'heading', 'text')
    .select('hits_count', 'updated_at');
  const byId = new Map(rows.map((row) => [row.id, row]));
  const files = await filesOf(db, rows);
  return hits.flatMap(({ id, score }) => {
    const row = byId.get(id);
    if (!row) return [];
    const { knowledge_base_id: knowledgeBaseId, text, page, heading, updated_at: updatedAt } = row;
    return [
      {
        ...{ nodeId: id, knowledgeBaseId, text, passage: text },
        ...{ score, displayScore: score.toFixed(2), page, heading, updatedAt },
        file: files.get(row.knowledge_base_file_id ?? '') ?? null,
        faqId: row.knowledge_base_faq_id,
        hitsCount: row.hits_count,
      },
    ];
  });
}

async function filesOf(db: Knex, rows: readonly NodeRow[]): Promise<Map<string, RetrievedFile>> {
  const ids = [...new Set(rows.flatMap(({ knowledge_base_file_id: id }) => id ?? []))];
  if (ids.length === 0) return new Map();
  const found = await entries(
    { db },
    db('knowledge_base_files as k').join('files as f', 'f.id', 'k.file_id').whereIn('k.id', ids),
  );
  const labels = await labelsOf({ db }, found);
  return new Map(found.map((entry, index) => [entry.id, { ...entry, labels: labels[index] ?? [] }]));
}
