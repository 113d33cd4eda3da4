import { Failure } from '../../contract/failure.ts';
import type { Call, Context } from '../context.ts';
import { admit, permitRow } from '../policy.ts';
import { accountOf, editor } from '../rules.ts';
import { tellAnswers } from '../webhooks/tell_answers.ts';

interface Wish {
  message: string;
  contact_ids?: string[];
  inbox_id?: string | null;
  exclude_contact_ids?: string[];
}

/** What became of a message to many. */
export interface Broadcast {
  results: { contact_id: string; conversation_id: string; message_id: string; status: 'success' }[];
  errors: { contact_id: string; error: string }[];
  total_contacts: number;
  success_count: number;
  error_count: number;
}

/** To so many at once. */
const most = 10_000;

const policy = { name: 'broadcasts', policy: { action: { create: editor } } };

/** Whether the caller may. Throws `forbidden`. */
export const mayBroadcast = (context: Context) =>
  permitRow(policy, 'create', admit(policy, 'create', context), context, undefined);

/**
 * Says something in the chatbots' place, in the latest conversation of each contact that is named, or of all who come by an inbox;
 * it goes where answers go. Throws `invalid` where neither is named, for an inbox that is not there, and for too many.
 */
export async function broadcast(context: Context, { body }: Call<unknown, Wish>): Promise<Broadcast> {
  mayBroadcast(context);
  return context.db.transaction(async (db) => {
    const within = { ...context, db };
    const { wanted, there } = await meant(within, body);
    const said = await say(within, [...there], body);
    const bySaid = new Map(said.map((one) => [one.contact_id, one]));
    await tellAnswers(
      within,
      said.map(({ id }) => id),
    );
    const results: Broadcast['results'] = [];
    const errors: Broadcast['errors'] = [];
    for (const contact_id of wanted) {
      const one = bySaid.get(contact_id);
      if (one) {
        const { conversation_id, message_id } = one;
        results.push({ contact_id, conversation_id, message_id, status: 'success' });
      } else errors.push({ contact_id, error: there.has(contact_id) ? noConversation : 'No such contact.' });
    }
    const counts = { total_contacts: wanted.length, success_count: results.length, error_count: errors.length };
    return { results, errors, ...counts };
  });
}

const noConversation = 'No conversation found for this contact.';

/** Who is meant, each once, in the order of the request; and who of them is there. */
async function meant(
  { db, ...context }: Context,
  { contact_ids: ids, inbox_id: inbox, exclude_contact_ids: but = [] }: Wish,
) {
  const account_id = accountOf({ db, ...context });
  const found = db('contacts as p')
    .where({ 'p.account_id': account_id, 'p.anonymous': false })
    .whereNull('p.deleted_at');
  if (inbox) {
    if (!(await db('inboxes').where({ account_id, id: inbox }).first('id')))
      throw wrong('inbox_id', `Invalid pk "${inbox}" - object does not exist.`);
    found
      .join('contact_inboxes as j', 'j.contact_id', 'p.id')
      .where('j.inbox_id', inbox)
      .whereNotIn('p.id', but)
      .orderBy(['p.created_at', 'p.id']);
  } else if (!ids) throw wrong('contact_ids', 'This field is required.');
  else if (ids.length === 0) throw wrong('contact_ids', 'This list may not be empty.');
  else found.whereIn('p.id', ids);
  const rows: { id: string }[] = await found.select('p.id').limit(most + 1);
  if (rows.length > most) throw wrong('inbox_id', `Ensure this field has no more than ${most} contacts.`);
  const there = new Set(rows.map(({ id }) => id));
  return { wanted: inbox ? [...there] : [...new Set(ids)], there };
}

interface Said {
  id: number;
  message_id: string;
  conversation_id: string;
  contact_id: string;
}

/** In one statement: each contact's latest conversation, a message in it, and that something was said there. */
async function say({ db }: Context, contacts: readonly string[], { message, inbox_id: inbox }: Wish): Promise<Said[]> {
  const { rows } = await db.raw<{ rows: Said[] }>(
    `with latest as (
       select distinct on (contact_id) id, contact_id from conversations
       where contact_id = any(?::uuid[]) and inbox_id = coalesce(?::uuid, inbox_id)
       order by contact_id, coalesce(last_message_at, created_at) desc, id),
     said as (
       insert into messages (conversation_id, type, content) select id, 'outgoing', ? from latest
       returning id, public_id, conversation_id),
     talks as (update conversations set last_message_at = now() where id in (select id from latest))
     select s.id, s.public_id as message_id, s.conversation_id, l.contact_id
     from said s join latest l on l.id = s.conversation_id order by s.id`,
    [contacts, inbox ?? null, message] as never,
  );
  return rows;
}

function wrong(field: string, sentence: string): Failure {
  return new Failure('invalid', sentence, { fields: { [field]: [sentence] } });
}
