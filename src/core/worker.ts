import { setMaxListeners } from 'node:events';
import { Logger, runMigrations, runTaskList, type Task, type TaskList, type WorkerPool } from 'graphile-worker';
import pLimit from 'p-limit';
import pg from 'pg';
import { connect } from '../database/database.ts';
import { importedKeys } from './api_keys/imported.ts';
import { collectFile, sweepFiles } from './files/sweep.ts';
import type { House } from './house.ts';
import { type Embedding, embedNodes, queueEmbedding, queueUnembedded } from './ingestion/embed_nodes.ts';
import { abandonedReading, queueUnread } from './ingestion/queue_reading.ts';
import { type Reading, readFile } from './ingestion/read_file.ts';
import { noticeEndingKeys } from './mail/ending_keys.ts';
import type { Mail } from './mail/queue.ts';
import { sendMail } from './mail/send_mail.ts';
import { sweepUploads } from './pipeline_files/multipart.ts';
import { pruneDaily } from './retention.ts';
import { deliver, documented, type Pace } from './webhooks/deliver.ts';
import type { Delivery } from './webhooks/emit.ts';
import { sendAnswer, untilHeard, type WriteAnswer } from './webhooks/send_answer.ts';
import { sendHook } from './webhooks/send_hook.ts';
import type { Telling } from './webhooks/tell_answers.ts';
import type { Sending } from './webhooks/tell_hooks.ts';
import { places, turns } from './webhooks/turns.ts';

/** Work under way. */
export interface Worker {
  /** Takes up nothing new, gives what is under way 3 s, and leaves the rest in the queue. */
  stop(): Promise<void>;
}

/** A delivery takes 10 s at most, and no job much longer: whoever holds one for so long is dead. */
const held = '1 minute';

/** Between two sweeps of one process; milliseconds. */
const sweeping = 6 * 3_600_000;

/** How often a process looks whether another one has imported keys; milliseconds. */
const noticing = 5_000;

/** How often a process asks whether a day has passed since the last pruning; milliseconds. */
const looking = 600_000;

/**
 * Does what changes have queued, on three connections of its own: webhooks to deliver, as many at a time as is fair to each
 * receiver, and bytes to collect, which never wait for them. Sweeps the file store at the start and every six hours, and
 * prunes what is over once a day, in one process.
 * Processes on one database share the queue without doing any of it twice; what a process that died had in hand is taken up
 * by another one. `others`: tasks of the same queue, which take no time.
 */
