import type { Knex } from 'knex';
import type { Hit } from './full_text.ts';

const known = new WeakMap<object, string | undefined>();

/** The version of pgvector that the database has; undefined where it has none. Asked once: after `create extension` the server is started again. */
export async function pgvectorOf(db: Knex): Promise<string | undefined> {
  if (!known.has(db.client)) {
    const found = await db('pg_extension').where('extname', 'vector').first('extversion');
    known.set(db.client, found?.extversion);
  }
  return known.get(db.client);
}

/** Since this version an index is gone through until enough has been found that is wanted. */
const iterative = [0, 8] as const;

/**
 * The nodes that are nearest to a vector of length one, by an index of the operator's where there is one (docs/maiagent.md).
 * @param version of pgvector
 * @param compared a condition on nodes, `n`: those with vectors of this length
 */
export async function byPgvector(
  db: Knex,
  version: string,
  compared: Knex.Raw,
  vector: readonly number[],
  limit: number,
): Promise<Hit[]> {
  const text = `[${vector.join(',')}]`;
  const distance = `(n.embedding::vector(${vector.length})) <=> ?::vector`;
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const nearest = (from: Knex, nodes: Knex.Raw) =>
    from.raw<{ rows: Hit[] }>(
      `with mine as ? select n.id, 1 - (${distance}) as score from mine n order by ${distance} limit ?`,
      [nodes, text, text, limit],
    );
  const mine = (kind: string) => db.raw(`${kind} (select n.id, n.embedding from text_nodes n where ?)`, [compared]);
  const found = await db.transaction(async (trx) => {
    // An index knows nothing of accounts: the nearest of all may be none of those that are wanted.
    if (major > iterative[0] || minor >= iterative[1])
      await trx.raw(
        "set local hnsw.iterative_scan = 'strict_order'; set local ivfflat.iterative_scan = 'relaxed_order'",
      );
    return nearest(trx, mine('not materialized'));
  });
  // It is gone through so far and no farther; then all that are wanted are few, or far from the question.
  return found.rows.length < limit ? (await nearest(db, mine('materialized'))).rows : found.rows;
}
