import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import pg from 'pg';
import type { Logger } from 'pino';
import { channel, lease } from '../../database/all_heard.ts';

/** This process among those that share the database: what it hears of changes, and whether it hears of all. */
export interface Node {
  /** Whether it may answer from memory, this very moment. */
  holds(): boolean;
  /** The database's clock, in milliseconds, at the latest that it can be now. */
  now(): number;
  /** Takes its leave: nobody waits for it any more. */
  close(): Promise<void>;
}

/** What is done when changes are told, and when some may have been missed. */
interface Listener {
  changed(subject: string): void;
  /** The connection is another: nothing that was known holds. */
  lost(): void;
}

/** Between two renewals; milliseconds. */
const pace = 300;
/** Between two attempts to hear of changes, at most; milliseconds. */
const slowest = 5_000;
/** A renewal that takes longer is given up, with its connection; milliseconds. */
const patience = 3_000;

/**
 * Joins the processes that remember, for as long as it lives (docs/revocation.md). It holds a lease from the moment before a renewal was sent
 * whose notice came back: notices come in the order of commits, so that it has heard of all that was committed before. Without one,
 * nothing is answered from memory. Resolves once it holds one, or could not get any.
 */
export async function joinNodes(url: string, log: Logger, listener: Listener): Promise<Node> {
  let current: Session | undefined;
  let closing = false;
  let previous: string | undefined;
  let timer: NodeJS.Timeout | undefined;
  let losses = 0;

  const join = async (): Promise<void> => {
    const session = new Session(url, listener, previous, lost);
    current = session;
    previous = session.id;
    await session.open().catch(session.fail);
    if (session !== current || closing) return;
    if (losses > 0) log.info('changes are heard of again: credentials are remembered');
    losses = 0;
  };
  const lost = ({ message }: Error, session: Session) => {
    if (session !== current) return;
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
    async close() {
      closing = true;
      clearTimeout(timer);
      const session = current;
      current = undefined;
      listener.lost();
      await session?.leave();
    },
  };
}

/** One connection, under one name: whatever is heard on it comes in order and without a gap. */
class Session {
  readonly id = randomUUID();
  private readonly client: pg.Client;
  private readonly listener: Listener;
  private readonly previous: string | undefined;
  private readonly lost: (error: Error, session: Session) => void;
  private readonly own = `latchkey_${this.id.replaceAll('-', '')}`;
  private isOver = false;
  private timer: NodeJS.Timeout | undefined;
  private beating: Promise<void> | undefined;
  private acked = 0;
  private unsaid = false;
  /** When renewals were sent, by what they are called; and the newest whose notice came back. */
  private sent = new Map<number, { steady: number; wall: number }>();
  private heard = 0;
  /** Ends of the lease, by a clock that only goes on, and by one that knows of a machine that slept. */
  private steadyEnd = 0;
  private wallEnd = 0;
  private ahead = Number.POSITIVE_INFINITY;

  constructor(
    url: string,
    listener: Listener,
    previous: string | undefined,
    lost: (error: Error, session: Session) => void,
  ) {
    this.listener = listener;
    this.previous = previous;
    this.lost = lost;
    this.client = new pg.Client({
      connectionString: url,
      application_name: `latchkey node ${process.pid}`,
      connectionTimeoutMillis: 3 * patience,
      keepAlive: true,
    });
    this.client
      .on('error', this.fail)
      .on('end', () => this.fail(new Error('The connection has ended')))
      .on('notification', ({ channel: from, payload = '' }) => this.hear(from, payload));
  }

  holds(): boolean {
    return performance.now() < this.steadyEnd && Date.now() < this.wallEnd;
  }

  now(): number {
    return this.ahead + performance.now();
  }

  async open(): Promise<void> {
    await this.client.connect();
    // A limit must not have a standby waited for in vain.
    await this.client.query('set statement_timeout = 0');
    await this.client.query(`listen ${channel}`);
    await this.client.query(`listen ${this.own}`);
    const { rows } = await this.client.query<{ pid: number }>('select pg_backend_pid() pid');
    // A pooler hands notices to whoever is there, or to nobody.
    if (rows[0]?.pid !== (this.client as pg.Client & { processID: number }).processID)
      throw new Error('a pooler stands before the database');
    await this.client.query('delete from nodes where id = $1', [this.previous ?? this.id]);
    await this.client.query('insert into nodes (id, about) values ($1, $2)', [this.id, `${hostname()}:${process.pid}`]);
    this.timer = setInterval(() => this.beat(), pace).unref();
    await this.beat();
  }

  /** Renews the lease, and says which fence was seen last. */
  private beat(): Promise<void> {
    this.unsaid = true;
    this.beating ??= this.say().finally(() => {
      this.beating = undefined;
    });
    return this.beating;
  }

  private async say(): Promise<void> {
    let isAnswered = false;
    const giveUp = () => isAnswered || this.fail(new Error('The database does not answer'));
    // What has come while we were busy is read first.
    const late = setTimeout(() => setImmediate(() => setImmediate(giveUp)), patience).unref();
    try {
      while (this.unsaid && !this.isOver) {
        this.unsaid = false;
        const moment = { steady: performance.now(), wall: Date.now() };
        const { rows } = await this.client.query<{ beat: number; now: number }>(renewal, [
          this.id,
          this.acked,
          this.own,
        ]);
        const [row] = rows;
        // Somebody has waited for us in vain, and has buried us.
        if (!row) throw new Error('This process was silent for too long');
        this.ahead = row.now - moment.steady;
        this.sent.set(row.beat, moment);
        this.extend();
      }
    } catch (error) {
      this.fail(error as Error);
    } finally {
      isAnswered = true;
      clearTimeout(late);
    }
  }

  private hear(from: string, payload: string) {
    if (this.isOver) return;
    if (from === this.own) {
      this.heard = Math.max(this.heard, Number(payload));
      this.extend();
    } else if (payload.startsWith('f:')) {
      this.acked = Math.max(this.acked, Number(payload.slice(2)));
      void this.beat();
    } else this.listener.changed(payload);
  }

  /** A renewal counts once its own notice is here, and with it all that was told before. */
  private extend() {
    if (this.isOver) return;
    for (const [beat, { steady, wall }] of this.sent) {
      if (beat > this.heard) continue;
      this.steadyEnd = Math.max(this.steadyEnd, steady + lease);
      this.wallEnd = wall + lease;
      this.sent.delete(beat);
    }
  }

  readonly fail = (error: Error): void => {
    if (this.isOver) return;
    this.end();
    this.lost(error, this);
  };

  private end() {
    this.isOver = true;
    this.steadyEnd = 0;
    clearInterval(this.timer);
    // What has broken off says no goodbye.
    (this.client as pg.Client & { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
  }

  async leave(): Promise<void> {
    this.steadyEnd = 0;
    clearInterval(this.timer);
    await this.beating?.catch(() => {});
    if (this.isOver) return;
    await this.client.query('delete from nodes where id = $1', [this.id]).catch(() => {});
    this.end();
  }
}

const renewal = `
  with renewed as (update nodes set beat = beat + 1, acked = greatest(acked, $2::bigint) where id = $1 returning beat)
  select beat::float8, extract(epoch from clock_timestamp())::float8 * 1000 as now, pg_notify($3, beat::text) from renewed`;
