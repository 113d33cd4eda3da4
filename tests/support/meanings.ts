import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';

/** What a text is about, as a model would know it: its direction in three dimensions. */
const meanings = [/car|automobile|vehicle/i, /bread|soup/i, /rain|weather/i];

/** A server with a model that knows what texts mean and one that ranks them: what says `best` comes first. */
export interface Meanings {
  /** The path of a file for LATCHKEY_MODELS that names both. */
  models: string;
  /** Refuses whatever it is asked. */
  isDown: boolean;
  close(): void;
}

export async function openMeanings(): Promise<Meanings> {
  const server = createServer(async (request, response) => {
    const body = (await json(request)) as { input: string[]; query: string; documents: string[] };
    const reply = (status: number, answer: object) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    if (its.isDown) return reply(400, { error: { message: 'down' } });
    if (request.url === '/v1/embeddings') {
      const embedding = (text: string) => meanings.map((meaning) => (meaning.test(text) ? 3 : 0.01));
      return reply(200, { data: body.input.map((text, index) => ({ index, embedding: embedding(text) })).reverse() });
    }
    const results = body.documents.map((text, index) => ({ index, relevance_score: /best/.test(text) ? 5 : -index }));
    return reply(200, { results });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const base_url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  const models = [
    { name: 'meaning', kind: 'embedding', base_url, model: 'e' },
    { name: 'order', kind: 'rerank', base_url, model: 'r' },
  ];
  const file = join(mkdtempSync(join(tmpdir(), 'latchkey-models-')), 'models.json');
  writeFileSync(file, JSON.stringify({ models }));
  const its: Meanings = { models: file, isDown: false, close: () => void server.close() };
  return its;
}
