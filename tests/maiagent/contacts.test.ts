import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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

const at = (id = '') => `/contacts/${id && `${id}/`}`;
const unknown = (id: string) => ({ id: [`Invalid pk "${id}" - object does not exist.`] });
const unique = [400, { sourceId: ['This field must be unique.'] }];

describe('a contact', () => {
  it('#147 is made with an inbox and a source, by either spelling; the same source again in that inbox is 400', async () => {
    const body = { name: 'J', inboxes: [{ id: bot.web.id }], source_id: 'x' };
    const [status, made] = await house.ask('editor', 'POST', at(), body);
    expect([status, made]).toEqual([
      201,
      {
        ...{ id: expect.any(String), name: 'J', sourceId: 'x', inboxes: [{ id: bot.web.id, name: 'Guide' }] },
        ...{ inbox: { id: bot.web.id, name: 'Guide' }, avatar: null, phoneNumber: null, email: null },
        ...{ queryMetadata: null, mcpCredentials: [] },
        ...{ createdAt: expect.stringMatching(/^\d{13}$/), updatedAt: expect.stringMatching(/^\d{13}$/) },
      },
    ]);
    expect(await house.ask('editor', 'POST', at(), body)).toEqual(unique);
    const elsewhere = { ...body, inboxes: [{ id: bot.api.id }] };
    expect((await house.ask('editor', 'POST', at(), elsewhere))[0]).toBe(201);
    expect(await house.ask('editor', 'POST', at(), { ...body, inboxes: [{ id: bot.api.id }] })).toEqual(unique);
    // The old form names one.
    const old = { name: 'K', inbox: { id: bot.web.id }, sourceId: 'y' };
    expect((await house.ask('editor', 'POST', at(), old))[1].inboxes).toEqual([{ id: bot.web.id, name: 'Guide' }]);
  });

  it('of two who come at the same moment by the same source, one is there', async () => {
    const body = { name: 'Both', inboxes: [{ id: bot.web.id }], sourceId: 'at once' };
    const all = await Promise.all(Array.from({ length: 6 }, () => house.ask('editor', 'POST', at(), body)));
    expect(all.map(([status]) => status).sort()).toEqual([201, 400, 400, 400, 400, 400]);
    // Those without a source are as many as they like.
    await house.contact(bot.web.id);
    await house.contact(bot.web.id, { sourceId: '' });
    expect((await house.contact(bot.web.id, { sourceId: null })).sourceId).toBe(null);
  });

  it('is called what they call themselves, and what a program sends besides is passed over', async () => {
    const name = 'Ａｄａ 👩‍💻‍ 高鐵\u200b';
    const more = { name, metadata: [{ key: 'a', value: 'b' }], mcpCredentials: { token: 'hush' } };
    const made = await house.contact(bot.api.id, more);
    expect(made).toMatchObject({ name, mcpCredentials: [] });
    expect(JSON.stringify(await house.house.db('contacts').where({ id: made.id }))).not.toContain('hush');
  });

  it('keeps what narrows the knowledge as it was sent, up to 16 KiB', async () => {
    const queryMetadata = {
      knowledge_bases: [{ knowledge_base_id: nobodys, has_user_selected_all: 'True', faq_ids: [] }],
      labelRelations: { operator: 'OR', conditions: [{ label_id: nobodys }] },
    };
    const made = await house.contact(bot.api.id, { query_metadata: queryMetadata });
    expect(made.queryMetadata).toEqual(queryMetadata);
    expect((await house.ask('viewer', 'GET', at(made.id)))[1].queryMetadata).toEqual(queryMetadata);
    expect((await house.ask('editor', 'PATCH', at(made.id), { queryMetadata: null }))[1].queryMetadata).toBe(null);
    const long = { queryMetadata: { a: 'x'.repeat(17_000) } };
    expect(await house.ask('editor', 'PATCH', at(made.id), long)).toEqual([
      400,
      { queryMetadata: ['Ensure this field has no more than 16384 bytes of JSON.'] },
    ]);
  });

  it('is changed, in part or with its name, and moved to other inboxes', async () => {
    const made = await house.contact(bot.web.id, { sourceId: 'moves', email: 'ada@example.com' });
    const [, changed] = await house.ask('editor', 'PATCH', at(made.id), { phone_number: '+886 2 1234' });
    expect(changed).toEqual({ ...made, phoneNumber: '+886 2 1234', updatedAt: expect.any(String) });
    expect(await house.ask('editor', 'PATCH', at(made.id), {})).toMatchObject([200, { phoneNumber: '+886 2 1234' }]);
    const both = { name: 'Grace', inboxes: [{ id: bot.api.id }, { id: bot.web.id }, { id: bot.web.id }] };
    const [status, moved] = await house.ask('editor', 'PUT', at(made.id), both);
    expect([status, moved.name, moved.email, moved.inboxes.length]).toEqual([200, 'Grace', 'ada@example.com', 2]);
    const other = await house.contact(bot.api.id, { sourceId: 'other' });
    expect(await house.ask('editor', 'PATCH', at(other.id), { sourceId: 'moves' })).toEqual(unique);
    expect((await house.ask('viewer', 'GET', at(other.id)))[1]).toEqual(other);
    expect((await house.ask('editor', 'PATCH', at(made.id), { sourceId: 'else' }))[0]).toBe(200);
    expect((await house.ask('editor', 'PATCH', at(other.id), { sourceId: 'moves' }))[0]).toBe(200);
    expect(await house.ask('editor', 'PUT', at(made.id), {})).toEqual([400, { name: required }]);
  });

  it('is deleted: what they said stays, and somebody else may come by their source', async () => {
    const made = await house.contact(bot.web.id, { sourceId: 'leaves' });
    const talk = await house.talk(bot, made.id, ['Good-bye.']);
    expect((await house.send('editor', 'DELETE', at(made.id))).text).toBe('');
    for (const method of ['GET', 'DELETE', 'PATCH'])
      expect(await house.ask('editor', method, at(made.id))).toEqual(notFound);
    expect(await house.house.db('messages').where({ conversation_id: talk })).toHaveLength(1);
    await house.contact(bot.web.id, { sourceId: 'leaves' });
  });

  it('400 says by field what is wrong', async () => {
    const named = { name: 'x', inboxes: [{ id: bot.web.id }] };
    for (const [body, wrong] of [
      [{ inboxes: named.inboxes }, { name: required }],
      [{ name: 'x' }, { inboxes: required }],
      [{ ...named, inboxes: [] }, { inboxes: ['This list may not be empty.'] }],
      [{ ...named, inboxes: [{ id: bot.web.id }, { id: nobodys }] }, { inboxes: [{}, unknown(nobodys)] }],
      [{ ...named, inboxes: [{ id: theirs.web.id }] }, { inboxes: [unknown(theirs.web.id)] }],
      [{ ...named, inboxes: [{ id: 'x' }] }, { inboxes: [{ id: ['Must be a valid UUID.'] }] }],
      [{ ...named, sourceId: 'x'.repeat(256) }, { sourceId: ['Ensure this field has no more than 255 characters.'] }],
      [{ ...named, name: '' }, { name: ['This field may not be blank.'] }],
      [{ ...named, name: 'a\u0000' }, { name: ['Null characters are not allowed.'] }],
      [{ ...named, queryMetadata: 'x' }, { queryMetadata: ['Expected a dictionary of items but got type "str".'] }],
    ] as const)
      expect([body, await house.ask('editor', 'POST', at(), body)]).toEqual([body, [400, wrong]]);
    const before = await house.count('contacts');
    await house.ask('editor', 'POST', at(), { ...named, inboxes: [{ id: nobodys }] });
    expect(await house.count('contacts')).toBe(before);
  });
});

