import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Latchkey, openLatchkey } from '../support/latchkey.ts';
import { type Person, password } from '../support/magpipe.ts';

let latchkey: Latchkey;
beforeAll(async () => {
  latchkey = await openLatchkey();
});
afterAll(() => latchkey.close());

const better = 'a longer horse, a better battery';
const stale = { detail: 'reauthenticate' };
const signIn = (email: string, word: string) => latchkey.ask(undefined, 'POST', '/sessions', { email, password: word });

/** A session of a person whose password was typed an hour ago. */
async function oldSession(person?: Person): Promise<string> {
  const session = await latchkey.session(person);
  const { body } = await latchkey.ask(session, 'GET', '/me');
  const { db } = latchkey.house;
  await db('sessions')
    .whereRaw(`replace(id::text, '-', '') = ?`, [body.credential.id.slice(4)])
    .update({ created_at: db.raw(`now() - interval '1 hour'`) as unknown as string });
  return session;
}

describe('changing the profile', () => {
  it('changes what is given, composed, and nothing else; null takes a name away', async () => {
    const session = await latchkey.session();
    const changed = await latchkey.ask(session, 'PATCH', '/me', { first_name: 'Ame\u0301lie', username: 'amélie' });
    expect([changed.status, changed.body.first_name, changed.body.username]).toEqual([200, 'Amélie', 'amélie']);
    const again = await latchkey.ask(session, 'PATCH', '/me', { username: null });
    expect([again.body.first_name, again.body.username]).toEqual(['Amélie', null]);
    expect((await latchkey.ask(session, 'GET', '/me')).body).toEqual(again.body);
  });

  it('check 86: refuses what is not the user’s to change, by name', async () => {
    const session = await latchkey.session();
    for (const field of ['id', 'role', 'account', 'account_id', 'is_admin', 'password', 'created_at']) {
      const { status, body } = await latchkey.ask(session, 'PATCH', '/me', { [field]: 'owner' });
      expect([status, body]).toEqual([400, { [field]: ['This field is not known.'] }]);
    }
    expect((await latchkey.ask(session, 'PATCH', '/me', {})).status).toBe(400);
  });

  it.each([
    ['email', 'no address'],
    ['email', '＠b.c'],
    ['email', 'a＠b.c'],
    ['username', 'a\u202eb'],
    ['username', ''],
    ['username', 'ｗide'],
    ['first_name', 'zero\u200bwidth'],
  ])('400 by field: %s %j', async (field, value) => {
    const { status, body } = await latchkey.ask(await latchkey.session(), 'PATCH', '/me', { [field]: value });
    expect([status, Object.keys(body)]).toEqual([400, [field]]);
  });

  it('409 for an address or a name that somebody has, in any case of letters', async () => {
    const [one, two] = [await latchkey.person(), await latchkey.person()];
    const session = await latchkey.session(one);
    await latchkey.ask(await latchkey.session(two), 'PATCH', '/me', { username: 'Taken' });
    for (const body of [{ email: two.email.toUpperCase() }, { username: 'tAKEN' }])
      expect((await latchkey.ask(session, 'PATCH', '/me', body)).status).toBe(409);
  });

  it('another address takes a session whose password was just typed', async () => {
    const person = await latchkey.person();
    const session = await oldSession(person);
    const email = `New.${person.email}`;
    const refused = await latchkey.ask(session, 'PATCH', '/me', { email });
    expect([refused.status, refused.body]).toEqual([403, stale]);
    expect((await latchkey.ask(session, 'PATCH', '/me', { email: person.email, last_name: 'L' })).status).toBe(200);
    await latchkey.ask(session, 'POST', '/sessions/current/reauthenticate', { password });
    expect((await latchkey.ask(session, 'PATCH', '/me', { email })).body.email).toBe(email.toLowerCase());
    expect((await signIn(email, password)).status).toBe(201);
  });

  it('If-Match: 412 where somebody was faster, and nothing changes; a sign-in elsewhere is no change', async () => {
    const person = await latchkey.person();
    const session = await latchkey.session(person);
    const { etag = '' } = (await latchkey.ask(session, 'GET', '/me')).headers;
    await latchkey.session(person);
    const mine = await latchkey.ask(session, 'PATCH', '/me', { first_name: 'Ada' }, { 'If-Match': etag });
    expect(mine.status).toBe(200);
    const late = await latchkey.ask(session, 'PATCH', '/me', { first_name: 'Eve' }, { 'If-Match': etag });
    expect(late.status).toBe(412);
    expect((await latchkey.ask(session, 'GET', '/me')).body.first_name).toBe('Ada');
  });
});

