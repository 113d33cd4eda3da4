import type { Knex } from 'knex';
import type { Logger } from 'pino';

/** Where a use came from. */
export interface Origin {
  address?: string | undefined;
  userAgent?: string | undefined;
}

/** Notes when rows were used, and from where, by their ids, and writes it down in batches. */
export interface Used<Id> {
  /** Never waits, never throws. */
  note(id: Id, from?: Origin): void;
  /** The last use that may not be written yet, as the database writes times. */
  latest(id: Id): string | undefined;
  /** Writes what was noted since the last time, in one statement. */
  flush(): Promise<void>;
  /** Flushes a last time. */
  close(): Promise<void>;
}

interface Use extends Origin {
  at: number;
}

const second = 1000;
const longestUserAgent = 512;

/**
 * SQL: uses `u`, but for those of rows that somebody else is changing: what is written beside the requests waits for none of them, and so
 * is part of no deadlock. The next use of such a row is written.
 */
const uses = (type: string, table: string) => `
  with noted as (select unnest(?::${type}[]) id, to_timestamp(unnest(?::float8[]) / 1000) at, unnest(?::text[]) address,
    unnest(?::text[]) agent),
  u as (select noted.* from noted join ${table} using (id) for no key update of ${table} skip locked)`;

/** The uses of API keys. */
export const usedKeys = (db: Knex, log: Logger): Used<number> =>
  gather(
    db,
    log,
    `${uses('int', 'api_keys')}
     update api_keys k set last_used_at = u.at, last_used_address = coalesce(u.address, k.last_used_address)
     from u where k.id = u.id and (k.last_used_at is null or k.last_used_at < u.at)`,
  );

/** The uses of sessions. Each use of one that is not refreshed otherwise, a command line's or a browser's, is a refresh. */
export const usedSessions = (db: Knex, log: Logger): Used<string> =>
  gather(
    db,
    log,
    `${uses('uuid', 'sessions')}
     update sessions s set last_used_at = u.at, address = u.address, user_agent = u.agent,
       refreshed_at = case when s.kind in ('cli', 'console') then u.at else s.refreshed_at end
     from u where s.id = u.id and (s.last_used_at is null or s.last_used_at < u.at)`,
  );

/**
 * Gathers uses in memory and writes them at most once a second: no request waits for it, and a thousand uses
 * are one write. Time only goes forward, so several processes cannot move it back.
 */
function gather<Id>(db: Knex, log: Logger, statement: string): Used<Id> {
  let noted = new Map<Id, Use>();
  // Kept until the next batch: who reads while it is written must not miss it on both sides.
  let leaving = new Map<Id, Use>();
  let flushing: Promise<void> = Promise.resolve();

  const write = async () => {
    if (noted.size === 0) return;
    const batch = noted;
    leaving = batch;
    noted = new Map();
    const rows = [...batch.values()];
    const columns = [
      rows.map(({ at }) => at),
      rows.map(({ address }) => address ?? null),
      rows.map(({ userAgent }) => userAgent ?? null),
    ];
    try {
      await db.raw(statement, [[...batch.keys()], ...columns] as never);
    } catch (error) {
      // Kept for the next time, unless one was used again meanwhile.
      for (const [id, use] of batch) if (!noted.has(id)) noted.set(id, use);
      log.warn({ err: error }, 'last uses could not be written; it will be tried again');
    }
  };
  const flush = () => {
    flushing = flushing.then(write);
    return flushing;
  };
  const timer = setInterval(flush, second).unref();
  return {
    note: (id, from = {}) =>
      void noted.set(id, {
        at: Date.now(),
        address: from.address || undefined,
        userAgent: from.userAgent?.slice(0, longestUserAgent),
      }),
    latest: (id) => {
      const at = (noted.get(id) ?? leaving.get(id))?.at;
      return at === undefined ? undefined : new Date(at).toISOString().replace('Z', '000+00:00');
    },
    flush,
    close: () => {
      clearInterval(timer);
      return flush();
    },
  };
}
