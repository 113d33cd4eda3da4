import { readdir } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import request, { type Response } from 'supertest';
import { expect } from 'vitest';
import { makeKey } from '../../src/core/api_keys/form.ts';
import { digest } from '../../src/core/credentials/digest.ts';
import { surface } from '../../src/handlers/maiagent/index.ts';
import { contractChecker } from './contract.ts';
import { openHouse, ownerPassword, type TestHouse } from './house.ts';
import { type Body, type Caller, callers } from './mage.ts';

/** One of the six callers, or the owner of another account of the same installation. */
export type Somebody = Caller | 'neighbour';

export interface Sent {
  /** JSON, unless it is a text or bytes: those go as they stand. */
  body?: unknown;
  /** With its question mark. */
  query?: string;
  headers?: Record<string, string>;
  /** The content type. */
  type?: string;
}

/** One part of a multipart body. Without a `filename` it is a field. */
export interface Part {
  name?: string;
  filename?: string;
  type?: string;
  content: string | Buffer;
}

/** A maiagent surface to talk to over a socket, each caller with an API key of their own. */
export interface Maiagent extends TestHouse {
  /** The surface's base, as `http://127.0.0.1:40123/api/v1`. */
  url: string;
  users: Record<Somebody, { id: number; accountId: number; key: string }>;
  /** Sends one request; every answer is held against the contract. */
  send(by: Somebody, method: string, path: string, sent?: Sent): Promise<Response>;
  /** The same with parts as `multipart/form-data`. */
  form(by: Somebody, path: string, parts: Part[]): Promise<Response>;
  /** A key of somebody, written into the table. */
  key(by: Somebody, columns?: object, key?: string): Promise<string>;
  /** Signs the first user of the installation in. */
  signIn(): Promise<{ access: string; refresh: string; user: Body }>;
  /** What was uploaded, and is neither kept nor discarded. */
  incoming(): Promise<string[]>;
  /** How many rows a table has. */
  count(table: string): Promise<number>;
}

const roleIds: Record<Somebody, number[]> = {
  ...{ owner: [1], admin: [2], editor: [3], viewer: [4], roleless: [], anonymous: [] },
  neighbour: [1],
};
const check = contractChecker(surface.contract);

export async function openMaiagent(env: Record<string, string> = {}): Promise<Maiagent> {
  const opened = await openHouse(env);
  const { house, server } = opened;
  const { db, installation } = house;
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1`;
  const users = {} as Maiagent['users'];
  const [other] = await db('accounts').insert({ name: 'neighbour' }).returning('id');

  const key: Maiagent['key'] = async (by, columns = {}, made = makeKey()) => {
    const { id, accountId } = users[by];
    const row = { hash: digest(made), prefix: made.slice(0, 8), name: by, user_id: id, account_id: accountId };
    await db('api_keys').insert({ ...row, checksummed: true, ...columns });
    return made;
  };
  for (const by of [...callers, 'neighbour'] as Somebody[]) {
    if (by === 'anonymous') continue;
    const accountId = by === 'neighbour' ? (other?.id as number) : installation.accountId;
    const named = { email: `${by}@maiagent.test`, username: `${by}_user` };
    const [user] = await db('users').insert(named).returning('id');
    const id = user?.id as number;
    await db('memberships').insert({ account_id: accountId, user_id: id, role_ids: roleIds[by] });
    users[by] = { id, accountId, key: '' };
    users[by].key = await key(by);
  }

  const send: Maiagent['send'] = async (by, method, path, { body, query = '', headers = {}, type } = {}) => {
    const credential = by === 'anonymous' ? {} : { Authorization: `Api-Key ${users[by].key}` };
    const call = request(server)[method.toLowerCase() as 'get'](`/api/v1${path}${query}`);
    call.set({ ...credential, ...headers });
    const isRaw = typeof body === 'string' || Buffer.isBuffer(body);
    if (body !== undefined || type) call.set('Content-Type', type ?? 'application/json');
    const response = await (body === undefined ? call : call.send(isRaw ? body : JSON.stringify(body)));
    const { status, type: answeredType, body: answered } = response;
    const at = path.endsWith('/') ? path : `${path}/`;
    expect(check(method, at, { status, type: answeredType, body: answered })).toBeUndefined();
    return response;
  };

  return {
    ...opened,
    url,
    users,
    send,
    key,
    form: (by, path, parts) => send(by, 'POST', path, { body: multipart(parts), type: formType }),
    async signIn() {
      const signedIn = { email: 'owner@example.com', password: ownerPassword };
      const { status, body } = await send('anonymous', 'POST', '/auth/login/', { body: signedIn });
      expect(status).toBe(200);
      return body;
    },
    incoming: () => readdir(house.files.incoming).catch(() => []),
    count: async (table) => (await db(table)).length,
  };
}

const boundary = 'between-the-parts';
export const formType = `multipart/form-data; boundary=${boundary}`;

/** A multipart body, written by hand: also what no well-behaved client would send. */
export function multipart(parts: Part[]): Buffer {
  const written = parts.flatMap(({ name, filename, type, content }) => [
    `--${boundary}\r\nContent-Disposition: form-data`,
    name === undefined ? '' : `; name="${name}"`,
    filename === undefined ? '' : `; filename="${filename}"`,
    type === undefined ? '' : `\r\nContent-Type: ${type}`,
    '\r\n\r\n',
    content,
    '\r\n',
  ]);
  return Buffer.concat([...written, `--${boundary}--\r\n`].map((piece) => Buffer.from(piece as string)));
}
