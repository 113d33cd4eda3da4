import { setTimeout as after } from 'node:timers/promises';
import type { House } from '../house.ts';
import { attempt } from './attempt.ts';
import { type Cut, finish, giveBack, type Held, keep, take } from './lease.ts';
import { failed, type Outcome, type Pace, tooSlow, unhurried } from './row.ts';

/** Runs under way in this process. */
export interface Runner {
  /** There may be something to do: the queue says so for each new run. */
  look(): void;
  /** Takes up nothing new, gives what is under way `patience` milliseconds, and puts the rest back. */
  stop(patience?: number): Promise<void>;
}

/** How many runs one process has in hand at a time. Each holds a connection to its container, and up to 10 MiB of answer. */
const most = 50;

/**
 * Sends runs to their containers. The table is the queue, and a lease on a row is the right to send it: what a process that
 * died had in hand is taken up once its leases are over, by another one or by the next.
 */
export function startRuns(house: House, pace: Pace = unhurried): Runner {
  const { db, log } = house;
  const underWay = new Map<Promise<void>, AbortController>();
  let stopping = false;
  let looking: Promise<void> | undefined;
  let again = false;

  const fill = async () => {
    do {
      again = false;
      const free = stopping ? 0 : most - underWay.size;
      const runs = free > 0 ? await take(db, pace, free) : [];
      for (const run of runs) begin(run);
    } while (again);
  };
  const look = () => {
    again = true;
    looking ??= fill()
      .catch(({ message }: Error) => log.warn({ reason: message }, 'runs could not be taken up'))
      .finally(() => {
        looking = undefined;
      });
  };
  const begin = (run: Held) => {
    const cutter = new AbortController();
    const work = perform(house, run, pace, cutter)
      .catch(({ message }: Error) => log.warn({ run_id: run.id, reason: message }, 'a run was left for another try'))
      .then((wait) => {
        underWay.delete(work);
        if (wait) setTimeout(look, wait).unref();
        look();
      });
    underWay.set(work, cutter);
    if (stopping) cutter.abort('stopping' satisfies Cut);
  };

  const sweep = setInterval(look, pace.sweep).unref();
  look();
  return {
    look,
    async stop(patience = 3_000) {
      stopping = true;
      clearInterval(sweep);
      const late = after(patience, undefined, { ref: false }).then(() => {
        for (const cutter of underWay.values()) cutter.abort('stopping' satisfies Cut);
      });
      // A database that is gone may keep it waiting for long.
      await Promise.race([looking, late]);
      await Promise.all(underWay.keys());
    },
  };
}

/** Does one run; gives the milliseconds after which it wants to be tried again, if it does. */
async function perform(house: House, run: Held, pace: Pace, cutter: AbortController): Promise<number | undefined> {
  const began = performance.now();
  const cut = (why: Cut) => cutter.abort(why);
  const lease = keep(house, run, pace, cut);
  const overdue = setTimeout(cut, pace.limit, 'overdue');
  try {
    const tried = givenUp(run, pace) ?? (await attempt(house, run, pace, cutter.signal, lease));
    if (tried.state === 'busy' && Date.now() - Date.parse(run.sent_at ?? '') < pace.limit) {
      await giveBack(house, run, 'running', pace.pause);
      return pace.pause;
    }
    const outcome = tried.state === 'busy' ? tooSlow(pace) : tried;
    if (outcome.state === 'absent' && run.waits && Date.now() - Date.parse(run.created_at) < pace.patience) {
      await giveBack(house, run, 'routing', pace.pause);
      return pace.pause;
    }
    await finish(house, run, outcome, performance.now() - began);
  } catch (thrown) {
    if (!cutter.signal.aborted) throw thrown;
    const why: Cut = cutter.signal.reason;
    if (why === 'stopping') await giveBack(house, run, 'queued');
    if (why === 'overdue') await finish(house, run, tooSlow(pace), performance.now() - began);
  } finally {
    clearTimeout(overdue);
    lease.release();
  }
  return undefined;
}

/** Why a run is not sent (again): nobody listens to its stream any more, or it was begun too often. */
function givenUp({ streamed, attempts }: Held, pace: Pace): Outcome | undefined {
  if (streamed) return failed('The server was stopped while the run was streaming');
  return attempts > pace.attempts ? failed(`The run was begun ${pace.attempts} times and never ended`) : undefined;
}
