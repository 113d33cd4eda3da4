import { setMaxListeners } from 'node:events';
import { Logger, runMigrations, runTaskList, type WorkerPool } from 'graphile-worker';
import pg from 'pg';
import type { House } from '../../house.ts';
import { deliver, documented, type Pace } from './deliver.ts';
import type { Delivery } from './emit.ts';

/** Deliveries under way. */
export interface Webhooks {
  /** Takes up nothing new, gives what is under way 3 s, and leaves the rest in the queue. */
  stop(): Promise<void>;
}

/** A delivery takes 10 s at most: whoever holds one for so long is dead. */
const held = '1 minute';

/**
 * Delivers what `emit` queued, ten at a time, on three connections of its own. Processes on one database share the work
 * without doing any of it twice; what a process that died had in hand is taken up by another one.
 */
export async function startWebhooks(house: House, databaseUrl: string, pace: Pace = documented): Promise<Webhooks> {
  const { db, log } = house;
  const logger = new Logger(() => (level, message) => {
    log[level === 'error' || level === 'warning' ? 'warn' : 'debug'](message);
  });
  const connections = new pg.Pool({
    connectionString: databaseUrl,
    application_name: 'latchkey webhooks',
    connectionTimeoutMillis: 10_000,
    max: 3,
  });
  const lost = ({ message }: Error) => log.warn({ reason: message }, 'the webhook queue lost a connection');
  connections.on('connect', (client) => client.on('error', lost)).on('error', lost);
  // The schema came with our own migrations; a newer graphile-worker may have more of them.
  await runMigrations({ pgPool: connections, logger });

  let workers: WorkerPool;
  let stopping = false;
  const webhook = async (job: unknown, { abortSignal }: { abortSignal: AbortSignal }) => {
    const wait = await deliver(house, job as Delivery, pace, abortSignal);
    if (wait !== undefined) setTimeout(look, wait).unref();
  };
  // The queue says when something is added to it, but not when it falls due.
  const look = () => {
    try {
      if (!stopping) workers.nudge(1);
    } catch {
      // They are being replaced; the new ones look by themselves.
    }
  };
  const options = {
    logger,
    concurrency: 10,
    noHandleSignals: true,
    // Only for what another process put off and did not live to see.
    pollInterval: 10_000,
    gracefulShutdownAbortTimeout: 3_000,
    // Without batches, a connection that is lost at the end of a job would be an unhandled rejection.
    preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
  };
  const work = () => {
    workers = runTaskList(options, { webhook }, connections);
    // Each delivery listens to it, and so does the queue: Node takes more than ten for a leak.
    setMaxListeners(2 * options.concurrency, workers.abortSignal);
    workers.promise
      .catch(({ message }: Error) => log.warn({ reason: message }, 'the webhook queue stopped; it starts again'))
      .then(() => stopping || setTimeout(() => stopping || work(), 1_000).unref());
  };
  const unlock = () =>
    db
      .raw(
        `select graphile_worker.force_unlock_workers(array_agg(distinct locked_by)) from graphile_worker.jobs
         where task_identifier = 'webhook' and locked_at < now() - ?::interval having count(*) > 0`,
        [held],
      )
      .catch(({ message }: Error) => log.warn({ reason: message }, 'abandoned webhooks could not be taken up'));

  await unlock();
  const minutely = setInterval(unlock, 60_000).unref();
  work();
  return {
    async stop() {
      stopping = true;
      clearInterval(minutely);
      await Promise.resolve(workers.gracefulShutdown()).catch(({ message }: Error) => log.warn(message));
      await connections.end();
    },
  };
}
