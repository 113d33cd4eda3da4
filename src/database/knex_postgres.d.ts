declare module 'knex/lib/dialects/postgres/index.js' {
  import type { Knex } from 'knex';
  import type { Client, QueryResult } from 'pg';

  /** A statement, and what became of it. */
  export interface Asked {
    response?: QueryResult;
  }

  /** The dialect that `client: 'pg'` names: what knex documents for those who change a part of it. */
  export default class Postgres extends (knex.Client as new () => Knex.Client) {
    destroy(...its: unknown[]): Promise<void>;
    transaction(...its: unknown[]): Knex.Transaction;
    /** Whether a connection of the pool may be used again. */
    validateConnection(connection: Client): boolean;
    /** Runs one statement on a connection. */
    _query(connection: Client, asked: Asked): Promise<Asked>;
  }
}
