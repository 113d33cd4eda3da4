import { setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';
import type { Client } from 'pg';

/** Where changes of credentials are told, in the order of their commits, and fences behind them: `f:12`. */
export const channel = 'latchkey_credentials';

/** How long a process may answer from what it remembers, from the moment before it asked to; milliseconds. */
export const lease = 1_000;
/** By so much the clocks of two machines may part in that time, and timers be early; milliseconds. */
const drift = 50;

/** What a change of a credential says to whoever makes it (migrations/0044_exact.js). */
const said = 'LK001';

/** Connections whose transaction, or last statement, has changed a credential. */
const changed = new WeakSet<Client>();

/** When connections began, and from when on a pool's must have. */
const born = new WeakMap<Client, number>();
const oldest = new WeakMap<object, number>();

/** From now on a pool uses none of the connections that it has. */
export function renewConnections(db: Knex): void {
  oldest.set(db.client, performance.now());
  db.client.lanes?.renew();
}

/** Whether a pool, by its client, may still use a connection. */
export function isYoung(client: object, connection: Client): boolean {
  return (born.get(connection) ?? 0) >= (oldest.get(client) ?? 0);
}

/** Listens for what the database says of changes that this connection makes. */
export function watch(connection: Client): void {
  born.set(connection, performance.now());
  connection.on('notice', ({ code }) => {
    if (code === said) changed.add(connection);
  });
}

/** Whether what was just done on this connection changes a credential, and is committed or rolled back. */
export function isUnsettled(connection: Client): boolean {
  return changed.has(connection) && connection.getTransactionStatus() === 'I';
}

interface Node {
  id: string;
  beat: string;
}

/**
 * Resolves when no process answers from what it knew before the change that was committed on this connection: each has said so, or
 * its lease is over (docs/revocation.md). Milliseconds where all listen, at most `lease` and a little where one is cut off. Never throws: where
 * nothing can be asked, it waits that long.
 */
export async function settle(connection: Client, isRolledBack: boolean): Promise<void> {
  changed.delete(connection);
  if (isRolledBack) return;
  let since = performance.now();
  try {
    const { rows: nodes } = await connection.query<Node>('select id, beat::text from nodes');
    // Whoever comes later has read nothing yet.
    if (nodes.length === 0) return;
    since = performance.now();
    const fence = await putFence(connection);
    for (let pause = 1; ; pause = Math.min(20, pause * 1.6)) {
      const waiting = await unheard(connection, nodes, fence);
      const left = since + lease + drift - performance.now();
      if (waiting.length === 0) return;
      if (left <= 0) return await bury(connection, waiting);
      await sleep(Math.min(pause, left));
    }
  } catch {
    await sleep(Math.max(0, since + lease + drift - performance.now()));
  }
}

/** Whoever has heard of it has heard of all that was committed before it. */
async function putFence(connection: Client): Promise<string> {
  const { rows } = await connection.query<{ fence: string }>(
    `select fence::text, pg_notify('${channel}', 'f:' || fence) from nextval('fences') fence`,
  );
  return rows[0]?.fence as string;
}

/** Those that may still answer from what they knew. Whoever is gone from the table has forgotten everything. */
async function unheard(connection: Client, nodes: Node[], fence: string): Promise<Node[]> {
  const { rows } = await connection.query<{ id: string }>({
    name: 'unheard',
    text: 'select id from nodes where acked < $1 and id = any($2)',
    values: [fence, nodes.map(({ id }) => id)],
  });
  const still = new Set(rows.map(({ id }) => id));
  return nodes.filter(({ id }) => still.has(id));
}

/** Nobody waits again for those that have not beaten since: they are dead, or begin anew before they remember anything. */
async function bury(connection: Client, nodes: Node[]): Promise<void> {
  await connection.query(
    'delete from nodes n using unnest($1::uuid[], $2::bigint[]) silent(id, beat) where n.id = silent.id and n.beat = silent.beat',
    [nodes.map(({ id }) => id), nodes.map(({ beat }) => beat)],
  );
}
