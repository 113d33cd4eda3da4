import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Chat, hi, openChat } from '../support/chat.ts';
import { nobodys, notFound, required } from '../support/knowledge.ts';
import { json, key, lastQuestion, says, whole } from '../support/upstream.ts';

let chat: Chat;
beforeAll(async () => {
  chat = await openChat();
});
afterAll(() => chat.close());
beforeEach(() => {
  chat.upstream.does();
  chat.upstream.asked.length = 0;
});

const uuid = expect.stringMatching(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/);
const answer = (content: string) => ({
  id: uuid,
  conversationId: uuid,
  content,
  done: true,
  citations: [],
  citationNodes: [],
});
const detail = expect.stringMatching(/./);
/** What clients look for before `content` (pair 166). */
const guessed = ['message', 'reply', 'response', 'text', 'answer', 'output', 'result', 'data', 'choices'];

describe('a whole answer', () => {
  it('101, 166: 200 with what the model says, and no key that clients would take for it', async () => {
    const body = { conversation: null, message: { content: 'hi', attachments: [] }, is_streaming: false };
    const [status, answered] = await chat.complete(body);
    expect([status, answered]).toEqual([200, answer('You said: hi')]);
    expect(Object.keys(answered).filter((name) => guessed.includes(name))).toEqual([]);
    expect(chat.upstream.asked).toMatchObject([
      {
        path: '/v1/chat/completions',
        headers: { authorization: `Bearer ${key}` },
        body: { model: 'chat-1', stream: false },
      },
    ]);
    // Of this machine nothing is said.
    expect(Object.keys(chat.upstream.asked[0]?.headers ?? {}).filter((name) => name.startsWith('x-'))).toEqual([]);
  });

  it('102: a message alone is enough', async () => {
    expect(await chat.complete(hi)).toEqual([200, answer('You said: hi')]);
  });

  it('103: without the last slash it is the same, and no redirect', async () => {
    const { url, users, chatbot } = chat;
    const response = await fetch(`${url}/chatbots/${chatbot}/completions`, {
      method: 'POST',
      redirect: 'manual',
      headers: { Authorization: `Api-Key ${users.editor.key}`, 'Content-Type': 'application/json' },
      body: JSON.stringify(hi),
    });
    expect([response.status, await response.json()]).toEqual([200, answer('You said: hi')]);
  });

  it('105: an empty conversation begins a new one', async () => {
    const [, one] = await chat.complete({ ...hi, conversation: '' });
    const [status, two] = await chat.complete({ ...hi, conversation: '' });
    expect([status, two]).toEqual([200, answer('You said: hi')]);
    expect(two.conversationId).not.toBe(one.conversationId);
  });

  it.each(['conversation', 'conversationId', 'conversation_id'])(
    '106: goes on in a %s, and tells the model what was said',
    async (name) => {
      const [, { conversationId }] = await chat.complete({ message: { content: 'My name is Ada.' } });
      const [status, body] = await chat.complete({ [name]: conversationId, message: { content: 'Who am I?' } });
      expect([status, body]).toEqual([200, { ...answer('You said: Who am I?'), conversationId }]);
      expect(chat.upstream.asked.at(-1)?.body.messages).toEqual([
        { role: 'user', content: 'My name is Ada.' },
        { role: 'assistant', content: 'You said: My name is Ada.' },
        { role: 'user', content: 'Who am I?' },
      ]);
    },
  );

  it('111: what clients send besides is ignored', async () => {
    const body = {
      message: { role: 'user', content: 'hi' },
      conversation: null,
      attachments: [],
      is_streaming: false,
      contactId: 'x',
    };
    expect(await chat.complete(body)).toEqual([200, answer('You said: hi')]);
  });

  it('instructions, temperature and the most tokens reach the model', async () => {
    const { id } = await chat.bot({ instructions: 'Answer in one word.', temperature: 0.2, maxTokens: 50 });
    await chat.complete(hi, { chatbot: id });
    expect(chat.upstream.asked[0]?.body).toEqual({
      ...{ model: 'chat-1', stream: false, temperature: 0.2, max_tokens: 50 },
      messages: [
        { role: 'system', content: 'Answer in one word.' },
        { role: 'user', content: 'hi' },
      ],
    });
  });

  it('facts that the program gives reach the model as data', async () => {
    await chat.complete({ message: { content: 'What time is it?', metadata: { timeZone: 'Asia/Taipei' } } });
    const [system] = chat.upstream.asked[0]?.body.messages ?? [];
    expect(system.content).toContain('> {"timeZone":"Asia/Taipei"}');
  });

  it('165: what the model says is passed on byte for byte', async () => {
    const fenced = '```json\n{"a": 1,\n "b": "é\\n"}\n```\n';
    chat.upstream.does(says(fenced));
    const [, body] = await chat.complete(hi);
    expect(body.content).toBe(fenced);
    const [newest] = await chat.said(body.conversationId);
    expect(newest?.content).toBe(fenced);
  });

  it('an answer that must be JSON is asked for by its schema, or else as any object', async () => {
    const schema = { type: 'object', properties: { a: { type: 'number' } } };
    const { id } = await chat.bot({ outputMode: 'json_schema', rawOutputFormat: schema });
    chat.upstream.does((response, asked) =>
      asked.body.response_format.type === 'json_schema'
        ? json(response, 400, { error: { message: 'response_format json_schema is not supported' } })
        : says('{"a": 1}')(response, asked),
    );
    const [status, body] = await chat.complete(hi, { chatbot: id });
    expect([status, body.content]).toEqual([200, '{"a": 1}']);
    expect(chat.upstream.asked.map(({ body: { response_format } }) => response_format)).toEqual([
      { type: 'json_schema', json_schema: { name: 'answer', schema } },
      { type: 'json_object' },
    ]);
  });

  it('a template answers where no knowledge is found, and the model is not asked', async () => {
    const base = await chat.base();
    const { id } = await chat.bot({
      replyMode: 'template',
      unanswerableTemplate: 'Please call us.',
      knowledgeBases: [{ id: base }],
    });
    expect(await chat.complete(hi, { chatbot: id })).toEqual([200, answer('Please call us.')]);
    expect(chat.upstream.asked).toEqual([]);
  });

  it('what an answer took is counted by day, chatbot, key and model', async () => {
    const { id } = await chat.bot();
    await chat.complete(hi, { chatbot: id });
    await chat.complete({ ...hi, isStreaming: true }, { chatbot: id });
    const [row] = await chat.house.db('model_usage').where({ chatbot_id: id });
    expect(row).toMatchObject({ model: 'chat model', answers: 2, input_tokens: 22, output_tokens: 14 });
    const [, { totalWordsCount }] = await chat.ask('viewer', 'GET', `/chatbots/${id}/`);
    expect(totalWordsCount).toBe(2 * 'You said: hi'.length);
  });
});

