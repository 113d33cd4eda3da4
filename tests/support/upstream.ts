import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/** What a server of models was asked. */
export interface AskedUpstream {
  path: string;
  headers: IncomingHttpHeaders;
  // biome-ignore lint/suspicious/noExplicitAny: what we sent, looked into freely
  body: any;
}

/** What it does with a question. */
export type Answering = (response: ServerResponse, asked: AskedUpstream) => unknown;

/** Somebody who answers as OpenAI does, over real HTTP. Without anything else it says `You said: …`, in pieces or whole. */
export interface Upstream {
  /** The path of a file for LATCHKEY_MODELS that names it, with a model of each kind. */
  models: string;
  url: string;
  port: number;
  asked: AskedUpstream[];
  /** Connections whose caller left before the answer was whole. */
  left: number;
  does(answering?: Answering): void;
  close(): Promise<void>;
}

export const key = 'sk-upstream-0123456789';

/** One chunk of a stream. */
export const chunk = (content: string | null, more: object = {}) =>
  `data: ${JSON.stringify({ object: 'chat.completion.chunk', choices: [{ index: 0, delta: content === null ? {} : { content }, finish_reason: null, ...more }] })}\n\n`;

const usage = { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 };
/** How a stream ends: the reason, what it took, and the mark. */
export const ending = [
  chunk(null, { finish_reason: 'stop' }),
  `data: ${JSON.stringify({ choices: [], usage })}\n\n`,
  'data: [DONE]\n\n',
];
export const eventStream = { 'content-type': 'text/event-stream' };

/** A whole answer. */
export const whole = (content: string | null, more: object = {}) => ({
  ...{ id: 'x', object: 'chat.completion', usage },
  choices: [{ index: 0, message: { role: 'assistant', content, ...more }, finish_reason: 'stop' }],
});

export function json(response: ServerResponse, status: number, body: unknown, headers: object = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

/** Says a text, in pieces of a few characters where they are asked for. */
export function says(answer: string): Answering {
  return (response, { body }) => {
    if (!body.stream) return json(response, 200, whole(answer));
    response.writeHead(200, eventStream);
    response.write(chunk(null, { delta: { role: 'assistant' } }));
    for (const [piece] of answer.matchAll(/[\s\S]{1,8}/gu)) response.write(chunk(piece));
    response.end(ending.join(''));
  };
}

/** The text of the question that came last. */
export function lastQuestion({ body }: AskedUpstream): string {
  const { content } = body.messages.at(-1);
  return typeof content === 'string' ? content : content.at(-1).text;
}

const echo: Answering = (response, asked) => says(`You said: ${lastQuestion(asked)}`)(response, asked);

export async function openUpstream(more: object[] = []): Promise<Upstream> {
  const asked: AskedUpstream[] = [];
  let answering = echo;
  const server = createServer(async (request, response) => {
    const { url: path = '', headers } = request;
    const sent = await text(request);
    const one = { path, headers, body: sent ? JSON.parse(sent) : undefined };
    asked.push(one);
    response.on('close', () => {
      if (!response.writableFinished) upstream.left += 1;
    });
    await answering(response, one);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/v1`;
  const models = join(mkdtempSync(join(tmpdir(), 'models-')), 'models.json');
  const named = (kind: string) => ({
    name: `${kind} model`,
    kind,
    base_url: url,
    model: `${kind}-1`,
    api_key_env: 'UPSTREAM_KEY',
  });
  writeFileSync(models, JSON.stringify({ models: [named('chat'), ...more] }));
  const upstream: Upstream = {
    ...{ models, url, port, asked, left: 0 },
    does(next = echo) {
      answering = next;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return upstream;
}