describe('contacts', () => {
  it('are listed the newest first, a page at a time, narrowed by text and by inbox', async () => {
    const own = await house.chatbot();
    expect(await house.ask('viewer', 'GET', `${at()}?inboxes=${own.web.id}`)).toEqual([
      200,
      { count: 0, next: null, previous: null, results: [] },
    ]);
    const made: Body[] = [];
    for (const name of ['Ada Lovelace', '王小明', 'Grace']) made.unshift(await house.contact(own.web.id, { name }));
    const other = await house.contact(own.api.id, { name: 'Ada by program', email: 'ada@x.test' });
    const list = async (query: string) => (await house.ask('viewer', 'GET', `${at()}?${query}`))[1];
    expect((await list(`inboxes=${own.web.id}`)).results).toEqual(made);
    const page = await list(`inboxes=${own.web.id}&pageSize=2&page=2`);
    expect([page.count, page.results, page.next]).toEqual([3, [made[2]], null]);
    expect(page.previous).toContain(`inboxes=${own.web.id}`);
    const both = `inboxes=${own.web.id},${own.api.id}`;
    expect((await list(both)).count).toBe(4);
    expect((await list(`${both}&query=ADA`)).results.map(({ id }: Body) => id)).toEqual([other.id, made[2]?.id]);
    expect((await list(`${both}&search=小明`)).results).toEqual([made[1]]);
    expect((await list(`${both}&search=x.test`)).results).toEqual([other]);
    // As half of the vendor's pages have it.
    const first = await list(`inboxes=${own.web.id}&limit=2`);
    expect([first.count, first.results, first.previous]).toEqual([3, made.slice(0, 2), null]);
    const [, rest] = await house.ask('viewer', 'GET', first.next.slice(house.url.length));
    expect([rest.results, rest.next]).toEqual([[made[2]], null]);
    expect(new URL(rest.previous).searchParams.get('offset')).toBe(null);
    expect((await list(`inboxes=${own.web.id}&offset=1`)).results).toEqual(made.slice(1));
    expect((await list(`inboxes=${own.web.id}&limit=x&offset=-1`)).count).toBe(3);
    expect(await house.ask('viewer', 'GET', `${at()}?inboxes=x`)).toEqual([
      400,
      { inboxes: ['Must be a valid UUID.'] },
    ]);
    expect((await list(`inboxes=${theirs.web.id}`)).count).toBe(0);
  });

  it('of other accounts are not there, nor those who have no name; viewers read, editors write', async () => {
    const mine = await house.contact(bot.web.id);
    const their = await house.contact(theirs.web.id, {}, 'neighbour');
    const db = house.house.db;
    const { accountId: account_id } = house.users.editor;
    const nameless = await db('contacts').insert({ account_id, name: 'Anonymous', anonymous: true }).returning('id');
    for (const id of [their.id, nobodys, 'x', String(nameless[0]?.id)])
      for (const method of ['GET', 'PUT', 'PATCH', 'DELETE'])
        expect(await house.ask('owner', method, at(id), { name: 'mine' })).toEqual(notFound);
    const all = (await house.ask('viewer', 'GET', `${at()}?pageSize=100`))[1].results.map(({ id }: Body) => id);
    expect(all).toContain(mine.id);
    expect(all).not.toContain(their.id);
    expect(all).not.toContain(nameless[0]?.id);
    for (const [method, path] of [
      ['POST', at()],
      ['PATCH', at(mine.id)],
      ['DELETE', at(mine.id)],
    ] as const) {
      expect(await house.ask('viewer', method, path, { name: 'x' })).toEqual(forbidden);
      expect((await house.ask('anonymous', method, path, { name: 'x' }))[0]).toBe(401);
    }
  });
});

