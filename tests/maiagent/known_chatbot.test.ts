import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { knownChatbot } from '../../src/core/completions/known_chatbot.ts';
import { type Exact, exactMemory } from '../../src/core/exact/index.ts';
import { connect } from '../../src/database/database.ts';
import { type Chat, hi, openChat } from '../support/chat.ts';

let chat: Chat;
/** Another process on the same database. */
let other: ReturnType<typeof connect>;
let memory: Exact;
let accountId: number;

beforeAll(async () => {
  chat = await openChat();
  const { connectionString: url } = chat.house.db.client.config.connection as { connectionString: string };
  other = connect(url);
  memory = exactMemory(other, chat.house.log);
  await memory.join(url);
  const [row] = await other('chatbots').where('id', chat.chatbot).select('account_id');
  accountId = row?.account_id as number;
});
afterAll(async () => {
  await memory.close();
  await other.destroy();
  await chat.close();
});
beforeEach(() => {
  chat.upstream.asked.length = 0;
});

const there = (id: string, account = accountId, sender: string | null = null) =>
  knownChatbot({ ...chat.house, exact: memory }, other, id, account, sender);

/** What is read of chatbots meanwhile. */
async function readsOf(work: () => Promise<unknown>): Promise<string[]> {
  const seen: string[] = [];
  const see = ({ sql }: { sql: string }) => void (sql.includes('from bot') && seen.push(sql));
  chat.house.db.on('query', see);
  other.on('query', see);
  await work();
  chat.house.db.removeListener('query', see);
  other.removeListener('query', see);
  return seen;
}

it('is read once, as long as it stays as it is', async () => {
  const { id } = await chat.bot({ instructions: 'Be brief.' });
  expect(await readsOf(() => chat.complete(hi, { chatbot: id }))).toHaveLength(1);
  expect(await readsOf(() => chat.complete(hi, { chatbot: id.toUpperCase() }))).toEqual([]);
  expect(await readsOf(() => there(id))).toHaveLength(1);
  expect(await readsOf(() => there(id))).toEqual([]);
});

it.each([
  ['its instructions', { instructions: 'Rhyme.' }, { instructions: 'Rhyme.' }],
  ['its temperature', { temperature: 0.25 }, { temperature: 0.25 }],
  ['how it answers', { replyMode: 'template' }, { reply_mode: 'template' }],
])('%s, changed: once that is answered, every process knows', async (_what, changes, expected) => {
  const { id } = await chat.bot();
  await chat.complete(hi, { chatbot: id });
  expect(await there(id)).not.toMatchObject(expected);
  expect((await chat.ask('editor', 'PATCH', `/chatbots/${id}/`, changes))[0]).toBe(200);
  expect(await there(id)).toMatchObject(expected);
  await chat.complete(hi, { chatbot: id });
  if ('instructions' in changes)
    expect(JSON.stringify(chat.upstream.asked.at(-1)?.body.messages)).toContain(changes.instructions);
});

it('its knowledge bases, given and deleted', async () => {
  const { id } = await chat.bot();
  expect(await there(id)).toMatchObject({ informed: false });
  const base = await chat.base();
  await chat.ask('editor', 'PATCH', `/chatbots/${id}/`, { knowledgeBases: [{ id: base }] });
  expect(await there(id)).toMatchObject({ informed: true });
  expect((await chat.ask('editor', 'DELETE', `/knowledge-bases/${base}/`))[0]).toBe(204);
  expect(await there(id)).toMatchObject({ informed: false });
});

it('what narrows the knowledge for those who say no name, changed by a statement', async () => {
  const { id } = await chat.bot();
  const contact = (await there(id))?.contact as string;
  await chat.house.db('contacts').where({ id: contact }).update({ query_metadata: '{"only": "this"}' });
  expect(await there(id)).toMatchObject({ narrowing: { only: 'this' } });
  await chat.house.db('contacts').where({ id: contact }).update({ query_metadata: null });
  expect(await there(id)).toMatchObject({ narrowing: null });
});

it('is gone for all once it is deleted, and is never there for another account', async () => {
  const { id } = await chat.bot();
  await chat.complete(hi, { chatbot: id });
  expect(await there(id)).toMatchObject({ id });
  expect(await there(id, accountId + 1)).toBeUndefined();
  expect((await chat.ask('editor', 'DELETE', `/chatbots/${id}/`))[0]).toBe(204);
  expect(await there(id)).toBeUndefined();
  expect((await chat.complete(hi, { chatbot: id }))[0]).toBe(404);
});

it('of somebody with a name is read each time', async () => {
  const { id } = await chat.bot();
  const sender = '550e8400-e29b-41d4-a716-446655440000';
  await there(id);
  expect(await there(id, accountId, sender)).toMatchObject({ id, contact: null });
});
