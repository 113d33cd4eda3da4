import { EventEmitter, once } from 'node:events';
import { setTimeout as after } from 'node:timers/promises';
import type { Knex } from 'knex';
import type { Logger } from 'pino';
import { Failure } from '../../contract/failure.ts';
import { toFailure } from '../to_failure.ts';
import { held } from './hold.ts';

/** A question that somebody is answering; it may not be written down yet. */
export interface Held {
  messageId: Promise<number>;
  conversationId: string;
}

/** The answers that this process is giving. */
export interface UnderWay {
  /** Counts one more of an account, and gives what ends it. Throws `too_many` at the bound. */
  enter(accountId: number): () => void;
  /** Holds a question until its end, which it gives. Cuts its answer with a Failure where it is cancelled, or cannot be written down. */
  begin(question: Held, cutter: AbortController): () => void;
  /** Cancels questions of this process at once. */
  cancel(messageIds: readonly number[]): void;
  /** Waits until an answer of a conversation has ended here, or for so many milliseconds; then it may ask again. */
  pause(conversationId: string, milliseconds: number, signal: AbortSignal): Promise<void>;
  /** Something waits for an answer in our own time; whoever gives those is told. */
  unattended: EventEmitter<{ question: [] }>;
  /** Waits for a moment until all that is under way has been written down. */
  close(): Promise<void>;
}

/** So many answers of one account are under way in one process at most: more would take the models from all others. */
const mostOfAccount = 256;

/** How often what is held is held anew; milliseconds. */
const renewing = 5_000;

const renew = `update messages set held_until = now() + ${held} where id = any(?::bigint[]) and state = 'waiting' returning id`;

export function underWayOf(db: Knex, log: Logger): UnderWay {
  const counts = new Map<number, number>();
  const cutters = new Map<number, AbortController>();
  const ends = new EventEmitter<Record<string, []>>().setMaxListeners(0);

  const cancel = (ids: Iterable<number>) => {
    for (const id of ids) cutters.get(id)?.abort(new Failure('invalid', 'The answer was cancelled.'));
  };
  const renewAll = async () => {
    const ids = [...cutters.keys()];
    if (ids.length === 0) return;
    try {
      const { rows } = await db.raw<{ rows: { id: number }[] }>(renew, [ids]);
      const left = new Set(rows.map(({ id }) => id));
      cancel(ids.filter((id) => !left.has(id)));
    } catch (error) {
      log.warn({ err: error }, 'questions could not be held; it is tried again');
    }
  };
  const timer = setInterval(renewAll, renewing).unref();

  return {
    enter(accountId) {
      const now = counts.get(accountId) ?? 0;
      if (now >= mostOfAccount) {
        const sentence = `This account has ${mostOfAccount} answers under way, and may have no more.`;
        throw new Failure('too_many', sentence, { headers: { 'Retry-After': '1' } });
      }
      counts.set(accountId, now + 1);
      let isIn = true;
      return () => {
        if (!isIn) return;
        isIn = false;
        const left = (counts.get(accountId) ?? 1) - 1;
        if (left > 0) counts.set(accountId, left);
        else counts.delete(accountId);
      };
    },

    begin({ messageId, conversationId }, cutter) {
      messageId.then(
        (id) => cutters.set(id, cutter),
        (error) => cutter.abort(toFailure(error)),
      );
      return () => {
        messageId.then(
          (id) => cutters.delete(id),
          () => {},
        );
        ends.emit(conversationId);
      };
    },

    cancel,

    async pause(conversationId, milliseconds, signal) {
      const stop = new AbortController();
      const limit = AbortSignal.any([signal, stop.signal]);
      try {
        await Promise.race([
          once(ends, conversationId, { signal: limit }),
          after(milliseconds, undefined, { signal: limit }),
        ]);
      } finally {
        stop.abort();
      }
    },

    unattended: new EventEmitter(),
    async close() {
      clearInterval(timer);
      for (let look = 0; cutters.size > 0 && look < 40; look += 1) await after(25);
    },
  };
}
