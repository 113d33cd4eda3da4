import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digest } from '../../src/core/credentials/digest.ts';
import { ownerPassword } from '../support/house.ts';
import { type Body, E, type Mage, openMage, refused } from '../support/mage.ts';

let mage: Mage;
beforeAll(async () => {
  mage = await openMage({ REQUIRE_USER_AUTHENTICATION: 'false' });
});
afterAll(() => mage.close());

const owner = { email: 'owner@example.com', password: ownerPassword };
const call = (method: string, path: string, body?: unknown): Promise<Body> =>
  mage.call('anonymous', method, path, body);

describe('REQUIRE_USER_AUTHENTICATION=false', () => {
  it('#79 keys and tokens are not looked at: none, wrong, expired, malformed', async () => {
    const headers = [
      { 'X-API-KEY': '' },
      { 'X-API-KEY': 'wrong' },
      { 'OAUTH-TOKEN': 'wrong' },
      { Authorization: 'Bearer' },
      { Cookie: 'oauth_token=garbage' },
    ] as Record<string, string>[];
    for (const header of headers) {
      const answer = await mage.send('anonymous', 'GET', '/pipelines', { headers: header });
      const empty = { pipelines: [], metadata: { count: 0, results: 0, next: null } };
      expect([header, answer.status, answer.body]).toEqual([header, 200, empty]);
    }
    expect(await mage.call('viewer', 'GET', '/pipelines?api_key=wrong')).toHaveProperty('pipelines');
  });

  it('the answer says so to whoever asks the status', async () => {
    expect((await call('GET', '/statuses')).statuses[0].require_user_authentication).toBe(false);
  });

  it('conditions and scopes do not hold: whoever calls lists, reads, makes, changes and deletes users', async () => {
    const { users } = await call('GET', '/users');
    expect(users.map(({ email }: Body) => email)).toContain('admin@mage.test');
    expect(await mage.call('viewer', 'GET', '/users')).toMatchObject({ users });
    const passwords = { password: ownerPassword, password_confirmation: ownerPassword };
    const { user } = await call('POST', '/users', { user: { email: 'new@mage.test', ...passwords } });
    expect((await call('GET', `/users/${user.id}`)).user.email).toBe('new@mage.test');
    const changed = await call('PUT', `/users/${user.id}`, { user: { first_name: 'New' } });
    expect(changed.user).toMatchObject({ first_name: 'New', roles_new: [] });
    expect((await call('DELETE', `/users/${user.id}`)).user.id).toBe(user.id);
    expect(await call('GET', `/users/${user.id}`)).toEqual(E(404, 'record_not_found', 'Record not found.'));
  });

  it('any attribute and any query parameter is let through, and has no effect where it means nothing', async () => {
    expect(await call('GET', '/users?foo=1')).toHaveProperty('users');
    const user = { id: 4242, password_hash: 'x', created_at: '2001-01-01' };
    const answer = await call('PUT', `/users/${mage.users.viewer.id}`, { user });
    expect(answer.user.id).toBe(mage.users.viewer.id);
    const row = await mage.house.db('users').where({ id: mage.users.viewer.id }).first();
    expect(row?.password_hash).toBeNull();
  });

  it('the rules of what is valid hold all the same', async () => {
    const missing = E(400, 'record_invalid', 'Missing required values: email, password.');
    expect(await call('POST', '/users', { user: {} })).toEqual(missing);
  });

  it('list and detail of what declares none stay disabled', async () => {
    expect(await call('GET', '/sessions')).toEqual(refused('The list action is disabled for sessions.'));
    expect(await call('GET', '/sessions/1')).toEqual(refused('The detail action is disabled for sessions.'));
  });

  it('what nobody has built is disabled too: there is no role to make, no session to delete', async () => {
    expect(await call('POST', '/roles', { role: {} })).toEqual(refused('The create action is disabled for roles.'));
    expect(await call('DELETE', '/sessions/1')).toEqual(refused('The delete action is disabled for sessions.'));
  });

  it('POST /sessions works and issues a token, also for who is signed in', async () => {
    for (const caller of ['anonymous', 'viewer'] as const) {
      const { session } = await mage.call(caller, 'POST', '/sessions', { session: owner });
      expect(session.user.username).toBe('owner');
      const { token } = JSON.parse(Buffer.from(session.token.split('.')[1], 'base64url').toString());
      expect(await mage.house.db('oauth_tokens').where({ hash: digest(token) })).toMatchObject([{ user_id: 1 }]);
    }
    const wrong = await call('POST', '/sessions', { session: { ...owner, password: 'wrong' } });
    expect(wrong).toEqual(E(404, 'record_not_found', 'Email/username and/or password invalid.'));
  });

  it('what needs a user says that there is none', async () => {
    const tokens = 'Nobody is signed in, so there are no tokens to list.';
    expect(await call('GET', '/oauth_access_tokens')).toEqual(E(400, 'record_invalid', tokens));
    const session = 'There is no session to end: this request carries no OAuth token.';
    expect(await mage.call('viewer', 'PUT', '/sessions/1')).toEqual(E(400, 'record_invalid', session));
  });

  it('roles are read without a role', async () => {
    const { roles } = await call('GET', '/roles');
    expect(roles.map(({ name }: Body) => name)).toEqual(['Owner', 'Admin', 'Editor', 'Viewer']);
  });

  it('the last owner stays', async () => {
    const last = E(400, 'record_invalid', 'The last owner of an account cannot be removed.');
    expect((await call('DELETE', `/users/${mage.users.owner.id}`)).user.id).toBe(mage.users.owner.id);
    expect(await call('DELETE', '/users/1')).toEqual(last);
  });
});

