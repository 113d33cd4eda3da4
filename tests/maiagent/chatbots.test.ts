import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Chat, hi, openChat } from '../support/chat.ts';
import { nobodys, notFound, required } from '../support/knowledge.ts';
import type { Body } from '../support/mage.ts';

let chat: Chat;
beforeAll(async () => {
  chat = await openChat();
});
afterAll(() => chat.close());

const uuid = expect.stringMatching(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/);
const stamp = expect.stringMatching(/^\d{13}$/);
const at = (id = '') => `/chatbots/${id && `${id}/`}`;
const missing = (id: string) => [`Invalid pk "${id}" - object does not exist.`];
/** The ids that the vendor's own scripts name. */
const vendors = { model: 'ba7da66a-6f30-414d-98f8-7d681a92d47a', rag: '66261b7a-bd3f-4214-9c48-364c2e122b0f' };

it('150, 151: the models, as bare arrays whose ids are good for chatbots', async () => {
  const languageModel = { id: chat.model, name: 'chat model', isDefault: true };
  expect(await chat.ask('viewer', 'GET', '/large-language-models/')).toEqual([200, [languageModel]]);
  for (const [path, name] of [
    ['/embedding-models/', 'Full text search'],
    ['/reranker-models/', 'No reranking'],
  ] as const)
    expect(await chat.ask('viewer', 'GET', path)).toEqual([200, [{ id: uuid, name, isDefault: true }]]);
});

it('130: a page of chatbots, whose models are objects', async () => {
  const { id } = await chat.bot({ name: 'listed' });
  const [status, body] = await chat.ask('viewer', 'GET', `${at()}?page=1&pageSize=10&query=LISTED`);
  expect([status, body]).toEqual([
    200,
    {
      ...{ count: 1, next: null, previous: null },
      results: [
        {
          ...{ id, name: 'listed', replyMode: 'normal', agentMode: 'normal', enableChineseConversion: false },
          largeLanguageModel: { id: chat.model, name: 'chat model', isDefault: true },
          rag: {
            ...{ id: vendors.rag, name: 'RAG', isDefault: true },
            ...{ isEmbeddingModelSelectable: false, isRerankerModelSelectable: false },
          },
          embeddingModel: { id: uuid, name: 'Full text search', isDefault: true },
          rerankerModel: { id: uuid, name: 'No reranking', isDefault: true },
          updatedAt: stamp,
        },
      ],
    },
  ]);
  expect((await chat.ask('viewer', 'GET', `${at()}?largeLanguageModel=${chat.model}&replyMode=agent`))[1].count).toBe(
    0,
  );
  expect(await chat.ask('viewer', 'GET', `${at()}?largeLanguageModel=x`)).toEqual([
    400,
    { largeLanguageModel: ['Must be a valid UUID.'] },
  ]);
});

describe('create', () => {
  it('131, 132: 201 with the defaults; its models are ids', async () => {
    const [status, body] = await chat.ask('editor', 'POST', at(), { name: 'Shop', largeLanguageModel: chat.model });
    expect([status, body]).toEqual([
      201,
      {
        ...{ id: uuid, name: 'Shop', largeLanguageModel: chat.model, rag: vendors.rag, embeddingModel: null },
        ...{ rerankerModel: null, instructions: '', knowledgeBases: [], replyMode: 'normal', template: null },
        ...{ unanswerableTemplate: null, outputMode: 'text', rawOutputFormat: null, agentMode: 'normal' },
        ...{ temperature: null, maxTokens: null, numberOfRetrievedChunks: 12, enableChineseConversion: false },
        ...{ webhookUrl: null, totalWordsCount: 0, builtInWorkflow: null, workflow: null, databases: [], groups: [] },
        ...{ toolkits: [], tools: [], includeTables: [], databaseUrl: null, databaseType: null, organization: null },
        ...{ apiWebChatId: uuid, createdAt: stamp, updatedAt: stamp },
      },
    ]);
    expect(await chat.ask('viewer', 'GET', at(body.id))).toEqual([200, body]);
  });

  it('the vendor’s own script: `model`, snake_case, and its ids', async () => {
    const sent = { name: 'x', model: vendors.model, rag: vendors.rag, instructions: 'be kind', embedding_model: '' };
    const [status, body] = await chat.ask('editor', 'POST', at(), sent);
    expect([status, body]).toMatchObject([201, { largeLanguageModel: vendors.model, embeddingModel: null }]);
    expect((await chat.complete(hi, { chatbot: body.id }))[0]).toBe(200);
  });

  it('everything that is kept comes back, and nothing that is not; a password of a database is nowhere', async () => {
    const base = await chat.base();
    const kept = {
      ...{ name: '客服 🗡️', largeLanguageModel: chat.model, instructions: '用中文回答。\n簡短。', replyMode: 'hybrid' },
      ...{ template: 't', unanswerableTemplate: 'u', outputMode: 'json_schema', agentMode: 'canvas', temperature: 0.5 },
      rawOutputFormat: { type: 'object', properties: { a: { type: 'number', minimum: 1.0 } } },
      ...{ maxTokens: 100, numberOfRetrievedChunks: 3, enableChineseConversion: true },
      webhookUrl: 'https://example.com/hook',
    };
    const dropped = {
      databaseUrl: 'postgres://u:hunter2@h/d',
      tools: [{ id: nobodys }],
      totalWordsCount: 7,
      unheardOf: 1,
    };
    const [status, body] = await chat.ask('editor', 'POST', at(), {
      ...kept,
      ...dropped,
      knowledgeBases: [{ id: base }],
    });
    expect([status, body]).toMatchObject([
      201,
      { ...kept, knowledgeBases: [{ id: base, name: 'Handbooks' }], databaseUrl: null, tools: [], totalWordsCount: 0 },
    ]);
    const [row] = await chat.house.db('chatbots').where({ id: body.id });
    expect(JSON.stringify([row, body]) + chat.log.join()).not.toContain('hunter2');
  });

  it.each<[string, object, object]>([
    ['133', {}, { name: required, largeLanguageModel: required }],
    ['134', { largeLanguageModel: nobodys }, { largeLanguageModel: missing(nobodys) }],
    ['135', { replyMode: 'x' }, { replyMode: ['"x" is not a valid choice.'] }],
    ['rag', { rag: nobodys }, { rag: missing(nobodys) }],
    ['knowledge', { knowledgeBases: [{ id: nobodys }] }, { knowledgeBases: [{ id: missing(nobodys) }] }],
    ['no id', { knowledgeBases: [{}] }, { knowledgeBases: [{ id: required }] }],
    ['temperature', { temperature: 3 }, { temperature: ['Ensure this value is less than or equal to 2.'] }],
    ['webhook', { webhookUrl: 'x' }, { webhookUrl: ['Enter a valid URL.'] }],
    ['schema', { rawOutputFormat: { a: 'x'.repeat(17_000) } }, { rawOutputFormat: [expect.stringContaining('16384')] }],
  ])('%s: 400, and nothing is made', async (name, more, fields) => {
    const before = await Promise.all(['chatbots', 'inboxes'].map(chat.count));
    const whole = name === '133' ? {} : { name: 'x', largeLanguageModel: chat.model, ...more };
    expect(await chat.ask('editor', 'POST', at(), whole)).toEqual([400, fields]);
    expect(await Promise.all(['chatbots', 'inboxes'].map(chat.count))).toEqual(before);
  });

  it('a knowledge base of another account is none', async () => {
    const theirs = await chat.base('neighbour');
    const sent = { name: 'x', largeLanguageModel: chat.model, knowledgeBases: [{ id: theirs }] };
    expect(await chat.ask('editor', 'POST', at(), sent)).toEqual([400, { knowledgeBases: [{ id: missing(theirs) }] }]);
  });
});

