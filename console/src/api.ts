import createClient from 'openapi-fetch';
import type { operations, paths } from '../../generated/clients/typescript/latchkey.d.ts';
import { isAway } from './state.ts';

type Json<Id extends keyof operations, Status extends number> = operations[Id]['responses'] extends {
  [status in Status]: { content: { 'application/json': infer Body } };
}
  ? Body
  : never;
type Taken<Id extends keyof operations> = operations[Id] extends {
  requestBody?: { content: { 'application/json': infer Body } };
}
  ? Body
  : never;

export type Key = Json<'getKey', 200>;
export type SecretKey = Json<'createKey', 201>;
export type Me = Json<'getMe', 200>;
export type Scope = Json<'listScopes', 200>['results'][number];
export type Session = Json<'listSessions', 200>['results'][number];
export type NewKey = Taken<'createKey'>;
export type KeyChanges = Taken<'updateKey'>;

/** The server said no: in a sentence, and in sentences by field. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly fields: Record<string, string> = {},
  ) {
    super(message);
  }
}

/** Nobody answered, or whoever did says that the server is not there just now. */
export class Away extends Error {}

/** Somebody was asked for a password and went away from the question. */
export class Declined extends Error {}

/** Who asks people for a password: for a session that has ended, and for one whose password was typed long ago. */
export const doors = {
  signIn: (): Promise<void> => Promise.reject(new Declined()),
  reauthenticate: (): Promise<void> => Promise.reject(new Declined()),
};

const client = createClient<paths>({ baseUrl: '/v1' });

interface Answer<Body> {
  data?: Body;
  error?: unknown;
  response: Response;
}

/** One request. Throws `Away` and `Refusal`. */
async function once<Body>(send: () => Promise<Answer<Body>>): Promise<Body> {
  const answer = await send().catch(() => undefined);
  const isThere = answer !== undefined && ![502, 503, 504].includes(answer.response.status);
  isAway.set(!isThere);
  if (!isThere) throw new Away();
  if (!answer.response.ok) throw refusalOf(answer.response.status, answer.error);
  return answer.data as Body;
}

/** A request that is sent again once its sender has shown who they are. Throws `Declined` as well. */
async function ask<Body>(send: () => Promise<Answer<Body>>): Promise<Body> {
  for (;;) {
    try {
      return await once(send);
    } catch (thrown) {
      if (!(thrown instanceof Refusal)) throw thrown;
      if (thrown.status === 401) await doors.signIn();
      else if (thrown.message === 'reauthenticate') await doors.reauthenticate();
      else throw thrown;
    }
  }
}

function refusalOf(status: number, body: unknown): Refusal {
  if (typeof body !== 'object' || body === null) return new Refusal(status, `The server answered ${status}.`);
  const { detail, ...rest } = body as Record<string, unknown>;
  if (typeof detail === 'string') return new Refusal(status, detail);
  const fields = Object.fromEntries(Object.entries(rest).map(([name, said]) => [name, sentences(said).join(' ')]));
  return new Refusal(status, Object.values(fields).join(' '), fields);
}

const sentences = (said: unknown): string[] =>
  typeof said === 'object' && said !== null ? Object.values(said).flatMap(sentences) : [String(said)];

/** All that the console asks of the server, each by its name in the contract. */
export const api = {
  signIn: (name: string, password: string) => {
    const who = name.includes('@') ? { email: name } : { username: name };
    return once(() => client.POST('/sessions', { body: { ...who, password, cookie: true } }));
  },
  reauthenticate: (password: string) =>
    once(() => client.POST('/sessions/current/reauthenticate', { body: { password } })),
  signOut: () => once(() => client.DELETE('/sessions/{id}', { params: { path: { id: 'current' } } })),
  me: () => ask(() => client.GET('/me')),
  /** Whether the server is there again: any answer says so. */
  isThere: () => once(() => client.GET('/me')).then(Boolean, (thrown) => thrown instanceof Refusal),
  keys: (query: { limit?: number; state?: 'active'; user?: string; name?: string }) =>
    ask(() => client.GET('/keys', { params: { query } })),
  sessions: () => ask(() => client.GET('/sessions', { params: { query: { limit: 200 } } })),
  endSession: (id: string) => ask(() => client.DELETE('/sessions/{id}', { params: { path: { id } } })),
  endOtherSessions: () => ask(() => client.DELETE('/sessions')),
  scopes: () => ask(() => client.GET('/scopes')),
  createKey: (body: NewKey, attempt: string) =>
    ask(() => client.POST('/keys', { body, params: { header: { 'Idempotency-Key': attempt } } })),
  updateKey: (id: string, body: KeyChanges) =>
    ask(() => client.PATCH('/keys/{id}', { body, params: { path: { id } } })),
  revokeKey: (id: string) => ask(() => client.DELETE('/keys/{id}', { params: { path: { id } } })),
  rotateKey: (id: string, grace_seconds: number, attempt: string) =>
    ask(() =>
      client.POST('/keys/{id}/rotate', {
        body: { grace_seconds },
        params: { path: { id }, header: { 'Idempotency-Key': attempt } },
      }),
    ),
};
