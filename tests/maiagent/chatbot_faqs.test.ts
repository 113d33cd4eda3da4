import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Chat, openChat } from '../support/chat.ts';
import { forbidden, nobodys, notFound, required } from '../support/knowledge.ts';
import type { Body } from '../support/mage.ts';

let chat: Chat;
beforeAll(async () => {
  chat = await openChat();
});
afterAll(() => chat.close());

const at = (id = '') => `/faqs/${id && `${id}/`}`;
const made = async (chatbot: string, more: object = {}) => {
  const body = { chatbot, question: 'When does the shop open?', answer: 'It opens at nine.', ...more };
  const [status, faq] = await chat.ask('editor', 'POST', at(), body);
  expect([status, faq]).toMatchObject([201, {}]);
  return faq;
};

it('#161 a FAQ is made for a chatbot, which answers from it, and no longer once it is gone', async () => {
  const { id: chatbot } = await chat.bot();
  const faq = await made(chatbot);
  expect(faq).toMatchObject({ chatbot, question: 'When does the shop open?', labels: [], hitsCount: 0 });
  const ask = async () =>
    (await chat.complete({ message: { content: 'When does it open?' } }, { chatbot }))[1].citationNodes as Body[];
  expect((await ask()).map((node) => node.chatbotTextNode)).toMatchObject([
    { filename: 'FAQ', text: expect.stringContaining('It opens at nine.') },
  ]);
  expect(await chat.ask('editor', 'PATCH', at(faq.id), { answer: 'It opens at ten.' })).toMatchObject([
    200,
    { chatbot },
  ]);
  expect((await ask())[0]?.chatbotTextNode.text).toContain('at ten');
  // What it answers from besides changes nothing of its own.
  const base = await chat.base();
  await chat.ask('editor', 'PATCH', `/chatbots/${chatbot}/`, { knowledgeBases: [{ id: base }] });
  expect(await ask()).toHaveLength(1);
  expect((await chat.send('editor', 'DELETE', at(faq.id))).status).toBe(204);
  expect(await ask()).toEqual([]);
});

it('they are listed by chatbot, below it and beside it, with labels that are made as they are named', async () => {
  const [one, two] = [(await chat.bot()).id, (await chat.bot()).id];
  const first = await made(one, { labels: [{ name: 'hours' }] });
  const [status, second] = await chat.ask('editor', 'POST', `/chatbots/${one}/faqs/`, {
    question: 'Where?',
    answer: 'Here.',
  });
  expect([status, second.chatbot, first.labels[0].name]).toEqual([201, one, 'hours']);
  const other = await made(two);
  const list = async (path: string) => (await chat.ask('viewer', 'GET', path))[1].results.map(({ id }: Body) => id);
  expect(await list(`${at()}?chatbot=${one}`)).toEqual([second.id, first.id]);
  expect(await list(`/chatbots/${one}/faqs/?query=where`)).toEqual([second.id]);
  expect(await list(`${at()}?pageSize=100`)).toEqual(expect.arrayContaining([first.id, other.id]));
  expect(await chat.ask('viewer', 'GET', `/chatbots/${two}/faqs/${first.id}/`)).toEqual(notFound);
  await chat.ask('editor', 'POST', `/chatbots/${two}/faqs/batch-delete/`, { ids: [first.id, other.id] });
  expect(await list(`${at()}?chatbot=${two}`)).toEqual([]);
  expect(await list(`${at()}?chatbot=${one}`)).toEqual([second.id, first.id]);
  expect((await chat.send('editor', 'DELETE', `/chatbots/${one}/`)).status).toBe(204);
  expect(await chat.ask('viewer', 'GET', at(first.id))).toEqual(notFound);
  expect(await chat.house.db('knowledge_bases').where({ faqs_of: one })).toEqual([]);
});

it('of first ones that come at once, all are in one knowledge base', async () => {
  const { id } = await chat.bot();
  await Promise.all(Array.from({ length: 5 }, () => made(id)));
  expect((await chat.ask('viewer', 'GET', `${at()}?chatbot=${id}`))[1].count).toBe(5);
  expect(await chat.house.db('knowledge_bases').where({ faqs_of: id })).toHaveLength(1);
});

it('says what is wrong, and shows nothing of other accounts', async () => {
  const theirs = (await chat.ask('neighbour', 'POST', '/chatbots/', { name: 'x', largeLanguageModel: chat.model }))[1]
    .id;
  const unknown = (id: string) => ({ chatbot: [`Invalid pk "${id}" - object does not exist.`] });
  const body = { question: 'q', answer: 'a' };
  expect(await chat.ask('editor', 'POST', at(), {})).toEqual([
    400,
    { chatbot: required, question: required, answer: required },
  ]);
  for (const id of [nobodys, theirs])
    expect(await chat.ask('editor', 'POST', at(), { ...body, chatbot: id })).toEqual([400, unknown(id)]);
  const [, their] = await chat.ask('neighbour', 'POST', at(), { ...body, chatbot: theirs });
  for (const method of ['GET', 'PATCH', 'DELETE'])
    expect(await chat.ask('owner', method, at(their.id), {})).toEqual(notFound);
  expect((await chat.ask('owner', 'GET', `${at()}?chatbot=${theirs}`))[1].count).toBe(0);
  expect(await chat.ask('viewer', 'POST', at(), { ...body, chatbot: chat.chatbot })).toEqual(forbidden);
  expect(await chat.ask('viewer', 'GET', `${at()}?chatbot=x`)).toEqual([400, { chatbot: ['Must be a valid UUID.'] }]);
});