describe('what is refused', () => {
  it.each<[string, unknown, object]>([
    ['113', {}, { message: required }],
    ['114', { message: {} }, { message: { content: required } }],
    ['115', { message: 'hi' }, { message: { nonFieldErrors: ['Invalid data. Expected a dictionary, but got str.'] } }],
    ['null', { message: null }, { message: ['This field may not be null.'] }],
    ['117', { message: { content: '' } }, { message: { content: ['This field may not be blank.'] } }],
    ['blanks', { message: { content: ' \n' } }, { message: { content: ['This field may not be blank.'] } }],
    ['121', { ...hi, conversation: 'abc' }, { conversation: ['Must be a valid UUID.'] }],
    [
      'unknown',
      { ...hi, conversation: nobodys },
      { conversation: [`Invalid pk "${nobodys}" - object does not exist.`] },
    ],
    ['122', { ...hi, isStreaming: 'maybe' }, { isStreaming: ['Must be a valid boolean.'] }],
    [
      'attachment',
      { message: { content: 'hi', attachments: [{}] } },
      { message: { attachments: [{ id: required, filename: required, file: required }] } },
    ],
    [
      'unknown attachment',
      { message: { content: 'hi', attachments: [{ id: nobodys, filename: 'a', file: 'x' }] } },
      { message: { attachments: [{ id: [`Invalid pk "${nobodys}" - object does not exist.`] }] } },
    ],
    [
      'sender',
      { message: { content: 'hi', sender: nobodys } },
      { message: { sender: [`Invalid pk "${nobodys}" - object does not exist.`] } },
    ],
  ])('%s: 400', async (_name, body, fields) => {
    const before = await chat.count('messages');
    expect(await chat.complete(body as object)).toEqual([400, fields]);
    expect(await chat.count('messages')).toBe(before);
    expect(chat.upstream.asked).toEqual([]);
  });

  it('118: 404 for a chatbot that is not there, of another account, or no UUID; whatever the body is', async () => {
    for (const chatbot of [nobodys, 'x']) {
      expect(await chat.complete(hi, { chatbot })).toEqual(notFound);
      expect(await chat.complete({}, { chatbot })).toEqual(notFound);
    }
    expect(await chat.complete(hi, { by: 'neighbour' })).toEqual(notFound);
  });

  it('a conversation of another chatbot, or of another account, is none', async () => {
    const [, { conversationId }] = await chat.complete(hi);
    const { id } = await chat.bot();
    const [status] = await chat.complete({ ...hi, conversation: conversationId }, { chatbot: id });
    expect(status).toBe(400);
  });

  it('119: 401 in the two sentences of the documents', async () => {
    const missing = await chat.complete(hi, { by: 'anonymous' });
    expect(missing).toEqual([401, { detail: 'Authentication credentials were not provided.' }]);
    const bearer = await chat.complete(hi, { by: 'anonymous', headers: { Authorization: 'Bearer x' } });
    expect(bearer).toEqual([401, { detail: 'Invalid API key format.' }]);
  });

  it('125: GET is 405, and says POST', async () => {
    const { status, headers } = await chat.send('editor', 'GET', `/chatbots/${chat.chatbot}/completions/`);
    expect([status, headers.allow]).toEqual([405, expect.stringContaining('POST')]);
  });
});

