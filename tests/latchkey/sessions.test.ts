import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Body, type Latchkey, openLatchkey } from '../support/latchkey.ts';
import { password } from '../support/magpipe.ts';

let latchkey: Latchkey;
beforeAll(async () => {
  latchkey = await openLatchkey();
});
afterAll(() => latchkey.close());

it('check 49: an unknown user and a wrong password are one answer', async () => {
  const { email } = await latchkey.person();
  const wrong = await latchkey.ask(undefined, 'POST', '/sessions', { email, password: 'wrong' });
  const unknown = await latchkey.ask(undefined, 'POST', '/sessions', {
    email: 'nobody@magpipe.test',
    password: 'wrong',
  });
  expect([wrong.status, wrong.body]).toEqual([401, { detail: 'The name or the password is wrong.' }]);
  expect([unknown.status, unknown.body]).toEqual([wrong.status, wrong.body]);
});

it('signing in, refreshing, and who I am', async () => {
  const person = await latchkey.person();
  const signedIn = await latchkey.ask(
    undefined,
    'POST',
    '/sessions',
    { email: person.email, password, name: 'laptop' },
    { 'User-Agent': 'test' },
  );
  expect(signedIn.status).toBe(201);
  expect(signedIn.body).toMatchObject({
    token_type: 'bearer',
    expires_in: 3600,
    session: { name: 'laptop', user_agent: 'test', current: true },
  });
  const me = await latchkey.ask(signedIn.body.access_token, 'GET', '/me');
  const { id, scopes } = me.body.credential;
  expect([id, scopes, me.body.role]).toEqual([signedIn.body.session.id, ['*'], 'owner']);
  const { refresh_token } = signedIn.body;
  const next = await latchkey.ask(undefined, 'POST', '/sessions/refresh', { refresh_token });
  expect([next.status, next.body.session.id]).toEqual([200, id]);
  expect((await latchkey.ask(undefined, 'POST', '/sessions/refresh', { refresh_token: 'none' })).status).toBe(401);
});

it('check 67: one lists, ends one, and ends all others; check 65: at once', async () => {
  const person = await latchkey.person();
  const [here, there, elsewhere] = [
    await latchkey.session(person),
    await latchkey.session(person),
    await latchkey.session(person),
  ];
  const { body } = await latchkey.ask(here, 'GET', '/sessions');
  expect([body.count, body.results.filter((one: Body) => one.current)]).toEqual([
    3,
    [expect.objectContaining({ kind: 'api' })],
  ]);
  const stranger = await latchkey.session();
  const foreign = await latchkey.ask(stranger, 'DELETE', `/sessions/${body.results[0].id}`);
  const absent = await latchkey.ask(stranger, 'DELETE', '/sessions/ses_00000000000000000000000000000000');
  expect([foreign.status, foreign.body]).toEqual([absent.status, absent.body]);
  expect((await latchkey.ask(there, 'DELETE', '/sessions/current')).status).toBe(204);
  expect((await latchkey.ask(there, 'GET', '/me')).status).toBe(401);
  expect((await latchkey.ask(here, 'DELETE', '/sessions')).body).toEqual({ ended: 1 });
  expect((await latchkey.ask(elsewhere, 'GET', '/me')).status).toBe(401);
  expect((await latchkey.ask(here, 'GET', '/me')).status).toBe(200);
});

it('check 32: an API key is no session', async () => {
  const { key } = await latchkey.made(await latchkey.session());
  for (const [method, path] of [
    ['GET', '/sessions'],
    ['DELETE', '/sessions'],
    ['DELETE', '/sessions/current'],
  ] as const) {
    const { status, body } = await latchkey.ask(key, method, path);
    expect([status, body]).toEqual([403, { detail: 'This needs a session: sign in. An API key is not enough.' }]);
  }
});