describe('the conversations of a contact', () => {
  it('are listed the latest first, narrowed by what was said and by inbox; the latest is 404 where there is none', async () => {
    const { id } = await house.contact(bot.web.id);
    const talks = `/contacts/${id}/conversations`;
    expect((await house.ask('viewer', 'GET', talks))[1]).toMatchObject({ count: 0, results: [] });
    expect(await house.ask('viewer', 'GET', `${talks}/latest`)).toEqual(notFound);
    const fares = await house.talk(bot, id, ['The FARE to Taichung?']);
    const other = await house.talk(bot, id, ['Hello'], bot.web.id);
    const ids = async (query: string) =>
      (await house.ask('viewer', 'GET', `${talks}?${query}`))[1].results.map((talk: Body) => talk.id);
    expect(await ids('')).toEqual([other, fares]);
    expect(await ids('keyword=fare')).toEqual([fares]);
    expect(await ids(`inboxes=${bot.web.id}`)).toEqual([other]);
    expect(await ids('pageSize=1&page=2')).toEqual([fares]);
    const [, latest] = await house.ask('viewer', 'GET', `${talks}/latest`);
    expect(latest).toMatchObject({ id: other, contact: { id }, lastMessage: { content: 'Hello', type: 'incoming' } });
    expect((await house.ask('viewer', 'GET', `${talks}/latest/?inboxes=${bot.api.id}`))[1].id).toBe(fares);
    for (const who of ['neighbour', 'roleless'] as const)
      expect(await house.ask(who, 'GET', `${talks}/latest`)).toEqual(who === 'neighbour' ? notFound : forbidden);
  });
});

