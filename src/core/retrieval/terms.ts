import type { Knex } from 'knex';
import { languages } from '../text_nodes/languages.ts';
import type { Scope } from './scope.ts';
import { askedWords } from './words.ts';

/** The terms of a question, each as a tsquery: a word as the languages that are searched write it. */
export async function termsOf(db: Knex, { accountId, knowledgeBaseIds }: Scope, question: string): Promise<string[]> {
  const asked = askedWords(question);
  if (asked.length === 0 || knowledgeBaseIds.length === 0) return [];
  const { rows } = await db.raw<{ rows: { word: string; is_start: boolean; lexemes: string[]; is_stop: boolean }[] }>(
    `with spoken as (
       select language from unnest(?::text[]) language where exists (
         select from text_nodes n
         where n.account_id = ? and n.knowledge_base_id = any(?::uuid[]) and n.language = language.language)
     ), words as (
       select word, is_start, at from unnest(?::text[], ?::boolean[]) with ordinality as w (word, is_start, at)
     ), stops as (
       select language, word from spoken, words where to_tsvector(language::regconfig, word) = ''
     ), own as (
       -- The language of the question is that of most of its stop words.
       select language from stops group by language order by count(*) desc, language limit 1
     )
     select word, is_start,
       exists (select from stops join own using (language) where stops.word = words.word) as is_stop,
       array(select distinct lexeme from (select 'simple' as language union select language from spoken) l,
         unnest(tsvector_to_array(to_tsvector(l.language::regconfig, word))) lexeme) as lexemes
     from words order by at`,
    [[...languages], accountId, knowledgeBaseIds, asked.map(({ word }) => word), asked.map(({ isStart }) => isStart)],
  );
  const meant = rows.filter(({ is_stop }) => !is_stop);
  // Of stop words alone, each counts.
  return (meant.length > 0 ? meant : rows)
    .filter(({ lexemes }) => lexemes.length > 0)
    .map(({ lexemes, is_start }) => lexemes.map((lexeme) => `'${lexeme}'${is_start ? ':*' : ''}`).join(' | '));
}
