import type { Knex } from 'knex';
import Postgres, { type Asked } from 'knex/lib/dialects/postgres/index.js';
import type { Client as Connection } from 'pg';
import { isUnsettled, settle } from './all_heard.ts';
import { isYoung } from './connection_age.ts';
import type { Lanes } from './lanes.ts';

/** Work that is done once at the end of a transaction, on all items that were left for it. */
type Last<Item> = (trx: Knex, items: Item[]) => Promise<void>;

type Left = Map<Last<never>, unknown[]>;

/** What transactions have left for their end, by their clients. */
const waiting = new WeakMap<object, Left>();

/**
 * Leaves an item for the end of the transaction: just before it commits, `work` is asked once for all items. What it locks is
 * locked for as long as a commit takes. Items of a savepoint that is rolled back are dropped. Without a transaction, it is
 * done in one of its own, now.
 */
export async function lastly<Item>(db: Knex, work: Last<Item>, item: Item): Promise<void> {
  const left = waiting.get(db.client);
  if (!left) return db.transaction((trx) => work(trx, [item]));
  leave(left, work as Last<never>, [item]);
}

/**
 * Postgres, with transactions that end with what was left for their end, with changes of credentials that all processes have heard
 * of, and with lanes for statements beside them.
 */
export class Client extends Postgres {
  lanes?: Lanes;

  override async destroy(...its: unknown[]) {
    await this.lanes?.close();
    return super.destroy(...its);
  }

  override validateConnection(connection: Connection): boolean {
    return isYoung(this, connection);
  }

  override async _query(connection: Connection, asked: Asked): Promise<Asked> {
    const answered = await super._query(connection, asked);
    if (isUnsettled(connection)) await settle(connection, answered.response?.command === 'ROLLBACK');
    return answered;
  }

  override transaction(container: (trx: Knex.Transaction) => Promise<unknown>, ...rest: unknown[]) {
    const outer = waiting.get(this);
    const whole = async (trx: Knex.Transaction) => {
      const left: Left = new Map();
      waiting.set(trx.client, left);
      const result = await container(trx);
      if (outer) for (const [work, items] of left) leave(outer, work, items);
      else for (const [work, items] of left) await work(trx, items as never[]);
      return result;
    };
    return super.transaction(whole, ...rest);
  }
}

function leave(left: Left, work: Last<never>, items: unknown[]) {
  const own = left.get(work) ?? [];
  left.set(work, own);
  for (const item of items) own.push(item);
}
