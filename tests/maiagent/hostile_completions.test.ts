import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Chat, hi, openChat } from '../support/chat.ts';
import { type Answering, eventStream, json, whole } from '../support/upstream.ts';

let chat: Chat;
beforeAll(async () => {
  chat = await openChat();
});
afterAll(() => chat.close());
beforeEach(() => {
  chat.upstream.does();
  chat.upstream.asked.length = 0;
});

/** What the server has to answer for, since the beginning. */
const faults = () => chat.log.filter((line) => JSON.parse(line).kind === 'internal');
const nested = (depth: number): unknown => JSON.parse(`${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`);
const said = (more: object) => ({ message: { content: 'hi', ...more } });

describe('what is sent', () => {
  it.each<[string, object, number[]]>([
    ['a NUL in the text', { message: { content: 'a\0b' } }, [400]],
    ['a NUL in a payload', said({ contentPayload: { 'a\0': 'b\0' } }), [200, 400]],
    ['a NUL in facts', said({ metadata: { zone: '\0' } }), [200, 400]],
    ['a lone surrogate', { message: { content: 'a\ud800' } }, [400]],
    ['a text of many lines', { message: { content: 'line\n'.repeat(2_000) } }, [200, 400]],
    ['a text that no model takes', { message: { content: 'word '.repeat(150_000) } }, [200, 400]],
    ['more than a body may be', { message: { content: 'x'.repeat(1_100_000) } }, [413]],
    ['rules a thousand deep', said({ queryMetadata: nested(1_000) }), [200, 400]],
    ['rules that are a list', said({ queryMetadata: [] }), [400]],
    ['rules of other types', said({ queryMetadata: { knowledge_bases: 'x', label_relations: [1] } }), [200, 400]],
    ['a payload that is a text', said({ contentPayload: 'x' }), [400]],
    ['ten thousand attachments', said({ attachments: Array.from({ length: 10_000 }, () => ({})) }), [400]],
    ['an attachment that is null', said({ attachments: [null] }), [400]],
    ['a number as text', { message: { content: 7 } }, [200, 400]],
    ['a list as text', { message: { content: ['hi'] } }, [400]],
    ['a truth as conversation', { ...hi, conversation: true }, [400]],
    ['a number as sender', said({ sender: 7 }), [400]],
    ['a list', [hi], [400]],
    ['a name of the language', { ...hi, __proto__: null, constructor: { prototype: 1 } }, [200]],
  ])('%s', async (_name, body, statuses) => {
    const [status] = await chat.complete(body);
    expect(statuses).toContain(status);
    expect(faults()).toEqual([]);
  });

  it('what is no JSON, and JSON of another type', async () => {
    const send = (body: string, type: string) =>
      fetch(`${chat.url}/chatbots/${chat.chatbot}/completions/`, {
        method: 'POST',
        headers: { Authorization: `Api-Key ${chat.users.editor.key}`, 'Content-Type': type },
        body,
      });
    for (const body of ['{"message":', '', 'null', '"hi"', '{"message":{"content":"hi"}}}']) {
      const response = await send(body, 'application/json');
      expect([body, response.status, await response.json()]).toEqual([body, 400, expect.any(Object)]);
    }
    expect((await send('message=hi', 'text/plain')).status).toBe(415);
    expect(chat.upstream.asked).toEqual([]);
    expect(faults()).toEqual([]);
  });
});

