import type { Knex } from 'knex';

/** Who waits in this process for the ends of runs. */
export interface Endings {
  /** Resolves when the run has ended, whichever process did the work, when the time (milliseconds) is over, or on the way out. */
  wait(id: string, time: number): Promise<void>;
  /** A run has ended here. */
  tell(id: string): void;
  /** Nobody waits any more. */
  close(): void;
}

/** Between two looks for ends that other processes have written; milliseconds. */
const interval = 500;

/** Looks into the database only while somebody waits, once for all of them. */
export function endings(db: Knex): Endings {
  const waiting = new Map<string, Set<() => void>>();
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  const tell = (id: string) => {
    for (const wake of waiting.get(id) ?? []) wake();
  };
  const look = async () => {
    const ids = [...waiting.keys()];
    const open = db('runs').whereIn('id', ids).whereNull('ended_at').select('id');
    // A database that is away for a moment is asked again; a run that is gone is waited for no longer.
    const rows = await open.catch(() => undefined);
    const still = rows && new Set(rows.map(({ id }) => id));
    if (still) for (const id of ids) if (!still.has(id)) tell(id);
    timer = waiting.size > 0 ? setTimeout(look, interval) : undefined;
  };

  return {
    tell,
    close() {
      closed = true;
      for (const id of waiting.keys()) tell(id);
      clearTimeout(timer);
    },
    wait(id, time) {
      if (closed) return Promise.resolve();
      timer ??= setTimeout(look, interval);
      return new Promise((resolve) => {
        const mine = waiting.get(id) ?? new Set();
        waiting.set(id, mine);
        const wake = () => {
          clearTimeout(late);
          mine.delete(wake);
          if (mine.size === 0) waiting.delete(id);
          resolve();
        };
        const late = setTimeout(wake, time);
        mine.add(wake);
      });
    },
  };
}
