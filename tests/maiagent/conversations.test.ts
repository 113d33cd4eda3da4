import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Chat, hi, openChat } from '../support/chat.ts';
import { nobodys, notFound, required } from '../support/knowledge.ts';
import type { Body } from '../support/mage.ts';
import { json, says } from '../support/upstream.ts';

let chat: Chat;
let webChat: string;
beforeAll(async () => {
  chat = await openChat();
  [, { apiWebChatId: webChat }] = await chat.ask('viewer', 'GET', `/chatbots/${chat.chatbot}/`);
});
afterAll(() => chat.close());
beforeEach(() => {
  chat.upstream.does();
  chat.upstream.asked.length = 0;
});

const uuid = expect.stringMatching(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/);
const stamp = expect.stringMatching(/^\d{13}$/);
const begin = async () => (await chat.ask('editor', 'POST', '/conversations/', { webChat }))[1].id as string;
const say = (conversation: string, content: string, more: object = {}) =>
  chat.ask('editor', 'POST', '/messages/', { conversation, content, attachments: [], ...more });
const types = (messages: Body[]) => messages.map(({ type, content }) => [type, content]);
/** Waits until so many messages are there. */
const saidBy = async (conversation: string, count: number) => {
  await vi.waitFor(async () => expect((await chat.said(conversation)).length).toBe(count), 15_000);
  return chat.said(conversation);
};

describe('conversations', () => {
  it('138: 201 with what the documents name', async () => {
    const [status, body] = await chat.ask('editor', 'POST', '/conversations/', { webChat });
    expect([status, body]).toEqual([
      201,
      {
        id: uuid,
        contact: { id: uuid, name: 'Anonymous', avatar: null, createdAt: stamp },
        inbox: { id: uuid, name: 'Shop', channelType: 'web' },
        ...{ title: '', lastMessage: null, lastMessageCreatedAt: null, unreadMessagesCount: 0 },
        ...{ autoReplyEnabled: true, isAutoReplyNow: true, lastReadAt: null, createdAt: stamp },
        ...{ isGroupChat: false, enableGroupMention: false },
      },
    ]);
    expect(await chat.ask('viewer', 'GET', `/conversations/${body.id}/`)).toEqual([200, body]);
    expect(await chat.ask('neighbour', 'GET', `/conversations/${body.id}/`)).toEqual(notFound);
  });

  it.each<[string, object, object]>([
    ['unknown', { webChat: nobodys }, { webChat: [`Invalid pk "${nobodys}" - object does not exist.`] }],
    ['none', {}, { webChat: required }],
    ['no UUID', { webChat: 'x' }, { webChat: ['Must be a valid UUID.'] }],
  ])('139: %s is 400', async (_name, body, fields) => {
    expect(await chat.ask('editor', 'POST', '/conversations/', body)).toEqual([400, fields]);
  });

  it('a completion begins one, which has its title and its last message', async () => {
    const [, { conversationId }] = await chat.complete({ message: { content: 'First line\nand more' } });
    const [, body] = await chat.ask('viewer', 'GET', `/conversations/${conversationId}/`);
    expect(body).toMatchObject({ title: 'First line', unreadMessagesCount: 1, lastMessageCreatedAt: stamp });
    expect(body.lastMessage).toMatchObject({ type: 'outgoing', content: 'You said: First line\nand more' });
  });

  it('the list is newest first, by cursor, without a count; other parameters are kept and unknown ones ignored', async () => {
    const ids = [await begin(), await begin(), await begin()].reverse();
    const [, first] = await chat.ask('viewer', 'GET', '/conversations/?pageSize=2&limit=1');
    expect(Object.keys(first)).toEqual(['next', 'previous', 'results']);
    expect(first.previous).toBeNull();
    const next = new URL(first.next);
    expect([next.searchParams.get('pageSize'), next.searchParams.get('limit')]).toEqual(['2', '1']);
    const [, second] = await chat.ask('viewer', 'GET', `/conversations/${next.search}`);
    const got = [...first.results, ...second.results].map(({ id }: Body) => id);
    expect(got.slice(0, 3)).toEqual(ids);
    const [, back] = await chat.ask('viewer', 'GET', `/conversations/${new URL(second.previous).search}`);
    expect(back.results.map(({ id }: Body) => id)).toEqual(ids.slice(0, 2));
    expect(await chat.ask('viewer', 'GET', '/conversations/?cursor=x')).toEqual([404, { detail: 'Invalid cursor' }]);
    expect(await chat.ask('viewer', 'GET', '/conversations/?inbox=x')).toEqual([
      400,
      { inbox: ['Must be a valid UUID.'] },
    ]);
    expect((await chat.ask('viewer', 'GET', `/conversations/?inbox=${nobodys}`))[1].results).toEqual([]);
    expect((await chat.ask('neighbour', 'GET', '/conversations/'))[1].results).toEqual([]);
  });
});

