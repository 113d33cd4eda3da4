import type { Knex } from 'knex';
import type { Logger } from 'pino';

/** Notes when rows were used, by their ids, and writes it down in batches. */
export interface Used<Id> {
  /** Never waits, never throws. */
  note(id: Id): void;
  /** The last use that may not be written yet, as the database writes times. */
  latest(id: Id): string | undefined;
  /** Writes what was noted since the last time, in one statement. */
  flush(): Promise<void>;
  /** Flushes a last time. */
  close(): Promise<void>;
}

const second = 1000;

/** The uses of API keys. */
export const usedKeys = (db: Knex, log: Logger): Used<number> =>
  gather(
    db,
    log,
    `update api_keys k set last_used_at = u.at
     from (select unnest(?::int[]) id, to_timestamp(unnest(?::float8[]) / 1000) at) u
     where k.id = u.id and (k.last_used_at is null or k.last_used_at < u.at)`,
  );

/** The uses of command lines' sessions: each is a refresh. */
export const usedSessions = (db: Knex, log: Logger): Used<string> =>
  gather(
    db,
    log,
    `update sessions s set refreshed_at = u.at
     from (select unnest(?::uuid[]) id, to_timestamp(unnest(?::float8[]) / 1000) at) u
     where s.id = u.id and (s.refreshed_at is null or s.refreshed_at < u.at)`,
  );

/**
 * Gathers uses in memory and writes them at most once a second: no request waits for it, and a thousand uses
 * are one write. Time only goes forward, so several processes cannot move it back.
 */
function gather<Id>(db: Knex, log: Logger, statement: string): Used<Id> {
  let noted = new Map<Id, number>();
  // Kept until the next batch: who reads while it is written must not miss it on both sides.
  let leaving = new Map<Id, number>();
  let flushing: Promise<void> = Promise.resolve();

  const write = async () => {
    if (noted.size === 0) return;
    const batch = noted;
    leaving = batch;
    noted = new Map();
    try {
      await db.raw(statement, [[...batch.keys()], [...batch.values()]] as never);
    } catch (error) {
      // Kept for the next time, unless one was used again meanwhile.
      for (const [id, at] of batch) if (!noted.has(id)) noted.set(id, at);
      log.warn({ err: error }, 'last uses could not be written; it will be tried again');
    }
  };
  const flush = () => {
    flushing = flushing.then(write);
    return flushing;
  };
  const timer = setInterval(flush, second).unref();
  return {
    note: (id) => void noted.set(id, Date.now()),
    latest: (id) => {
      const at = noted.get(id) ?? leaving.get(id);
      return at === undefined ? undefined : new Date(at).toISOString().replace('Z', '000+00:00');
    },
    flush,
    close: () => {
      clearInterval(timer);
      return flush();
    },
  };
}
