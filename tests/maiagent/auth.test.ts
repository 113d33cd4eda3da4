import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ownerPassword } from '../support/house.ts';
import { type Maiagent, openMaiagent } from '../support/maiagent.ts';

let mai: Maiagent;
beforeAll(async () => {
  mai = await openMaiagent();
});
afterAll(() => mai.close());

const unable = { nonFieldErrors: ['Unable to log in with provided credentials.'] };
const expired = { detail: 'Token is invalid or expired', code: 'token_not_valid' };
const password = ownerPassword;

const post = async (path: string, body: unknown, headers = {}) => {
  const { status, body: answered, headers: sent } = await mai.send('anonymous', 'POST', path, { body, headers });
  return { status, body: answered, headers: sent, said: [status, answered] };
};
const login = (body: object) => post('/auth/login/', body);
const verify = async (token: string) => (await post('/auth/token/verify/', { token })).said;
const refreshed = (refresh: string) => post('/auth/token/refresh/', { refresh });
const whoWith = async (access: string) => {
  const headers = { Authorization: `Bearer ${access}` };
  return (await mai.send('anonymous', 'GET', '/users/current/', { headers })).status;
};

describe('login', () => {
  it.each([
    ['an e-mail address', { email: 'owner@example.com', password }],
    ['one in another case', { email: 'OWNER@Example.com', password }],
    ['a name', { username: 'owner', password }],
    ['an address in place of the name', { username: 'owner@example.com', password }],
    ['a name, and an address that is empty', { username: 'owner', email: '', password }],
    ['an address, and a name that is empty', { username: '', email: 'owner@example.com', password }],
  ])('200 with %s', async (_with, body) => {
    const { said } = await login(body);
    expect(said).toEqual([
      200,
      {
        access: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
        refresh: expect.stringMatching(/^[\w-]{43}$/),
        user: expect.objectContaining({ email: 'owner@example.com', permissions: ['owner'] }),
      },
    ]);
  });

  it('an old credential beside it is not looked at', async () => {
    const headers = { Authorization: 'Api-Key nobody$' };
    expect((await post('/auth/login/', { username: 'owner', password }, headers)).status).toBe(200);
  });

  it.each([
    ['another password', { username: 'owner', password: 'another password' }],
    ['the password with a blank', { username: 'owner', password: ` ${password}` }],
    ['an unknown name', { username: 'nobody', password }],
    ['an unknown address', { email: 'nobody@example.com', password }],
    ['a user without a password', { username: 'admin_user', password }],
    ['a name that is an address', { email: 'owner', password }],
  ])('#54 400 for %s', async (_what, body) => {
    expect((await login(body)).said).toEqual([400, unable]);
  });

  it.each<[object, object]>([
    [{ password }, { nonFieldErrors: ['Must include "email" and "password".'] }],
    [{ username: '', email: ' ', password }, { nonFieldErrors: ['Must include "email" and "password".'] }],
    [{ username: 'owner' }, { password: ['This field is required.'] }],
    [{ username: 'owner', password: '' }, { password: ['This field may not be blank.'] }],
    [{ username: 'owner', password: 12 }, { password: ['Not a valid string.'] }],
    [
      { username: ['owner'], password: null },
      { username: ['Not a valid string.'], password: ['This field may not be null.'] },
    ],
    [{}, { password: ['This field is required.'] }],
  ])('400 for %j', async (body, expected) => {
    expect((await login(body)).said).toEqual([400, expected]);
  });

  it('as a form', async () => {
    const body = `username=owner&password=${encodeURIComponent(password)}`;
    const type = 'application/x-www-form-urlencoded';
    expect((await mai.send('anonymous', 'POST', '/auth/login/', { body, type })).status).toBe(200);
  });
});

