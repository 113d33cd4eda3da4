import type { Knex } from 'knex';
import pLimit from 'p-limit';
import type { ChatbotRow } from '../chatbots/chatbot_of.ts';
import type { House } from '../house.ts';
import { toFailure } from '../to_failure.ts';
import type { Question } from './begin_question.ts';
import { type Given, giveAnswer } from './give_answer.ts';
import { held, isAhead } from './hold.ts';

/** What answers the questions that nobody waits for. */
export interface Answers {
  /** Takes up nothing new, and puts down what is under way, for another process. */
  stop(): Promise<void>;
}

/** How often a process looks for questions that another one has left; milliseconds. How many it answers at once. How often it tries. */
const looking = 5_000;
const most = 16;
const tries = 3;
/** Between two tries, as an interval of Postgres. */
const between = `interval '10 seconds'`;

const given = `update messages set state = 'failed', error = coalesce(error, 'The server ended before the answer.')
  where unattended and state = 'waiting' and attempts >= ${tries} and coalesce(held_until, created_at) < now()`;

const take = `
  with taken as (
    update messages set held_until = now() + ${held}, attempts = attempts + 1 where id in (
      select m.id from messages m
      where m.unattended and m.state = 'waiting' and m.attempts < ${tries} and (m.held_until is null or m.held_until < now())
        and not exists (select from messages e where e.conversation_id = m.conversation_id and e.id < m.id and ${isAhead})
      order by m.id limit ?::int for update skip locked)
    returning *)
  select m.id, m.public_id, m.content, m.metadata, m.query_metadata, m.key_uuid, m.attempts, c.id as conversation, c.account_id,
    to_jsonb(b) as chatbot, p.query_metadata as contact_metadata,
    exists (select from messages e where e.conversation_id = c.id and e.id < m.id) as follows,
    exists (select from message_attachments a where a.message_id = m.id) as encloses,
    exists (select from chatbot_knowledge_bases k where k.chatbot_id = b.id) as informed
  from taken m join conversations c on c.id = m.conversation_id join chatbots b on b.id = c.chatbot_id
  join contacts p on p.id = coalesce(m.contact_id, c.contact_id)`;

interface Taken {
  id: number;
  content: string;
  metadata: Record<string, unknown> | null;
  query_metadata: unknown;
  contact_metadata: unknown;
  key_uuid: string | null;
  attempts: number;
  conversation: string;
  account_id: number;
  chatbot: ChatbotRow;
  follows: boolean;
  encloses: boolean;
  informed: boolean;
}

/** What is done with an answer that nobody waits for, besides that it is written down. */
export type Tell = (house: House, answer: Given) => Promise<void>;

/**
 * Answers what was said with `POST /messages/`: this process's at once, and what other processes have left behind. A model that
 * fails is asked again, two times.
 */
export function startAnswers(house: House, tell: Tell = async () => {}, pause = looking): Answers {
  const few = pLimit(most);
  const stopping = new AbortController();
  const cutters = new Set<AbortController>();
  const underWay = new Set<Promise<void>>();
  let isLooking: Promise<void> | undefined;
  let again = false;

  const answer = async (taken: Taken) => {
    const cutter = new AbortController();
    cutters.add(cutter);
    if (stopping.signal.aborted) cutter.abort();
    try {
      const pieces = giveAnswer(house, questionOf(taken), { cutter, inPieces: false });
      let met = await pieces.next();
      while (!met.done) met = await pieces.next();
      await tell(house, met.value);
    } catch (thrown) {
      const { kind, message } = toFailure(thrown);
      const isPassing = ['upstream', 'upstream_late', 'too_many', 'unavailable'].includes(kind);
      if (stopping.signal.aborted || (isPassing && taken.attempts < tries))
        await putBack(house.db, taken, stopping.signal.aborted);
      house.log.warn({ message: taken.id, attempt: taken.attempts, reason: message }, 'a question has no answer yet');
    } finally {
      cutters.delete(cutter);
    }
  };
  const work = async () => {
    do {
      again = false;
      await house.db.raw(given);
      const { rows } = await house.db.raw<{ rows: Taken[] }>(take, [most - few.activeCount - few.pendingCount]);
      for (const taken of rows) {
        const one: Promise<void> = few(answer, taken)
          .catch((error: Error) => house.log.warn({ err: error }, 'an answer was lost; it is tried again'))
          .finally(() => {
            underWay.delete(one);
            look();
          });
        underWay.add(one);
      }
    } while (again && !stopping.signal.aborted);
  };
  const look = () => {
    again = true;
    if (stopping.signal.aborted || isLooking) return;
    isLooking = work()
      .catch(({ message }: Error) => house.log.warn({ reason: message }, 'questions could not be looked for'))
      .finally(() => {
        isLooking = undefined;
      });
  };
  house.underWay.unattended.on('question', look);
  const timer = setInterval(look, pause).unref();
  look();
  return {
    async stop() {
      house.underWay.unattended.off('question', look);
      clearInterval(timer);
      stopping.abort();
      for (const cutter of cutters) cutter.abort();
      await isLooking;
      await Promise.allSettled(underWay);
    },
  };
}

/** Puts a question back in its line, for a moment or for whoever comes next. */
async function putBack(db: Knex, { id }: Taken, isAtOnce: boolean): Promise<void> {
  await db('messages')
    .where({ id, state: 'failed' })
    .update({
      state: 'waiting',
      held_until: db.raw(isAtOnce ? 'now()' : `now() + ${between}`),
      ...(isAtOnce && { attempts: db.raw('attempts - 1') }),
    } as never);
}

function questionOf(taken: Taken): Question {
  const { id, content, chatbot, conversation, follows, informed, encloses } = taken;
  return {
    ...{
      accountId: taken.account_id,
      keyUuid: taken.key_uuid,
      content,
      chatbot,
      messageId: Promise.resolve(id),
      conversationId: conversation,
    },
    ...{ isFirst: !follows, isInformed: informed, hasEnclosures: encloses, facts: taken.metadata },
    narrowing: [taken.query_metadata, taken.contact_metadata],
  };
}
