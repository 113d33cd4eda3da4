import { afterAll, beforeAll, expect, it } from 'vitest';
import { prune } from '../../src/core/retention.ts';
import { noKey } from '../../src/core/usage/gather.ts';
import { type Chat, hi, openChat } from '../support/chat.ts';
import type { Body } from '../support/mage.ts';
import { json, says, whole } from '../support/upstream.ts';

let chat: Chat;
beforeAll(async () => {
  chat = await openChat();
});
afterAll(() => chat.close());

/** What `/v1` says of the work of models, to a key. */
const usage = async (
  query = '',
  by: 'admin' | 'editor' | 'viewer' | 'neighbour' = 'admin',
): Promise<[number, Body]> => {
  const response = await fetch(`${new URL(chat.url).origin}/v1/usage/models${query}`, {
    headers: { Authorization: `Bearer ${chat.users[by].key}` },
  });
  return [response.status, (await response.json()) as Body];
};
const rows = async (query: string, by?: Parameters<typeof usage>[1]) => (await usage(query, by))[1].rows;

it('answers and tokens by model, chatbot, key and day: of all for admins, else of one’s own keys', async () => {
  const today = new Date().toISOString().slice(0, 10);
  const { id } = await chat.bot({ name: '書店 📚' });
  await chat.complete(hi, { chatbot: id });
  await chat.complete({ ...hi, isStreaming: true }, { chatbot: id });
  await chat.complete(hi, { by: 'admin' });
  const both = { answers: 2, input_tokens: 22, output_tokens: 14 };
  const all = { answers: 3, input_tokens: 33, output_tokens: 21 };
  expect(await usage()).toEqual([
    200,
    { from: expect.any(String), to: today, by: 'model', rows: [{ model: 'chat model', ...all }], ...all },
  ]);
  expect((await rows('?by=chatbot'))[0]).toEqual({ chatbot: id, name: '書店 📚', ...both });
  expect(await rows('?by=day')).toEqual([{ day: today, ...all }]);
  expect(await rows(`?by=day&chatbot=${id}`)).toEqual([{ day: today, ...both }]);
  const [{ key }] = await rows('?by=key');
  expect(await rows(`?by=key&key=${key}`)).toEqual([{ key, name: expect.any(String), ...both }]);
  expect((await usage('?model=nobody'))[1]).toMatchObject({ rows: [], answers: 0, input_tokens: 0, output_tokens: 0 });
  expect(await rows('?by=model', 'editor')).toEqual([{ model: 'chat model', ...both }]);
  expect(await rows('?by=model', 'viewer')).toEqual([]);
  expect(await rows('?by=model', 'neighbour')).toEqual([]);
  expect(await rows(`?by=chatbot&chatbot=${id}`, 'neighbour')).toEqual([]);
  expect((await usage(`?key=${key}`, 'neighbour'))[0]).toBe(404);
  // What a chatbot took stays when it has gone.
  expect((await chat.send('editor', 'DELETE', `/chatbots/${id}/`)).status).toBe(204);
  expect((await rows('?by=chatbot'))[0]).toEqual({ chatbot: id, name: null, ...both });
});

it('a server that says nothing of tokens, or nonsense, counts answers alone; one that fails counts nothing', async () => {
  const { id } = await chat.bot();
  for (const told of [undefined, null, 'many', { prompt_tokens: -1, completion_tokens: 1e300 }]) {
    chat.upstream.does((response) => json(response, 200, { ...whole('yes'), usage: told }));
    expect((await chat.complete(hi, { chatbot: id }))[0]).toBe(200);
  }
  chat.upstream.does((response) => json(response, 401, {}));
  expect((await chat.complete(hi, { chatbot: id }))[0]).toBe(502);
  chat.upstream.does(says('x'));
  expect(await rows(`?chatbot=${id}`)).toEqual([
    { model: 'chat model', answers: 4, input_tokens: 0, output_tokens: 0 },
  ]);
});

it('400 says what is wrong', async () => {
  const [status, body] = await usage('?from=2026-02-02&to=2026-02-01');
  expect([status, JSON.stringify(body)]).toEqual([400, expect.stringContaining('This is later than `to`.')]);
  for (const query of ['?by=language', '?chatbot=x', '?from=yesterday', '?model='])
    expect((await usage(query))[0]).toBe(400);
});

it('is pruned by its day, as requests are', async () => {
  const { db, installation } = chat.house;
  const ago = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);
  const row = { account_id: installation.accountId, chatbot_id: noKey, key_uuid: noKey, model: 'old' };
  const took = { answers: 1, input_tokens: 1, output_tokens: 1 };
  await db('model_usage').insert([401, 400, 0].map((days) => ({ ...row, ...took, day: ago(days) })));
  await prune(chat.house);
  expect(await db('model_usage').where({ model: 'old' })).toHaveLength(2);
});
