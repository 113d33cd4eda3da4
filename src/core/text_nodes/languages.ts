import type { Knex } from 'knex';
import { wordsOf } from '../retrieval/words.ts';

/** Text search configurations of Postgres that know stop words, and so can tell their language; `simple` is for all others. */
export const languages = [
  ...['danish', 'dutch', 'english', 'finnish', 'french', 'german', 'hungarian', 'italian'],
  ...['norwegian', 'portuguese', 'russian', 'spanish', 'swedish', 'turkish'],
] as const;

/** How many of the commonest words of a text are looked at. */
const enough = 300;
/** A text is in the language of whose stop words at least so much of it is made. */
const share = 0.2;

/**
 * The text search configuration for a text: the language whose stop words are most of it, as Postgres has them; `simple` where
 * that is too little, as in Chinese or in a table of numbers.
 */
export async function languageOf(db: Knex, text: string): Promise<string> {
  const counts = new Map<string, number>();
  for (const word of wordsOf(text.slice(0, 50_000)))
    if (/^\p{L}+$/u.test(word)) counts.set(word, (counts.get(word) ?? 0) + 1);
  const common = [...counts].sort(([, a], [, b]) => b - a).slice(0, enough);
  if (common.length === 0) return 'simple';
  const { rows } = await db.raw<{ rows: { language: string; part: number }[] }>(
    `select language, sum(times) filter (where to_tsvector(language::regconfig, word) = '') / sum(times) as part
     from unnest(?::text[]) language, unnest(?::text[], ?::float8[]) as w (word, times)
     group by language order by part desc nulls last, language limit 1`,
    [[...languages], common.map(([word]) => word), common.map(([, times]) => times)],
  );
  const [best] = rows;
  return best && best.part >= share ? best.language : 'simple';
}
