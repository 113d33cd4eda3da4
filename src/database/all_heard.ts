import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';

/** Where changes of credentials are told, in the order of their commits, and fences behind them: `f:12`. */
export const channel = 'latchkey_credentials';

/** Where one node hears of its own beats, and of the fences that its own process puts: `f:12`. */
export const channelOf = (node: string) => `latchkey_${node.replaceAll('-', '')}`;

/** How long a process may answer from what it remembers, from the moment before it asked to; milliseconds. */
export const lease = 1_000;
/** By so much the clocks of two machines may part in that time, and timers be early; milliseconds. */
const drift = 50;

/** What a change of a credential says to whoever makes it (migrations/0044_exact.js). */
const said = 'LK001';

/** Connections whose transaction, or last statement, has changed a credential. */
const changed = new WeakSet<Client>();

/** The memory of this process, which it can ask without the database. */
export interface Own {
  /** Its row in `nodes`. */
  id: string;
  /** Whether it has heard a fence within so many milliseconds, or remembers nothing of before it. */
  hears(fence: number, patience: number): Promise<boolean>;
}

/** Whose memory goes with a pool, by its client, and of which pool a connection is. */
const owns = new WeakMap<object, () => Own | undefined>();
const pools = new WeakMap<Client, object>();

/** Says whose memory goes with a pool: whoever makes changes over it asks that one first. */
export function remembersWith({ client }: { client: object }, own: () => Own | undefined): void {
  owns.set(client, own);
}

/** Listens for what the database says of changes that this connection makes. `pool`: the client of its pool. */
export function watch(connection: Client, pool: object): void {
  pools.set(connection, pool);
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
  const end = performance.now() + lease + drift;
  try {
    const own = owns.get(pools.get(connection) ?? connection)?.();
    const { fence, nodes } = await putFence(connection, own?.id);
    const self = nodes.filter(({ id }) => id === own?.id);
    const others = nodes.filter(({ id }) => id !== own?.id);
    const [isHeard, silent] = await Promise.all([
      self.length === 0 || own?.hears(fence, end - performance.now()),
      silentOf(connection, others, fence, end),
    ]);
    await bury(connection, isHeard ? silent : [...self, ...silent]);
  } catch {
    await sleep(Math.max(0, end - performance.now()));
  }
}

/**
 * A fence, and who has to hear of it: whoever has, has heard of all that was committed before, and whoever comes later has read
 * nothing before. It is told to ourselves apart, first, so that it is known for ours, and to the others where there are any.
 */
async function putFence(connection: Client, own: string | undefined): Promise<{ fence: number; nodes: Node[] }> {
  const { rows } = await connection.query<{ fence: number; nodes: Node[] }>({
    name: 'put_fence',
    text: `select fence::float8,
      case when $1::uuid is not null then pg_notify($2, 'f:' || fence) end,
      case when exists (select from nodes where id is distinct from $1) then pg_notify('${channel}', 'f:' || fence) end,
      array(select json_build_object('id', id, 'beat', beat::text) from nodes) nodes
      from nextval('fences') fence`,
    values: [own ?? null, channelOf(own ?? '')],
  });
  return rows[0] as { fence: number; nodes: Node[] };
}

/** Those that have not said by then that they have heard a fence. Whoever is gone from the table has forgotten everything. */
async function silentOf(connection: Client, nodes: Node[], fence: number, end: number): Promise<Node[]> {
  let waiting = nodes;
  for (let pause = 1; waiting.length > 0; pause = Math.min(20, pause * 1.6)) {
    const left = end - performance.now();
    if (left <= 0) break;
    await sleep(Math.min(pause, left));
    const { rows } = await connection.query<{ id: string }>({
      name: 'unheard',
      text: 'select id from nodes where acked < $1 and id = any($2)',
      values: [fence, waiting.map(({ id }) => id)],
    });
    const still = new Set(rows.map(({ id }) => id));
    waiting = waiting.filter(({ id }) => still.has(id));
  }
  return waiting;
}

/** Nobody waits again for those that have not beaten since: they are dead, or begin anew before they remember anything. */
async function bury(connection: Client, nodes: Node[]): Promise<void> {
  if (nodes.length === 0) return;
  await connection.query(
    'delete from nodes n using unnest($1::uuid[], $2::bigint[]) silent(id, beat) where n.id = silent.id and n.beat = silent.beat',
    [nodes.map(({ id }) => id), nodes.map(({ beat }) => beat)],
  );
}
