import { expect } from 'vitest';
import { type Answers, startAnswers } from '../../src/core/completions/unattended.ts';
import { type ModelPace, usualPace } from '../../src/core/models/ask_model.ts';
import { modelsOf } from '../../src/core/models/index.ts';
import { type Knowledge, openKnowledge } from './knowledge.ts';
import type { Body } from './mage.ts';
import type { Sent, Somebody } from './maiagent.ts';
import { key, openUpstream, type Upstream } from './upstream.ts';

/** The MaiAgent surface over a model, and a chatbot to ask. */
export interface Chat extends Knowledge {
  upstream: Upstream;
  /** The ids of the language model and of a chatbot. */
  model: string;
  chatbot: string;
  /** Another chatbot; gives it as it is answered. */
  bot(more?: object): Promise<Body>;
  /** Asks the chatbot, as an editor: gives status and body. */
  complete(body: object, more?: { chatbot?: string; by?: Somebody } & Sent): Promise<[number, Body]>;
  /** Asks for an answer in pieces; gives the events and the headers. */
  stream(body: object, chatbot?: string): Promise<{ status: number; headers: Headers; text: string; events: Body[] }>;
  /** The same as an open answer. */
  open(body: object, options?: RequestInit, chatbot?: string): Promise<Response>;
  /** What was said in a conversation, the newest first. */
  said(conversation: string): Promise<Body[]>;
  /** Has models be waited for in another way from now on; without this, tries follow each other at once. */
  waits(pace?: Partial<ModelPace>): void;
  /** The answers that nobody waits for. */
  answers: Answers;
}

export const hi = { message: { content: 'hi' } };

export async function openChat(env: Record<string, string> = {}): Promise<Chat> {
  const upstream = await openUpstream();
  const knowledge = await openKnowledge({ LATCHKEY_MODELS: upstream.models, UPSTREAM_KEY: key, ...env });
  const { ask, send, url, users } = knowledge;
  const [, [{ id: model }]] = (await ask('viewer', 'GET', '/large-language-models/')) as [number, Body[]];
  const { house } = knowledge;
  const waits: Chat['waits'] = (pace = {}) => {
    house.models = modelsOf(house.config.models, house.log, { ...usualPace, tries: [5, 10], ...pace });
  };
  waits();
  const answers = startAnswers(house);
  const bot: Chat['bot'] = async (more = {}) => {
    const [status, body] = await ask('editor', 'POST', '/chatbots/', {
      name: 'Shop',
      largeLanguageModel: model,
      ...more,
    });
    expect([status, body]).toMatchObject([201, {}]);
    return body;
  };
  const { id: usual } = await bot();
  const open: Chat['open'] = (body, options = {}, chatbot = usual) =>
    fetch(`${url}/chatbots/${chatbot}/completions/`, {
      method: 'POST',
      headers: { Authorization: `Api-Key ${users.editor.key}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ ...body, isStreaming: true }),
      ...options,
    });
  return {
    ...knowledge,
    ...{ upstream, model, chatbot: usual, bot, open, waits, answers },
    async complete(body, { chatbot = usual, by = 'editor', ...sent } = {}) {
      const { status, body: answered } = await send(by, 'POST', `/chatbots/${chatbot}/completions/`, { body, ...sent });
      return [status, answered];
    },
    async stream(body, chatbot = usual) {
      const response = await open(body, {}, chatbot);
      const text = await response.text();
      const { status, headers } = response;
      return { status, headers, text, events: status === 200 ? eventsIn(text) : [] };
    },
    async said(conversation) {
      const [status, { results }] = await ask('viewer', 'GET', `/messages/?conversation=${conversation}&pageSize=100`);
      expect(status).toBe(200);
      return results;
    },
    async close() {
      await answers.stop();
      await knowledge.close();
      await upstream.close();
    },
  };
}

/** The events of a stream, as the vendor's C# helper reads them: lines of `data: `. */
export function eventsIn(text: string): Body[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('data: '))
    .map((line) => JSON.parse(line.slice('data: '.length)));
}
