import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeKey } from '../../src/core/api_keys/form.ts';
import { digest } from '../../src/core/credentials/digest.ts';
import { decodeToken } from '../../src/core/credentials/oauth_token.ts';
import { ownerPassword } from '../support/house.ts';
import { type Body, E, type Mage, openMage, refused } from '../support/mage.ts';

let mage: Mage;
beforeAll(async () => {
  mage = await openMage();
});
afterAll(() => mage.close());

const time = expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{6})?\+00:00$/);
const jwt = expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/);
const invalid = E(404, 'record_not_found', 'Email/username and/or password invalid.');
const required = E(404, 'record_not_found', 'Email/username and password are required.');
const noRole = refused('You don\u2019t have access to this project. Please ask an admin or owner for permissions.');

const signIn = (session: unknown): Promise<Body> => mage.call('anonymous', 'POST', '/sessions', { session });
/** Sends with a token of one's own. */
const as = async (token: string, method: string, path: string, body?: unknown) => {
  const answer = await mage.send('anonymous', method, path, { headers: { 'OAUTH-TOKEN': token }, body });
  return [answer.status, answer.body];
};
const owner = { email: 'owner@example.com', password: ownerPassword };
const decoded = async ({ session }: Body) => (await decodeToken(mage.house, session.token)) as string;