it('137: PATCH changes what is given, PUT needs the name and the model, DELETE is 204 and takes all that was said', async () => {
  const { id } = await chat.bot({ instructions: 'a' });
  const [, { conversationId }] = await chat.complete(hi, { chatbot: id });
  expect(await chat.ask('editor', 'PATCH', at(id), { instructions: 'x' })).toMatchObject([
    200,
    { name: 'Shop', instructions: 'x' },
  ]);
  expect(await chat.ask('editor', 'PATCH', at(id), {})).toMatchObject([200, { instructions: 'x' }]);
  expect(await chat.ask('editor', 'PUT', at(id), { instructions: 'y' })).toEqual([
    400,
    { name: required, largeLanguageModel: required },
  ]);
  const { status, body } = await chat.send('editor', 'DELETE', at(id));
  expect([status, body]).toEqual([204, {}]);
  expect(await chat.ask('viewer', 'GET', at(id))).toEqual(notFound);
  expect(await chat.ask('viewer', 'GET', `/conversations/${conversationId}/`)).toEqual(notFound);
  expect(await chat.house.db('messages').where({ conversation_id: conversationId })).toEqual([]);
});

it('what is deleted while it answers: the caller hears that it is gone, and nothing is left behind', async () => {
  const { id } = await chat.bot();
  chat.upstream.does(async (response) => {
    await chat.ask('editor', 'DELETE', at(id));
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"choices":[{"message":{"content":"late"}}]}');
  });
  expect(await chat.complete(hi, { chatbot: id })).toEqual(notFound);
  chat.upstream.does();
  expect(await chat.house.db('messages').where({ content: 'late' })).toEqual([]);
});

it('another account’s chatbot is not there, in no list and under no name', async () => {
  for (const [method, body] of [['GET'], ['PATCH', {}], ['PUT', {}], ['DELETE']] as const)
    expect(await chat.ask('neighbour', method, at(chat.chatbot), body)).toEqual(notFound);
  const [, { results }] = await chat.ask('neighbour', 'GET', at());
  expect(results.map(({ id }: Body) => id)).not.toContain(chat.chatbot);
});

it('without a model a chatbot can be made, and says which setting is missing', async () => {
  const { models } = chat.house;
  chat.house.models = { ...models, of: () => [], byId: () => undefined };
  const [, body] = await chat.ask('editor', 'POST', at(), { name: 'x', largeLanguageModel: vendors.model });
  const [status, answered] = await chat.complete(hi, { chatbot: body.id });
  expect([status, answered.detail]).toEqual([503, expect.stringContaining('LATCHKEY_MODELS')]);
  chat.house.models = { ...models, byId: () => undefined };
  expect(await chat.complete(hi)).toEqual([
    503,
    { detail: expect.stringMatching(/model of this chatbot.*LATCHKEY_MODELS/) },
  ]);
  chat.house.models = models;
});