describe('a session', () => {
  it('refresh gives the next pair, the same again while it is unused; one from further back ends the session', async () => {
    const first = await mai.signIn();
    const { said, body: second } = await refreshed(first.refresh);
    expect(said).toEqual([200, { access: expect.any(String), refresh: expect.any(String) }]);
    expect(second.refresh).not.toBe(first.refresh);
    expect(await whoWith(second.access)).toBe(200);
    expect((await refreshed(first.refresh)).body.refresh).toBe(second.refresh);
    await mai.house
      .db('refresh_tokens')
      .whereNotNull('used_at')
      .update({ used_at: new Date(Date.now() - 60_000).toISOString() });
    expect((await refreshed(first.refresh)).body.refresh).toBe(second.refresh);
    await refreshed(second.refresh);
    const reused = await refreshed(first.refresh);
    expect([reused.said, reused.headers['www-authenticate']]).toEqual([
      [401, expired],
      'Bearer realm="api", error="invalid_token"',
    ]);
    expect((await refreshed(second.refresh)).said).toEqual([401, expired]);
    expect(await whoWith(second.access)).toBe(401);
  });

  it('ten refreshes at once agree', async () => {
    const { refresh } = await mai.signIn();
    const all = await Promise.all(Array.from({ length: 10 }, () => refreshed(refresh)));
    expect(all.map(({ status }) => status)).toEqual(Array(10).fill(200));
    expect(new Set(all.map(({ body }) => body.refresh)).size).toBe(1);
  });

  it.each(['x', 'x'.repeat(10_000), 'a.b.c', '\u0000', '🚀'])('401 for the refresh token %j', async (refresh) => {
    expect((await refreshed(refresh)).said).toEqual([401, expired]);
  });

  it('verify: {} for a token that is good, 401 for any other', async () => {
    const { access, refresh } = await mai.signIn();
    expect(await verify(access)).toEqual([200, {}]);
    for (const token of [refresh, `${access}x`, access.slice(1), 'x', mai.users.owner.key, 'x'.repeat(100_000)]) {
      expect(await verify(token)).toEqual([401, expired]);
    }
    expect((await post('/auth/token/verify/', {})).said).toEqual([400, { token: ['This field is required.'] }]);
    expect((await post('/auth/token/refresh/', {})).said).toEqual([400, { refresh: ['This field is required.'] }]);
  });

  it('logout ends the session at once, and no other; twice, the token is no longer good', async () => {
    const [one, two] = [await mai.signIn(), await mai.signIn()];
    const bye = (access: string) => post('/auth/logout/', undefined, { Authorization: `Bearer ${access}` });
    expect((await bye(one.access)).said).toEqual([200, { detail: 'Successfully logged out.' }]);
    expect(await whoWith(one.access)).toBe(401);
    expect(await verify(one.access)).toEqual([401, expired]);
    expect((await refreshed(one.refresh)).said).toEqual([401, expired]);
    expect((await bye(one.access)).status).toBe(401);
    expect(await whoWith(two.access)).toBe(200);
  });

  it('logout with a key leaves the key; without anything, it is polite; with a bad key, it is not', async () => {
    const done = { detail: 'Successfully logged out.' };
    expect((await mai.send('viewer', 'POST', '/auth/logout/')).body).toEqual(done);
    expect((await mai.send('viewer', 'GET', '/users/current/')).status).toBe(200);
    expect((await post('/auth/logout/', {})).said).toEqual([200, done]);
    expect((await post('/auth/logout/', {}, { Authorization: 'Bearer x' })).status).toBe(401);
  });
});

describe('guessing', () => {
  it('is throttled, with Retry-After and the sentence of DRF; a right password then, too; others go on', async () => {
    const guess = (word: string) => login({ username: 'Guessed', password: word });
    const tries = [];
    for (let n = 0; n < 10; n += 1) tries.push((await guess(`guess ${n}`)).status);
    expect(tries).toEqual(Array(10).fill(400));
    const { status, body, headers } = await guess('one more');
    const seconds = Number(headers['retry-after']);
    expect([status, body]).toEqual([
      429,
      { detail: `Request was throttled. Expected available in ${seconds} seconds.` },
    ]);
    expect(seconds).toBeGreaterThan(60);
    expect((await login({ username: 'owner', password })).status).toBe(200);
    expect(mai.log.join('')).not.toContain('guess 1');
  });
});