describe('changing the password', () => {
  const change = (session: string, current_password: string, new_password: string, more = {}) =>
    latchkey.ask(session, 'PUT', '/me/password', { current_password, new_password, ...more });

  it('check 44: takes the current one, and leaves what is open where nobody asks for more', async () => {
    const person = await latchkey.person();
    const [here, there] = [await latchkey.session(person), await latchkey.session(person)];
    const wrong = await change(here, 'wrong', better);
    expect([wrong.status, Object.keys(wrong.body)]).toEqual([400, ['current_password']]);
    expect((await change(here, password, better)).status).toBe(204);
    expect((await signIn(person.email, password)).status).toBe(401);
    expect((await signIn(person.email, better)).status).toBe(201);
    for (const session of [here, there]) expect((await latchkey.ask(session, 'GET', '/me')).status).toBe(200);
  });

  it('ends the other sessions when asked; this one and the keys go on', async () => {
    const person = await latchkey.person();
    const [here, there] = [await latchkey.session(person), await latchkey.session(person)];
    const { key } = await latchkey.made(here);
    expect((await change(here, password, better, { end_other_sessions: true })).status).toBe(204);
    expect((await latchkey.ask(there, 'GET', '/me')).status).toBe(401);
    for (const credential of [here, key]) expect((await latchkey.ask(credential, 'GET', '/me')).status).toBe(200);
  });

  it.each([['short'], ['password123'], ['x'.repeat(1025)], [password]])('400 by field: %j', async (wanted) => {
    const { status, body } = await change(await latchkey.session(), password, wanted);
    expect([status, Object.keys(body)]).toEqual([400, ['new_password']]);
  });

  it('check 43: the user’s own words are no password', async () => {
    const person = await latchkey.person();
    const { status, body } = await change(await latchkey.session(person), password, `${person.email}1`);
    expect([status, Object.keys(body)]).toEqual([400, ['new_password']]);
  });

  it('check 51: a session does not guess it: ten wrong ones, then 429, for signing in as well', async () => {
    const person = await latchkey.person();
    const session = await latchkey.session(person);
    const tries: number[] = [];
    for (let n = 0; n < 11; n += 1) tries.push((await change(session, `wrong ${n}`, better)).status);
    expect(tries).toEqual([...Array(10).fill(400), 429]);
    const late = await latchkey.ask(session, 'POST', '/sessions/current/reauthenticate', { password });
    expect([late.status, Number(late.headers['retry-after']) > 0]).toEqual([429, true]);
    expect((await signIn(person.email, password)).status).toBe(429);
  });

  it('nothing of it is in the log or the audit log', async () => {
    const rows = await latchkey.house.db('audit_log').select('subject', 'details');
    const written = JSON.stringify([rows, latchkey.log]);
    for (const secret of [password, better, 'wrong 3']) expect(written).not.toContain(secret);
  });
});

describe('check 31: from a session whose password was typed more than 15 minutes ago', () => {
  it('making, rotating and strengthening a key are 403 reauthenticate, until it is typed again', async () => {
    const person = await latchkey.person();
    const young = await latchkey.session(person);
    const { id } = await latchkey.made(young, { scopes: ['keys:read'] });
    const session = await oldSession(person);
    const asked: [string, string, object, number][] = [
      ['POST', '/keys', { name: 'late' }, 201],
      ['PATCH', `/keys/${id}`, { scopes: ['keys:write'] }, 200],
      ['POST', `/keys/${id}/rotate`, {}, 201],
    ];
    for (const [method, path, body] of asked) {
      const { status, body: told } = await latchkey.ask(session, method, path, body);
      expect([path, status, told]).toEqual([path, 403, stale]);
    }
    const weaker = await latchkey.ask(session, 'PATCH', `/keys/${id}`, { name: 'renamed' });
    expect(weaker.status).toBe(200);

    const wrong = await latchkey.ask(session, 'POST', '/sessions/current/reauthenticate', { password: 'wrong' });
    expect([wrong.status, wrong.body]).toEqual([400, { password: ['This is not your password.'] }]);
    expect((await latchkey.ask(session, 'POST', '/keys', { name: 'late' })).body).toEqual(stale);
    const right = await latchkey.ask(session, 'POST', '/sessions/current/reauthenticate', { password });
    expect([right.status, right.body.current]).toEqual([200, true]);
    for (const [method, path, body, status] of asked)
      expect([path, (await latchkey.ask(session, method, path, body)).status]).toEqual([path, status]);
  });

  it('so it is from a command line’s session', async () => {
    const person = await latchkey.person();
    const { body } = await latchkey.send('POST', '/v4/sessions', {
      body: { email: person.email, password, name: 'pc' },
    });
    const { db } = latchkey.house;
    expect((await latchkey.ask(body.token, 'POST', '/keys', { name: 'young' })).status).toBe(201);
    const hourAgo = db.raw(`now() - interval '1 hour'`) as unknown as string;
    await db('sessions').where({ user_id: person.id }).update({ created_at: hourAgo });
    expect((await latchkey.ask(body.token, 'POST', '/keys', { name: 'late' })).body).toEqual(stale);
    await latchkey.ask(body.token, 'POST', '/sessions/current/reauthenticate', { password });
    expect((await latchkey.ask(body.token, 'POST', '/keys', { name: 'late' })).status).toBe(201);
  });
});

it('check 32: an API key changes no profile and no password, and reauthenticates nothing', async () => {
  const { key } = await latchkey.made(await latchkey.session());
  for (const [method, path, body] of [
    ['PATCH', '/me', { first_name: 'Eve' }],
    ['PUT', '/me/password', { current_password: password, new_password: better }],
    ['POST', '/sessions/current/reauthenticate', { password }],
  ] as const)
    expect([path, (await latchkey.ask(key, method, path, body)).status]).toEqual([path, 403]);
});
