import type { Knex } from 'knex';
import type { Client } from 'pg';

/** One question to the database: SQL with `$1`, `$2` …, under the name by which a connection knows it once it was planned. */
export interface Statement<Row> {
  name: string;
  text: string;
  /** What a row of its answer is: for the compiler alone. */
  row?: Row;
}

/**
 * A question that is asked often. Each connection has Postgres read and plan it once, and it does not pass through the builder.
 * @param name unlike all others; one text, for as long as the process lives
 */
export function statement<Row extends object>(name: string, text: string): Statement<Row> {
  return { name, text };
}

/**
 * The rows that a statement finds, in the pool or within a transaction. Its time is limited as that of any other; what goes wrong is
 * thrown as the driver says it, with the name before it and not the values: `toFailure` knows it.
 */
export async function rowsOf<Row>(db: Knex, { name, text }: Statement<Row>, values: unknown[]): Promise<Row[]> {
  if ((db as Knex.Transaction).isCompleted?.()) throw new Error(`${name} - its transaction is over`);
  const connection: Client = await db.client.acquireConnection();
  // Whoever counts statements hears of all.
  db.client.emit('query', { sql: text, bindings: values });
  try {
    const { rows } = await connection.query({ name, text, values });
    return rows;
  } catch (error) {
    if (error instanceof Error) error.message = `${name} - ${error.message}`;
    throw error;
  } finally {
    db.client.releaseConnection(connection);
  }
}

/** Its one row, or undefined. */
export async function rowOf<Row>(db: Knex, its: Statement<Row>, values: unknown[]): Promise<Row | undefined> {
  const [row] = await rowsOf(db, its, values);
  return row;
}