describe('a message to many', () => {
  const to = '/contacts/broadcast-message';
  const noConversation = (contact_id: string) => ({ contact_id, error: 'No conversation found for this contact.' });

  it('#149 is said in the latest conversation of each; who has none is told', async () => {
    const [one, two] = [await house.contact(bot.web.id), await house.contact(bot.web.id)];
    await house.talk(bot, one.id, ['old']);
    const latest = await house.talk(bot, one.id, ['new'], bot.web.id);
    const body = { message: 'm', contact_ids: [one.id, two.id, one.id] };
    const [status, said] = await house.ask('editor', 'POST', to, body);
    expect([status, said]).toEqual([
      200,
      {
        results: [{ contact_id: one.id, conversation_id: latest, message_id: expect.any(String), status: 'success' }],
        errors: [noConversation(two.id)],
        ...{ total_contacts: 2, success_count: 1, error_count: 1 },
      },
    ]);
    const [message] = await house.house.db('messages').where({ public_id: said.results[0].message_id });
    expect(message).toMatchObject({ type: 'outgoing', content: 'm', conversation_id: latest });
  });

  it('goes to all who come by an inbox but those left out', async () => {
    const own = await house.chatbot();
    const people: Body[] = [];
    for (const name of ['a', 'b', 'c']) people.push(await house.contact(own.web.id, { name }));
    for (const { id } of people) await house.talk(own, id, ['hello'], own.web.id);
    const body = { message: 'm', inbox_id: own.web.id, exclude_contact_ids: [people[1]?.id] };
    const [, said] = await house.ask('editor', 'POST', `${to}/`, body);
    expect(said.results.map(({ contact_id }: Body) => contact_id)).toEqual([people[0]?.id, people[2]?.id]);
    expect(said).toMatchObject({ total_contacts: 2, success_count: 2, error_count: 0, errors: [] });
  });

  it('says what is wrong, and reaches nobody of another account', async () => {
    const their = await house.contact(theirs.web.id, {}, 'neighbour');
    await house.talk(theirs, their.id, ['hello']);
    const before = await house.count('messages');
    const [, said] = await house.ask('owner', 'POST', to, { message: 'm', contactIds: [their.id] });
    expect(said).toMatchObject({ errors: [{ contact_id: their.id, error: 'No such contact.' }], success_count: 0 });
    for (const [body, wrong] of [
      [{ contact_ids: [their.id] }, { message: required }],
      [{ message: 'm' }, { contactIds: required }],
      [{ message: 'm', contact_ids: [] }, { contactIds: ['This list may not be empty.'] }],
      [{ message: 'm', contact_ids: ['x'] }, { contactIds: { 0: ['Must be a valid UUID.'] } }],
      [{ message: 'm', inbox_id: theirs.web.id }, { inboxId: unknown(theirs.web.id).id }],
    ] as const)
      expect([body, await house.ask('editor', 'POST', to, body)]).toEqual([body, [400, wrong]]);
    expect(await house.ask('viewer', 'POST', to, { message: 'm', contact_ids: [their.id] })).toEqual(forbidden);
    expect(await house.count('messages')).toBe(before);
  });
});
