import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { startWorker, type Worker } from '../../src/core/worker.ts';
import { answerBodies } from '../../src/handlers/maiagent/webhook_body.ts';
import { type Chat, hi, openChat } from '../support/chat.ts';
import { notFound } from '../support/knowledge.ts';
import type { Body } from '../support/mage.ts';
import { openReceiver, type Receiver } from '../support/receiver.ts';

let chat: Chat;
let receiver: Receiver;
let worker: Worker;
beforeAll(async () => {
  [chat, receiver] = await Promise.all([openChat({ LATCHKEY_PRIVATE_WEBHOOKS: 'true' }), openReceiver()]);
  const { house } = chat;
  const pace = { waits: [50, 50], limit: 2_000 };
  const answers = { write: answerBodies('https://bots.example.com'), pace };
  worker = await startWorker(house, house.db.client.connectionSettings.connectionString, undefined, {}, answers);
});
afterAll(async () => {
  await worker.stop();
  await chat.close();
  await receiver.close();
});
beforeEach(() => void Object.assign(chat.house.config, { privateWebhooks: true }));

let number = 0;
/** A path of the receiver that nobody else has. */
const path = () => {
  number += 1;
  return `/${number}`;
};

/** A chatbot that tells of its answers at a path, and a conversation with it. */
async function told(at: string, more: object = {}) {
  const bot = await chat.bot({ webhookUrl: receiver.url + at, ...more });
  const [, { id: talk }] = await chat.ask('editor', 'POST', '/conversations/', { webChat: bot.apiWebChatId });
  return { bot, talk };
}
const say = async (conversation: string, content = 'hi', to = '/messages/') => {
  const [status, said] = await chat.ask('editor', 'POST', to, { conversation, content, attachments: [] });
  expect([status, said]).toMatchObject([201, {}]);
  return said;
};
const came = (at: string, count = 1): Promise<Body[]> =>
  vi.waitFor(
    () => {
      const all = receiver.received(at);
      expect(all.length).toBeGreaterThanOrEqual(count);
      return all.map(({ body }) => JSON.parse(body));
    },
    { timeout: 10_000, interval: 20 },
  );
const records = async (chatbot: string) =>
  (await chat.ask('viewer', 'GET', `/chatbots/${chatbot}/webhook-records/`))[1].results as Body[];
/** Nothing is under way any more. */
const rested = () =>
  vi.waitFor(
    async () => {
      const { rows } = await chat.house.db.raw(`select 1 from graphile_worker.jobs where task_identifier = 'answer'`);
      expect(rows).toEqual([]);
    },
    { timeout: 10_000, interval: 20 },
  );

it('#142 one POST tells of the answer to a message, as the vendor writes it', async () => {
  const at = path();
  const { bot, talk } = await told(at);
  await say(talk, '票價？');
  const [body] = await came(at);
  expect(body).toEqual({
    ...{ id: expect.any(String), conversation: talk, conversation_id: talk, type: 'outgoing' },
    ...{ content: 'You said: 票價？', feedback: null, attachments: [], citations: [], citationNodes: [] },
    sender: { id: expect.any(Number), name: 'Shop', avatar: null },
    created_at: expect.stringMatching(/^\d{13}$/),
    createdAt: expect.stringMatching(/^\d{13}$/),
  });
  await rested();
  expect(receiver.received(at)).toHaveLength(1);
  expect(receiver.received(at)[0]?.headers).toMatchObject({ 'content-type': 'application/json' });
  const [newest] = await chat.said(talk);
  expect(newest).toMatchObject({ id: body?.id, createdAt: body?.created_at });
  expect(await records(bot.id)).toEqual([
    {
      ...{ id: expect.any(String), chatbot: { id: bot.id, name: 'Shop' }, url: receiver.url + at, requestBody: body },
      ...{ response: '', statusCode: 200, createdAt: expect.any(String) },
    },
  ]);
});

