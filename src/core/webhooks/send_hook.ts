import type { House } from '../house.ts';
import { idOf } from '../ids.ts';
import { placeOf } from '../sealing/rows.ts';
import { attempt, type Outcome, type Pace, waitAfter } from './deliver.ts';
import { messageHeaders, signatureOf } from './hook_secret.ts';
import type { Sending } from './tell_hooks.ts';
import { flagsOfHook } from './turns.ts';

interface Due {
  hook_id: string;
  account_id: number;
  message: string;
  body: string;
  url: string;
  enabled: boolean;
  secret: string;
  old_secret: string | null;
}

/**
 * Makes one attempt to send an event to an endpoint, writes down what came of it, and queues the next one where that is worth
 * it; gives the milliseconds until then. Does nothing for what was written down already; to an endpoint that is switched off
 * nothing is sent. Throws where it was cut short: the queue then runs it again.
 */
export async function sendHook(house: House, job: Sending, pace: Pace, stopping: AbortSignal) {
  const { rows } = await house.db.raw<{ rows: Due[] }>(
    `select d.hook_id, h.account_id, d.message, d.body, h.url, h.enabled, h.secret,
       case when h.old_secret_until > now() then h.old_secret end as old_secret
     from hook_deliveries d join hooks h on h.id = d.hook_id
     where d.id = ? and d.state = 'waiting' and d.attempts = ?`,
    [job.id, job.attempt - 1],
  );
  const [due] = rows;
  if (!due) return undefined;
  const outcome = due.enabled ? await send(house, due, pace, stopping) : switchedOff;
  const isDelivered = outcome.status !== undefined && outcome.status >= 200 && outcome.status < 300;
  const wait = !isDelivered && outcome.again ? waitAfter(job.attempt, pace) : undefined;
  const state = isDelivered ? 'delivered' : wait === undefined ? 'failed' : 'waiting';
  await record(house, job, { ...outcome, state, wait }, flagsOfHook({ ...due, id: due.hook_id }));
  return wait;
}

const switchedOff: Outcome = { delivered: false, again: false, error: 'The endpoint was switched off' };

async function send(house: House, due: Due, pace: Pace, stopping: AbortSignal): Promise<Outcome> {
  const { seal } = house.installation;
  const sealed = [due.secret, due.old_secret].filter((one) => one !== null);
  const message = { id: idOf('msg', due.message), timestamp: Math.floor(Date.now() / 1000), body: due.body };
  const secrets = sealed.map((one) => seal.open(one, placeOf.hook(due.hook_id)));
  const headers = { ...messageHeaders(message), 'webhook-signature': signatureOf(message, secrets) };
  return attempt(house, { url: due.url, body: due.body, headers }, pace, stopping);
}

interface Written extends Outcome {
  state: string;
  wait: number | undefined;
}

/** In one statement, so that there is never an attempt without its successor. */
async function record({ db }: House, job: Sending, outcome: Written, flags: string[]): Promise<void> {
  const { state, status = null, text = null, error = null, wait = null } = outcome;
  const next: Sending = { ...job, attempt: job.attempt + 1 };
  await db.raw(
    `with written as (
       update hook_deliveries set state = ?, attempts = ?, status = ?, answer = ?, error = ?, last_attempt_at = now(),
         next_attempt_at = now() + ? * interval '1 millisecond'
       where id = ? and attempts = ? returning next_attempt_at
     )
     select from written, graphile_worker.add_job('hook', ?::json, run_at => written.next_attempt_at, flags => ?::text[])
     where written.next_attempt_at is not null`,
    [state, job.attempt, status, text, error, wait, job.id, job.attempt - 1, JSON.stringify(next), flags],
  );
}
