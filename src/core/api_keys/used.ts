import type { Knex } from 'knex';
import type { Logger } from 'pino';

/** Notes when keys were used, and writes it down in batches. */
export interface UsedKeys {
  /** Never waits, never throws. */
  note(keyId: number): void;
  /** The last use that may not be written yet, as the database writes times. */
  latest(keyId: number): string | undefined;
  /** Writes what was noted since the last time, in one statement. */
  flush(): Promise<void>;
  /** Flushes a last time. */
  close(): Promise<void>;
}

const second = 1000;

/**
 * Gathers the uses of keys in memory and writes them at most once a second: no request waits for it, and a thousand uses
 * are one write. Time only goes forward, so several processes cannot move it back.
 */
export function usedKeys(db: Knex, log: Logger): UsedKeys {
  let noted = new Map<number, number>();
  // Kept until the next batch: who reads while it is written must not miss it on both sides.
  let leaving = new Map<number, number>();
  let flushing: Promise<void> = Promise.resolve();

  const write = async () => {
    if (noted.size === 0) return;
    const batch = noted;
    leaving = batch;
    noted = new Map();
    try {
      await db.raw(
        `update api_keys k set last_used_at = u.at
         from (select unnest(?::int[]) id, to_timestamp(unnest(?::float8[]) / 1000) at) u
         where k.id = u.id and (k.last_used_at is null or k.last_used_at < u.at)`,
        [[...batch.keys()], [...batch.values()]],
      );
    } catch (error) {
      // Kept for the next time, unless a key was used again meanwhile.
      for (const [id, at] of batch) if (!noted.has(id)) noted.set(id, at);
      log.warn({ err: error }, 'last_used_at could not be written; it will be tried again');
    }
  };
  const flush = () => {
    flushing = flushing.then(write);
    return flushing;
  };
  const timer = setInterval(flush, second).unref();
  return {
    note: (keyId) => void noted.set(keyId, Date.now()),
    latest: (keyId) => {
      const at = noted.get(keyId) ?? leaving.get(keyId);
      return at === undefined ? undefined : new Date(at).toISOString().replace('Z', '000+00:00');
    },
    flush,
    close: () => {
      clearInterval(timer);
      return flush();
    },
  };
}
