import type { Knex } from 'knex';

/** Runners that wait in this process for runs of their accounts. */
export interface WaitingRunners {
  /**
   * Resolves with true when there may be a run of the account to be taken, or when the time (milliseconds) is over; with false on the way
   * out, and where `gone` says that nobody waits any more.
   */
  wait(accountId: number, time: number, gone?: AbortSignal): Promise<boolean>;
  /** There may be runs that nobody has in hand: somebody has made some here. */
  look(): void;
  /** Nobody waits any more. */
  close(): void;
}

/** Between two looks for runs that other processes have made, or that nobody has in hand any more; milliseconds. */
const interval = 100;

/** Looks into the database only while somebody waits, once for all of them. */
export function waitingRunners(db: Knex): WaitingRunners {
  const waiting = new Map<number, Set<(more: boolean) => void>>();
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> | undefined;
  let again = false;
  let closed = false;
  const look = () => {
    clearTimeout(timer);
    timer = undefined;
    again = looking !== undefined;
    if (closed || waiting.size === 0) return;
    looking ??= accountsWithRuns(db, [...waiting.keys()])
      // A database that is away for a moment is asked again.
      .catch(() => [])
      .then((found) => {
        looking = undefined;
        for (const id of found) for (const wake of waiting.get(id) ?? []) wake(true);
        if (again) look();
        else if (waiting.size > 0) timer ??= setTimeout(look, interval);
      });
  };

  return {
    look,
    wait(accountId, time, gone) {
      if (closed || gone?.aborted) return Promise.resolve(false);
      timer ??= setTimeout(look, interval);
      return new Promise((resolve) => {
        const mine = waiting.get(accountId) ?? new Set();
        waiting.set(accountId, mine);
        const wake = (more: boolean) => {
          clearTimeout(late);
          gone?.removeEventListener('abort', leave);
          mine.delete(wake);
          if (mine.size === 0) waiting.delete(accountId);
          resolve(more);
        };
        const leave = () => wake(false);
        const late = setTimeout(wake, time, true);
        gone?.addEventListener('abort', leave);
        mine.add(wake);
      });
    },
    close() {
      closed = true;
      clearTimeout(timer);
      for (const wakes of waiting.values()) for (const wake of [...wakes]) wake(false);
    },
  };
}

async function accountsWithRuns(db: Knex, accountIds: readonly number[]): Promise<number[]> {
  const { rows } = await db.raw<{ rows: { id: number }[] }>(
    `select a.id from unnest(?::int[]) a (id) where exists (
       select from runs r where r.account_id = a.id and r.executor = 'runner' and r.ended_at is null
         and (r.leased_until is null or r.leased_until < now()))`,
    [[...accountIds]],
  );
  return rows.map(({ id }) => id);
}
