import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import pg from 'pg';
import { channel, channelOf } from '../../database/all_heard.ts';
import { FencesHeard } from './fences_heard.ts';
import { NodeLease, thisMoment } from './node_lease.ts';

/** Between two renewals; milliseconds. */
export const pace = 300;
/** A renewal that takes longer is given up, with its connection; milliseconds. */
const patience = 3_000;

/** What is done with what a connection hears, and once it hears nothing more. */
interface Hearer {
  changed(subject: string): void;
  lost(error: Error, connection: NodeConnection): void;
}

/** One connection, under one name: whatever is heard on it comes in order and without a gap, and ends with it. */
export class NodeConnection {
  readonly id = randomUUID();
  private readonly lease = new NodeLease();
  private readonly fences = new FencesHeard();
  private readonly own = channelOf(this.id);
  private readonly client: pg.Client;
  private isOver = false;
  private timer: NodeJS.Timeout | undefined;
  private beating: Promise<void> | undefined;
  private unsaid = false;
  private ahead = Number.POSITIVE_INFINITY;

  /** @param previous whose place it takes */
  constructor(
    url: string,
    private readonly hearer: Hearer,
    private readonly previous: string | undefined,
  ) {
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

  /** Whether all that was committed until a moment ago was heard, so that what is remembered holds. */
  holds(): boolean {
    return this.lease.holds();
  }

  /** The database's clock, in milliseconds, at the latest that it can be now. */
  now(): number {
    return this.ahead + performance.now();
  }

  /** Whether a fence is heard in time, or all that was known is dropped. */
  hears(fence: number, time: number): Promise<boolean> {
    return this.fences.hears(fence, time);
  }

  /** Resolves once it holds a lease. Throws where it could not get one. */
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

  /** Renews the lease, and says which fence was heard last. */
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
        const moment = thisMoment();
        const { rows } = await this.client.query<{ beat: number; now: number }>(renewal, [
          this.id,
          this.fences.newest,
          this.own,
        ]);
        const [row] = rows;
        // Somebody has waited for us in vain, and has buried us.
        if (!row) throw new Error('This process was silent for too long');
        this.ahead = row.now - moment.steady;
        this.lease.renewed(row.beat, moment);
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
    const [, fence] = /^f:(\d+)$/.exec(payload) ?? [];
    if (from === this.own) {
      if (fence === undefined) this.lease.hear(Number(payload));
      else this.fences.hearOwn(Number(fence));
    } else if (fence === undefined) this.hearer.changed(payload);
    else if (this.fences.hear(Number(fence))) void this.beat();
  }

  readonly fail = (error: Error): void => {
    if (this.isOver) return;
    this.end();
    this.hearer.lost(error, this);
    this.fences.end();
  };

  private end() {
    this.isOver = true;
    this.lease.give();
    clearInterval(this.timer);
    // What has broken off says no goodbye.
    (this.client as pg.Client & { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
  }

  /** Takes its leave: nobody waits for it any more. */
  async leave(): Promise<void> {
    this.lease.give();
    clearInterval(this.timer);
    await this.beating?.catch(() => {});
    if (this.isOver) return;
    await this.client.query('delete from nodes where id = $1', [this.id]).catch(() => {});
    this.end();
    this.fences.end();
  }
}

const renewal = {
  name: 'renewal',
  text: `
    with renewed as (update nodes set beat = beat + 1, acked = greatest(acked, $2::bigint) where id = $1 returning beat)
    select beat::float8, extract(epoch from clock_timestamp())::float8 * 1000 as now, pg_notify($3, beat::text) from renewed`,
};
