import type { Knex } from 'knex';

/** Something that happened to a run. */
export interface RunEvent {
  /** Counted from 1 for each run. */
  n: number;
  event: 'state' | 'log';
  data: Record<string, unknown>;
  at: string;
}

/** What has happened since; `ended`: nothing more will. */
interface News {
  events: RunEvent[];
  ended: boolean;
}

/** What happens to one run. `close` ends it wherever it is. */
export interface Following {
  /** Ends where the run has; its last value says so, and that it is not the server that stops. */
  events: AsyncGenerator<RunEvent, 'ended' | 'stopped'>;
  close(): void;
}

/** Who follows runs in this process. */
export interface Followers {
  /** All that happens to a run after its event `n`, what is past at once. A run that is gone has ended. */
  follow(runId: string, n: number): Following;
  /** Everybody is let go: the process is on its way out. */
  close(): void;
}

interface Ask {
  runId: string;
  n: number;
  answer(news: News | undefined): void;
}

/** Between two looks for what other processes have written; milliseconds. */
const interval = 250;

/** How many events of one run are read at a time. */
const most = 500;

/** Looks into the database only while somebody follows, once for all of them. */
export function followers(db: Knex): Followers {
  const asking = new Set<Ask>();
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  const look = async () => {
    timer = undefined;
    const asks = [...asking];
    // A database that is away for a moment is asked again.
    const news = await newsOf(db, asks).catch(() => []);
    for (const [at, ask] of asks.entries()) {
      const found = news[at];
      if (found && (found.ended || found.events.length > 0)) ask.answer(found);
    }
    if (asking.size > 0) timer ??= setTimeout(look, interval);
  };

  return {
    follow(runId, n) {
      let mine: Ask | undefined;
      let gone = closed;
      const next = (after: number, wait: number) =>
        new Promise<News | undefined>((resolve) => {
          if (gone || closed) return resolve(undefined);
          const ask: Ask = {
            ...{ runId, n: after },
            answer(news) {
              asking.delete(ask);
              resolve(news);
            },
          };
          mine = ask;
          asking.add(ask);
          timer ??= setTimeout(look, wait);
        });
      async function* events(): AsyncGenerator<RunEvent, 'ended' | 'stopped'> {
        for (let after = n, wait = 0; ; wait = interval) {
          const news = await next(after, wait);
          if (!news) return 'stopped';
          for (const event of news.events) {
            after = event.n;
            yield event;
          }
          if (news.ended) return 'ended';
        }
      }
      return {
        events: events(),
        close() {
          gone = true;
          mine?.answer(undefined);
        },
      };
    },
    close() {
      closed = true;
      clearTimeout(timer);
      for (const ask of asking) ask.answer(undefined);
    },
  };
}

/** In one statement, so that a run which has ended has all its events there. */
async function newsOf(db: Knex, asks: readonly Ask[]): Promise<News[]> {
  const { rows } = await db.raw<{ rows: { at: number; events: RunEvent[] | null; ended: boolean }[] }>(
    `select a.at::int, e.events, r.id is null or r.ended_at is not null and coalesce(json_array_length(e.events), 0) < ${most} ended
     from unnest(?::uuid[], ?::int[]) with ordinality a (run_id, n, at)
     left join runs r on r.id = a.run_id
     left join lateral (
       select json_agg(json_build_object('n', n, 'event', event, 'data', data, 'at', at) order by n) events
       from (select * from run_events where run_id = a.run_id and n > a.n order by n limit ${most}) one
     ) e on true
     order by a.at`,
    [asks.map(({ runId }) => runId), asks.map(({ n }) => n)],
  );
  return rows.map(({ events, ended }) => ({ events: events ?? [], ended }));
}
