import cluster, { type Worker } from 'node:cluster';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import type { Config } from './config.ts';
import { type Database, openDatabase } from './database/database.ts';
import { listen } from './listen.ts';
import { makeServer } from './wire/server.ts';

/** A worker that ends sooner than this is not replaced at once, and each time later; milliseconds. */
const steady = 60_000;
const slowest = 30_000;

/** What workers and the process that began them say to each other. */
export const said = { ready: 'ready', tell: 'tell' };

/**
 * Runs as many servers as `LATCHKEY_PROCESSES` says, on one port and one database, which is opened here: an embedded one ends with this process, and
 * so do they. The first begins before the others, so that whatever is made once is made once; one that dies is replaced, and the others
 * answer until its successor can. Never resolves.
 */
export async function runWorkers(config: Config, log: Logger, heed: () => void): Promise<never> {
  // Before anything is made that is shown but once: a server that cannot listen makes nothing.
  const listening = await listen(
    makeServer(config, (_request, response) => void response.writeHead(503, { 'Retry-After': '1' }).end()),
    config.host,
    config.port,
  );
  const database = await openDatabase(config, log);
  const { port } = listening;
  await listening.close();
  // This file's neighbour, as it was built or as it is written.
  const main = ['./main.js', './main.ts'].map((path) => fileURLToPath(new URL(path, import.meta.url))).find(existsSync);
  cluster.setupPrimary({ ...(main && { exec: main }), args: [] });

  const env = { DATABASE_URL: database.url, PORT: String(port) };
  let stopping = false;
  let losses = 0;
  const begin = () => {
    const worker = cluster.fork(env);
    const since = performance.now();
    worker.once('exit', (code, signal) => {
      if (stopping) return;
      losses = performance.now() - since > steady ? 1 : losses + 1;
      const wait = Math.min(slowest, 250 * 2 ** losses);
      log.error({ code, signal, again_in_ms: wait }, 'a process has ended by itself; another takes its place');
      setTimeout(() => stopping || replace(), wait);
    });
    return worker;
  };
  const replace = () => {
    const worker = begin();
    worker.once('message', () =>
      log.info({ process: worker.process.pid }, 'a process that took the place of one is ready'),
    );
  };
  /** Ends with a worker that cannot even start: its own line has said why. */
  const readyOrOver = (worker: Worker) =>
    new Promise<void>((resolve) => {
      const over = (code: number) => stopping || process.exit(code || 1);
      worker.once('exit', over);
      worker.on('message', (message) => {
        if (message !== said.ready) return;
        worker.off('exit', over);
        resolve();
      });
    });
  heed();
  stopOnSignal(database, () => {
    stopping = true;
  });
  const first = begin();
  await readyOrOver(first);
  await Promise.all(Array.from({ length: config.processes - 1 }, () => readyOrOver(begin())));
  first.send(said.tell);
  return new Promise<never>(() => {});
}

/** Each drains by itself, also those that a terminal has not told; the database ends after the last of them. */
function stopOnSignal(database: Database, stop: () => void) {
  let stopping: Promise<void> | undefined;
  const all = async () => {
    stop();
    const workers = Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
    const gone = workers.map((worker) => new Promise((resolve) => worker.once('exit', resolve)));
    for (const worker of workers) worker.process.kill('SIGTERM');
    await Promise.all(gone);
    await database.close();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => {
      if (stopping) for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill('SIGTERM');
      stopping ??= all();
    });
}
