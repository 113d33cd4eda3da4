import { setTimeout as sleep } from 'node:timers/promises';
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
 * SQL: writes uses `u`, but for those of rows that somebody else is changing, whose ids it gives: what is written beside the requests
 * holds no lock while it waits for another, and so is part of no deadlock.
 */
const writing = (type: string, table: string, update: string) => `
  with noted as (select unnest(?::${type}[]) id, to_timestamp(unnest(?::float8[]) / 1000) at, unnest(?::text[]) address,
    unnest(?::text[]) agent),
  u as (select noted.* from noted join ${table} using (id) for no key update of ${table} skip locked),
  written as (${update})
  select id from noted join ${table} using (id) where id not in (select id from u)`;
/** How often what was locked is tried before it is left for the next time, and how long it is waited for in between; milliseconds. */
const tries = 10;
const pause = 20;

/** The uses of API keys. */
export const usedKeys = (db: Knex, log: Logger): Used<number> =>
  gather(
    db,
    log,
    writing(
      'int',
      'api_keys',
      `update api_keys k set last_used_at = u.at, last_used_address = coalesce(u.address, k.last_used_address)
       from u where k.id = u.id and (k.last_used_at is null or k.last_used_at < u.at)`,
    ),
  );

/** The uses of sessions. Each use of one that is not refreshed otherwise, a command line's or a browser's, is a refresh. */
export const usedSessions = (db: Knex, log: Logger): Used<string> =>
  gather(
    db,
    log,
    writing(
      'uuid',
      'sessions',
      `update sessions s set last_used_at = u.at, address = u.address, user_agent = u.agent,
         refreshed_at = case when s.kind in ('cli', 'console') then u.at else s.refreshed_at end
       from u where s.id = u.id and (s.last_used_at is null or s.last_used_at < u.at)`,
    ),
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
    for (let time = 1; noted.size > 0; time += 1) {
      const batch = noted;
      leaving = batch;
      noted = new Map();
      const locked = await written(batch).catch((error) => {
        log.warn({ err: error }, 'last uses could not be written; it will be tried again');
        return undefined;
      });
      // Kept for the next time, unless one was used again meanwhile.
      for (const [id, use] of batch) if ((!locked || locked.has(id)) && !noted.has(id)) noted.set(id, use);
      if (!locked || locked.size === 0 || time === tries) return;
      await sleep(pause);
    }
  };
  /** Gives those that are locked. */
  const written = async (batch: Map<Id, Use>): Promise<Set<Id>> => {
    const uses = [...batch.values()];
    const columns = [
      uses.map(({ at }) => at),
      uses.map(({ address }) => address ?? null),
      uses.map(({ userAgent }) => userAgent ?? null),
    ];
    const { rows } = await db.raw<{ rows: { id: Id }[] }>(statement, [[...batch.keys()], ...columns] as never);
    return new Set(rows.map(({ id }) => id));
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
