import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Doors, type Inboxes, openInboxes } from '../support/inboxes.ts';
import { forbidden, nobodys, notFound, required } from '../support/knowledge.ts';
import type { Body } from '../support/mage.ts';

let house: Inboxes;
let bot: Doors;
let theirs: Doors;
beforeAll(async () => {
  house = await openInboxes();
  [bot, theirs] = await Promise.all([house.chatbot(), house.chatbot('neighbour')]);
});
afterAll(() => house.close());

const at = (id = '') => `/inboxes/${id && `${id}/`}`;
const web = (id = '') => `/web-chats/${id && `${id}/`}`;

it('#146 inboxes have a kind and a channel, whose id is the web chat’s', async () => {
  const [status, page] = await house.ask('viewer', 'GET', `${at()}?chatbot=${bot.id}`);
  expect([status, page.count]).toEqual([200, 2]);
  const [api, second] = page.results;
  expect(api).toEqual({
    ...{ id: bot.api.id, name: 'Guide', channelType: 'web', accessType: 'api', webhookUrl: null },
    ...{ channel: { id: bot.api.channel_id, name: 'Guide' }, chatbot: { id: bot.id, name: 'Guide' } },
    ...{ unreadConversationsCount: 0, createdAt: expect.any(String), updatedAt: expect.any(String) },
  });
  expect(second).toMatchObject({ id: bot.web.id, accessType: 'web', channel: { id: bot.web.channel_id } });
  expect(await house.ask('viewer', 'GET', at(bot.api.id))).toEqual([200, api]);
});

it('an inbox is opened, listed in order, changed and closed with its conversations', async () => {
  const own = await house.chatbot();
  const [status, made] = await house.ask('editor', 'POST', at(), { name: 'Shop', chatbot: own.id });
  expect([status, made]).toMatchObject([201, { name: 'Shop', accessType: 'web', chatbot: { id: own.id } }]);
  const names = async (query: string) =>
    (await house.ask('viewer', 'GET', `${at()}?chatbot=${own.id}&${query}`))[1].results.map(({ name }: Body) => name);
  expect(await names('ordering=-name')).toEqual(['Shop', 'Guide', 'Guide']);
  expect(await names('ordering=createdAt')).toEqual(['Guide', 'Guide', 'Shop']);
  expect((await house.ask('viewer', 'GET', `${at()}?ordering=secret`))[0]).toBe(400);
  expect(await names('channelType=line')).toEqual([]);
  expect(await names('pageSize=2&page=2')).toEqual(['Shop']);
  const { id } = await house.contact(made.id);
  const talk = await house.talk(own, id, ['one', 'two'], made.id);
  expect((await house.ask('viewer', 'GET', at(made.id)))[1].unreadConversationsCount).toBe(1);
  await house.house
    .db('conversations')
    .where({ id: talk })
    .update({ last_read_at: house.house.db.fn.now() as never });
  expect((await house.ask('viewer', 'GET', at(made.id)))[1].unreadConversationsCount).toBe(0);
  expect(await house.ask('editor', 'PUT', at(made.id), { name: 'Store' })).toMatchObject([200, { name: 'Store' }]);
  expect(await house.ask('editor', 'PATCH', at(made.id), {})).toMatchObject([200, { name: 'Store' }]);
  expect((await house.send('editor', 'DELETE', at(made.id))).status).toBe(204);
  expect(await house.ask('editor', 'GET', at(made.id))).toEqual(notFound);
  expect(await house.house.db('conversations').where({ id: talk })).toEqual([]);
  expect((await house.ask('viewer', 'GET', `/contacts/${id}/`))[1].inboxes).toEqual([]);
});

it('the last door by which programs reach a chatbot stays, whoever closes it at the same moment', async () => {
  const own = await house.chatbot();
  const [, second] = await house.ask('editor', 'POST', at(), { name: 'b', chatbot: own.id, accessType: 'api' });
  const closed = await Promise.all([own.api.id, second.id].map((id) => house.ask('editor', 'DELETE', at(id))));
  expect(closed.map(([status]) => status).sort()).toEqual([204, 400]);
  expect(closed.find(([status]) => status === 400)?.[1]).toEqual({
    nonFieldErrors: ['This is the only inbox by which programs reach the chatbot.'],
  });
});

