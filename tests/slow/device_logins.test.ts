import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Body, type Latchkey, openLatchkey } from '../support/latchkey.ts';
import { type Person, password } from '../support/magpipe.ts';

let latchkey: Latchkey;
let ada: Person;
let session: string;
beforeAll(async () => {
  latchkey = await openLatchkey();
  ada = await latchkey.person({ roleIds: [4] });
  session = await latchkey.session(ada);
});
afterAll(() => latchkey.close());
beforeEach(async () => {
  await latchkey.house.db('device_logins').delete();
  await latchkey.house.db('rate_limits').delete();
});

const client_id = 'latchkey';
const grant_type = 'urn:ietf:params:oauth:grant-type:device_code';
const begin = async (name = 'ada-laptop'): Promise<Body> =>
  (await latchkey.ask(undefined, 'POST', '/device-logins', { client_id, name })).body;
const poll = async ({ device_code }: Body, more: object = {}) => {
  const { status, body } = await latchkey.ask(undefined, 'POST', '/device-logins/token', {
    ...{ client_id, grant_type, device_code },
    ...more,
  });
  return [status, body.error ?? body.session?.name, body] as const;
};
const answer = (verb: 'inspect' | 'allow' | 'refuse', { user_code }: Body, by = session) =>
  latchkey.ask(by, 'POST', `/device-logins/${verb}`, { user_code });
/** Lets time pass for all that wait. */
const pass = (seconds: number) =>
  latchkey.house.db.raw(
    `update device_logins set expires_at = expires_at - make_interval(secs => ?), polled_at = polled_at - make_interval(secs => ?)`,
    [seconds, seconds],
  );

describe('a program that asks to be let in', () => {
  it('gets codes that are kept as hashes, and where to type them', async () => {
    const codes = await begin();
    expect(codes).toEqual({
      device_code: expect.stringMatching(/^[\w-]{43}$/),
      user_code: expect.stringMatching(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/),
      verification_uri: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/device$/),
      verification_uri_complete: expect.stringMatching(new RegExp(`/device\\?code=${codes.user_code}$`)),
      ...{ expires_in: 600, interval: 5 },
    });
    const dump = JSON.stringify([await latchkey.house.db('device_logins'), latchkey.log]);
    for (const code of [codes.device_code, codes.user_code, codes.user_code.replace('-', '')])
      expect(dump).not.toContain(code);
  });

  it('is let in once, with a session of the command line that its user finds and ends', async () => {
    const codes = await begin();
    expect((await poll(codes)).slice(0, 2)).toEqual([400, 'authorization_pending']);
    const typed = { user_code: ` ${codes.user_code.toLowerCase().replace('-', ' ')}` };
    const asking = await answer('inspect', typed);
    expect(asking.body).toMatchObject({
      ...{ user_code: codes.user_code, name: 'ada-laptop' },
      state: 'waiting',
      from_here: true,
    });
    expect((await answer('allow', codes)).body).toMatchObject({ state: 'allowed' });
    const [status, name, { access_token, token_type, expires_in, session: opened }] = await poll(codes);
    expect([status, name, token_type]).toEqual([200, 'ada-laptop', 'bearer']);
    expect(access_token).toMatch(/^lks_[\da-f]{40}$/);
    expect(expires_in).toBeGreaterThan(3600);
    expect((await latchkey.ask(access_token, 'GET', '/me')).body).toMatchObject({ email: ada.email, role: 'viewer' });
    expect((await poll(codes)).slice(0, 2)).toEqual([400, 'invalid_grant']);
    expect((await answer('inspect', codes)).status).toBe(404);
    const { results } = (await latchkey.ask(session, 'GET', '/sessions')).body;
    expect(results).toContainEqual(expect.objectContaining({ id: opened.id, kind: 'cli', name: 'ada-laptop' }));
    await latchkey.ask(session, 'DELETE', `/sessions/${opened.id}`);
    expect((await latchkey.ask(access_token, 'GET', '/me')).status).toBe(401);
  });

  it('of two questions at once, one gets the token', async () => {
    const codes = await begin();
    await answer('allow', codes);
    const both = await Promise.all([poll(codes), poll(codes)]);
    expect(both.map(([status, what]) => [status, what]).sort()).toEqual([
      [200, 'ada-laptop'],
      [400, 'invalid_grant'],
    ]);
  });

  it('is refused, and told so; both answers are in the audit log', async () => {
    const refused = await begin('a stranger');
    expect((await answer('refuse', refused)).body.state).toBe('refused');
    expect((await poll(refused)).slice(0, 2)).toEqual([400, 'access_denied']);
    expect((await answer('allow', refused)).status).toBe(409);
    await answer('allow', await begin());
    const rows = await latchkey.house.db('audit_log').whereLike('action', 'device_%').orderBy('id', 'desc').limit(2);
    expect(rows).toMatchObject([
      { action: 'device_allowed', user_id: ada.id, details: { name: 'ada-laptop' } },
      { action: 'device_refused', user_id: ada.id, details: { name: 'a stranger' } },
    ]);
    expect(JSON.stringify(rows)).not.toContain(refused.user_code);
  });

  it('that asks too soon is told to slow down, and has longer to wait from then on', async () => {
    const codes = await begin();
    const asked = async () => (await poll(codes))[1];
    expect([await asked(), await asked()]).toEqual(['authorization_pending', 'slow_down']);
    await pass(6);
    expect(await asked()).toBe('slow_down');
    await pass(15);
    expect(await asked()).toBe('authorization_pending');
  });

  it('has ten minutes, allowed or not', async () => {
    const [waiting, allowed] = [await begin(), await begin()];
    await answer('allow', allowed);
    await pass(601);
    for (const codes of [waiting, allowed]) {
      expect((await poll(codes)).slice(0, 2)).toEqual([400, 'expired_token']);
      for (const verb of ['inspect', 'allow', 'refuse'] as const) expect((await answer(verb, codes)).status).toBe(404);
    }
  });

  it('speaks as RFC 6749 has it: forms, errors by name', async () => {
    const { post } = {
      post: (path: string, text: string) =>
        latchkey.ask(undefined, 'POST', path, text, { 'Content-Type': 'application/x-www-form-urlencoded' }),
    };
    const { body: codes } = await post('/device-logins', 'client_id=latchkey');
    const grant = `grant_type=${encodeURIComponent(grant_type)}&client_id=latchkey&device_code=${codes.device_code}`;
    expect((await post('/device-logins/token', grant)).body.error).toBe('authorization_pending');
    for (const [path, text, error] of [
      ['/device-logins', 'client_id=other', 'invalid_client'],
      ['/device-logins', 'name=x', 'invalid_request'],
      ['/device-logins', 'client_id=latchkey&name=%E2%80%AE', 'invalid_request'],
      ['/device-logins/token', grant.replace(/device_code&/, 'password&'), 'unsupported_grant_type'],
      ['/device-logins/token', 'grant_type=x', 'invalid_request'],
    ] as const) {
      const { status, body } = await post(path, text);
      expect([text, status, body]).toEqual([
        text,
        400,
        { error, error_description: expect.stringMatching(/^[ -~]+$/) },
      ]);
    }
  });

  it('is limited by address', async () => {
    const twin = await latchkey.twin({});
    const { limits } = twin.house;
    for (let asked = 0; asked < 30; asked += 1) await limits.deviceLogin('203.0.113.9');
    await expect(limits.deviceLogin('203.0.113.9')).rejects.toMatchObject({ kind: 'too_many' });
    await limits.deviceLogin('203.0.113.10');
  });
});