describe('createSession', () => {
  it('#1 by e-mail: the session, its user, null metadata, and nothing else', async () => {
    const answer = await signIn(owner);
    expect(answer).toEqual({
      session: {
        expires: time,
        token: jwt,
        user: {
          avatar: null,
          first_name: null,
          id: 1,
          last_name: null,
          owner: true,
          project_access: 1,
          roles: null,
          roles_display: 'Owner',
          roles_new: [{ id: 1, created_at: time, updated_at: time, name: 'Owner', user_id: null }],
          username: 'owner',
        },
      },
      metadata: null,
    });
    expect(Object.keys(answer)).toEqual(['session', 'metadata']);
  });

  it('#2 the token decodes to {expires, token}, and its row belongs to the user', async () => {
    const { session } = await signIn({ username: 'owner', password: ownerPassword });
    const claims = JSON.parse(Buffer.from(session.token.split('.')[1], 'base64url').toString());
    expect(claims).toEqual({ expires: expect.any(Number), token: expect.stringMatching(/^[\w-]{43}$/) });
    const row = await mage.house
      .db('oauth_tokens')
      .where({ hash: digest(claims.token) })
      .first();
    expect(row).toMatchObject({ user_id: session.user.id, account_id: mage.house.installation.accountId });
    expect(session.expires.slice(0, 23)).toBe(
      new Date(claims.expires * 1000).toISOString().slice(0, 23).replace('T', ' '),
    );
    expect(JSON.stringify(row)).not.toContain(claims.token);
  });

  it('by user name, and by e-mail when both are given', async () => {
    expect((await signIn({ username: 'owner', password: ownerPassword })).session.user.id).toBe(1);
    expect((await signIn({ ...owner, username: 'nobody' })).session.user.id).toBe(1);
    expect(await signIn({ ...owner, email: 'nobody@example.com', username: 'owner' })).toEqual(invalid);
    expect((await signIn({ ...owner, email: '', username: 'owner' })).session.user.id).toBe(1);
    expect((await signIn({ ...owner, email: null, username: 'owner', provider: null })).session.user.id).toBe(1);
  });

  it('#3 E(404) for a wrong password, an unknown e-mail and an unknown user name, byte for byte the same', async () => {
    const tries = [
      { ...owner, password: 'wrong' },
      { ...owner, password: `${ownerPassword} ` },
      { ...owner, email: 'nobody@example.com' },
      { ...owner, email: 'OWNER@example.com' },
      { ...owner, email: 'owner' },
      { username: 'nobody', password: ownerPassword },
      { username: 'owner@example.com', password: ownerPassword },
      { username: 'owner', password: 'wrong' },
    ];
    const answers = await Promise.all(
      tries.map((session) => mage.send('anonymous', 'POST', '/sessions', { body: { session } })),
    );
    expect(answers[0]?.body).toEqual(invalid);
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
  });

  it('#5 E(404) without a name, without a password, and without a session', async () => {
    const { email, password } = owner;
    const empty = [
      {},
      { email },
      { password },
      { email, password: '' },
      { email: '', password },
      { email, password: null },
    ];
    for (const session of [...empty, { username: '', password }, { token: 'x' }]) {
      expect([session, await signIn(session)]).toEqual([session, required]);
    }
    expect(await mage.call('anonymous', 'POST', '/sessions', {})).toEqual(required);
    expect(await mage.call('anonymous', 'POST', '/sessions')).toEqual(required);
    expect(await mage.call('anonymous', 'POST', '/sessions', { user: owner })).toEqual(required);
  });

  it('E(404) for a user without a password, and for one without a membership', async () => {
    expect(await signIn({ email: 'owner@mage.test', password: ownerPassword })).toEqual(invalid);
    const { db } = mage.house;
    const { password_hash } = (await db('users').where({ id: 1 }).first()) as { password_hash: string };
    await db('users').insert({ email: 'alone@mage.test', password_hash });
    expect(await signIn({ ...owner, email: 'alone@mage.test' })).toEqual(invalid);
  });

  it('#9 E(403) for an attribute that is none, whoever names it first', async () => {
    const foo = refused('write of foo on create is disabled for sessions.');
    expect(await signIn({ ...owner, foo: 1 })).toEqual(foo);
    expect(await signIn({ foo: null, ...owner, bar: 1 })).toEqual(foo);
    expect(await signIn({ id: 1 })).toEqual(refused('write of id on create is disabled for sessions.'));
  });

  it('E(403) for callers who are signed in, owners too, whatever they send', async () => {
    const signedOut = refused('Public access for create only, invalid scope.');
    for (const caller of ['viewer', 'editor', 'admin', 'owner'] as const) {
      expect(await mage.call(caller, 'POST', '/sessions', { session: owner })).toEqual(signedOut);
      expect(await mage.call(caller, 'POST', '/sessions', {})).toEqual(signedOut);
    }
    expect(await mage.call('roleless', 'POST', '/sessions', { session: owner })).toEqual(noRole);
  });

  it('401 while a stale token is attached', async () => {
    const old = await decoded(await signIn(owner));
    await as(old, 'PUT', '/sessions/1');
    const expired = E(401, 'expired_oauth_token', 'Expired OAuth token.');
    expect(await as(old, 'POST', '/sessions', { session: owner })).toEqual([401, expired]);
    const unknown = E(401, 'invalid_oauth_token', 'Invalid OAuth token.');
    expect(await as('garbage', 'POST', '/sessions', { session: owner })).toEqual([401, unknown]);
  });

  it('no sign-in provider is taken at its word', async () => {
    for (const provider of ['google', 'github', 'made-up']) {
      const answer = await signIn({ provider, token: 'x', email: owner.email });
      expect(answer).toEqual(E(400, 'record_invalid', 'Invalid provider.'));
    }
    expect(await signIn({ token: 'x', email: owner.email })).toEqual(required);
  });

  it.each([
    ['Unicode', 'пароль 密码 🔑🔑'],
    ['spaces at both ends', '   space   '],
    ['72 bytes and one more', `${'x'.repeat(72)}y`],
    ['600 characters', 'æ'.repeat(600)],
    ['what JSON and SQL escape', `"\\'; drop table users; --\n\t`],
  ])('a password may be %s, and every character of it counts', async (_what, password) => {
    const email = `${Buffer.from(password).toString('hex').slice(-20)}@mage.test`;
    const user = { email, password, password_confirmation: password, roles_new: [4] };
    expect(await mage.call('owner', 'POST', '/users', { user })).toHaveProperty('user.id');
    expect(await signIn({ email, password })).toHaveProperty('session.token', jwt);
    for (const wrong of [[...password].slice(0, -1).join(''), `${password} `, password.trim().toUpperCase()]) {
      expect(await signIn({ email, password: wrong })).toEqual(invalid);
    }
  });

  it('a password of more than 1024 characters is refused before it is hashed', async () => {
    const { error } = await signIn({ ...owner, password: 'x'.repeat(1025) });
    expect(error).toMatchObject({ code: 400, type: 'record_invalid', errors: { password: expect.any(Array) } });
  });

  it('works under its singular name', async () => {
    expect(await mage.call('anonymous', 'POST', '/session', { session: owner })).toHaveProperty('session.user.id', 1);
  });
});

