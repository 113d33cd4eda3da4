import type { Logger } from 'pino';
import type { Own } from '../../database/all_heard.ts';
import { NodeConnection, pace } from './node_connection.ts';

/** This process among those that share the database: what it hears of changes, and whether it hears of all. */
export interface Node {
  /** Whether it may answer from memory, this very moment. */
  holds(): boolean;
  /** The database's clock, in milliseconds, at the latest that it can be now. */
  now(): number;
  /** Who it is now, for those of this process that make a change; undefined while nothing is heard, and so nothing remembered. */
  own(): Own | undefined;
  /** Takes its leave: nobody waits for it any more. */
  close(): Promise<void>;
}

/** What is done when changes are told, and when some may have been missed. */
interface Listener {
  changed(subject: string): void;
  /** The connection is another: nothing that was known holds. */
  lost(): void;
}

/** Between two attempts to hear of changes, at most; milliseconds. */
const slowest = 5_000;

/**
 * Joins the processes that remember, for as long as it lives (docs/revocation.md): over one connection after the other, each with a lease
 * of its own. Without one, nothing is answered from memory. Resolves once it holds one, or could not get any.
 */
export async function joinNodes(url: string, log: Logger, listener: Listener): Promise<Node> {
  let current: NodeConnection | undefined;
  let closing = false;
  let previous: string | undefined;
  let timer: NodeJS.Timeout | undefined;
  let losses = 0;

  const join = async (): Promise<void> => {
    const connection = new NodeConnection(url, { changed: listener.changed, lost }, previous);
    current = connection;
    previous = connection.id;
    await connection.open().catch(connection.fail);
    if (connection !== current || closing) return;
    if (losses > 0) log.info('changes are heard of again: credentials are remembered');
    losses = 0;
  };
  const lost = ({ message }: Error, connection: NodeConnection) => {
    if (connection !== current) return;
    current = undefined;
    listener.lost();
    if (closing) return;
    const words = 'changes are not heard of: credentials are looked up, and not remembered';
    log[losses === 0 ? 'warn' : 'debug']({ reason: message }, words);
    losses += 1;
    timer = setTimeout(join, Math.min(slowest, pace * losses)).unref();
  };
  await join();
  return {
    holds: () => current?.holds() ?? false,
    now: () => current?.now() ?? Number.POSITIVE_INFINITY,
    own: () => current,
    async close() {
      closing = true;
      clearTimeout(timer);
      const connection = current;
      current = undefined;
      listener.lost();
      await connection?.leave();
    },
  };
}
