import type { Knex } from 'knex';
import type { Logger } from 'pino';
import { remembersWith } from '../../database/all_heard.ts';
import { renewConnections } from '../../database/connection_age.ts';
import { joinNodes, type Node } from './node.ts';
import { type Known, type Mark, Remembered } from './remembered.ts';

/** What this process remembers of credentials and of chatbots, and may answer from without asking the database (docs/revocation.md). */
export interface Exact {
  /** What is known for certain, this very moment. Undefined where the database has to be asked. */
  get<Row>(key: string): Known<Row> | undefined;
  /** To be taken before the database is asked. Undefined where its answer cannot be remembered. */
  mark(): Mark | undefined;
  /** Remembers an answer. `until`: milliseconds of the database's clock; `subjects`: whose changes end it, besides its own. */
  keep(key: string, mark: Mark | undefined, row: unknown, until: number, subjects: readonly string[]): void;
  /** The database's clock, at the latest that it can be now; infinite where nothing is heard of it. */
  now(): number;
  /** Begins to remember; before, and after `close`, everything is looked up. */
  join(url: string): Promise<void>;
  close(): Promise<void>;
}

/** The memory of one process. */
export function exactMemory(db: Knex, log: Logger): Exact {
  const remembered = new Remembered();
  let node: Node | undefined;
  const holds = () => node?.holds() === true;
  remembersWith(db, () => node?.own());
  return {
    get: (key) => (holds() ? remembered.get(key, (node as Node).now()) : undefined),
    mark: () => (holds() ? remembered.mark() : undefined),
    keep(key, mark, row, until, subjects) {
      if (mark) remembered.keep(key, mark, row, until, subjects);
    },
    now: () => node?.now() ?? Number.POSITIVE_INFINITY,
    async join(url) {
      node = await joinNodes(url, log, {
        changed: (subject) => remembered.forget(subject),
        lost() {
          remembered.drop();
          // Those of a server that is not the first any more would read what was.
          renewConnections(db);
        },
      });
    },
    async close() {
      const left = node;
      node = undefined;
      await left?.close();
    },
  };
}
