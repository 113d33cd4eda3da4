import { randomUUID } from 'node:crypto';
import type { Context } from '../context.ts';
import { accountOf } from '../rules.ts';
import { tellHooks } from './tell_hooks.ts';
import { flagsOf, type Receiver } from './turns.ts';

interface KeyNews {
  key_id: string;
  name: string;
  key_prefix: string;
  created_at: string;
}

interface PipelineNews {
  /** Told to endpoints of the account alone, which know pipelines by it. */
  public_id?: string;
  pipeline_uuid: string;
  name: string;
  type: string;
}

/** What may be sent to the webhooks of an account, and what is said of it; as in the contract's `webhooks`. */
export interface Events {
  'key.created': KeyNews;
  'key.revoked': KeyNews;
  'key.leaked': KeyNews;
  'pipeline.created': PipelineNews;
  'pipeline.updated': PipelineNews;
  'pipeline.deleted': PipelineNews;
}

/** One event on its way to one key. */
export interface Delivery {
  /** The same in every attempt. */
  delivery: string;
  key_id: number;
  event: string;
  /** The bytes that are sent, the same in every attempt. */
  body: string;
  attempt: number;
}

/** Which keys `k` have a webhook. */
export const listening = `k.webhook_url is not null and k.revoked_at is null and k.is_enabled
  and (k.expires_at is null or k.expires_at > now())`;

/**
 * Queues an event for all who listen: endpoints and keys of the account, in the transaction of the change that it tells of: a
 * change that is rolled back is never heard of. One look-up in an index for each where nobody listens.
 */
export async function emit<Name extends keyof Events>(context: Context, event: Name, data: Events[Name]) {
  await tellHooks(context, event, data);
  const { public_id: _hidden, ...told } = data as Partial<PipelineNews>;
  await tellKeys(context, event, told);
}

/** What happens to keys is heard by keys of the same user only. */
async function tellKeys(context: Context, event: string, data: object) {
  const { principal } = context;
  const userId = event.startsWith('key.') && principal.kind === 'user' ? principal.userId : null;
  const { rows } = await context.db.raw<{ rows: Receiver[] }>(
    `select k.id, k.user_id, k.account_id, k.webhook_url from api_keys k where k.account_id = ? and k.user_id = coalesce(?, k.user_id) and ${listening}`,
    [accountOf(context), userId],
  );
  if (rows.length === 0) return;
  const body = JSON.stringify({ event, timestamp: new Date().toISOString(), data });
  const jobs = rows.map((receiver) => {
    const payload: Delivery = { delivery: randomUUID(), key_id: receiver.id, event, body, attempt: 1 };
    return { payload, flags: flagsOf(receiver) };
  });
  await context.db.raw(
    `select from graphile_worker.add_jobs(array(
       select row('webhook', job -> 'payload', null, null, null, null, null,
         array(select json_array_elements_text(job -> 'flags')))::graphile_worker.job_spec
       from json_array_elements(?::json) job
     ))`,
    [JSON.stringify(jobs)],
  );
}
