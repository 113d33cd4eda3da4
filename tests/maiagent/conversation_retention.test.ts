import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { pruneConversations } from '../../src/core/conversations/prune_conversations.ts';
import { prune } from '../../src/core/retention.ts';
import { type Chat, openChat } from '../support/chat.ts';
import type { Body } from '../support/mage.ts';

let chat: Chat;
beforeAll(async () => {
  chat = await openChat({ LATCHKEY_KEEP_CONVERSATIONS_DAYS: '30' });
});
afterAll(() => chat.close());
beforeEach(() => chat.house.db('conversations').delete());

const upload = async (filename: string): Promise<Body> =>
  (await chat.form('editor', '/attachments-upload/', [{ name: 'file', filename, content: filename }])).body;
const fileOf = ({ file }: Body) => /\/files\/([\da-f-]{36})\//.exec(file)?.[1] as string;
const talk = async (attachments: Body[] = [], conversation?: string): Promise<string> =>
  (await chat.complete({ conversation, message: { content: 'hi', attachments } }))[1].conversationId;
/** So many days ago it was said, and the conversation begun. */
const age = (id: string, days: number) => {
  const at = new Date(Date.now() - days * 86_400_000).toISOString();
  return chat.house.db('conversations').where({ id }).update({ created_at: at, last_message_at: at });
};
const left = async (table: string, ids: string[]) =>
  (await chat.house.db(table).whereIn('id', ids)).map(({ id }: { id: string }) => id).sort();

describe('conversations that are over', () => {
  it('go with what was said and attached; what was said lately, and what somebody else refers to, stays', async () => {
    const { db } = chat.house;
    const [own, shared, based] = [await upload('own.txt'), await upload('shared.txt'), await upload('based.txt')];
    const base = await chat.base();
    const files = [{ file: based.file, filename: 'based.txt' }];
    const registered = await chat.ask('editor', 'POST', `/knowledge-bases/${base}/files/`, { files });
    expect(registered[0]).toBe(201);
    const [old, young] = [await talk([own, shared, based]), await talk([shared])];
    await age(old, 31);
    await age(young, 29);
    const usage = await db('model_usage');
    expect((await prune(chat.house)).conversations).toBe(1);
    expect(await left('conversations', [old, young])).toEqual([young]);
    expect(await db('messages').distinct('conversation_id')).toEqual([{ conversation_id: young }]);
    expect(await left('attachments', [own.id, shared.id, based.id])).toEqual([shared.id]);
    expect(await left('files', [own, shared, based].map(fileOf))).toEqual([shared, based].map(fileOf).sort());
    expect(await db('model_usage')).toEqual(usage);
    expect((await prune(chat.house)).conversations).toBe(0);
  });

  it('with nothing said in them, those that were begun long ago', async () => {
    const { apiWebChatId: webChat } = await chat.bot();
    const [, { id }] = await chat.ask('editor', 'POST', '/conversations/', { webChat });
    await chat.house.db('conversations').where({ id }).update({ created_at: '2020-01-01T00:00:00Z' });
    expect(await pruneConversations(chat.house, 30)).toBe(1);
    expect(await left('conversations', [id])).toEqual([]);
  });

  it('not while an answer is under way; but where whoever gave it is gone', async () => {
    const id = await talk();
    await age(id, 31);
    const waits = (held: string, unattended: boolean) =>
      chat.house
        .db('messages')
        .where({ conversation_id: id, type: 'incoming' })
        .update({
          ...{ state: 'waiting', unattended, attempts: 3 },
          held_until: chat.house.db.raw(held) as never,
        });
    await waits(`now() + interval '1 minute'`, false);
    expect(await pruneConversations(chat.house, 30)).toBe(0);
    await waits(`now() + interval '1 minute'`, true);
    expect(await pruneConversations(chat.house, 30)).toBe(0);
    await waits(`now() - interval '1 second'`, false);
    expect(await pruneConversations(chat.house, 30)).toBe(1);
  });

  it('one in which somebody speaks at this moment is left to them, and so is what they attach', async () => {
    const { db } = chat.house;
    const note = await upload('note.txt');
    const [spoken, silent] = [await talk(), await talk([note])];
    await age(spoken, 31);
    await age(silent, 31);
    const waiting = `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
    const pruned = await db.transaction(async (speaking) => {
      await speaking.raw('select id from conversations where id = ? for update', [spoken]);
      await speaking.raw('select id from attachments where id = ? for key share', [note.id]);
      const pruning = pruneConversations(chat.house, 30);
      // It waits for the attachment, which is held.
      await expect.poll(async () => (await db.raw(waiting)).rows.length).toBe(1);
      await speaking('conversations').where({ id: spoken }).update({ last_message_at: speaking.fn.now() });
      const row = { conversation_id: spoken, type: 'incoming', content: 'this' };
      const [said] = await speaking('messages').insert(row).returning('id');
      const enclosed = { message_id: said?.id as number, attachment_id: note.id, position: 0 };
      await speaking('message_attachments').insert(enclosed);
      return { pruning };
    });
    expect(await pruned.pruning).toBe(1);
    expect(await left('conversations', [spoken, silent])).toEqual([spoken]);
    expect(await left('attachments', [note.id])).toEqual([note.id]);
    expect(await left('files', [fileOf(note)])).toEqual([fileOf(note)]);
  });

  it('of all accounts, in batches, until it is told to stop', async () => {
    const { db } = chat.house;
    const first = await talk();
    const { account_id, chatbot_id, inbox_id, contact_id } =
      (await db('conversations').where({ id: first }).first()) ?? {};
    await db.raw(
      `insert into conversations (account_id, chatbot_id, inbox_id, contact_id, created_at)
       select case when n % 2 = 0 then ?::int else ?::int end, ?, ?, ?, now() - interval '40 days' from generate_series(1, 250) n`,
      [account_id, chat.users.neighbour.accountId, chatbot_id, inbox_id, contact_id] as never,
    );
    expect(await pruneConversations(chat.house, 30, AbortSignal.abort())).toBe(0);
    expect(await pruneConversations(chat.house, 30)).toBe(250);
    expect((await db('conversations')).map(({ id }) => id)).toEqual([first]);
  });
});
