import type { operations } from '../../generated/clients/typescript/latchkey.d.ts';
import { ask, client, once, Refusal } from './ask.ts';

export { Away, Declined, doors, Refusal } from './ask.ts';

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
export type OneTimeLink = Json<'inspectLink', 200>;
export type NewKey = Taken<'createKey'>;
export type KeyChanges = Taken<'updateKey'>;

/** Where in a list one is. */
export interface Part {
  limit?: number;
  cursor?: string;
}

/** All that the console asks of the server, each by its name in the contract. */
export const api = {
  signIn: (name: string, password: string) => {
    const who = name.includes('@') ? { email: name } : { username: name };
    return once(() => client.POST('/sessions', { body: { ...who, password, cookie: true } }));
  },
  reauthenticate: (password: string) =>
    once(() => client.POST('/sessions/current/reauthenticate', { body: { password } })),
  signOut: () => once(() => client.DELETE('/sessions/{id}', { params: { path: { id: 'current' } } })),
  inspectLink: (code: string) => once(() => client.POST('/links/inspect', { body: { code } })),
  redeemLink: (code: string, password: string) =>
    once(() => client.POST('/links/redeem', { body: { code, password } })),
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
