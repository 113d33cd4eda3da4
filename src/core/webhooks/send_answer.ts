import type { House } from '../house.ts';
import { attempt, type Outcome, type Pace, waitAfter } from './deliver.ts';
import { answersGo, type Telling } from './tell_answers.ts';

/** Writes a message down as whoever hears of it reads it; undefined where it has gone. */
export type WriteAnswer = (house: House, message: string) => Promise<string | undefined>;

/** As docs/compat/maiagent.md: Webhooks has it. */
export const untilHeard: Pace = { waits: [10_000, 60_000, 300_000], limit: 10_000 };

interface Due {
  chatbot_id: string;
  url: string;
}

/**
 * Makes one attempt to tell of a message, writes down what came of it, and queues the next one where it was not heard; gives the
 * milliseconds until then. Does nothing for what was written down already, nor where answers go nowhere any more. Throws where it
 * was cut short: the queue then runs it again.
 */
export async function sendAnswer(
  house: House,
  job: Telling,
  { write, pace, stopping }: { write: WriteAnswer; pace: Pace; stopping: AbortSignal },
): Promise<number | undefined> {
  const { rows } = await house.db.raw<{ rows: Due[] }>(
    `select b.id as chatbot_id, ${answersGo} as url from messages m join conversations c on c.id = m.conversation_id
     join inboxes i on i.id = c.inbox_id join chatbots b on b.id = c.chatbot_id
     where m.public_id = ? and ${answersGo} is not null
       and not exists (select from answer_deliveries d where d.message_id = m.public_id and d.attempt = ?)`,
    [job.message, job.attempt],
  );
  const [due] = rows;
  const body = due && (job.body ?? (await write(house, job.message)));
  if (!due || body === undefined) return undefined;
  const headers = { 'content-type': 'application/json', 'user-agent': 'Latchkey' };
  const outcome = await attempt(house, { url: due.url, body, headers }, pace, stopping);
  const { status = 0, error } = outcome;
  const isHeard = status >= 200 && status < 300;
  // An address that is not public is not worth a second attempt.
  const wait = isHeard || (error !== undefined && !outcome.again) ? undefined : waitAfter(job.attempt, pace);
  await record(house, { ...job, body }, due, outcome, wait);
  if (!isHeard && wait === undefined)
    house.log.warn(
      { chatbot_id: due.chatbot_id, attempt: job.attempt, status, reason: error },
      'a webhook was given up',
    );
  return wait;
}

/** In one statement, so that there is never an attempt without its successor; it counts against what the one before did. */
async function record(
  { db }: House,
  job: Required<Telling>,
  { chatbot_id, url }: Due,
  { status, text, error }: Outcome,
  wait: number | undefined,
): Promise<void> {
  const next: Telling = { ...job, attempt: job.attempt + 1 };
  await db.raw(
    `with written as (
       insert into answer_deliveries (message_id, chatbot_id, url, body, attempt, status, answer, error)
       values (?, ?, ?, ?, ?, ?, ?, ?) on conflict (message_id, attempt) do nothing returning message_id)
     select graphile_worker.add_job('answer', ?::json, run_at => now() + ? * interval '1 millisecond', flags => array[
       'inbox ' || c.inbox_id, 'address ' || ?::text, 'account ' || c.account_id, 'all'])
     from written w join messages m on m.public_id = w.message_id join conversations c on c.id = m.conversation_id
     where ?::float8 is not null`,
    [
      ...[job.message, chatbot_id, url, job.body, job.attempt, status ?? null, text ?? null, error ?? null],
      ...[JSON.stringify(next), wait ?? 0, new URL(url).host, wait ?? null],
    ],
  );
}
