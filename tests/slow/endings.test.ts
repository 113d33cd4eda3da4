import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anonymous } from '../../src/core/principal.ts';
import { checkSignIn } from '../../src/core/sign_in/by_password.ts';
import { openSession } from '../../src/core/sign_in/session.ts';
import { applicationKey } from '../support/house.ts';
import type { Body } from '../support/mage.ts';
import { type Magpipe, openMagpipe, type Person, password } from '../support/magpipe.ts';

// A3: what a password opened ends with it, on every surface, whoever changes it and wherever.

let magpipe: Magpipe;
let twin: Magpipe;

beforeAll(async () => {
  magpipe = await openMagpipe();
  twin = await magpipe.twin();
});
afterAll(() => magpipe.close());

const next = 'Another lightning 2';
const gate = { apikey: applicationKey };
const signInMage = async (email: string, word = password): Promise<string> => {
  const session = { email, password: word };
  const sent = { headers: { 'x-api-key': applicationKey }, body: { session } };
  return (await magpipe.send('POST', '/api/sessions', sent)).body.session.token;
};
const cookie = (token: string) => ({ 'x-api-key': applicationKey, cookie: `oauth_token=${token}` });

/** One of everything that a user may hold. */
interface Held {
  session: Body;
  other: Body;
  mage: string;
  otherMage: string;
  key: string;
}

async function holder(its = {}): Promise<Person & Held> {
  const person = await magpipe.person(its);
  return {
    ...person,
    session: await magpipe.signIn(person),
    other: await magpipe.signIn(person),
    mage: await signInMage(person.email),
    otherMage: await signInMage(person.email),
    key: await magpipe.key(person),
  };
}

/** What of it still opens, asked of another process. */
async function open({ session, other, mage, otherMage, key }: Held): Promise<string[]> {
  const jwt = async ({ access_token }: Body) => (await twin.manage(access_token, { action: 'list' })).status === 200;
  const token = async (raw: string) =>
    (await twin.send('GET', '/api/roles', { headers: cookie(raw) })).body.error === undefined;
  const refreshes = async ({ refresh_token }: Body) =>
    (await twin.token('refresh_token', { refresh_token })).status === 200;
  const asked: [string, Promise<boolean>][] = [
    ['session', jwt(session)],
    ['other', jwt(other)],
    ['mage', token(mage)],
    ['otherMage', token(otherMage)],
    ['key', twin.manage(key, { action: 'list' }).then(({ status }) => status === 200)],
  ];
  const found = await Promise.all(asked.map(async ([name, answer]) => ((await answer) ? name : '')));
  for (const [name, its] of Object.entries({ session, other })) {
    expect([name, await refreshes(its)]).toEqual([name, found.includes(name)]);
  }
  return found.filter(Boolean);
}

const all = ['session', 'other', 'mage', 'otherMage', 'key'];
const authed = (jwt: string) => ({ ...gate, authorization: `Bearer ${jwt}` });
const changed = { password: next, password_confirmation: next, password_current: password };
const putUser = (headers: object, id: number, user: object) =>
  magpipe.send('PUT', `/api/users/${id}`, { headers: headers as Record<string, string>, body: { user } });

describe('A3: a new password', () => {
  it('before it, everything opens', async () => {
    expect(await open(await holder())).toEqual(all);
  });

  it('by oneself on /auth/v1 leaves the session that asked, and the keys', async () => {
    const its = await holder();
    const body = { password: next, current_password: password };
    const sent = { headers: authed(its.session.access_token), body };
    expect((await magpipe.send('PUT', '/auth/v1/user', sent)).status).toBe(200);
    expect(await open(its)).toEqual(['session', 'key']);
  });

  it.each([
    ['an owner', [1]],
    ['a viewer', [4]],
  ])('by oneself on /api, %s, leaves the Mage token that asked, and the keys', async (_who, roleIds) => {
    const its = await holder({ roleIds });
    const { body } = await putUser(cookie(its.mage), its.id, changed);
    expect(body.user.id).toBe(its.id);
    expect(await open(its)).toEqual(['mage', 'key']);
  });

  it('by oneself with an API key leaves the keys alone', async () => {
    const its = await holder();
    const { body } = await putUser({ 'x-api-key': its.key }, its.id, changed);
    expect(body.user.id).toBe(its.id);
    expect(await open(its)).toEqual(['key']);
  });

  it('by an owner leaves the keys alone, and nothing of the owner ends', async () => {
    const [its, owner] = [await holder({ roleIds: [4] }), await holder()];
    expect((await putUser(cookie(owner.mage), its.id, changed)).body.user.id).toBe(its.id);
    expect(await open(its)).toEqual(['key']);
    expect(await open(owner)).toEqual(all);
    expect((await magpipe.token('password', { email: its.email, password: next })).status).toBe(200);
  });

  it('ends the token of the answer that made the user', async () => {
    const owner = await holder();
    const user = { email: 'made@x.test', username: 'made', password, password_confirmation: password, roles_new: [4] };
    const made = (await magpipe.send('POST', '/api/users', { headers: cookie(owner.mage), body: { user } })).body.user;
    const roles = () => magpipe.send('GET', '/api/roles', { headers: cookie(made.token) });
    expect((await roles()).body.error).toBeUndefined();
    await putUser(cookie(owner.mage), made.id, changed);
    expect((await roles()).body.error).toMatchObject({ code: 401, type: 'expired_oauth_token' });
  });

  it('that is refused ends nothing; nor does another change', async () => {
    const its = await holder();
    await putUser(cookie(its.mage), its.id, { ...changed, password_current: 'wrong' });
    await putUser(cookie(its.mage), its.id, { ...changed, password_confirmation: 'other' });
    await putUser(cookie(its.mage), its.id, { first_name: 'Ada', username: `name${its.id}` });
    const body = { data: { name: 'Ada' } };
    await magpipe.send('PUT', '/auth/v1/user', { headers: authed(its.session.access_token), body });
    expect(await open(its)).toEqual(all);
  });

  it('while somebody signs in with the old one: what was checked against the old one opens nothing', async () => {
    const its = await holder();
    const { house } = magpipe;
    const asker = { address: '192.0.2.1', requestId: 'race', origin: 'http://localhost' };
    const context = { house, db: house.db, principal: anonymous, asker };
    const signedIn = await checkSignIn(context, 'email', its.email, password);
    await putUser(cookie(its.mage), its.id, changed);
    if (!signedIn) throw new Error('the password was right');
    await expect(openSession(context, signedIn)).rejects.toMatchObject({ kind: 'conflict' });
    expect(await house.db('sessions').where({ user_id: its.id, ended_at: null })).toEqual([]);
  });

  it('and ten sign-ins with the old one at once leave none of them open', async () => {
    const its = await holder();
    const tries = Array.from({ length: 10 }, (_, index) => (index % 2 ? magpipe : twin).token('password', its));
    const body = { password: next, current_password: password };
    const put = magpipe.send('PUT', '/auth/v1/user', { headers: authed(its.session.access_token), body });
    const answers = await Promise.all(tries);
    expect((await put).status).toBe(200);
    for (const { status, body } of answers) {
      expect([200, 400, 409]).toContain(status);
      if (status === 200) expect((await magpipe.manage(body.access_token, { action: 'list' })).status).toBe(401);
    }
    expect(await open(its)).toEqual(['session', 'key']);
  });
});

