import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type { Body } from './mage.ts';
import { type Maiagent, openMaiagent, type Somebody } from './maiagent.ts';

/** The MaiAgent surface, and what a knowledge base needs. */
export interface Knowledge extends Maiagent {
  /** Sends one request; gives status and body. The path may have a query. */
  ask(by: Somebody, method: string, path: string, body?: unknown): Promise<[number, Body]>;
  /** A new knowledge base; gives its id. */
  base(by?: Somebody, more?: object): Promise<string>;
  /** A new label in a knowledge base; gives its id. */
  label(base: string, name?: string, by?: Somebody): Promise<string>;
  /** Uploads a file as clients do: gives the key of the upload. */
  upload(name?: string, by?: Somebody, content?: string): Promise<string>;
  /** Uploads a file and registers it; gives the entry. */
  entry(base: string, more?: object, by?: Somebody): Promise<Body>;
}

export const models = { embeddingModel: randomUUID(), rerankerModel: randomUUID() };
/** A well-formed id that nobody has. */
export const nobodys = '550e8400-e29b-41d4-a716-446655440000';
export const required = ['This field is required.'];
export const notFound = [404, { detail: 'Not found.' }];
export const forbidden = [403, { detail: 'You do not have permission to perform this action.' }];

export async function openKnowledge(env: Record<string, string> = {}): Promise<Knowledge> {
  const maiagent = await openMaiagent(env);
  const ask: Knowledge['ask'] = async (by, method, path, body) => {
    const [plain = '', query] = path.split('?');
    const { status, body: answered } = await maiagent.send(by, method, plain, {
      body,
      query: query ? `?${query}` : '',
    });
    return [status, answered];
  };
  const made = async (by: Somebody, path: string, body: object) => {
    const [status, answered] = await ask(by, 'POST', path, body);
    expect([status, answered]).toMatchObject([201, {}]);
    return answered;
  };
  const upload: Knowledge['upload'] = async (name = 'report.txt', by = 'editor', content = randomUUID()) => {
    const wish = { filename: name, modelName: 'chatbot-file', fieldName: 'file', fileSize: Buffer.byteLength(content) };
    const [status, { fields }] = await ask(by, 'POST', '/upload-presigned-url/', wish);
    expect(status).toBe(200);
    const parts = Object.entries(fields).map(([field, value]) => ({ name: field, content: String(value) }));
    const sent = await maiagent.form('anonymous', '/upload/', [...parts, { name: 'file', filename: name, content }]);
    expect(sent.status).toBe(204);
    return fields.key;
  };
  return {
    ...maiagent,
    ask,
    upload,
    base: async (by = 'editor', more = {}) =>
      (await made(by, '/knowledge-bases/', { ...models, name: 'Handbooks', ...more })).id,
    label: async (base, name = randomUUID(), by = 'editor') =>
      (await made(by, `/knowledge-bases/${base}/labels/`, { name })).id,
    entry: async (base, more = {}, by = 'editor') => {
      const file = { file: await upload('report.txt', by), filename: 'report.txt', ...more };
      return (await made(by, `/knowledge-bases/${base}/files/`, { files: [file] })).results[0];
    },
  };
}
