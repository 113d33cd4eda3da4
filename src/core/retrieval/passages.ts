import type { Knex } from 'knex';
import type { Retrieved } from './retrieved.ts';

/** More sentences than these are never added, to either side. */
const mostSentences = 20;

/** Nodes with the sentences around them as their passages, from the nodes before and after: by one statement for all. */
export async function withPassages(db: Knex, nodes: readonly Retrieved[]): Promise<Retrieved[]> {
  const { rows } = await db.raw<{ rows: { of: string; side: number; text: string; size: number }[] }>(
    `select w.id as of, n.position - w.position as side, n.text, least(b.sentence_window_size, ${mostSentences}) as size
     from text_nodes w join knowledge_bases b on b.id = w.knowledge_base_id and b.sentence_window_size > 0
     join text_nodes n on n.knowledge_base_file_id = w.knowledge_base_file_id and n.position in (w.position - 1, w.position + 1)
     where w.id = any(?::uuid[])`,
    [nodes.map(({ nodeId }) => nodeId)],
  );
  const beside = new Map(
    rows.map(({ of, side, text, size }) => {
      const sentences = sentencesOf(text);
      return [`${of} ${side}`, side < 0 ? sentences.slice(-size) : sentences.slice(0, size)];
    }),
  );
  return nodes.map((node) => {
    const [before = [], after = []] = [beside.get(`${node.nodeId} -1`), beside.get(`${node.nodeId} 1`)];
    return { ...node, passage: [...before, node.text, ...after].join('\n') };
  });
}

const segmenter = new Intl.Segmenter('en', { granularity: 'sentence' });

function sentencesOf(text: string): string[] {
  return [...segmenter.segment(text)].map(({ segment }) => segment.trim()).filter((sentence) => sentence !== '');
}
