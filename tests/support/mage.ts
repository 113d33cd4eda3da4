import request, { type Response } from 'supertest';
import { expect } from 'vitest';
import { mintToken } from '../../src/core/credentials/oauth_token.ts';
import { surface } from '../../src/handlers/mage/index.ts';
import { contractChecker } from './contract.ts';
import { applicationKey, openHouse, type TestHouse } from './house.ts';

/** Who calls: a role, a user without one, or nobody. */
export type Caller = 'owner' | 'admin' | 'editor' | 'viewer' | 'roleless' | 'anonymous';
export const callers: Caller[] = ['anonymous', 'roleless', 'viewer', 'editor', 'admin', 'owner'];
const roleIds: Record<Caller, number[]> = {
  owner: [1],
  admin: [2],
  editor: [3],
  viewer: [4],
  roleless: [],
  anonymous: [],
};

// biome-ignore lint/suspicious/noExplicitAny: answers are looked into freely; the contract checker holds their shape
export type Body = any;

export interface Sent {
  body?: unknown;
  query?: string;
  headers?: Record<string, string>;
}

/** A mage surface to talk to, as one of six callers. */
export interface Mage extends TestHouse {
  users: Record<Caller, { id: number; token: string }>;
  /** Sends one request; every answer is held against the contract. */
  send(caller: Caller, method: string, path: string, sent?: Sent): Promise<Response>;
  /** The same, giving the body alone. */
  call(caller: Caller, method: string, path: string, body?: unknown): Promise<Body>;
}

const check = contractChecker(surface.contract);

export async function openMage(env: Record<string, string> = {}): Promise<Mage> {
  // Bad credentials are limited only where a test is about that.
  const opened = await openHouse({ LATCHKEY_FAILURES_PER_MINUTE: '0', ...env });
  const { house, server } = opened;
  const { db, installation } = house;
  const users = {} as Mage['users'];
  for (const caller of callers) {
    if (caller === 'anonymous') continue;
    const [user] = await db('users')
      .insert({ email: `${caller}@mage.test`, username: `${caller}_user` })
      .returning('id');
    const id = user?.id as number;
    await db('memberships').insert({ account_id: installation.accountId, user_id: id, role_ids: roleIds[caller] });
    const { value } = await mintToken(house, db, id, installation.accountId);
    users[caller] = { id, token: value };
  }

  const send: Mage['send'] = async (caller, method, path, { body, query = '', headers = {} } = {}) => {
    const token = caller === 'anonymous' ? {} : { 'OAUTH-TOKEN': users[caller].token };
    const call = request(server)[method.toLowerCase() as 'get'](`/api${path}${query}`);
    call.set({ 'X-API-KEY': applicationKey, ...token, ...headers });
    if (body !== undefined) call.send(body as object);
    const response = await call;
    const { status, type, body: answered } = response;
    expect(check(method, path, { status, type, body: answered })).toBeUndefined();
    return response;
  };
  return {
    ...opened,
    users,
    send,
    call: async (caller, method, path, body) => {
      const [plain = path, query] = path.split('?');
      return (await send(caller, method, plain, { body, ...(query && { query: `?${query}` }) })).body;
    },
  };
}

/** The owner of another account of the same installation; gives the account, and the header that signs them in. */
export async function openNeighbour({ house }: Mage): Promise<{ accountId: number; headers: Record<string, string> }> {
  const [account] = await house.db('accounts').insert({ name: 'neighbour' }).returning('id');
  const [user] = await house
    .db('users')
    .insert({ email: 'neighbour@mage.test', username: 'neighbour' })
    .returning('id');
  const [accountId, userId] = [account?.id as number, user?.id as number];
  await house.db('memberships').insert({ account_id: accountId, user_id: userId, role_ids: [1] });
  const { value } = await mintToken(house, house.db, userId, accountId);
  return { accountId, headers: { 'OAUTH-TOKEN': value } };
}

/** The envelope of an error on this surface. */
export const E = (code: number, type: string, message: string) => ({ error: { code, message, type }, status: 200 });

/** What a policy says no with. */
export const refused = (message: string) => E(403, 'unauthorized_access', message);
