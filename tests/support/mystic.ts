import { createHash } from 'node:crypto';
import request, { type Response, type Test } from 'supertest';
import { expect } from 'vitest';
import { makeKey } from '../../src/core/api_keys/form.ts';
import { digest } from '../../src/core/credentials/digest.ts';
import { anonymous } from '../../src/core/principal.ts';
import { openSession } from '../../src/core/sign_in/session.ts';
import { envelope } from '../../src/handlers/mystic/envelope.ts';
import { surface as v4 } from '../../src/handlers/mystic/index.ts';
import { surface as v3 } from '../../src/handlers/mystic_v3/index.ts';
import { contractChecker } from './contract.ts';
import { openHouse, type TestHouse } from './house.ts';
import type { Body } from './mage.ts';

/** Who calls, by role: `owner` is the account's first owner; `neighbour` owns another account. */
export type Caller = 'owner' | 'admin' | 'editor' | 'viewer' | 'roleless' | 'neighbour' | 'anonymous';
const roleIds: [Caller, number[]][] = [
  ['owner', [1]],
  ['admin', [2]],
  ['editor', [3]],
  ['viewer', [4]],
  ['roleless', []],
  ['neighbour', [1]],
];

export interface Person {
  id: number;
  username: string;
  accountId: number;
  /** An API key. */
  key: string;
  /** A session token. */
  session: string;
}

/** The Mystic surfaces to talk to. */
export interface Mystic extends TestHouse {
  people: Record<Exclude<Caller, 'anonymous'>, Person>;
  /** Sends one request as it stands, without a credential; every answer is held against its contract. */
  bare(method: string, path: string, dress?: (sent: Test) => Test): Promise<Response>;
  /** Sends one request with the caller's API key. */
  send(caller: Caller, method: string, path: string, body?: unknown): Promise<Response>;
  /** The same, the owner's unless told otherwise, giving the status and the body. */
  call(method: string, path: string, body?: unknown, caller?: Caller): Promise<[status: number, body: Body]>;
  /** As `send`, with the caller's session token. */
  session(caller: Exclude<Caller, 'anonymous'>, method: string, path: string, body?: unknown): Promise<Response>;
  /** A new pipeline, the owner's unless told otherwise. */
  pipeline(name: string, more?: object, caller?: Caller): Promise<Body>;
  /** Another active key of a person, written into the table. */
  key(person: Person, columns?: object, key?: string): Promise<string>;
}

const checks = [v4, v3].map(({ contract }) => ({
  base: contract.servers[0]?.url as string,
  check: contractChecker(contract),
}));

export async function openMystic(env: Record<string, string> = {}): Promise<Mystic> {
  const opened = await openHouse(env);
  const { house, server } = opened;
  const { db, installation } = house;
  const context = { house, db, principal: anonymous, asker: { address: '192.0.2.1', requestId: 'test', origin: '' } };
  const people = {} as Mystic['people'];

  const key: Mystic['key'] = async (person, columns = {}, value = makeKey()) => {
    const row = { hash: digest(value), prefix: value.slice(0, 8), name: 'written', account_id: person.accountId };
    await db('api_keys').insert({ ...row, user_id: person.id, checksummed: true, ...columns });
    return value;
  };

  for (const [caller, role_ids] of roleIds) {
    const username = caller === 'owner' ? 'owner' : `${caller}_user`;
    const found = await db('users').where({ username }).first('id');
    const [user] = found
      ? [found]
      : await db('users')
          .insert({ email: `${caller}@mystic.test`, username })
          .returning('id');
    const [other] = caller === 'neighbour' ? await db('accounts').insert({ name: 'another' }).returning('id') : [];
    const [id, accountId] = [user?.id as number, other?.id ?? installation.accountId];
    await db('memberships').insert({ account_id: accountId, user_id: id, role_ids }).onConflict().ignore();
    const { accessToken } = await openSession(context, { user_id: id, account_id: accountId });
    const person = { id, username, accountId, key: '', session: accessToken };
    people[caller as keyof typeof people] = { ...person, key: await key(person) };
  }

  const bare: Mystic['bare'] = async (method, path, dress = (sent) => sent) => {
    const answer = await dress(request(server)[method.toLowerCase() as 'get'](path));
    const clean = (path.replace(/^\/+/, '/').split('?')[0] as string).replace(/^\/(pipeline|run)_files\//, '/v3$&');
    const surface = checks.find(({ base }) => clean.startsWith(`${base}/`));
    expect(answer.headers['x-correlation-id']).toBe(surface ? answer.headers['x-request-id'] : undefined);
    const at = surface && envelope.path?.(clean.slice(surface.base.length), {} as never);
    const { status, type, body } = answer;
    const isBytes = /^\/(pipeline_files\/(download|..)|run_files)\//.test(at ?? '') && status < 300;
    if (surface && !isBytes) expect(surface.check(method, at as string, { status, type, body })).toBeUndefined();
    return answer;
  };
  const asked = (token: string | undefined, method: string, path: string, body?: unknown) =>
    bare(method, path, (sent) => {
      if (token !== undefined) sent.set('Authorization', `Bearer ${token}`);
      return body === undefined ? sent : sent.send(body as object);
    });
  const send: Mystic['send'] = (caller, method, path, body) =>
    asked(caller === 'anonymous' ? undefined : people[caller].key, method, path, body);

  return {
    ...opened,
    people,
    bare,
    send,
    async call(method, path, body, caller = 'owner') {
      const answer = await send(caller, method, path, body);
      return [answer.status, answer.body];
    },
    session: (caller, method, path, body) => asked(people[caller].session, method, path, body),
    key,
    async pipeline(name, more = {}, caller = 'owner') {
      const answer = await send(caller, 'POST', '/v4/pipelines', { ...pushed(name), ...more });
      expect(answer.status).toBe(200);
      return answer.body;
    },
  };
}

/** What `container push` sends of a pipeline, with all its nulls (docs/compat/mystic.md: Pipelines). */
export const pushed = (name: string) => ({
  name,
  image: `localhost:5000/${name}:${createHash('sha256').update(name).digest('hex').slice(0, 12)}`,
  input_variables: [],
  output_variables: [],
  accelerators: [],
  cluster: null,
  scaling_config: null,
  description: null,
  readme: '',
  extras: null,
});

/** The body of a refusal. */
export const refused = (message: string, parameter?: string) => ({
  detail: { message, ...(parameter !== undefined && { parameter }) },
});