export async function startWorker(
  house: House,
  databaseUrl: string,
  pace: Pace = documented,
  others: TaskList = {},
  answers?: { write: WriteAnswer; pace?: Pace },
): Promise<Worker> {
  const { db, log } = house;
  const logger = new Logger(() => (level, message) => {
    log[level === 'error' || level === 'warning' ? 'warn' : 'debug'](message);
  });
  const connections = new pg.Pool({
    connectionString: databaseUrl,
    application_name: 'latchkey worker',
    connectionTimeoutMillis: 10_000,
    max: 3,
    ...(house.config.statementSeconds > 0 && {
      onConnect: (client: pg.ClientBase) =>
        client.query(`set statement_timeout = '${house.config.statementSeconds}s'`).then(() => {}),
    }),
  });
  const lost = ({ message }: Error) => log.warn({ reason: message }, 'the queue lost a connection');
  connections.on('connect', (client) => client.on('error', lost)).on('error', lost);
  // The schema came with our own migrations; a newer graphile-worker may have more of them.
  await runMigrations({ connectionString: databaseUrl, logger });

  let workers: WorkerPool;
  let stopping = false;
  const fair = turns();
  type Send = (job: never, stopping: AbortSignal, isLast: boolean) => Promise<number | undefined>;
  const inTurn =
    (name: string, send: Send): Task =>
    async (
      job,
      { job: { flags: held, run_at: runAt, priority, attempts, max_attempts: maxAttempts }, abortSignal, addJob },
    ) => {
      const flags = Object.keys(held ?? {});
      const leave = fair.enter(flags);
      // Taken up in the same moment as others of its kind: back to its place in the queue.
      if (!leave) return void (await addJob(name, job, { flags, runAt, priority, maxAttempts }));
      const wait = await send(job as never, abortSignal as AbortSignal, attempts >= maxAttempts).finally(leave);
      if (wait) setTimeout(look, wait).unref();
    };
  const webhook = inTurn('webhook', (job: Delivery, stopping) => deliver(house, job, pace, stopping));
  const hook = inTurn('hook', (job: Sending, stopping) => sendHook(house, job, pace, stopping));
  const answer =
    answers &&
    inTurn('answer', (job: Telling, stopping) => {
      const { write, pace: patience = untilHeard } = answers;
      return sendAnswer(house, job, { write, pace: patience, stopping });
    });
  const mail = inTurn('mail', (job: Mail) => sendMail(house, job).then(() => undefined));
  const read_file = inTurn('read_file', (job: Reading, stopping, isLast) =>
    readFile(house, job, stopping, isLast).then(() => undefined),
  );
  const embed_nodes = inTurn('embed_nodes', async (job: Embedding, stopping) => {
    if (await embedNodes(house, job, stopping)) await queueEmbedding(db, job.knowledge_base_id);
    return undefined;
  });
  // Each holds a connection that requests want as well.
  const few = pLimit(2);
  const collect_file: Task = (job) => few(collectFile, house, (job as { sha256: string }).sha256);

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
    concurrency: places,
    forbiddenFlags: fair.full,
    noHandleSignals: true,
    // Only for what another process put off and did not live to see.
    pollInterval: 20_000,
    gracefulShutdownAbortTimeout: 3_000,
    // Without batches, a connection that is lost at the end of a job would be an unhandled rejection.
    preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
  };
  const work = () => {
    workers = runTaskList(
      options,
      { webhook, hook, ...(answer && { answer }), collect_file, mail, read_file, embed_nodes, ...others },
      connections,
    );
    // Each job listens to it, and so does the queue: Node takes more than ten for a leak.
    setMaxListeners(2 * options.concurrency, workers.abortSignal);
    workers.promise
      .catch(({ message }: Error) => log.warn({ reason: message }, 'the queue stopped; it starts again'))
      .then(() => stopping || setTimeout(() => stopping || work(), 1_000).unref());
  };
  const unlock = () =>
    db
      .raw(
        `select graphile_worker.force_unlock_workers(array_agg(distinct locked_by)) from graphile_worker.jobs
         where locked_at < now() - ?::interval and (task_identifier in ('webhook', 'hook', 'answer', 'collect_file', 'mail', 'run', 'pipeline', 'embed_nodes')
           or ${abandonedReading}) having count(*) > 0`,
        [held],
      )
      .catch(({ message }: Error) => log.warn({ reason: message }, 'abandoned jobs could not be taken up'));

  const leaving = new AbortController();
  // What is done beside the requests may take its time.
  const unhurried = { ...house, db: connect(databaseUrl) };
  const sweep = () =>
    sweepUploads(unhurried)
      .then(() => sweepFiles(unhurried, leaving.signal))
      .catch((error: Error) => log.warn({ err: error }, 'the files could not be swept'));

  await unlock();
  await Promise.all([queueUnread(db), queueUnembedded(house)]).catch((error: Error) =>
    log.warn({ err: error }, 'files that nobody has read are not queued'),
  );
  let swept = sweep();
  const seldom = setInterval(() => {
    swept = swept.then(sweep);
  }, sweeping).unref();
  const minutely = setInterval(unlock, 60_000).unref();
  const noticed = setInterval(async () => {
    const { importedKeys: known } = house.installation;
    if (!known.sha512) Object.assign(known, await importedKeys(db).catch(() => known));
  }, noticing).unref();
  const often = setInterval(() => {
    swept = swept.then(() => pruneDaily(unhurried, leaving.signal)).then(() => noticeEndingKeys(unhurried));
  }, looking).unref();
  work();
  return {
    async stop() {
      stopping = true;
      leaving.abort();
      for (const timer of [minutely, seldom, often, noticed]) clearInterval(timer);
      await Promise.resolve(workers.gracefulShutdown()).catch(({ message }: Error) => log.warn(message));
      await connections.end();
      await swept;
      await unhurried.db.destroy();
    },
  };
}