it('a web chat is an inbox by another id: all of them in one list, with the looks that were kept', async () => {
  const [status, list] = await house.ask('viewer', 'GET', web());
  expect(status).toBe(200);
  expect(list.map(({ id }: Body) => id)).toEqual(expect.arrayContaining([bot.api.channel_id, bot.web.channel_id]));
  const theme = { primaryColor: '#336699', unknown: 'x' };
  const [made, chat] = await house.ask('editor', 'POST', web(), { name: 'Page', chatbot: bot.id, theme });
  expect([made, chat]).toMatchObject([
    201,
    { name: 'Page', accessType: 'web', chatbot: bot.id, theme: { primaryColor: '#336699' }, darkTheme: {}, logo: null },
  ]);
  expect(await house.ask('viewer', 'GET', at(chat.inbox.id))).toMatchObject([200, { channel: { id: chat.id } }]);
  const more = { displayConversationStarters: ['Fares?'], description: 'Ask.' };
  expect(await house.ask('editor', 'PATCH', web(chat.id), more)).toMatchObject([200, { ...more, name: 'Page' }]);
  expect(await house.ask('editor', 'PUT', web(chat.id), { name: 'P' })).toMatchObject([200, { ...more, name: 'P' }]);
  expect((await house.ask('viewer', 'GET', web(chat.id)))[1].theme.primaryColor).toBe('#336699');
  expect(await house.ask('viewer', 'GET', web(chat.inbox.id))).toEqual(notFound);
});

it('400 says by field what is wrong; webhooks go to no address inside', async () => {
  for (const [body, wrong] of [
    [{}, { name: required, chatbot: required }],
    [{ name: 'x', chatbot: nobodys }, { chatbot: [`Invalid pk "${nobodys}" - object does not exist.`] }],
    [{ name: 'x', chatbot: theirs.id }, { chatbot: [`Invalid pk "${theirs.id}" - object does not exist.`] }],
    [{ name: 'x', chatbot: bot.id, channelType: 'line' }, { channelType: ['"line" is not a valid choice.'] }],
    [{ name: 'x', chatbot: bot.id, webhookUrl: 'nowhere' }, { webhookUrl: ['Enter a valid URL.'] }],
    [
      { name: 'x', chatbot: bot.id, webhookUrl: 'ftp://example.com/' },
      { webhookUrl: ['This must be an http or https URL.'] },
    ],
  ] as const)
    expect([body, await house.ask('editor', 'POST', at(), body)]).toEqual([body, [400, wrong]]);
  for (const url of ['http://127.0.0.1/', 'http://169.254.169.254/latest', 'http://[::1]/', 'http://localhost:1/'])
    expect(await house.ask('editor', 'PATCH', at(bot.web.id), { webhookUrl: url })).toEqual([
      400,
      { webhookUrl: ['This has no public address; LATCHKEY_PRIVATE_WEBHOOKS=true allows others.'] },
    ]);
  expect(await house.ask('viewer', 'GET', `${at()}?chatbot=x`)).toEqual([400, { chatbot: ['Must be a valid UUID.'] }]);
});

it('other accounts’ doors are not there; viewers look, editors open and close', async () => {
  for (const [path, ids] of [
    [at, [theirs.web.id, nobodys, 'x']],
    [web, [theirs.web.channel_id, nobodys, 'x']],
  ] as const)
    for (const id of ids)
      for (const method of ['GET', 'PUT', 'PATCH'])
        expect(await house.ask('owner', method, path(id), { name: 'mine' })).toEqual(notFound);
  expect(await house.ask('owner', 'DELETE', at(theirs.web.id))).toEqual(notFound);
  const all = (await house.ask('owner', 'GET', `${at()}?pageSize=100`))[1].results.map(({ id }: Body) => id);
  expect(all).not.toContain(theirs.web.id);
  expect((await house.ask('owner', 'GET', web()))[1].map(({ id }: Body) => id)).not.toContain(theirs.web.channel_id);
  for (const path of [at(), web()]) {
    expect(await house.ask('viewer', 'POST', path, { name: 'x', chatbot: bot.id })).toEqual(forbidden);
    expect((await house.ask('anonymous', 'GET', path))[0]).toBe(401);
  }
});
