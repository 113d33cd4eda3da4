import { once } from 'node:events';
import { request as ask, type IncomingMessage } from 'node:http';
import { setTimeout as after } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { type Chat, hi, openChat } from '../support/chat.ts';
import type { Body } from '../support/mage.ts';
import { chunk, eventStream, says } from '../support/upstream.ts';

let chat: Chat;
beforeAll(async () => {
  chat = await openChat();
});
afterAll(() => chat.close());
beforeEach(() => {
  chat.upstream.does();
  chat.upstream.left = 0;
});

const joined = (events: Body[]) => events.map(({ content }) => content).join('');

/** A stream that has begun. */
async function begun(): Promise<IncomingMessage> {
  const { url, users, chatbot } = chat;
  const headers = { Authorization: `Api-Key ${users.editor.key}`, 'Content-Type': 'application/json' };
  const sent = ask(`${url}/chatbots/${chatbot}/completions/`, { method: 'POST', headers });
  sent.end(JSON.stringify({ ...hi, isStreaming: true }));
  const [response] = await once(sent, 'response');
  return response;
}

it('a model that says nothing: after 15 seconds the stream has begun, with a comment', async () => {
  chat.upstream.does(() => {});
  const from = performance.now();
  const response = await begun();
  const [first] = await once(response, 'data');
  const seconds = (performance.now() - from) / 1000;
  expect([response.statusCode, String(first)]).toEqual([200, ': still here\n\n']);
  expect(seconds).toBeGreaterThan(14);
  expect(seconds).toBeLessThan(25);
  response.destroy();
  await vi.waitFor(() => expect(chat.upstream.left).toBe(1), 5_000);
});

it('a slow reader holds the model up, and no memory', async () => {
  const piece = 'x'.repeat(16_000);
  let written = 0;
  let isFull = false;
  chat.upstream.does(async (response) => {
    response.writeHead(200, eventStream);
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    while (!response.destroyed && written < 64 * 1024 * 1024) {
      written += piece.length;
      if (!response.write(chunk(piece))) {
        isFull = true;
        await once(response, 'drain', { signal: gone.signal }).catch(() => {});
      }
    }
  });
  const response = await begun();
  response.pause();
  let before = -1;
  while (!isFull || before !== written) {
    before = written;
    await after(300);
  }
  // What the sockets of both sides hold, and some kilobytes of ours.
  expect(written).toBeLessThan(16 * 1024 * 1024);
  response.destroy();
  await vi.waitFor(() => expect(chat.upstream.left).toBe(1), 5_000);
});

it('200 at once, each with its own answer', async () => {
  chat.upstream.does(async (response, asked) => {
    await after(20);
    return says(`re ${asked.body.messages[0].content}`)(response, asked);
  });
  const all = await Promise.all(
    Array.from(
      { length: 200 },
      async (_, n) => [n, (await chat.stream({ message: { content: `number ${n}` } })).events] as const,
    ),
  );
  for (const [n, events] of all) expect([joined(events), events.at(-1)?.error]).toEqual([`re number ${n}`, undefined]);
  expect(new Set(all.map(([, events]) => events[0]?.conversationId)).size).toBe(200);
}, 30_000);
