import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digest } from '../../src/core/credentials/token.ts';
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
    const { user } = await call('POST', '/users', { user: { email: 'new@mage.test', ...passwords, roles_new: [4] } });
    expect((await call('GET', `/users/${user.id}`)).user.email).toBe('new@mage.test');
    const changed = await call('PUT', `/users/${user.id}`, { user: { first_name: 'New', roles_new: [3] } });
    expect(changed.user).toMatchObject({ first_name: 'New', project_access: 4 });
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
