import type { Knex } from 'knex';
import type { Client } from 'pg';

/** When connections began, and from when on a pool's must have. */
const born = new WeakMap<Client, number>();
const oldest = new WeakMap<object, number>();

/** Notes that a connection begins. */
export function begins(connection: Client): void {
  born.set(connection, performance.now());
}

/** From now on a pool uses none of the connections that it has. */
export function renewConnections(db: Knex): void {
  oldest.set(db.client, performance.now());
  db.client.lanes?.renew();
}

/** Whether a pool, by its client, may still use a connection. */
export function isYoung(client: object, connection: Client): boolean {
  return (born.get(connection) ?? 0) >= (oldest.get(client) ?? 0);
}