it('#57 what is not answered with 2xx is sent again, the same bytes, and not for ever', async () => {
  const at = path();
  receiver.replies(at, 500, (response) => void response.writeHead(404).end('no such bot'), 200);
  const { bot, talk } = await told(at);
  await say(talk);
  await came(at, 3);
  await rested();
  const sent = receiver.received(at).map(({ body }) => body);
  expect([sent.length, new Set(sent).size]).toEqual([3, 1]);
  expect((await records(bot.id)).map(({ statusCode, response }) => [statusCode, response])).toEqual([
    [200, ''],
    [404, 'no such bot'],
    [500, ''],
  ]);
  receiver.replies(at, 503);
  await say(talk, 'again');
  await came(at, 6);
  await rested();
  expect(receiver.received(at)).toHaveLength(6);
});

it('an inbox tells somebody else where it names them; a completion tells nobody, a person in the chatbot’s place does', async () => {
  const [at, own] = [path(), path()];
  const { bot, talk } = await told(at);
  const [, inboxes] = await chat.ask('viewer', 'GET', `/inboxes/?chatbot=${bot.id}`);
  const api = inboxes.results.find(({ accessType }: Body) => accessType === 'api');
  expect((await chat.ask('editor', 'PATCH', `/inboxes/${api.id}/`, { webhookUrl: receiver.url + own }))[0]).toBe(200);
  await say(talk, 'A person.', '/messages/outgoing/');
  expect((await came(own))[0]).toMatchObject({ content: 'A person.', conversation: talk });
  const [status, { conversationId }] = await chat.complete(hi, { chatbot: bot.id });
  expect(status).toBe(200);
  await say(conversationId, 'later');
  const [, second] = await came(own, 2);
  expect(second).toMatchObject({ conversation: conversationId, content: 'You said: later' });
  await rested();
  expect(receiver.received(own)).toHaveLength(2);
  expect(receiver.received(at)).toHaveLength(0);
});

it('a message to many is told of, contact by contact', async () => {
  const at = path();
  const { bot } = await told(at);
  const [, { results }] = await chat.ask('viewer', 'GET', `/inboxes/?chatbot=${bot.id}`);
  const inboxes = [{ id: results[0].id }];
  const [, contact] = await chat.ask('editor', 'POST', '/contacts/', { name: 'Ada', inboxes, sourceId: 'U1' });
  const message = { content: 'hi', sender: contact.id };
  const [, { conversationId }] = await chat.complete({ message }, { chatbot: bot.id });
  const [, said] = await chat.ask('editor', 'POST', '/contacts/broadcast-message', {
    ...{ message: 'Closed today.', contact_ids: [contact.id] },
  });
  expect(said.results).toMatchObject([{ conversation_id: conversationId }]);
  expect((await came(at))[0]).toMatchObject({ id: said.results[0].message_id, content: 'Closed today.' });
});

it('nothing is sent to an address inside, however it got there; nor where it was taken back', async () => {
  const at = path();
  const { bot, talk } = await told(at);
  Object.assign(chat.house.config, { privateWebhooks: false });
  expect(await chat.ask('editor', 'PATCH', `/chatbots/${bot.id}/`, { webhookUrl: `${receiver.url}/x` })).toEqual([
    400,
    { webhookUrl: ['This has no public address; LATCHKEY_PRIVATE_WEBHOOKS=true allows others.'] },
  ]);
  const before = receiver.connections();
  await say(talk);
  const refused = await vi.waitFor(async () => {
    const [one] = await records(bot.id);
    expect(one).toBeDefined();
    return one as Body;
  });
  expect(refused).toMatchObject({ statusCode: null, response: '127.0.0.1 has no public address' });
  await rested();
  expect([receiver.connections(), (await records(bot.id)).length]).toEqual([before, 1]);
  Object.assign(chat.house.config, { privateWebhooks: true });
  await chat.ask('editor', 'PATCH', `/chatbots/${bot.id}/`, { webhookUrl: null });
  await say(talk);
  await vi.waitFor(async () => expect(await chat.said(talk)).toHaveLength(4), { timeout: 5_000 });
  await rested();
  expect(receiver.connections()).toBe(before);
  expect(await chat.ask('neighbour', 'GET', `/chatbots/${bot.id}/webhook-records/`)).toEqual(notFound);
});
