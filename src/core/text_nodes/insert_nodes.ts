import type { Knex } from 'knex';
import { wordsOf } from '../retrieval/words.ts';

/** A piece of text, and where it stands. */
export interface NewNode {
  text: string;
  /** From 1; null where the file has none. */
  page: number | null;
  /** The heading above it. */
  heading: string | null;
}

/** Whose text it is: the account's, in a knowledge base, of a file or a FAQ there. */
export interface Holder {
  accountId: number;
  knowledgeBaseId: string;
  fileId?: string;
  faqId?: string;
}

/** No more words of a node are found: a tsvector has a limit. */
const mostWords = 20_000;

/**
 * Writes text nodes, in the order of the text from `position` on.
 * @param language a text search configuration, as `languageOf` gives it
 */
export async function insertNodes(
  db: Knex,
  { accountId, knowledgeBaseId, fileId, faqId }: Holder,
  nodes: readonly NewNode[],
  language: string,
  position = 0,
): Promise<void> {
  if (nodes.length === 0) return;
  const words = (text: string) => wordsOf(text).slice(0, mostWords).join(' ');
  // What a heading says is in the text of its section as well: there it counts for more.
  const vector =
    language === 'simple' ? `to_tsvector('simple', $w)` : `to_tsvector('simple', $w) || to_tsvector(?::regconfig, $w)`;
  const vectorOf = (column: string) => vector.replaceAll('$w', column);
  const configured = language === 'simple' ? [] : [language];
  await db.raw(
    `insert into text_nodes (account_id, knowledge_base_id, knowledge_base_file_id, knowledge_base_faq_id, language,
       position, page, heading, text, search)
     select ?, ?, ?, ?, ?, ? + n.at - 1, n.page, n.heading, n.text,
       setweight(${vectorOf('n.heading_words')}, 'A') || ${vectorOf('n.words')}
     from unnest(?::int[], ?::text[], ?::text[], ?::text[], ?::text[]) with ordinality
       as n (page, heading, text, heading_words, words, at)`,
    [
      ...[accountId, knowledgeBaseId, fileId ?? null, faqId ?? null, language, position],
      ...configured,
      ...configured,
      nodes.map(({ page }) => page) as number[],
      nodes.map(({ heading }) => heading) as string[],
      nodes.map(({ text }) => text),
      nodes.map(({ heading }) => words(heading ?? '')),
      nodes.map(({ text }) => words(text)),
    ],
  );
}
