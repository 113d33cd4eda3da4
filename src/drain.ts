import type { Server } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import type { Answers } from './core/completions/unattended.ts';
import type { House } from './core/house.ts';
import type { Runner } from './core/runs/runner.ts';
import type { Scheduler } from './core/scheduler/start_scheduler.ts';
import type { Worker } from './core/worker.ts';
import type { Database } from './database/database.ts';
import type { Listening } from './listen.ts';

/** All that runs, and ends. */
interface Running {
  server: Server;
  listening: Listening;
  house: House;
  worker: Worker;
  runs: Runner;
  scheduler: Scheduler;
  answers: Answers;
  database: Database;
}

/**
 * Ends in order: first balancers hear of it and send nothing more, then there are no new connections, answers to what was
 * asked, the database; within 10 s unless that first part was set to more, or at once when told again.
 */
export function drainOnSignal({ server, listening, house, worker, runs, scheduler, answers, database }: Running): void {
  let since = 0;
  const drain = async () => {
    // A terminal signals us, and so does npm in the same moment: that is one order, not two.
    if (since) return Date.now() - since > 500 && process.exit(1);
    since = Date.now();
    house.draining = true;
    const { drainSeconds = process.stdout.isTTY ? 0 : 5 } = house.config;
    const more = Math.max(0, drainSeconds - 5) * 1000;
    setTimeout(() => process.exit(1), 9_500 + more).unref();
    setTimeout(() => server.closeAllConnections(), 8_000 + more).unref();
    if (drainSeconds > 0) house.log.info({ seconds: drainSeconds }, 'draining');
    await wait(drainSeconds * 1000);
    // What is in hand is given back early enough for its answer to leave.
    const patience = drainSeconds > 0 ? 2_000 : 3_000;

    const closed = listening.close();
    house.log.info('stopping');
    house.followers.close();
    house.waitingRunners.close();
    const rested = Promise.all([
      scheduler.stop(),
      worker.stop(),
      answers.stop(),
      runs.stop(patience).then(house.endings.close),
    ]);
    const idle = setInterval(() => server.closeIdleConnections(), 50);
    await closed;
    clearInterval(idle);
    await rested;
    await house.underWay.close();
    await house.exact.close();
    await house.usedKeys.close();
    await house.usedSessions.close();
    await house.usage.close();
    await house.files.close();
    await database.close();
    process.exit(0);
  };
  process.on('SIGTERM', drain);
  process.on('SIGINT', drain);
}
