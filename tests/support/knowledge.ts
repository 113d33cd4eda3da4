import { randomUUID } from 'node:crypto';
import request, { type Response } from 'supertest';
import { expect } from 'vitest';
import { makeKey } from '../../src/core/api_keys/form.ts';
import { digest } from '../../src/core/credentials/token.ts';
import { surface } from '../../src/handlers/maiagent/index.ts';
import { contractChecker } from './contract.ts';
import { type Body, type Caller, callers, type Mage, openMage, openNeighbour } from './mage.ts';

/** A caller of a role in the account, or the owner of another account. */
export type Who = Caller | 'neighbour';

/** The MaiAgent surface with keys for everybody, and what knowledge bases need. */
export interface Knowledge extends Mage {
  /** Sends one request with the caller's key; every answer is held against the contract. Gives status and body. */
  ask(who: Who, method: string, path: string, body?: unknown): Promise<[number, Body]>;
  /** The same, giving the whole answer. */
  answer(who: Who, method: string, path: string, body?: unknown): Promise<Response>;
  /** A new knowledge base; gives its id. */
  base(who?: Who, more?: object): Promise<string>;
  /** A new label in a knowledge base; gives its id. */
  label(base: string, name?: string, who?: Who): Promise<string>;
  /** Uploads a file as clients do: gives the key of the upload. */
  upload(name?: string, who?: Who, content?: string): Promise<string>;
  /** Uploads a file and registers it; gives the entry. */
  entry(base: string, more?: object, who?: Who): Promise<Body>;
}

export const models = { embeddingModel: randomUUID(), rerankerModel: randomUUID() };
/** A well-formed id that nobody has. */
export const nobodys = '550e8400-e29b-41d4-a716-446655440000';
export const required = ['This field is required.'];
export const notFound = [404, { detail: 'Not found.' }];
export const forbidden = [403, { detail: 'You do not have permission to perform this action.' }];

const check = contractChecker(surface.contract);

export async function openKnowledge(env: Record<string, string> = {}): Promise<Knowledge> {
  const mage = await openMage(env);
  const { db, installation } = mage.house;
  const { accountId } = await openNeighbour(mage);
  const keys = {} as Record<Who, string>;
  const give = async (who: Who, account_id: number, user_id: number) => {
    keys[who] = makeKey();
    await db('api_keys').insert({ hash: digest(keys[who]), prefix: 'mgp_0000', name: who, account_id, user_id });
  };
  for (const who of callers) if (who !== 'anonymous') await give(who, installation.accountId, mage.users[who].id);
  const membership = await db('memberships').where({ account_id: accountId }).first();
  await give('neighbour', accountId, membership?.user_id as number);

  const answer: Knowledge['answer'] = async (who, method, path, body) => {
    const call = request(mage.app)[method.toLowerCase() as 'get'](`/api/v1${path}`);
    if (who !== 'anonymous') call.set('Authorization', `Api-Key ${keys[who]}`);
    if (body !== undefined) call.send(body as object);
    const response = await call;
    const { status, type } = response;
    expect(check(method, path, { status, type, body: response.body })).toBeUndefined();
    return response;
  };
  const ask: Knowledge['ask'] = async (who, method, path, body) => {
    const { status, body: answered } = await answer(who, method, path, body);
    return [status, answered];
  };
  const made = async (who: Who, path: string, body: object) => {
    const [status, answered] = await ask(who, 'POST', path, body);
    expect([status, answered]).toMatchObject([201, {}]);
    return answered;
  };
  const upload: Knowledge['upload'] = async (name = 'report.txt', who = 'editor', content = randomUUID()) => {
    const wish = { filename: name, modelName: 'chatbot-file', fieldName: 'file', fileSize: Buffer.byteLength(content) };
    const [status, { url, fields }] = await ask(who, 'POST', '/upload-presigned-url/', wish);
    expect(status).toBe(200);
    const form = request(mage.app).post(new URL(url).pathname);
    for (const [field, value] of Object.entries(fields)) form.field(field, String(value));
    expect((await form.attach('file', Buffer.from(content), name)).status).toBe(204);
    return fields.key;
  };
  return {
    ...mage,
    ask,
    answer,
    upload,
    base: async (who = 'editor', more = {}) =>
      (await made(who, '/knowledge-bases/', { ...models, name: 'Handbooks', ...more })).id,
    label: async (base, name = randomUUID(), who = 'editor') =>
      (await made(who, `/knowledge-bases/${base}/labels/`, { name })).id,
    entry: async (base, more = {}, who = 'editor') => {
      const file = { file: await upload('report.txt', who), filename: 'report.txt', ...more };
      return (await made(who, `/knowledge-bases/${base}/files/`, { files: [file] })).results[0];
    },
  };
}
