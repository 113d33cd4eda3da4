import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applicationKey } from '../support/house.ts';
import { type Body, type Latchkey, openLatchkey } from '../support/latchkey.ts';
import { type Magpipe, type Person, password } from '../support/magpipe.ts';

let latchkey: Latchkey;
let secure: Magpipe;
beforeAll(async () => {
  latchkey = await openLatchkey();
  secure = await latchkey.twin({ publicUrl: 'https://keys.example.test' });
});
afterAll(() => latchkey.close());

const own = { 'Sec-Fetch-Site': 'same-origin' };
const foreign = [
  { 'Sec-Fetch-Site': 'cross-site' },
  { 'Sec-Fetch-Site': 'same-site' },
  { Origin: 'https://evil.test' },
];

/** Signs a browser in; gives what it was told to keep. */
async function signIn(person: Person, held?: string, at: Pick<Magpipe, 'server'> = latchkey) {
  const sent = request(at.server)
    .post('/v1/sessions')
    .set({ ...own, ...(held && { Cookie: held }) });
  const { status, body, headers } = await sent.send({ email: person.email, password, cookie: true });
  expect([status, Object.keys(body)]).toEqual([201, ['session']]);
  const [set = '', ...more] = headers['set-cookie'] as unknown as string[];
  expect(more).toEqual([]);
  return { set, cookie: set.split(';')[0] as string, session: body.session as Body };
}

/** A browser's request. */
const ask = (
  cookie: string,
  method: string,
  path: string,
  body?: object,
  headers: object = own,
  at = latchkey.server,
) =>
  request(at)
    [method.toLowerCase() as 'get'](`/v1${path}`)
    .set({ Cookie: cookie, ...headers })
    .send(body);

describe('check 62: the console’s cookie', () => {
  it('over http: latchkey; HttpOnly, SameSite=Lax, Path=/; 256 bits; nothing of it in the answer or the database', async () => {
    const person = await latchkey.person();
    const { set, cookie, session } = await signIn(person);
    expect(set).toMatch(/^latchkey=[\w-]{43}; Max-Age=2592000; Path=\/; HttpOnly; SameSite=Lax$/);
    expect(session).toMatchObject({ kind: 'console', current: true });
    const [, value = ''] = cookie.split('=');
    const { rows } = await latchkey.house.db.raw(
      'select s.cookie_hash, to_json(s)::text as row from sessions s where user_id = ?',
      [person.id],
    );
    expect([rows.length, rows[0].cookie_hash.length, rows[0].row.includes(value)]).toEqual([1, 32, false]);
    const me = await ask(cookie, 'GET', '/me');
    expect([me.status, me.body.email, me.body.credential.id]).toEqual([200, person.email, session.id]);
    expect(me.headers.vary).toMatch(/Cookie/);
  });

  it('over https: __Host-latchkey, Secure; each name is taken at its own kind of origin only', async () => {
    const person = await latchkey.person();
    const safe = await signIn(person, undefined, secure);
    expect(safe.set).toMatch(/^__Host-latchkey=[\w-]{43}; Max-Age=2592000; Path=\/; HttpOnly; SameSite=Lax; Secure$/);
    expect((await ask(safe.cookie, 'GET', '/me', undefined, own, secure.server)).status).toBe(200);
    expect((await ask(safe.cookie, 'GET', '/me')).status).toBe(401);
    const plain = await signIn(person);
    expect((await ask(plain.cookie, 'GET', '/me', undefined, own, secure.server)).status).toBe(401);
  });

  it('is refused without error= where it does not hold: nothing was presented as a bearer token', async () => {
    for (const value of ['x', 'a'.repeat(43), '', 'ä']) {
      const { status, headers, body } = await ask(`latchkey=${encodeURI(value)}`, 'GET', '/me');
      expect([value, status, Object.keys(body)]).toEqual([value, 401, ['detail']]);
      expect(headers['www-authenticate']).toBe('Bearer realm="latchkey"');
    }
  });

  it('is no bearer token, and a bearer token is no cookie', async () => {
    const person = await latchkey.person();
    const { cookie } = await signIn(person);
    const value = cookie.split('=')[1] as string;
    expect((await latchkey.ask(value, 'GET', '/me')).status).toBe(401);
    const session = await latchkey.session(person);
    const { key } = await latchkey.made(session);
    for (const other of [session, key]) expect((await ask(`latchkey=${other}`, 'GET', '/me')).status).toBe(401);
  });
});

describe('check 63: a cookie counts for a change only where this site’s own page asks', () => {
  it.each(foreign)('%j: 403, and nothing changes; reads go on', async (headers) => {
    const { cookie } = await signIn(await latchkey.person());
    const made = await ask(cookie, 'POST', '/pipelines', { name: 'foreign' }, headers);
    expect([made.status, Object.keys(made.body)]).toEqual([403, ['detail']]);
    expect((await ask(cookie, 'DELETE', '/sessions/current', undefined, headers)).status).toBe(403);
    const { body } = await ask(cookie, 'GET', '/pipelines?limit=1000', undefined, headers);
    expect(body.results.filter(({ name }: Body) => name === 'foreign')).toEqual([]);
    expect((await ask(cookie, 'POST', '/pipelines', { name: JSON.stringify(headers) })).status).toBe(201);
  });

  it('signing in with a cookie as well: nobody has another’s browser signed in as them', async () => {
    const { email } = await latchkey.person();
    for (const headers of foreign) {
      const sent = request(latchkey.server).post('/v1/sessions').set(headers);
      const { status, headers: got } = await sent.send({ email, password, cookie: true });
      expect([status, got['set-cookie']]).toEqual([403, undefined]);
    }
  });

  it('check 64: a simple form cannot change anything', async () => {
    const { cookie } = await signIn(await latchkey.person());
    const sent = request(latchkey.server).post('/v1/pipelines').set({ Cookie: cookie, 'Content-Type': 'text/plain' });
    expect((await sent.send('{"name":"simple"}')).status).toBe(415);
  });
});

