import type { Knex } from 'knex';
import type { Upload } from './files/file.ts';
import type { House } from './house.ts';
import type { Principal } from './principal.ts';

export type Action = 'list' | 'detail' | 'create' | 'update' | 'delete';

/** The whole house, as one operation sees it. `db` is the operation's transaction while it writes. */
export interface Context {
  house: House;
  db: Knex;
  principal: Principal;
  /** Asked within the transaction of a change, of the thing as detail shows it, once its row is locked. Throws `stale`. */
  precondition?: (shown: unknown) => void | Promise<void>;
  asker: Asker;
  /** Does something once whoever asks has left, or has been answered; at once where they have. For work that waits. */
  whenGone?: (work: () => void) => void;
}

/** Where a request came from, and what it is called in the log. */
export interface Asker {
  address: string;
  requestId: string;
  /** This server, as the caller names it: `https://keys.example.com`. Links in answers begin with it. */
  origin: string;
  /** Whether a browser asks because another site made it. */
  isForeign?: boolean;
  /** What the program that asks calls itself. */
  userAgent?: string;
}

/** What the caller asked for, in the house's words: surfaces translate their wire into it. */
export interface Call<Query = Record<string, unknown>, Body = Record<string, unknown>> {
  /** The member's identifier, from the path. */
  id?: string;
  /** The parent's identifier, from the path: `/pipelines/{parent_id}/pipeline_schedules`. */
  parentId?: string;
  query: Query;
  body: Body;
  page: { limit?: number; offset: number; order: readonly string[]; cursor?: string };
  /** The presenter's format that was asked for by name; otherwise the action names it. */
  format?: string;
  /** The value of the console's cookie that a browser holds, where the surface has one. */
  cookie?: string;
  /** The files that came with the request, by the names of their fields. They are gone afterwards, but for those that were kept. */
  uploads?: Record<string, Upload>;
}

/** One page of a list, and how many there are in all where that is known. */
export interface Page<Row> {
  rows: Row[];
  count?: number;
  limit?: number;
  offset: number;
  /** What else is said of the list as a whole. */
  said?: Record<string, unknown>;
}
