import { createHmac } from 'node:crypto';
import { withWebhookSecret } from '../api_keys/index.ts';
import { memberOf } from '../credentials/holder.ts';
import type { House } from '../house.ts';
import type { Reach } from './addresses.ts';
import { type Delivery, listening } from './emit.ts';
import { post } from './post.ts';
import { flagsOf, type Receiver } from './turns.ts';

/** How patient deliveries are; milliseconds. */
export interface Pace {
  /** Before the second attempt, before the third, and so on; each ±25 %. After the last one it is given up. */
  waits: readonly number[];
  /** For one attempt. */
  limit: number;
}

/** As docs/compat/magpipe.md: What is sent, Attempts have it. */
export const documented: Pace = { waits: [5_000, 30_000, 120_000, 600_000], limit: 10_000 };

/** Statuses that are worth another attempt (docs/compat/magpipe.md: Attempts). */
const passing = new Set([408, 429, 500, 502, 503, 504]);

/** The value of `x-magpipe-signature`: HMAC-SHA256 of the body's bytes, keyed with the whole secret (§3.3). */
export function sign(secret: string, body: string): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}

/**
 * Makes one attempt, writes down what came of it, and queues the next one where that is worth it; gives the
 * milliseconds until then. Nothing is sent for a key that was revoked or has no URL any more, nor to a user who may not
 * look at the account, nor for an attempt that was written down already. Throws where it could not be written down or
 * was cut short: the queue then runs it again.
 */
export async function deliver(house: House, job: Delivery, pace: Pace, stopping: AbortSignal) {
  const key = await findKey(house, job);
  if (!key) return undefined;
  const started = Date.now();
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'Latchkey',
    'x-magpipe-signature': sign(key.webhook_secret, job.body),
  };
  const outcome = await attempt(house, { url: key.webhook_url, body: job.body, headers }, pace, stopping);
  const wait = outcome.again ? waitAfter(job.attempt, pace) : undefined;
  await record(house, job, flagsOf(key), { ...outcome, wait, ms: Date.now() - started });
  if (wait === undefined && !outcome.delivered && outcome.status !== 410) {
    const { status, error } = outcome;
    house.log.warn(
      { api_key_id: job.key_id, event: job.event, attempt: job.attempt, status, reason: error },
      'a webhook was given up',
    );
  }
  return wait;
}

/** How long to wait after an attempt, in milliseconds; undefined after the last one. */
export function waitAfter(attempt: number, { waits }: Pace): number | undefined {
  const base = waits[attempt - 1];
  return base && Math.round(base * (0.75 + Math.random() / 2));
}

interface Target extends Receiver {
  uuid: string;
  webhook_secret: string;
}

async function findKey(
  { db, installation }: House,
  { key_id, delivery, attempt }: Delivery,
): Promise<Target | undefined> {
  const { rows } = await db.raw<{ rows: Target[] }>(
    `select k.id, k.uuid, k.user_id, k.account_id, k.webhook_url, k.webhook_secret
     from api_keys k join memberships m on ${memberOf('k')}
     where k.id = ? and ${listening} and m.role_ids <> '{}'
       and not exists (select from webhook_deliveries d where d.delivery = ? and d.attempt = ?)`,
    [key_id, delivery, attempt],
  );
  return rows[0] && withWebhookSecret(installation.seal, rows[0]);
}

/** What came of one attempt. */
export interface Outcome {
  delivered: boolean;
  again: boolean;
  status?: number;
  text?: string;
  error?: string;
}

/** Where webhooks may be sent. */
export const reachOf = ({ config }: House): Reach => (config.privateWebhooks ? 'anywhere' : 'public');

/** Sends a body once, to where it may be sent. Throws where that was cut short by the end of the process. */
export async function attempt(
  house: House,
  { url, body, headers }: { url: string; body: string; headers: Record<string, string> },
  { limit }: Pace,
  stopping: AbortSignal,
): Promise<Outcome> {
  try {
    const { status, text } = await post(url, body, headers, { limit, stopping, reach: reachOf(house) });
    return { delivered: status >= 200 && status < 400, again: passing.has(status), status, text };
  } catch (thrown) {
    if (stopping.aborted) throw thrown;
    const { code, message } = thrown as NodeJS.ErrnoException;
    const error = (message || code || 'The connection failed').slice(0, 500);
    return { delivered: false, again: code !== 'NOT_PUBLIC', error };
  }
}

/** In one statement, so that there is never an attempt without its successor. */
async function record(
  { db }: House,
  job: Delivery,
  flags: string[],
  outcome: Outcome & { wait: number | undefined; ms: number },
) {
  const { delivery, key_id, event, body, attempt } = job;
  const { delivered, status = null, text = null, error = null, wait = null, ms } = outcome;
  const next: Delivery = { ...job, attempt: attempt + 1 };
  await db.raw(
    `with attempt as (
       insert into webhook_deliveries (delivery, api_key_id, event, payload, attempt, status_code, response_body, error,
         duration_ms, delivered_at, next_retry_at)
       values (?, ?, ?, ?, ?, ?, ?, ?, ?, case when ? then now() end, now() + ? * interval '1 millisecond')
       on conflict (delivery, attempt) do nothing
       returning next_retry_at
     )
     select from attempt, graphile_worker.add_job('webhook', ?::json, run_at => attempt.next_retry_at, flags => ?::text[])
     where attempt.next_retry_at is not null`,
    [delivery, key_id, event, body, attempt, status, text, error, ms, delivered, wait, JSON.stringify(next), flags],
  );
}
