import request, { type Response } from 'supertest';
import { expect } from 'vitest';
import { surface } from '../../src/handlers/latchkey/index.ts';
import { contractChecker } from './contract.ts';
import { type Magpipe, openMagpipe, type Person, password } from './magpipe.ts';

// biome-ignore lint/suspicious/noExplicitAny: answers are looked into freely; the contract checker holds their shape
export type Body = any;

/** `/v1` to talk to. */
export interface Latchkey extends Magpipe {
  /** Sends one request with this credential; every answer is held against the contract. */
  ask(
    credential: string | undefined,
    method: string,
    path: string,
    body?: unknown,
    headers?: object,
  ): Promise<Response>;
  /** A session of a person. */
  session(person?: Person): Promise<string>;
  /** A key made by a session, in full. */
  made(session: string, body?: object): Promise<Body>;
}

const check = contractChecker(surface.contract);

export async function openLatchkey(env: Record<string, string> = {}): Promise<Latchkey> {
  const opened = await openMagpipe(env);
  const ask: Latchkey['ask'] = async (credential, method, path, body, headers = {}) => {
    const call = request(opened.server)
      [method.toLowerCase() as 'get'](`/v1${path}`)
      .set(headers as Record<string, string>);
    if (credential !== undefined) call.set('Authorization', `Bearer ${credential}`);
    const response = await (body === undefined ? call : call.send(body as object));
    const { status, type } = response;
    if (type !== 'application/problem+json')
      expect(check(method, path, { status, type, body: response.body })).toBeUndefined();
    return response;
  };
  return {
    ...opened,
    ask,
    async session(person) {
      const { email } = person ?? (await opened.person());
      const { body } = await ask(undefined, 'POST', '/sessions', { email, password });
      return body.access_token;
    },
    async made(session, body = {}) {
      const { body: key } = await ask(session, 'POST', '/keys', { name: 'made', ...body });
      expect(key).toMatchObject({ key: expect.stringMatching(/^mgp_[\da-f]{40}$/) });
      return key;
    },
  };
}
