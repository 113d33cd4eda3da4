import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { makeSessionToken } from '../../src/core/api_keys/form.ts';
import type { Context } from '../../src/core/context.ts';
import { digest } from '../../src/core/credentials/digest.ts';
import { mintToken } from '../../src/core/credentials/oauth_token.ts';
import { replacePassword } from '../../src/core/sign_in/lost_password.ts';
import { openSession } from '../../src/core/sign_in/session.ts';
import type { Fleet } from './fleet.ts';
import { applicationKey } from './house.ts';
import { type Person, password } from './magpipe.ts';

/** How one process is asked whether it accepts: by this path, with these headers. */
export interface Credential {
  headers: Record<string, string>;
  path: string;
}

/** One way in which a credential ends. */
export interface Ending {
  /** What is accepted before; and what is done, to one process, so that it is not. */
  begin(fleet: Fleet): Promise<Credential & { end(base: string): Promise<unknown> }>;
}

const me = '/v1/forward-auth';
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
const idOf = (kind: string, uuid: string) => `${kind}_${uuid.replaceAll('-', '')}`;

/** How long a process may be without an answer, and when it is asked again; milliseconds. */
const patience = 30_000;
const pause = 200;

/** Whether a process accepts a credential for what it was made for. One that cannot know at present, and so takes nothing, is asked again. */
export async function accepts(base: string, { path, headers }: Credential): Promise<boolean> {
  const until = performance.now() + patience;
  let response = await fetch(base + path, { headers });
  while (response.status === 503 && performance.now() < until) {
    await response.text();
    await setTimeout(pause);
    response = await fetch(base + path, { headers });
  }
  const body = await response.text();
  if (response.status >= 500) throw new Error(`${path}: ${response.status} ${body}`);
  return response.status === 200 && !/"error":/.test(body);
}