it('ids of another account are none, wherever they stand, and nothing of them is told', async () => {
  const theirs = await chat.complete(hi);
  const [, contact] = await chat.ask('editor', 'POST', '/contacts/', {
    name: 'Secret Person',
    inboxes: [{ id: (await chat.ask('editor', 'GET', '/inboxes/'))[1].results[0].id }],
  });
  const attachment = await chat.house
    .db('messages')
    .where({ type: 'incoming' })
    .first('public_id')
    .then((row) => row?.public_id);
  const { status, body: mine } = await chat.send('neighbour', 'POST', '/chatbots/', {
    body: { name: 'Theirs', largeLanguageModel: chat.model },
  });
  expect(status).toBe(201);
  const asked = chat.upstream.asked.length;
  const of = { chatbot: mine.id, by: 'neighbour' } as const;
  for (const body of [
    { ...hi, conversation: theirs[1].conversationId },
    said({ sender: contact.id }),
    said({ attachments: [{ id: attachment, filename: 'a', file: 'a' }] }),
  ]) {
    const [code, answered] = await chat.complete(body, of);
    expect([code, JSON.stringify(answered)]).toEqual([400, expect.stringContaining('object does not exist')]);
    expect(JSON.stringify(answered)).not.toContain('Secret');
  }
  expect((await chat.complete(hi, { chatbot: chat.chatbot, by: 'neighbour' }))[0]).toBe(404);
  expect(chat.upstream.asked.length).toBe(asked);
  const [, list] = await chat.ask('neighbour', 'GET', `/messages/?conversation=${theirs[1].conversationId}`);
  expect(list.results ?? []).toEqual([]);
  const cancelled = await chat.ask('neighbour', 'POST', `/conversations/${theirs[1].conversationId}/cancel/`);
  expect(cancelled[0]).toBe(404);
});

describe('what a model answers', () => {
  const stream =
    (...data: string[]): Answering =>
    (response) =>
      response.writeHead(200, eventStream).end(data.map((one) => `data: ${one}\n\n`).join(''));
  it.each<[string, string[]]>([
    ['null', ['null']],
    ['a number', ['7']],
    ['choices that are none', ['{"choices": 7}']],
    ['a choice that is null', ['{"choices": [null]}', '[DONE]']],
    ['content that is an object', ['{"choices": [{"delta": {"content": {"a": 1}}}]}', '[DONE]']],
    ['usage that is a text', ['{"choices": [], "usage": "x"}', '[DONE]']],
  ])('in pieces, %s: 502', async (_name, data) => {
    chat.upstream.does(stream(...data));
    const response = await chat.open(hi);
    expect([response.status, await response.json()]).toEqual([502, { detail: expect.any(String) }]);
    expect(faults()).toEqual([]);
  });

  it.each<[string, unknown]>([
    ['null', null],
    ['a list', []],
    ['choices that are an object', { choices: { 0: 1 } }],
    ['a choice that is null', { choices: [null] }],
    ['content that is a list', whole(['a'] as never)],
  ])('whole, %s: 502', async (_name, answer) => {
    chat.upstream.does((response) => json(response, 200, answer));
    expect(await chat.complete(hi)).toEqual([502, { detail: expect.any(String) }]);
    expect(faults()).toEqual([]);
  });

  it('a NUL in its words is left out where it is stored, and breaks nothing', async () => {
    chat.upstream.does((response) => json(response, 200, whole('a\0b')));
    const [status, { conversationId }] = await chat.complete(hi);
    expect(status).toBe(200);
    expect((await chat.said(conversationId))[0]?.content).toBe('ab');
  });

  it('a connection that the server has closed meanwhile is no failure, and one that stays is used again', async () => {
    const ports = new Set<number | undefined>();
    chat.upstream.does((response) => {
      ports.add(response.socket?.remotePort);
      response
        .writeHead(200, eventStream)
        .end('data: {"choices": [{"delta": {"content": "yes"}}]}\n\ndata: [DONE]\n\n');
    });
    for (let at = 0; at < 5; at += 1) expect((await chat.stream(hi)).events[0]?.content).toBe('yes');
    expect(ports.size).toBe(1);
    chat.upstream.does((response) => {
      response
        .writeHead(200, eventStream)
        .end('data: {"choices": [{"delta": {"content": "yes"}}]}\n\ndata: [DONE]\n\n');
      response.socket?.end();
    });
    for (let at = 0; at < 5; at += 1) expect((await chat.stream(hi)).events[0]?.content).toBe('yes');
  });
});
