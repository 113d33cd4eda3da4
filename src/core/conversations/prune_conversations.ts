import type { Knex } from 'knex';
import { isAhead } from '../completions/hold.ts';
import type { Context } from '../context.ts';
import { releaseFiles } from '../files/release.ts';
import type { House } from '../house.ts';

/** So many are looked for at once, by one walk through the table, and so many go in one transaction, with all that was said in them. */
const most = 50_000;
const batch = 100;

const over = `coalesce(c.last_message_at, c.created_at) < now() - make_interval(days => ?::int)
  and not exists (select from messages e where e.conversation_id = c.id and ${isAhead})`;

/**
 * Deletes conversations in which nothing was said for so many days and no answer is under way, with their messages; and what was attached
 * to those alone, with its files where nothing else refers to them. Gives how many conversations went.
 */
export async function pruneConversations(house: House, days: number, stopping?: AbortSignal): Promise<number> {
  let gone = 0;
  for (let found = most; found === most && !stopping?.aborted; ) {
    const before = gone;
    const { rows } = await house.db.raw<{ rows: { id: string }[] }>(
      `select id from conversations c where ${over} order by account_id limit ${most}`,
      [days],
    );
    for (let at = 0; at < rows.length && !stopping?.aborted; at += batch) {
      const ids = rows.slice(at, at + batch).map(({ id }) => id);
      gone += await house.db.transaction((trx) => pruneBatch(house, trx, ids, days));
    }
    // Those that somebody holds are met again and again.
    found = gone > before ? rows.length : 0;
  }
  return gone;
}

async function pruneBatch(house: House, trx: Knex, ids: readonly string[], days: number): Promise<number> {
  // Whoever speaks in one of them meanwhile has it: it is young then.
  const { rows } = await trx.raw<{ rows: { id: string; account_id: number }[] }>(
    `select c.id, c.account_id from conversations c where c.id = any(?::uuid[]) and ${over} order by c.id for update skip locked`,
    [[...ids], days],
  );
  for (const account of new Set(rows.map(({ account_id }) => account_id))) {
    const theirs = rows.filter(({ account_id }) => account_id === account).map(({ id }) => id);
    await pruneOf(contextOf(house, trx, account), theirs);
  }
  return rows.length;
}

async function pruneOf(context: Context, ids: readonly string[]): Promise<void> {
  const { db } = context;
  const { rows: attached } = await db.raw<{ rows: { id: string; file_id: string }[] }>(
    `select distinct a.id, a.file_id from messages m join message_attachments j on j.message_id = m.id
     join attachments a on a.id = j.attachment_id where m.conversation_id = any(?::uuid[])`,
    [[...ids]],
  );
  const named = attached.map(({ id }) => id);
  await releaseFiles(
    context,
    attached.map(({ file_id }) => file_id),
    async () => {
      // Whoever names one of them in another message holds it until that is written, and the next statement sees it.
      await db('attachments').whereIn('id', named).orderBy('id').forUpdate().select('id');
      await db('conversations').whereIn('id', ids).delete();
      await db('attachments')
        .whereIn('id', named)
        .whereNotExists(db('message_attachments').whereRaw('attachment_id = attachments.id').select(db.raw('1')))
        .delete();
    },
  );
}

/** The server itself, in an account. */
function contextOf(house: House, db: Knex, accountId: number): Context {
  const asker = { address: '', requestId: '', origin: '' };
  return { house, db, principal: { kind: 'open', accountId }, asker };
}