describe('check 4: an Authorization header', () => {
  it('has the cookie not looked at, whatever both are', async () => {
    const [mine, theirs] = [await latchkey.person(), await latchkey.person()];
    const { cookie } = await signIn(mine);
    const { key } = await latchkey.made(await latchkey.session(theirs));
    const bearer = { Authorization: `Bearer ${key}` };
    for (const held of [cookie, 'latchkey=none', `${cookie}; latchkey=another`]) {
      const me = await ask(held, 'GET', '/me', undefined, bearer);
      expect([held, me.status, me.body.email]).toEqual([held, 200, theirs.email]);
    }
    const foreign = { ...bearer, 'Sec-Fetch-Site': 'cross-site' };
    expect((await ask(cookie, 'POST', '/pipelines', { name: 'by key' }, foreign)).status).toBe(201);
    for (const Authorization of ['Bearer none', 'Basic bm9uZQ==', 'Bearer'])
      for (const site of ['same-origin', 'cross-site'])
        expect(
          (await ask(cookie, 'POST', '/pipelines', { name: 'x' }, { Authorization, 'Sec-Fetch-Site': site })).status,
        ).toBe(401);
  });

  it('two different cookies are 400', async () => {
    const { cookie } = await signIn(await latchkey.person());
    expect((await ask(`${cookie}; latchkey=another`, 'GET', '/me')).status).toBe(400);
  });
});

it('forward-auth, verify and introspect take no cookie, from whatever site: 401', async () => {
  const { cookie } = await signIn(await latchkey.person());
  const asked: [string, string, object?][] = [
    ['GET', '/forward-auth'],
    ['POST', '/verify', { key: 'none' }],
    ['POST', '/introspect', { token: 'none' }],
  ];
  for (const [method, path, body] of asked)
    for (const headers of [own, ...foreign]) {
      const { status } = await ask(cookie, method, path, body, headers);
      expect([path, headers, status]).toEqual([path, headers, 401]);
    }
});

describe('check 65: signing out', () => {
  it('ends the session at once and has the browser forget it', async () => {
    const { cookie } = await signIn(await latchkey.person());
    const out = await ask(cookie, 'DELETE', '/sessions/current');
    expect([out.status, out.headers['set-cookie']]).toEqual([
      204,
      ['latchkey=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax'],
    ]);
    expect((await ask(cookie, 'GET', '/me')).status).toBe(401);
  });

  it('of another session leaves the cookie alone; of this one by its id does not', async () => {
    const person = await latchkey.person();
    const [here, there] = [await signIn(person), await signIn(person)];
    const other = await ask(here.cookie, 'DELETE', `/sessions/${there.session.id}`);
    expect([other.status, other.headers['set-cookie']]).toEqual([204, undefined]);
    expect((await ask(there.cookie, 'GET', '/me')).status).toBe(401);
    const own = await ask(here.cookie, 'DELETE', `/sessions/${here.session.id}`);
    expect(own.headers['set-cookie']).toHaveLength(1);
  });

  it('on another surface ends it as well', async () => {
    const person = await latchkey.person();
    const { cookie } = await signIn(person);
    const { access_token } = await latchkey.signIn(person);
    await latchkey.send('POST', '/auth/v1/logout', {
      headers: { apikey: applicationKey, authorization: `Bearer ${access_token}` },
    });
    expect((await ask(cookie, 'GET', '/me')).status).toBe(401);
  });
});

it('check 61: a new sign-in ends the session that the browser held', async () => {
  const person = await latchkey.person();
  const before = await signIn(person);
  const after = await signIn(await latchkey.person(), before.cookie);
  expect(after.cookie).not.toBe(before.cookie);
  expect((await ask(before.cookie, 'GET', '/me')).status).toBe(401);
  expect((await ask(after.cookie, 'GET', '/me')).status).toBe(200);
});

it('check 66: it ends when it is too old, or too long unused; a use counts', async () => {
  const { db, usedSessions } = latchkey.house;
  const { cookie, session } = await signIn(await latchkey.person());
  const row = () => db('sessions').whereRaw(`replace(id::text, '-', '') = ?`, [session.id.slice(4)]);
  const ago = (days: number) => db.raw('now() - make_interval(days => ?::int)', [days]) as unknown as string;
  await row().update({ created_at: ago(8), refreshed_at: ago(6) });
  expect((await ask(cookie, 'GET', '/me')).status).toBe(200);
  await usedSessions.flush();
  expect(await row().where('refreshed_at', '>', ago(1)).first()).toBeDefined();
  await row().update({ refreshed_at: ago(8) });
  expect((await ask(cookie, 'GET', '/me')).status).toBe(401);
  await row().update({ refreshed_at: ago(0), created_at: ago(31) });
  expect((await ask(cookie, 'GET', '/me')).status).toBe(401);
});

it('a browser’s session is in the list, and ended with all others', async () => {
  const person = await latchkey.person();
  const { cookie, session } = await signIn(person);
  const bearer = await latchkey.session(person);
  const { body } = await latchkey.ask(bearer, 'GET', '/sessions');
  expect(body.results.map(({ id, kind }: Body) => [id, kind])).toContainEqual([session.id, 'console']);
  expect((await latchkey.ask(bearer, 'DELETE', '/sessions')).body).toEqual({ ended: 1 });
  expect((await ask(cookie, 'GET', '/me')).status).toBe(401);
});
