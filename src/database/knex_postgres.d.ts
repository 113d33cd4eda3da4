declare module 'knex/lib/dialects/postgres/index.js' {
  import type { Knex } from 'knex';

  /** The dialect that `client: 'pg'` names: what knex documents for those who change a part of it. */
  export default class Postgres extends (knex.Client as new () => Knex.Client) {
    destroy(...its: unknown[]): Promise<void>;
    transaction(...its: unknown[]): Knex.Transaction;
  }
}
