import { once } from 'node:events';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Chat, eventsIn, hi, openChat } from '../support/chat.ts';
import type { Body } from '../support/mage.ts';
import { type Answering, chunk, ending, eventStream, json, says } from '../support/upstream.ts';

let chat: Chat;
beforeAll(async () => {
  chat = await openChat();
});
afterAll(() => chat.close());
beforeEach(() => {
  chat.upstream.does();
  chat.upstream.asked.length = 0;
  chat.upstream.left = 0;
});

const uuid = expect.stringMatching(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/);
const joined = (events: Body[]) => events.map(({ content }) => content).join('');
/** What the server has to answer for, since the beginning. */
const faults = () => chat.log.filter((line) => JSON.parse(line).kind === 'internal');
const begun = (response: Parameters<Answering>[0], pieces: string[]) => {
  response.writeHead(200, eventStream);
  for (const piece of pieces) response.write(chunk(piece));
};
/** The newest answer of all. */
const newest = async () =>
  (await chat.house.db('messages').where('type', 'outgoing').orderBy('id', 'desc').first()) as unknown as Body;

it('107, 109, 110: events of one line each, the last one empty and done, and all of it stored', async () => {
  const text = 'Zeile eins\nZeile "zwei" – 你好 🗡️ \u2028 end';
  chat.upstream.does(says(text));
  const { status, headers, text: sent, events } = await chat.stream(hi);
  expect(status).toBe(200);
  expect(Object.fromEntries(headers)).toMatchObject({
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
    'x-accel-buffering': 'no',
  });
  expect(headers.get('content-length')).toBeNull();
  const lines = sent.split('\n').filter((line) => line !== '' && !line.startsWith(':'));
  expect(lines.filter((line) => !line.startsWith('data: {'))).toEqual([]);
  expect(sent).not.toContain('[DONE]');
  expect(sent.endsWith('\n\n')).toBe(true);
  const { conversationId } = events[0] as Body;
  expect(events.slice(0, -1).map(({ conversationId: id, done }) => [id, done])).toEqual(
    Array.from({ length: events.length - 1 }, () => [conversationId, false]),
  );
  expect(events.at(-1)).toEqual({
    id: uuid,
    conversationId,
    content: '',
    done: true,
    citations: [],
    citationNodes: [],
  });
  expect(events.length).toBeGreaterThan(3);
  expect(joined(events)).toBe(text);
  const [answer, question] = await chat.said(conversationId);
  expect([answer?.type, answer?.content, question?.type]).toEqual(['outgoing', text, 'incoming']);
});

it.each(['isStreaming', 'is_streaming'])('%s counts, as a truth, as a word, and in the query', async (name) => {
  const { url, users, chatbot } = chat;
  const headers = { Authorization: `Api-Key ${users.editor.key}`, 'Content-Type': 'application/json' };
  for (const [query, more] of [
    ['', { [name]: true }],
    ['', { [name]: 'true' }],
    [`?${name}=true`, {}],
  ] as const) {
    const sent = { method: 'POST', headers, body: JSON.stringify({ ...hi, ...more }) };
    const response = await fetch(`${url}/chatbots/${chatbot}/completions/${query}`, sent);
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    await response.text();
  }
});

it.each(['text/event-stream', 'application/json', '*/*', 'text/plain'])(
  '126: Accept: %s is never 406',
  async (accept) => {
    const { users } = chat;
    const headers = {
      Authorization: `Api-Key ${users.editor.key}`,
      'Content-Type': 'application/json',
      Accept: accept,
    };
    const response = await chat.open(hi, { headers });
    expect([response.status, joined(eventsIn(await response.text()))]).toEqual([200, 'You said: hi']);
  },
);

