import type { Knex } from 'knex';
import type { Client } from 'pg';
import { isUnsettled, settle } from './all_heard.ts';
import { answerOf, type Lanes } from './lanes.ts';
import type { Statement } from './question.ts';

export type { Statement } from './question.ts';

/**
 * A question that is asked often. Each connection has Postgres read and plan it once, and it does not pass through the builder.
 * @param name unlike all others; one text, for as long as the process lives
 */
export function statement<Row extends object>(name: string, text: string): Statement<Row> {
  return { name, text };
}

/**
 * The rows that a statement finds, within a transaction or beside them all. Its time is limited as that of any other; what goes
 * wrong is thrown as the driver says it, with the name before it and not the values: `toFailure` knows it.
 */
export async function rowsOf<Row>(db: Knex, its: Statement<Row>, values: readonly unknown[]): Promise<Row[]> {
  const client = db.client as { lanes?: Lanes; emit(event: 'query', asked: object): void };
  // Whoever counts statements hears of all.
  client.emit('query', { sql: its.text, bindings: values });
  try {
    if (db.isTransaction || !client.lanes) return await within(db as Knex.Transaction, its, values);
    return await client.lanes.ask(its, values);
  } catch (error) {
    if (error instanceof Error) error.message = `${its.name} - ${error.message}`;
    throw error;
  }
}

/** Its one row, or undefined. */
export async function rowOf<Row>(db: Knex, its: Statement<Row>, values: readonly unknown[]): Promise<Row | undefined> {
  const [row] = await rowsOf(db, its, values);
  return row;
}

async function within<Row>(db: Knex.Transaction, its: Statement<Row>, values: readonly unknown[]): Promise<Row[]> {
  if (db.isCompleted?.()) throw new Error('its transaction is over');
  const connection: Client = await db.client.acquireConnection();
  try {
    const rows = await answerOf(connection, its, values);
    if (isUnsettled(connection)) await settle(connection, false);
    return rows;
  } finally {
    db.client.releaseConnection(connection);
  }
}