describe('a model that fails', () => {
  const asks = async () => {
    const [status, body] = await chat.complete(hi);
    expect(body).toEqual({ detail });
    expect(JSON.stringify(body)).not.toMatch(/127\.0\.0\.1|sk-/);
    const [kept] = await chat.house.db('messages').orderBy('id', 'desc').limit(1);
    expect(kept).toMatchObject({ type: 'incoming', content: 'hi', state: 'failed', error: body.detail });
    return status;
  };

  it.each<[number, number]>([
    [400, 502],
    [401, 502],
    [403, 502],
    [404, 502],
    [500, 502],
    [503, 502],
  ])('%i is %i, with nothing of the model’s own words', async (theirs, ours) => {
    chat.upstream.does((response) =>
      json(response, theirs, { error: { message: `Incorrect API key provided: ${key}` } }),
    );
    expect(await asks()).toBe(ours);
    // A fault of the server's own is tried again.
    expect(chat.upstream.asked.length).toBe(theirs >= 500 ? 3 : 1);
    expect(chat.log.join()).not.toContain(key);
  });

  it('127: a connection that is refused is 502, and the question is kept', async () => {
    chat.upstream.does((response) => response.socket?.destroy());
    expect(await asks()).toBe(502);
  });

  it('429 is passed on with its Retry-After', async () => {
    chat.upstream.does((response) => json(response, 429, { error: { message: 'slow down' } }, { 'retry-after': '17' }));
    const { status, headers, body } = await chat.send('editor', 'POST', `/chatbots/${chat.chatbot}/completions/`, {
      body: hi,
    });
    expect([status, headers['retry-after']]).toEqual([429, '17']);
    expect(body).toEqual({ detail: 'Request was throttled. Expected available in 17 seconds.' });
  });

  it.each<[string, Parameters<typeof chat.upstream.does>[0]]>([
    ['163: an empty text', says('')],
    ['no text', (response) => json(response, 200, whole(null))],
    ['no choices', (response) => json(response, 200, { choices: [] })],
    ['no JSON', (response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{"choices": [')],
    ['HTML', (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>')],
    ['a redirect', (response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end()],
  ])('%s is 502', async (_name, answering) => {
    chat.upstream.does(answering);
    expect(await asks()).toBe(502);
  });

  it('a refusal in the model’s words is an answer', async () => {
    chat.upstream.does((response) => json(response, 200, whole(null, { refusal: 'I may not say.' })));
    expect((await chat.complete(hi))[1]).toMatchObject({ content: 'I may not say.' });
  });

  it('a context that is too long is shortened once, and then 400', async () => {
    const tooLong = {
      error: { message: 'This model has a maximum context length of 4096 tokens', code: 'context_length_exceeded' },
    };
    let times = 0;
    chat.upstream.does((response, asked) => {
      times += 1;
      return times === 1 ? json(response, 400, tooLong) : says('short')(response, asked);
    });
    expect((await chat.complete(hi))[1]).toMatchObject({ content: 'short' });
    chat.upstream.does((response) => json(response, 400, tooLong));
    expect(await asks()).toBe(400);
  });
});

it('two questions at once in one conversation are answered one after the other, in their order', async () => {
  const [, { conversationId }] = await chat.complete({ message: { content: 'begin' } });
  let underWay = 0;
  let most = 0;
  chat.upstream.does(async (response, asked) => {
    underWay += 1;
    most = Math.max(most, underWay);
    await new Promise((resolve) => setTimeout(resolve, 50));
    underWay -= 1;
    says(`re: ${lastQuestion(asked)}`)(response, asked);
  });
  const questions = ['one', 'two', 'three', 'four'];
  await Promise.all(questions.map((content) => chat.complete({ conversation: conversationId, message: { content } })));
  expect(most).toBe(1);
  const said = (await chat.house.db('messages').where({ conversation_id: conversationId }).orderBy('id')) as {
    content: string;
    type: string;
  }[];
  const asked = said.filter(({ type }) => type === 'incoming').map(({ content }) => content);
  const answers = said.filter(({ type }) => type === 'outgoing').map(({ content }) => content);
  expect(answers.slice(1)).toEqual(asked.slice(1).map((content) => `re: ${content}`));
});
