import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { type Knowledge, openKnowledge } from './knowledge.ts';
import type { Body } from './mage.ts';
import type { Somebody } from './maiagent.ts';

/** A chatbot with the two doors that each has. */
export interface Doors {
  id: string;
  api: { id: string; channel_id: string };
  web: { id: string; channel_id: string };
}

/** The MaiAgent surface, and what somebody needs who talks to a chatbot. */
export interface Inboxes extends Knowledge {
  /** A new chatbot. No model answers for it. */
  chatbot(by?: Somebody, more?: object): Promise<Doors>;
  /** A new contact by an inbox; gives it as it is shown. */
  contact(inbox: string, more?: object, by?: Somebody): Promise<Body>;
  /** A new conversation of a contact by an inbox, and what is said in it; gives its id. */
  talk(bot: Doors, contact: string, said?: string[], inbox?: string): Promise<string>;
}

export async function openInboxes(env: Record<string, string> = {}): Promise<Inboxes> {
  const house = await openKnowledge(env);
  const { db } = house.house;
  const models = { large_language_model: randomUUID(), rag: randomUUID() };
  return {
    ...house,
    async chatbot(by = 'editor', more = {}) {
      const account_id = house.users[by].accountId;
      const [bot] = await db('chatbots')
        .insert({ account_id, name: 'Guide', ...models, ...more })
        .returning('id');
      const its = { account_id, chatbot_id: String(bot?.id), name: 'Guide' };
      const [api, web] = await db('inboxes')
        .insert([
          { ...its, access_type: 'api' },
          { ...its, access_type: 'web' },
        ])
        .returning(['id', 'channel_id']);
      return { id: its.chatbot_id, api, web } as Doors;
    },
    async contact(inbox, more = {}, by = 'editor') {
      const body = { name: 'Ada', inboxes: [{ id: inbox }], ...more };
      const [status, contact] = await house.ask(by, 'POST', '/contacts/', body);
      expect([status, contact]).toMatchObject([201, {}]);
      return contact;
    },
    async talk(bot, contact_id, said = [], inbox = bot.api.id) {
      const { account_id } = (await db('chatbots').where({ id: bot.id }).first('account_id')) as { account_id: number };
      const [talk] = await db('conversations')
        .insert({ account_id, chatbot_id: bot.id, inbox_id: inbox, contact_id })
        .returning('id');
      const conversation_id = String(talk?.id);
      for (const content of said) {
        await db('messages').insert({ conversation_id, type: 'incoming', content });
        await db('conversations')
          .where({ id: conversation_id })
          .update({ last_message_at: db.fn.now() as never });
      }
      return conversation_id;
    },
  };
}
