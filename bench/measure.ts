import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import autocannon from 'autocannon';
import { cpuOf } from './process.ts';

const connections = 16;

/** A server under measurement, in its own process. One that was not started by `start` says nothing of itself: its system does. */
export interface Server {
  origin: string;
  process: ChildProcess;
}

/** Starts a server process with this argument; throws when it ends before it listens. */
export async function start(entry: string, kind: string): Promise<Server> {
  const child = fork(fileURLToPath(new URL(entry, import.meta.url)), [kind], { execArgv: ['--import', 'tsx'] });
  const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`${kind} ended: ${code}`)));
  const [said] = await Promise.race([once(child, 'message'), ended]);
  ended.catch(() => {});
  return { origin: `http://127.0.0.1:${said.port}`, process: child };
}

/** The CPU time that a server's process has used so far, user and system, in microseconds. */
async function usage({ process }: Server): Promise<{ microseconds: number; counts?: Counts }> {
  if (!process.connected) return { microseconds: cpuOf(process) * 1000 };
  process.send('usage');
  const [said] = await once(process, 'message');
  return said;
}

/** What a server says of itself when it is asked: the last column of `load`. */
export type Counts = Record<string, number>;

/** One run: how many answers a second, how much CPU time of the server each took, in microseconds, and the slow ones. */
export interface Run {
  rate: number;
  cpu: number;
  /** 99 of 100 answers were there after so many milliseconds. */
  p99: number;
  /** What the server counted meanwhile, per answer. */
  counts: Counts;
}

/** What is asked, where it is not a GET, and what is answered, where it is not 2xx. */
export interface Asked {
  method?: 'POST';
  body?: string;
  status?: number;
  /** One of them with each request, in turn, in place of `authorization`. */
  keys?: InTurn;
}

/** Values that are taken one after the other, from the first again after the last; where it stands outlives a run. */
export class InTurn {
  private at = 0;
  constructor(readonly values: readonly string[]) {}
  next(): string {
    this.at = (this.at + 1) % this.values.length;
    return this.values[this.at] as string;
  }
}

/**
 * Asks for one URL over 16 connections for so many seconds, or for longer where nothing was answered in them. Throws when an answer is not
 * what it should be.
 */
export async function load(
  server: Server,
  path: string,
  headers: Record<string, string>,
  seconds: number,
  asked: Asked = {},
): Promise<Run> {
  const { method, body, status = 200, keys } = asked;
  const before = await usage(server);
  const url = server.origin + path;
  const result = await autocannon({
    url,
    connections,
    headers,
    ...(method && { method }),
    ...(body && { body }),
    ...(keys && { requests: [{ setupRequest: (one) => withKey(one, keys.next()) }] }),
    duration: seconds,
    sampleInt: 20,
  } as autocannon.Options);
  const after = await usage(server);
  const { statusCodeStats = {} } = result as { statusCodeStats?: Record<string, { count: number }> };
  const answers = statusCodeStats[status]?.count ?? 0;
  const others = result['2xx'] + result.non2xx - answers;
  const isSilent = answers === 0 && others === 0 && result.errors === 0;
  if (isSilent && seconds < 10) return load(server, path, headers, 2 * seconds, asked);
  if (others > 0 || result.errors > 0 || isSilent) {
    throw new Error(`${path}: ${others} answers are not ${status}, ${result.errors} failed`);
  }
  // Its own `duration` is rounded to hundredths of a second.
  const milliseconds = result.finish.getTime() - result.start.getTime();
  const counts = Object.entries(after.counts ?? {}).map(([name, count]) => [
    name,
    (count - (before.counts?.[name] ?? 0)) / answers,
  ]);
  return {
    rate: (answers / milliseconds) * 1000,
    cpu: (after.microseconds - before.microseconds) / answers,
    p99: result.latency.p99,
    counts: Object.fromEntries(counts),
  };
}

const withKey = (asked: autocannon.Request, key: string): autocannon.Request => ({
  ...asked,
  headers: { ...asked.headers, authorization: `Bearer ${key}` },
});

/** The middle one; of an even number, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  const [low = Number.NaN, high = low] = sorted.slice(Math.ceil(half) - 1, Math.floor(half) + 1);
  return (low + high) / 2;
}

/** In random order. */
export function shuffled<T>(values: readonly T[]): T[] {
  return values
    .map((value) => ({ value, key: Math.random() }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ value }) => value);
}

/** Rows as lines of aligned columns: the first column to the left, the others to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row
      .map((text, column) => (column ? text.padStart(widths[column] ?? 0) : text.padEnd(widths[column] ?? 0)))
      .join('  ');
  return `${rows.map(line).join('\n')}\n`;
}

/** `12,345` */
export const thousands = (value: number) => Math.round(value).toLocaleString('en-US');