describe('messages', () => {
  it('141, 143: 201 at once, and then the answer is there, newest first', async () => {
    const conversation = await begin();
    const [status, body] = await say(conversation, 'hi');
    expect([status, body]).toEqual([
      201,
      {
        ...{
          id: uuid,
          conversation,
          sender: { id: expect.any(Number), name: 'Anonymous', avatar: null },
          type: 'incoming',
        },
        ...{ content: 'hi', feedback: null, createdAt: stamp, attachments: [], citations: [], citationNodes: [] },
      },
    ]);
    const said = await saidBy(conversation, 2);
    expect(types(said)).toEqual([
      ['outgoing', 'You said: hi'],
      ['incoming', 'hi'],
    ]);
    expect(said[0]?.sender).toEqual({ id: expect.any(Number), name: 'Shop', avatar: null });
    expect(await chat.ask('viewer', 'GET', `/messages/${body.id}/`)).toEqual([200, body]);
    expect(await chat.ask('neighbour', 'GET', `/messages/${body.id}/`)).toEqual(notFound);
    // P10 takes the first of one.
    const [, one] = await chat.ask('viewer', 'GET', `/messages/?conversation_id=${conversation}&pageSize=1`);
    expect([one.count, types(one.results), one.next]).toEqual([
      2,
      [['outgoing', 'You said: hi']],
      expect.stringContaining('cursor='),
    ]);
  });

  it.each<[string, object, object]>([
    ['145', { conversation: 'C' }, { content: required }],
    ['nothing', {}, { conversation: required, content: required }],
    ['blank', { conversation: 'C', content: ' ' }, { content: ['This field may not be blank.'] }],
    [
      'unknown',
      { conversation: nobodys, content: 'x' },
      { conversation: [`Invalid pk "${nobodys}" - object does not exist.`] },
    ],
    [
      'attachment',
      { conversation: 'C', content: 'x', attachments: [{ id: nobodys, filename: 'a', file: 'b' }] },
      { attachments: [{ id: [`Invalid pk "${nobodys}" - object does not exist.`] }] },
    ],
  ])('%s: 400, and nothing is said', async (_name, body, fields) => {
    const conversation = await begin();
    const sent = 'conversation' in body && body.conversation === 'C' ? { ...body, conversation } : body;
    expect(await chat.ask('editor', 'POST', '/messages/', sent)).toEqual([400, fields]);
    expect(await chat.said(conversation)).toEqual([]);
  });

  it('several in a row are answered in their order, each knowing those before', async () => {
    const conversation = await begin();
    for (const content of ['one', 'two', 'three']) expect((await say(conversation, content))[0]).toBe(201);
    await saidBy(conversation, 6);
    expect(chat.upstream.asked.map(({ body }) => body.messages.map(({ content }: Body) => content))).toEqual([
      ['one'],
      ['one', 'You said: one', 'two'],
      ['one', 'You said: one', 'two', 'You said: two', 'three'],
    ]);
  });

  it('a person answers in the chatbot’s place, and where the chatbot is silenced it says nothing', async () => {
    const conversation = await begin();
    const off = await chat.ask('editor', 'PATCH', `/conversations/${conversation}/update-auto-reply/`, {
      autoReplyEnabled: false,
    });
    expect(off).toMatchObject([200, { id: conversation, autoReplyEnabled: false, isAutoReplyNow: false }]);
    await say(conversation, 'Is anybody there?');
    const [status, body] = await chat.ask('editor', 'POST', '/messages/outgoing/', {
      conversation,
      content: 'Yes, Ada.',
    });
    expect([status, body]).toMatchObject([201, { type: 'outgoing', sender: { name: 'Shop' } }]);
    await chat.ask('editor', 'PATCH', `/conversations/${conversation}/update-auto-reply/`, {
      auto_reply_enabled: true,
    });
    await say(conversation, 'Thanks');
    await saidBy(conversation, 4);
    expect(chat.upstream.asked.map(({ body: { messages } }) => messages.map(({ content }: Body) => content))).toEqual([
      ['Is anybody there?', 'Yes, Ada.', 'Thanks'],
    ]);
  });

  it('a model that fails is asked again, and after three times the question is left', async () => {
    const conversation = await begin();
    let times = 0;
    chat.upstream.does((response, asked) => {
      times += 1;
      return times === 1 ? json(response, 401, {}) : says('at last')(response, asked);
    });
    await say(conversation, 'again');
    const its = () => chat.house.db('messages').where({ conversation_id: conversation, type: 'incoming' }).first();
    await vi.waitFor(async () => expect(await its()).toMatchObject({ state: 'waiting', attempts: 1 }), 5_000);
    await chat.house.db('messages').where({ conversation_id: conversation }).update({ held_until: '2020-01-01' });
    chat.house.underWay.unattended.emit('question');
    expect(types(await saidBy(conversation, 2))[0]).toEqual(['outgoing', 'at last']);
    chat.upstream.does((response) => json(response, 401, {}));
    await say(conversation, 'never');
    for (let look = 0; look < 40; look += 1) {
      await chat.house
        .db('messages')
        .where({ conversation_id: conversation, state: 'waiting' })
        .where('attempts', '>', 0)
        .update({ held_until: '2020-01-01' });
      chat.house.underWay.unattended.emit('question');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const last = await chat.house.db('messages').where({ content: 'never' }).first();
    expect(last).toMatchObject({ state: 'failed', attempts: 3, error: expect.stringContaining('401') });
  });

  it('an answer is rated, and the rating taken back', async () => {
    const [, { id }] = await chat.complete(hi);
    const rate = (feedback: unknown) => chat.ask('editor', 'PATCH', `/messages/${id}/`, { feedback });
    expect(await rate('like')).toMatchObject([200, { id, feedback: 'like' }]);
    expect(await rate('dislike')).toMatchObject([200, { feedback: 'dislike' }]);
    expect(await rate('')).toMatchObject([200, { feedback: null }]);
    expect(await rate('love')).toEqual([400, { feedback: ['"love" is not a valid choice.'] }]);
    expect(await chat.ask('neighbour', 'PATCH', `/messages/${id}/`, { feedback: 'like' })).toEqual(notFound);
  });

  it('what cannot be followed: a cursor of another list, a conversation that is no UUID', async () => {
    expect(await chat.ask('viewer', 'GET', '/messages/?cursor=x')).toEqual([404, { detail: 'Invalid cursor' }]);
    expect(await chat.ask('viewer', 'GET', '/messages/?conversation=x')).toEqual([
      400,
      { conversation: ['Must be a valid UUID.'] },
    ]);
    expect((await chat.ask('neighbour', 'GET', '/messages/'))[1]).toMatchObject({ count: 0, results: [] });
  });
});

it('a conversation goes on after the process that answered it has died', async () => {
  const conversation = await begin();
  // What a process leaves behind that was killed: a question of a caller, held no longer, and one of nobody's.
  const dead = { conversation_id: conversation, type: 'incoming', state: 'waiting', held_until: '2020-01-01' };
  await chat.house.db('messages').insert([
    { ...dead, content: 'of a caller' },
    { ...dead, content: 'of nobody', unattended: true, attempts: 1 },
  ]);
  chat.house.underWay.unattended.emit('question');
  await saidBy(conversation, 3);
  const [status, body] = await chat.complete({ conversation, message: { content: 'and now' } });
  expect([status, body.content]).toEqual([200, 'You said: and now']);
});