describe('A3: signing out', () => {
  const logout = (jwt: string, scope: string) =>
    magpipe.send('POST', `/auth/v1/logout${scope}`, { headers: authed(jwt) });

  it.each([
    ['', ['key']],
    ['?scope=', ['key']],
    ['?scope=global', ['key']],
    ['?scope=others', ['session', 'key']],
    ['?scope=local', ['other', 'mage', 'otherMage', 'key']],
  ])('%s leaves what it should, on every surface', async (scope, left) => {
    const [its, neighbour] = [await holder(), await holder()];
    expect((await logout(its.session.access_token, scope)).status).toBe(204);
    expect(await open(its)).toEqual(left);
    expect(await open(neighbour)).toEqual(all);
  });
});

describe('A3: leaving', () => {
  const remove = (owner: Held, { id }: Person) =>
    magpipe.send('DELETE', `/api/users/${id}`, { headers: cookie(owner.mage) });

  it('a deleted user holds nothing', async () => {
    const [its, owner] = [await holder({ roleIds: [4] }), await holder()];
    expect((await remove(owner, its)).body.user.id).toBe(its.id);
    expect(await open(its)).toEqual([]);
  });

  it('who is removed from an account holds nothing of it, not even when they come back; what acts in another one goes on', async () => {
    const [its, owner] = [await holder({ roleIds: [4] }), await holder()];
    const { db } = magpipe.house;
    const accountId = await magpipe.account();
    await db('memberships').insert({ account_id: accountId, user_id: its.id, role_ids: [4] });
    const elsewhere = await magpipe.key({ ...its, accountId });
    await remove(owner, its);
    expect(await open(its)).toEqual([]);
    await db('memberships').insert({ account_id: its.accountId, user_id: its.id, role_ids: [4] });
    expect(await open(its)).toEqual([]);
    expect((await magpipe.manage(elsewhere, { action: 'list' })).status).toBe(200);
  });
});

describe('B15: a session by its age', () => {
  const aged = (person: Person, times: Record<string, string>) =>
    magpipe.house
      .db('sessions')
      .where({ user_id: person.id })
      .update(Object.fromEntries(Object.entries(times).map(([name, sql]) => [name, magpipe.house.db.raw(sql)])));
  const lives = async ({ session }: Held, house = magpipe) => [
    (await house.manage(session.access_token, { action: 'list' })).status,
    (await house.token('refresh_token', { refresh_token: session.refresh_token })).status,
  ];

  it.each([
    ['29 days old, refreshed yesterday', { created_at: '29 days', refreshed_at: '1 day' }, [200, 200]],
    ['31 days old, refreshed just now', { created_at: '31 days', refreshed_at: '1 second' }, [401, 400]],
    ['6 days old, never refreshed', { created_at: '6 days' }, [200, 200]],
    ['8 days old, never refreshed', { created_at: '8 days' }, [401, 400]],
    ['20 days old, refreshed 8 days ago', { created_at: '20 days', refreshed_at: '8 days' }, [401, 400]],
  ])('%s', async (_what, ages, expected) => {
    const its = await holder();
    const times = Object.entries(ages).map(([name, age]) => [name, `now() - interval '${age}'`]);
    await aged(its, Object.fromEntries(times));
    expect(await lives(its)).toEqual(expected);
  });

  it('as the settings say; 0 is no bound', async () => {
    const [short, endless] = [
      await magpipe.twin({ sessionDays: 1, sessionIdleDays: 0 }),
      await magpipe.twin({ sessionDays: 0, sessionIdleDays: 0 }),
    ];
    const its = await holder();
    await aged(its, { created_at: `now() - interval '2 days'` });
    expect(await lives(its, short)).toEqual([401, 400]);
    await aged(its, { created_at: `now() - interval '5 years'` });
    expect(await lives(its, endless)).toEqual([200, 200]);
  });
});