describe('updateSession signs out', () => {
  it('#10 the session, ended; then 401 expired_oauth_token', async () => {
    const before = await signIn(owner);
    const token = await decoded(before);
    const [status, body] = (await as(token, 'PUT', '/sessions/1')) as [number, Body];
    expect([status, body.metadata]).toEqual([200, null]);
    expect(body.session).toEqual({ ...before.session, expires: time, token: jwt });
    expect(Date.parse(body.session.expires)).toBeLessThanOrEqual(Date.now());
    const claims = JSON.parse(Buffer.from(body.session.token.split('.')[1], 'base64url').toString());
    expect(claims.token).toBe(token);
    expect(claims.expires * 1000).toBeLessThanOrEqual(Date.now());
    const expired = E(401, 'expired_oauth_token', 'Expired OAuth token.');
    expect(await as(token, 'GET', '/users')).toEqual([401, expired]);
    expect(await as(token, 'PUT', '/sessions/1')).toEqual([401, expired]);
  });

  it("whatever the path names, the request's own token ends, and the user's other sessions live on", async () => {
    const [mine, other] = [await decoded(await signIn(owner)), await decoded(await signIn(owner))];
    expect((await as(mine, 'PUT', '/sessions/anything-at.all', { session: {} }))[0]).toBe(200);
    expect((await as(mine, 'GET', '/users'))[0]).toBe(401);
    expect((await as(other, 'GET', '/users'))[0]).toBe(200);
    expect((await as(mage.users.owner.token, 'GET', '/users'))[0]).toBe(200);
  });

  it('the cookie ends as the header does', async () => {
    const { session } = await signIn(owner);
    const headers = { Cookie: `oauth_token=${session.token}` };
    expect((await mage.send('anonymous', 'PUT', '/sessions/1', { headers })).body).toHaveProperty('session');
    expect((await mage.send('anonymous', 'GET', '/users', { headers })).status).toBe(401);
  });

  it('E(403) for a user without a role, with the typographic apostrophe; the token lives on', async () => {
    expect(await mage.call('roleless', 'PUT', '/sessions/1', {})).toEqual(noRole);
    expect(await mage.call('roleless', 'GET', `/users/${mage.users.roleless.id}`)).toHaveProperty('user');
  });

  it('E(403) with any attribute, for all but owners', async () => {
    const email = refused('Public access for email only, invalid scope.');
    expect(await mage.call('viewer', 'PUT', '/sessions/1', { session: { email: 'a' } })).toEqual(email);
    const foo = refused('write of foo on update is disabled for sessions.');
    expect(await mage.call('admin', 'PUT', '/sessions/1', { session: { foo: 'a' } })).toEqual(foo);
    const token = await decoded(await signIn(owner));
    expect((await as(token, 'PUT', '/sessions/1', { session: { email: 'a' } }))[1]).toHaveProperty('session');
  });

  it('E(403) for nobody, and E(400) for a key, which has no session', async () => {
    const nobody = refused('Private access for update only, invalid scope.');
    expect(await mage.call('anonymous', 'PUT', '/sessions/1')).toEqual(nobody);
    const key = makeKey();
    const row = { hash: digest(key), prefix: 'mgp_', name: 'test', user_id: mage.users.viewer.id };
    await mage.house.db('api_keys').insert({ ...row, account_id: mage.house.installation.accountId });
    const answer = await mage.send('anonymous', 'PUT', '/sessions/1', { headers: { 'X-API-KEY': key } });
    const sentence = 'There is no session to end: this request carries no OAuth token.';
    expect(answer.body).toEqual(E(400, 'record_invalid', sentence));
  });
});

describe('listSessions, getSession, deleteSession', () => {
  it.each([
    ['GET', '/sessions', 'list'],
    ['GET', '/sessions/1', 'detail'],
    ['DELETE', '/sessions/1', 'delete'],
  ])('#11 %s %s is disabled, for owners too', async (method, path, action) => {
    const disabled = refused(`The ${action} action is disabled for sessions.`);
    for (const caller of ['anonymous', 'viewer', 'admin', 'owner'] as const) {
      expect(await mage.call(caller, method, path)).toEqual(disabled);
    }
    expect(await mage.call('roleless', method, path)).toEqual(noRole);
  });
});
