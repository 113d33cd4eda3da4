import type { Context } from '../context.ts';
import { idOf } from '../ids.ts';
import { accountOf } from '../rules.ts';
import { flagsOfHook } from './turns.ts';

/** A delivery that the queue is to attempt; `attempt`: for the how manieth time. */
export interface Sending {
  id: string;
  attempt: number;
}

interface Waiting {
  id: string;
  hook_id: string;
  url: string;
}

/** Queues an event for every endpoint of the account that wants it, in the context's transaction; ids as `/v1` has them. */
export async function tellHooks(context: Context, event: string, data: object): Promise<void> {
  const account = accountOf(context);
  const body = JSON.stringify({ type: event, timestamp: new Date().toISOString(), data: inOurIds(data) });
  const { rows } = await context.db.raw<{ rows: Waiting[] }>(
    `with wanted as (select id, url from hooks where account_id = ? and enabled and events && array[?, '*']::text[]),
     made as (
       insert into hook_deliveries (hook_id, message, event, body) select id, gen_random_uuid(), ?, ? from wanted returning id, hook_id
     )
     select made.id, hook_id, url from made join wanted on wanted.id = hook_id`,
    [account, event, event, body],
  );
  for (const { id, hook_id, url } of rows) {
    await enqueue(context, { id, attempt: 1 }, flagsOfHook({ id: hook_id, account_id: account, url }));
  }
}

/** Has the queue send a delivery, once the context's transaction is over. */
export async function enqueue({ db }: Pick<Context, 'db'>, job: Sending, flags: string[]): Promise<void> {
  await db.raw(`select from graphile_worker.add_job('hook', ?::json, flags => ?::text[])`, [
    JSON.stringify(job),
    flags,
  ]);
}

function inOurIds(data: object): object {
  const { key_id, public_id, pipeline_uuid: _slug, ...rest } = data as Record<string, string>;
  if (key_id !== undefined) return { id: idOf('key', key_id), ...rest };
  return public_id === undefined ? rest : { id: idOf('pipeline', public_id), ...rest };
}
