import type { Knex } from 'knex';

/** A node with its place in its file, and how many sentences around it belong to it. */
interface Placed {
  id: string;
  knowledge_base_file_id: string | null;
  position: number;
  text: string;
  sentence_window_size: number;
}

/** More sentences than these are never added, to either side. */
const mostSentences = 20;

/** The texts of nodes with the sentences around them, from the nodes before and after: by one statement for all. */
export async function passagesOf(db: Knex, nodes: readonly Placed[]): Promise<Map<string, string>> {
  const wide = nodes.filter((node) => node.knowledge_base_file_id !== null && node.sentence_window_size > 0);
  if (wide.length === 0) return new Map();
  const { rows } = await db.raw<{ rows: { of: string; side: number; text: string }[] }>(
    `select w.id as of, n.position - w.position as side, n.text
     from unnest(?::uuid[], ?::uuid[], ?::int[]) as w (id, file_id, position)
     join text_nodes n on n.knowledge_base_file_id = w.file_id and n.position in (w.position - 1, w.position + 1)`,
    [
      wide.map(({ id }) => id),
      wide.map(({ knowledge_base_file_id: fileId }) => fileId as string),
      wide.map(({ position }) => position),
    ],
  );
  const beside = new Map(rows.map(({ of, side, text }) => [`${of} ${side}`, sentencesOf(text)]));
  return new Map(
    wide.map(({ id, text, sentence_window_size: asked }) => {
      const size = Math.min(asked, mostSentences);
      const before = beside.get(`${id} -1`)?.slice(-size) ?? [];
      const after = beside.get(`${id} 1`)?.slice(0, size) ?? [];
      return [id, [...before, text, ...after].join('\n')];
    }),
  );
}

const segmenter = new Intl.Segmenter('en', { granularity: 'sentence' });

function sentencesOf(text: string): string[] {
  return [...segmenter.segment(text)].map(({ segment }) => segment.trim()).filter((sentence) => sentence !== '');
}