describe('whoever answers', () => {
  it('guesses ten times, and then no more, with the right code neither', async () => {
    const person = await latchkey.person({ roleIds: [4] });
    const guesser = await latchkey.session(person);
    const codes = await begin();
    const guess = async (user_code: string) => (await answer('allow', { user_code }, guesser)).status;
    for (let tried = 0; tried < 10; tried += 1) expect(await guess('BBBB-BBBB')).toBe(404);
    expect([await guess('BBBB-BBBB'), await guess(codes.user_code)]).toEqual([429, 429]);
    expect((await answer('allow', codes)).status).toBe(200);
  });

  it('is somebody with a session, whose password was typed lately, and no page of elsewhere', async () => {
    const codes = await begin();
    const { key } = await latchkey.made(session);
    expect((await answer('allow', codes, key)).status).toBe(403);
    const sent = { email: ada.email, password, cookie: true };
    const { headers } = await latchkey.ask(undefined, 'POST', '/sessions', sent);
    const cookie = String(headers['set-cookie']).split(';')[0] as string;
    const from = (more: object) =>
      latchkey.ask(undefined, 'POST', '/device-logins/allow', { user_code: codes.user_code }, { cookie, ...more });
    expect((await from({ 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect((await from({ origin: 'https://evil.example' })).status).toBe(403);
    await latchkey.house.db('sessions').update({ created_at: new Date(Date.now() - 3_600_000).toISOString() });
    expect((await from({ 'sec-fetch-site': 'same-origin' })).body).toEqual({ detail: 'reauthenticate' });
    expect((await poll(codes))[1]).toBe('authorization_pending');
    session = await latchkey.session(ada);
  });

  it('is one: nobody else sees what was answered, and whose session it is that answered', async () => {
    const other = await latchkey.person({ roleIds: [1] });
    const others = await latchkey.session(other);
    const codes = await begin();
    expect((await answer('inspect', codes, others)).status).toBe(200);
    await answer('allow', codes);
    expect((await answer('inspect', codes)).body.state).toBe('allowed');
    for (const verb of ['inspect', 'refuse'] as const) expect((await answer(verb, codes, others)).status).toBe(404);
    expect((await poll(codes))[2].session.id).toEqual(expect.stringMatching(/^ses_/));
  });

  it('takes it back by a new password, by signing out everywhere, and by leaving, before the program has asked', async () => {
    const { db } = latchkey.house;
    const leaves = {
      'a new password': (own: string) =>
        latchkey.ask(own, 'PUT', '/me/password', { current_password: password, new_password: 'silver_lightning' }),
      'signing out elsewhere': (own: string) => latchkey.ask(own, 'DELETE', '/sessions'),
      'being switched off': (_own: string, { id }: Person) =>
        db('memberships').where({ user_id: id }).update({ disabled_at: db.fn.now() }),
    };
    for (const [how, leave] of Object.entries(leaves)) {
      const person = await latchkey.person({ roleIds: [4] });
      const own = await latchkey.session(person);
      const codes = await begin();
      expect([how, (await answer('allow', codes, own)).status]).toEqual([how, 200]);
      await leave(own, person);
      const [status, error] = await poll(codes);
      expect([how, status, ['access_denied', 'invalid_grant'].includes(error)]).toEqual([how, 400, true]);
    }
  });
});
