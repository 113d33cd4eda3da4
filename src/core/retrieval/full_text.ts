import type { Knex } from 'knex';
import { type Scope, within } from './scope.ts';
import { termsOf } from './terms.ts';

/** A node that was found, and how well it fits: 0 to 1. */
export interface Hit {
  id: string;
  score: number;
}

/** A term that is in more nodes than this says little, and is not followed further. */
const common = 2_000;
/** One node of 64, at random: these have an index of their own (migration 0064). */
const sampled = `n.id < '04000000-0000-0000-0000-000000000000'`;
/** A term in so many of those is common: half as many again as one is likely to be in that is not. No more than `most` of them are counted. */
const sample = { common: Math.ceil((common / 64) * 1.5), most: 120 };
/** Where no other term is found, so many common ones are followed. */
const rarest = 3;
/** The nodes that have a term, `t`. */
const followed = `select n.id from text_nodes n where ? and n.search @@ t.term limit ${common}`;
/** So many nodes are weighed in the end; where more are wanted, so many of them at most. */
const weighed = { usual: 60, most: 200 };
/** No more nodes are counted, or read through. */
const mostNodes = 5_000;
/** What an occurrence counts, from the text (D) to the heading (A). */
const weights = '{0.1, 0.1, 0.1, 0.25}';

/**
 * Finds by words: nodes that have all terms of the question before those that have some; rare terms count for more (as in BM25), and so does
 * what stands often and in the heading. Without any term, or any node that has one, what has the question in it as it
 * stands, among so many nodes as can be read in a moment.
 */
export async function fullText(db: Knex, scope: Scope, question: string, limit: number): Promise<Hit[]> {
  const terms = await termsOf(db, scope, question);
  const found = terms.length > 0 ? await byTerms(db, scope, terms, limit) : [];
  return found.length > 0 ? found : literally(db, scope, question, limit);
}

async function byTerms(db: Knex, scope: Scope, terms: readonly string[], limit: number): Promise<Hit[]> {
  const { rows } = await db.raw<{ rows: Hit[] }>(
    `with terms as (
       select term::tsquery as term, at from unnest(?::text[]) with ordinality as t (term, at)
     ), total as (
       select count(*) as nodes from (select from text_nodes n where n.knowledge_base_id = any(?::uuid[]) limit ${mostNodes}) n
     ), sampled as materialized (
       select at, term, (select count(*) from (select from text_nodes n where ? and ${sampled} and n.search @@ term limit ${sample.most}) n) as nodes
       from terms
     ), rare as (
       select t.at, n.id from sampled t cross join lateral (${followed}) n where t.nodes < ${sample.common}
     ), found as (
       select at, id from rare
       union all select t.at, n.id from (
         select at, term from sampled where nodes >= ${sample.common} and not exists (select from rare) order by nodes, at limit ${rarest}
       ) t cross join lateral (${followed}) n
     ), worth as (
       select at, ln((1 + greatest(nodes - nodes_with, 0.5) / (nodes_with + 0.5))::float8) as worth, nodes_with
       from (
         select at, count(*) as nodes_with from found group by at
         union all select at, ${common} from sampled where nodes >= ${sample.common} and at not in (select at from found)
       ) f, total
     ), likely as (
       select id from found join worth using (at)
       where nodes_with < ${common} or not exists (select from worth where nodes_with < ${common})
       group by id order by sum(worth) desc, id limit ?
     ), weighed as materialized (
       -- With nothing added to it, a tsvector is unpacked here, once, and not for each term.
       select n.id, n.position, n.search || ''::tsvector as search from likely join text_nodes n using (id)
     )
     select n.id, sum(w.worth * ts_rank('${weights}', n.search, t.term)) as score,
       bool_and(n.search @@ t.term) as is_all
     from weighed n, terms t join worth w using (at)
     group by n.id, n.position order by is_all desc, score desc, n.position, n.id limit ?`,
    [
      [...terms],
      scope.knowledgeBaseIds,
      ...[within(db, scope), within(db, scope), within(db, scope)],
      Math.min(Math.max(limit, weighed.usual), weighed.most),
      limit,
    ],
  );
  return rows.map(({ id, score }) => ({ id, score: score / (1 + score) }));
}

async function literally(db: Knex, scope: Scope, question: string, limit: number): Promise<Hit[]> {
  const text = question.trim();
  if (text === '' || scope.knowledgeBaseIds.length === 0 || [...text].length > 64) return [];
  const { rows } = await db.raw<{ rows: { id: string }[] }>(
    `select n.id from (select * from text_nodes n where ? limit ${mostNodes}) n where n.text ilike ? order by n.knowledge_base_file_id, n.position, n.id limit ?`,
    [within(db, scope), `%${text.replace(/[\\%_]/g, '\\$&')}%`, limit],
  );
  return rows.map(({ id }) => ({ id, score: 0.1 }));
}