async function ask(base: string, method: string, path: string, headers: Record<string, string>, body?: object) {
  const response = await fetch(base + path, {
    method,
    headers: { ...headers, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok || /"error":/.test(text)) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text;
}

let chief: { of: Fleet; key: string } | undefined;
/** A key of the first owner, who may change what others have. */
async function chiefOf(fleet: Fleet): Promise<Record<string, string>> {
  if (chief?.of !== fleet) {
    const { accountId, ownerId: id } = fleet.house.house.installation;
    chief = { of: fleet, key: await fleet.house.key({ id, accountId, uuid: '', email: '' }) };
  }
  return bearer(chief.key);
}

async function keyed(fleet: Fleet, columns: object = {}, roleIds = [3]) {
  const { house } = fleet.house;
  const person = await fleet.house.person({ roleIds });
  const key = await fleet.house.key(person, columns);
  const row = await house.db('api_keys').where({ user_id: person.id }).first('id', 'uuid');
  const { id, uuid } = row as { id: number; uuid: string };
  return { person, key, id, path: `/v1/keys/${idOf('key', uuid)}`, headers: bearer(key) };
}

/** A key that ends by what the chief does. */
const byChief = (
  method: string,
  at: (made: Awaited<ReturnType<typeof keyed>>) => string,
  body?: object,
  probe = me,
): Ending => ({
  async begin(fleet) {
    const made = await keyed(fleet);
    const headers = await chiefOf(fleet);
    return { headers: made.headers, path: probe, end: (base) => ask(base, method, at(made), headers, body) };
  },
});

/** A key that ends by a statement of another program. */
const bySql = (change: (fleet: Fleet, made: Awaited<ReturnType<typeof keyed>>) => Promise<unknown>): Ending => ({
  async begin(fleet) {
    const made = await keyed(fleet);
    return { headers: made.headers, path: me, end: () => change(fleet, made) };
  },
});

async function signedIn(fleet: Fleet) {
  const { house } = fleet.house;
  const person = await fleet.house.person();
  const asker = { address: '127.0.0.1', requestId: 'test', origin: 'http://localhost' };
  const context: Context = { house, db: house.db, principal: { kind: 'anonymous' }, asker };
  const session = await openSession(context, { user_id: person.id, account_id: person.accountId });
  return { person, session, headers: bearer(session.accessToken) };
}

/** A session's JWT that ends by what is done with another credential of its user, or with itself. */
const ofSession = (
  end: (base: string, made: Awaited<ReturnType<typeof signedIn>>, fleet: Fleet) => Promise<unknown>,
): Ending => ({
  async begin(fleet) {
    const made = await signedIn(fleet);
    return { headers: made.headers, path: me, end: (base) => end(base, made, fleet) };
  },
});

async function opaque(fleet: Fleet, kind: 'cli' | 'console', value: string) {
  const { house } = fleet.house;
  const person = await fleet.house.person();
  const hash = { [kind === 'cli' ? 'cli_token_hash' : 'cookie_hash']: digest(value) };
  const row = { user_id: person.id, account_id: person.accountId, kind, name: 'test', ...hash };
  const [made] = await house.db('sessions').insert(row).returning('id');
  return { person, id: made?.id as string };
}

const atMember = ({ person }: { person: Person }) => `/v1/members/${idOf('usr', person.uuid)}`;
const newPassword = () => `Fire ${randomBytes(12).toString('hex')}`;

/** Every way in which a credential ends, or is worth less, on each surface's kind of it. */
export const endings: Record<string, Ending> = {
  'key revoked': byChief('DELETE', ({ path }) => path),
  'key disabled': byChief('PATCH', ({ path }) => path, { enabled: false }),
  'key’s scopes cut': byChief('PATCH', ({ path }) => path, { scopes: ['runs:read'] }, `${me}?scope=pipelines:write`),
  'key’s addresses changed': byChief('PATCH', ({ path }) => path, { addresses: ['192.0.2.0/24'] }),
  'key rotated, its grace over': {
    async begin(fleet) {
      const made = await keyed(fleet);
      const { db } = fleet.house.house;
      const end = async (base: string) => {
        await ask(base, 'POST', `${made.path}/rotate`, made.headers, { grace_seconds: 1 });
        await isOver(fleet, () => db('api_keys').where({ id: made.id }).whereRaw('revoked_at <= now()').first('id'));
      };
      return { headers: made.headers, path: me, end };
    },
  },
  'key’s expiry brought near, and over': {
    async begin(fleet) {
      const made = await keyed(fleet);
      const headers = await chiefOf(fleet);
      const { db } = fleet.house.house;
      const end = async (base: string) => {
        await ask(base, 'PATCH', made.path, headers, { expires_at: new Date(Date.now() + 3_000).toISOString() });
        await isOver(fleet, () => db('api_keys').where({ id: made.id }).whereRaw('expires_at <= now()').first('id'));
      };
      return { headers: made.headers, path: me, end };
    },
  },
  'key reported as leaked': {
    async begin(fleet) {
      const { key, headers } = await keyed(fleet);
      return { headers, path: me, end: (base) => ask(base, 'POST', '/v1/keys/leaked', {}, { key }) };
    },
  },
  'key revoked by a statement': bySql(({ house: { house } }, { id }) =>
    house.db('api_keys').where({ id }).update({ revoked_at: new Date().toISOString() }),
  ),
  'key deleted by a statement': bySql(({ house: { house } }, { id }) => house.db('api_keys').where({ id }).delete()),
  'role changed': byChief('PATCH', atMember, { role: 'viewer' }, `${me}?scope=pipelines:write`),
  'member switched off': byChief('PATCH', atMember, { enabled: false }),
  'member removed': byChief('DELETE', atMember),
  'user deleted by a statement': bySql(({ house: { house } }, { person }) =>
    house.db('users').where({ id: person.id }).delete(),
  ),
  'account deleted by a statement': {
    async begin(fleet) {
      const { house, account, person, key } = fleet.house;
      const accountId = await account();
      const headers = bearer(await key(await person({ accountId })));
      return { headers, path: me, end: () => house.db('accounts').where({ id: accountId }).delete() };
    },
  },
  'session signed out': ofSession((base, { headers }) =>
    ask(base, 'POST', '/auth/v1/logout?scope=local', { ...headers, apikey: applicationKey }),
  ),
  'session ended by its user': ofSession((base, { headers, session }) =>
    ask(base, 'DELETE', `/v1/sessions/${idOf('ses', session.id)}`, headers),
  ),
  'signed out everywhere': ofSession(async (base, { person }, fleet) => {
    const other = await signedInAgain(fleet, person);
    return ask(base, 'POST', '/auth/v1/logout?scope=global', { ...bearer(other), apikey: applicationKey });
  }),
  'password changed': ofSession(async (base, { person }, fleet) => {
    const body = { current_password: password, new_password: newPassword(), end_other_sessions: true };
    return ask(base, 'PUT', '/v1/me/password', bearer(await signedInAgain(fleet, person)), body);
  }),
  'password reset beside the server': ofSession((_base, { person }, fleet) => {
    const { db, config } = fleet.house.house;
    return replacePassword(db, config, { ...person, username: null }, newPassword());
  }),
  'command line signed out': {
    async begin(fleet) {
      const token = makeSessionToken();
      const { id } = await opaque(fleet, 'cli', token);
      const end = (base: string) => ask(base, 'DELETE', `/v1/sessions/${idOf('ses', id)}`, bearer(token));
      return { headers: bearer(token), path: me, end };
    },
  },
  'console signed out': {
    async begin(fleet) {
      const value = randomBytes(32).toString('base64url');
      const { id } = await opaque(fleet, 'console', value);
      const headers = { cookie: `latchkey=${value}` };
      const end = (base: string) =>
        ask(base, 'DELETE', `/v1/sessions/${idOf('ses', id)}`, { ...headers, origin: base });
      return { headers, path: '/v1/me', end };
    },
  },
  'Mage token signed out': {
    async begin(fleet) {
      const { house, person } = fleet.house;
      const { id, accountId } = await person();
      const { value } = await mintToken(house, house.db, id, accountId);
      const headers = { 'x-api-key': applicationKey, 'oauth-token': value };
      const end = (base: string) => ask(base, 'PUT', '/api/sessions/1', headers, { session: {} });
      return { headers, path: '/api/pipelines', end };
    },
  },
};

async function signedInAgain({ house: { house } }: Fleet, { id, accountId }: Person): Promise<string> {
  const asker = { address: '127.0.0.1', requestId: 'test', origin: 'http://localhost' };
  const context: Context = { house, db: house.db, principal: { kind: 'anonymous' }, asker };
  return (await openSession(context, { user_id: id, account_id: accountId })).accessToken;
}

/** Waits for a time to come, by the database's clock. */
async function isOver(_fleet: Fleet, ask: () => Promise<unknown>): Promise<void> {
  while (!(await ask())) await setTimeout(10);
}