describe('A2: what another site could make a browser do here', () => {
  const ask = async (headers: Record<string, string>, method = 'GET', path = '/users', body?: object) => {
    const { status, body: said } = await mage.send('anonymous', method, path, { headers, body });
    return [status, said.error?.code];
  };

  it.each([
    'localhost',
    'localhost:6789',
    'LOCALHOST',
    'app.localhost:3',
    '127.0.0.1',
    '127.8.9.10:80',
    '[::1]',
    '[::1]:6789',
  ])('A2: the Host %s is this machine', async (Host) => {
    expect(await ask({ Host })).toEqual([200, undefined]);
    expect(await ask({ Host, Origin: `http://${Host}` })).toEqual([200, undefined]);
  });

  it.each([
    'evil.example',
    'evil.example:6789',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '192.0.2.1',
    '[2001:db8::1]',
    '0.0.0.0',
    'keys.example.com',
  ])('A2: 403 for the Host %s, whatever it is asked', async (Host) => {
    for (const method of ['GET', 'POST', 'OPTIONS'])
      expect((await mage.send('anonymous', method, '/users', { headers: { Host } })).status).toBe(403);
    const { headers } = await mage.send('anonymous', 'GET', '/users', { headers: { Host } });
    expect(headers['content-type']).toMatch(/^application\/json/);
  });

  it.each([
    { Origin: 'https://evil.example' },
    { Origin: 'null' },
    { Origin: 'http://localhost:3000' },
    { 'Sec-Fetch-Site': 'cross-site' },
    { 'Sec-Fetch-Site': 'same-site' },
  ])('A2: 403 for %o, reading and writing', async (headers) => {
    const Host = 'localhost:6789';
    expect(await ask({ Host, ...(headers as Record<string, string>) })).toEqual([403, 403]);
    const user = { email: 'mallory@mage.test', password: 'long enough', password_confirmation: 'long enough' };
    expect(await ask({ Host, ...(headers as Record<string, string>) }, 'POST', '/users', { user })).toEqual([403, 403]);
    expect(await mage.house.db('users').where({ email: user.email })).toEqual([]);
  });

  it('A2: the name of LATCHKEY_PUBLIC_URL is answered, and its own pages', async () => {
    const open = { REQUIRE_USER_AUTHENTICATION: 'false', LATCHKEY_PUBLIC_URL: 'https://keys.example.com' };
    const named = await openMage(open);
    const status = async (headers: Record<string, string>) =>
      (await named.send('anonymous', 'GET', '/users', { headers })).status;
    expect(await status({ Host: 'keys.example.com' })).toBe(200);
    expect(await status({ Host: 'keys.example.com', Origin: 'https://keys.example.com' })).toBe(200);
    expect(await status({ Host: 'keys.example.com', Origin: 'http://keys.example.com' })).toBe(403);
    expect(await status({ Host: 'other.example.com' })).toBe(403);
    await named.close();
  });

  it('A2: nobody gives roles, takes them or changes a password: somebody has to be signed in', async () => {
    const { db } = mage.house;
    const before = await db('memberships').orderBy('user_id');
    const sentence = 'Passwords and roles are changed by somebody who is signed in, and nobody is here.';
    const passwords = { password: 'long enough', password_confirmation: 'long enough' };
    const { id } = mage.users.viewer;
    for (const user of [passwords, { roles_new: [1] }, { role_ids: [1] }, { roles_new: [] }])
      expect(await call('PUT', `/users/${id}`, { user })).toEqual(refused(sentence));
    for (const roles of [{ roles_new: [1] }, { role_ids: [4] }]) {
      const user = { email: 'mallory@mage.test', ...passwords, ...roles };
      expect(await call('POST', '/users', { user })).toEqual(refused(sentence));
    }
    expect(await db('memberships').orderBy('user_id')).toEqual(before);
    expect((await db('users').where({ id }).first())?.password_hash).toBeNull();
  });
});
