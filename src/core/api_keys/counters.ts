import type { Knex } from 'knex';

/** Gives a key a row in which its uses are counted, or sets the credits of the one it has; null: calls use none up. */
export async function count(db: Knex, keyId: number, credits: number | null): Promise<void> {
  const { rowCount } = await db.raw(
    `update key_counters c set credits = ?, refilled_at = case when c.credits is distinct from ?::int then now() else refilled_at end
     from api_keys k where k.id = ? and c.id = k.counter_id`,
    [credits, credits, keyId],
  );
  if (rowCount > 0) return;
  const [row] = await db('key_counters').insert({ credits }).returning('id');
  await db('api_keys')
    .where({ id: keyId })
    .update({ counter_id: row?.id as number });
}