it('the option that asks what a stream took is left out for servers that do not know it', async () => {
  chat.upstream.does((response, asked) =>
    asked.body.stream_options
      ? json(response, 400, { error: { message: 'unknown: stream_options' } })
      : says('ok')(response, asked),
  );
  expect(joined((await chat.stream(hi)).events)).toBe('ok');
  expect(joined((await chat.stream(hi)).events)).toBe('ok');
  // The second time it is known.
  expect(chat.upstream.asked.map(({ body }) => Boolean(body.stream_options))).toEqual([true, false, false]);
});

describe('what ends a stream', () => {
  it.each([
    ['the mark without a reason', ['data: [DONE]\n\n']],
    ['a reason without the mark', [chunk(null, { finish_reason: 'length' })]],
    ['CRLF', [ending.join('').replaceAll('\n', '\r\n')]],
  ])('%s', async (_name, end) => {
    chat.upstream.does((response) => {
      begun(response, ['a', 'b']);
      response.end(end.join(''));
    });
    const { events } = await chat.stream(hi);
    expect([joined(events), events.at(-1)?.error]).toEqual(['ab', undefined]);
  });

  it.each<[string, Answering]>([
    ['129: the connection breaks', (response) => void setTimeout(() => response.destroy(), 100)],
    ['it ends with neither', (response) => response.end()],
    ['an error comes', (response) => response.end('data: {"error": {"message": "sk-secret"}}\n\n')],
    ['no JSON comes', (response) => response.end('data: {"choices": [\n\n')],
  ])('%s: two events, then the last one with an error, and the piece is stored', async (_name, ends) => {
    chat.upstream.does((response, asked) => {
      begun(response, ['one ', 'two']);
      ends(response, asked);
    });
    const { text, events } = await chat.stream(hi);
    const conversationId = events[0]?.conversationId;
    const detail = expect.stringMatching(/^The (model|answer)/);
    expect(events).toEqual([
      { conversationId, content: 'one ', done: false },
      { conversationId, content: 'two', done: false },
      { conversationId, content: '', done: true, error: { detail } },
    ]);
    expect(text).not.toMatch(/127\.0\.0\.1|sk-/);
    expect(await newest()).toMatchObject({ content: 'one two', broken: true });
  });
});

describe('a model that is too slow', () => {
  const silence: Answering = () => {};
  it.each([true, false])('says nothing: 504, in pieces: %s', async (isStreaming) => {
    chat.waits({ answer: 200 });
    chat.upstream.does(silence);
    const response = await chat.open(hi, isStreaming ? {} : { body: JSON.stringify(hi) });
    expect([response.status, await response.json()]).toEqual([504, { detail: 'The model did not answer in time.' }]);
    await vi.waitFor(() => expect(chat.upstream.left).toBe(1));
    chat.waits();
  });

  it('falls silent in the middle: the last event says so', async () => {
    chat.waits({ pause: 200 });
    chat.upstream.does((response) => begun(response, ['one']));
    const { events } = await chat.stream(hi);
    expect(events.at(-1)?.error).toEqual({ detail: 'The model did not answer in time.' });
    expect(await newest()).toMatchObject({ content: 'one', broken: true });
    chat.waits();
  });
});

describe('before the first piece', () => {
  it.each<[string, Answering, number]>([
    ['a refusal', (response) => json(response, 401, {}), 502],
    ['too much to do', (response) => json(response, 429, {}), 429],
    ['an end at once', (response) => response.writeHead(200, eventStream).end(), 502],
    ['nothing but an end', (response) => response.writeHead(200, eventStream).end(ending.join('')), 502],
  ])('%s is an ordinary error', async (_name, answering, expected) => {
    chat.upstream.does(answering);
    const response = await chat.open(hi);
    expect([response.status, await response.json()]).toEqual([expected, { detail: expect.any(String) }]);
    expect(response.headers.get('content-type')).toContain('application/json');
  });

  it('an error in the body is one, too', async () => {
    const response = await chat.open({});
    expect([response.status, await response.json()]).toEqual([400, { message: ['This field is required.'] }]);
  });
});

