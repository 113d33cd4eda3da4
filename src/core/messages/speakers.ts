import type { Context } from '../context.ts';
import type { MessageRow } from './message_row.ts';

/** Who said something; chatbots and people are numbered alike. */
export interface Speaker {
  id: number;
  name: string;
  avatar: string | null;
}

/** Who said these: for an answer the chatbot, else its contact, or that of the conversation. By one statement. */
export async function speakersOf({ db }: Context, rows: readonly MessageRow[]): Promise<(Speaker | undefined)[]> {
  const { rows: found } = await db.raw<{ rows: (Speaker & { message: number })[] }>(
    `select m.id as message, case when m.type = 'outgoing' then b.speaker else p.speaker end as id,
       case when m.type = 'outgoing' then b.name else p.name end as name,
       case when m.type = 'outgoing' then null else p.avatar end as avatar
     from messages m join conversations c on c.id = m.conversation_id join chatbots b on b.id = c.chatbot_id
     join contacts p on p.id = coalesce(m.contact_id, c.contact_id) where m.id = any(?::bigint[])`,
    [rows.map(({ id }) => id)],
  );
  const byMessage = new Map(found.map(({ message, id, name, avatar }) => [message, { id, name, avatar }]));
  return rows.map(({ id }) => byMessage.get(id));
}
