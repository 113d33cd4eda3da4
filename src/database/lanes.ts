import { Client, type ClientConfig } from 'pg';
import { Question, type Statement } from './question.ts';

/** A connection that takes statements one behind the other, without waiting for what was asked before. */
interface Lane {
  client: Client;
  /** Settles once it is open, and undefined from then on. */
  opening: Promise<void> | undefined;
  /** When those were asked that are not answered yet, the oldest first; by the process' own clock, in milliseconds. */
  asked: number[];
  /** When it was asked last. */
  usedAt: number;
  /** It is closed once its last statement is answered. */
  isLeaving: boolean;
}

/** So many lanes, so many statements in one of them while another one is free, and so many in one before nobody else is let in. */
const most = 4;
const deep = 8;
const full = 500;
/** A lane whose oldest statement has been out for so long holds up what comes behind it; milliseconds. */
const slow = 3;
/** One that nobody has used for so long is closed; milliseconds. */
const idle = 30_000;

/** Statements of no transaction, over few connections, in which they follow each other as they come (libpq calls it pipelining). */
export interface Lanes {
  /** Throws as pg does, and `TimeoutError` where too many wait already. */
  ask<Row>(statement: Statement<Row>, values: readonly unknown[]): Promise<Row[]>;
  /** What is asked from now on goes over new connections. */
  renew(): void;
  close(): Promise<void>;
}

/** @param prepare says the settings of a new connection; the lane is open once it is done */
export function lanes(config: ClientConfig, prepare: (client: Client) => Promise<unknown>): Lanes {
  let open: Lane[] = [];
  let isClosed = false;

  const start = (): Lane => {
    const client = new Client({ ...config, pipeline: true } as ClientConfig);
    const lane: Lane = { client, opening: undefined, asked: [], usedAt: performance.now(), isLeaving: false };
    const leave = () => {
      open = open.filter((other) => other !== lane);
    };
    // Whoever waits for an answer hears of it; the lane is left to itself.
    client.on('error', leave).on('end', leave);
    const opening = async () => {
      try {
        await client.connect();
        await prepare(client);
        lane.opening = undefined;
      } catch (error) {
        leave();
        client.end().catch(() => {});
        throw error;
      }
    };
    lane.opening = opening();
    lane.opening.catch(() => {});
    open.push(lane);
    return lane;
  };

  const isFree = ({ asked }: Lane, now: number) => asked.length < deep && !(now - (asked[0] ?? now) > slow);
  const choose = (now: number): Lane => {
    const free = open.find((lane) => isFree(lane, now));
    if (free) return free;
    if (open.length < most) return start();
    return open.reduce((best, lane) => (lane.asked.length < best.asked.length ? lane : best));
  };

  const sweep = setInterval(() => {
    const now = performance.now();
    const leaving = open.filter(({ asked, usedAt }) => asked.length === 0 && now - usedAt > idle);
    open = open.filter((lane) => !leaving.includes(lane));
    for (const { client } of leaving) client.end().catch(() => {});
  }, idle / 3).unref();

  return {
    async ask<Row>(statement: Statement<Row>, values: readonly unknown[]): Promise<Row[]> {
      if (isClosed) throw new Error('Cannot use a pool after calling end on the pool');
      const now = performance.now();
      const lane = choose(now);
      if (lane.asked.length >= full)
        throw Object.assign(new Error('too many statements wait'), { name: 'TimeoutError' });
      lane.asked.push(now);
      lane.usedAt = now;
      try {
        if (lane.opening) await lane.opening;
        return await answerOf(lane.client, statement, values, true);
      } finally {
        lane.asked.shift();
        if (lane.isLeaving && lane.asked.length === 0) lane.client.end().catch(() => {});
      }
    },
    renew() {
      for (const lane of open) {
        lane.isLeaving = true;
        if (lane.asked.length === 0) lane.client.end().catch(() => {});
      }
      open = [];
    },
    async close() {
      isClosed = true;
      clearInterval(sweep);
      await Promise.all(open.map(({ client }) => client.end().catch(() => {})));
    },
  };
}

/** What one connection finds. Throws as pg does. @param isGathered as a `Question` has it */
export function answerOf<Row>(
  client: Client,
  statement: Statement<Row>,
  values: readonly unknown[],
  isGathered = false,
): Promise<Row[]> {
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, rows: object[]) => (error ? reject(error) : resolve(rows as Row[]));
    client.query(new Question(statement, values, isGathered, done) as never);
  });
}