it('whoever hangs up ends the model’s work, and what was sent until then is kept', async () => {
  let closed: Promise<unknown> | undefined;
  chat.upstream.does((response) => {
    closed = once(response, 'close');
    begun(response, ['It was a dark ', 'and stormy night']);
  });
  const cutter = new AbortController();
  const response = await chat.open(hi, { signal: cutter.signal });
  const reader = response.body?.getReader();
  let got = '';
  while (!got.includes('stormy')) got += new TextDecoder().decode((await reader?.read())?.value);
  cutter.abort();
  await closed;
  expect(chat.upstream.left).toBe(1);
  await vi.waitFor(
    async () => expect(await newest()).toMatchObject({ content: 'It was a dark and stormy night', broken: true }),
    5_000,
  );
  const { conversationId } = eventsIn(got)[0] as Body;
  // The conversation goes on, and knows how far it had come.
  chat.upstream.does();
  const [status] = await chat.complete({ conversation: conversationId, message: { content: 'Go on.' } });
  expect(status).toBe(200);
  expect(chat.upstream.asked.at(-1)?.body.messages.at(-2)).toEqual({
    role: 'assistant',
    content: 'It was a dark and stormy night',
  });
  expect(faults()).toEqual([]);
});

it('whoever hangs up before the first piece leaves the question without an answer', async () => {
  let closed: Promise<unknown> | undefined;
  chat.upstream.does((response) => {
    closed = once(response, 'close');
  });
  for (const isStreaming of [true, false]) {
    const cutter = new AbortController();
    const asked = chat
      .open(
        { message: { content: `silent ${isStreaming}` } },
        {
          signal: cutter.signal,
          ...(!isStreaming && { body: JSON.stringify({ message: { content: 'silent false' } }) }),
        },
      )
      .catch(() => undefined);
    await vi.waitFor(() => expect(closed).toBeDefined());
    cutter.abort();
    await Promise.all([asked, closed]);
    closed = undefined;
    const its = () => chat.house.db('messages').where('content', `silent ${isStreaming}`).first();
    await vi.waitFor(async () => expect(await its()).toMatchObject({ state: 'failed' }), 5_000);
  }
  expect(faults()).toEqual([]);
});

it('an answer is cancelled: it ends with the reason, and the piece is kept', async () => {
  chat.upstream.does((response) => begun(response, ['half of ']));
  const response = await chat.open(hi);
  const reader = response.body?.getReader();
  let got = new TextDecoder().decode((await reader?.read())?.value);
  const { conversationId } = eventsIn(got)[0] as Body;
  expect(await chat.ask('editor', 'POST', `/conversations/${conversationId}/cancel/`)).toEqual([200, { cancelled: 1 }]);
  for (let met = await reader?.read(); met && !met.done; met = await reader?.read())
    got += new TextDecoder().decode(met.value);
  expect(eventsIn(got).at(-1)).toEqual({
    conversationId,
    content: '',
    done: true,
    error: { detail: 'The answer was cancelled.' },
  });
  expect(await newest()).toMatchObject({ content: 'half of ', broken: true });
  expect(await chat.ask('editor', 'POST', `/conversations/${conversationId}/cancel/`)).toEqual([200, { cancelled: 0 }]);
});

it('more answers at once than an account may have are 429', async () => {
  const leave = Array.from({ length: 256 }, () => chat.house.underWay.enter(chat.house.installation.accountId));
  const before = await chat.count('messages');
  const { status, body, headers } = await chat.send('editor', 'POST', `/chatbots/${chat.chatbot}/completions/`, {
    body: hi,
  });
  expect([status, body, headers['retry-after']]).toEqual([
    429,
    { detail: 'Request was throttled. Expected available in 1 second.' },
    '1',
  ]);
  expect(await chat.count('messages')).toBe(before);
  for (const one of leave) one();
  expect((await chat.complete(hi))[0]).toBe(200);
});
