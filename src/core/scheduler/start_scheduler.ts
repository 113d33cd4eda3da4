import type { TaskList } from 'graphile-worker';
import pLimit from 'p-limit';
import type { House } from '../house.ts';
import { dispatch } from './dispatch.ts';
import { failUnattended, wakeForgotten } from './left_behind.ts';
import { endOverdue } from './overdue.ts';
import { tick } from './tick.ts';

/** What makes pipelines run by themselves. */
export interface Scheduler {
  /** Of the queue that carries it: a pipeline has runs to be looked at. */
  tasks: TaskList;
  /** Looks no more; resolves when what is under way is done. */
  stop(): Promise<void>;
}

/** Between two looks at the clock; milliseconds. */
const often = 1_000;
/** Between two looks for what was left behind; in looks at the clock. */
const seldom = 30;

/**
 * Looks at the clock once a second, in each process on the database: what is due is done by whoever sees it first, and by nobody
 * twice. `clock` says what time it is.
 */
export function startScheduler(house: House, clock: () => Date = () => new Date()): Scheduler {
  // Each holds a connection that requests want as well.
  const few = pLimit(2);
  let looks = 0;
  let looking: Promise<unknown> | undefined;
  const look = async () => {
    await tick(house, clock());
    await endOverdue(house, clock());
    await failUnattended(house, clock());
    if (looks++ % seldom === 0) await wakeForgotten(house.db);
  };
  const timer = setInterval(() => {
    looking ??= look()
      .catch(({ message }: Error) => house.log.warn({ reason: message }, 'the scheduler could not look at the clock'))
      .finally(() => {
        looking = undefined;
      });
  }, often).unref();
  return {
    tasks: {
      async pipeline(job) {
        await few(dispatch, house, (job as { id: number }).id);
        house.waitingRunners.look();
      },
    },
    async stop() {
      clearInterval(timer);
      await looking;
    },
  };
}
