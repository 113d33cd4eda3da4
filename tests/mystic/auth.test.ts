import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Mystic, openMystic, refused } from '../support/mystic.ts';

let mystic: Mystic;
const unauthenticated = refused('Not authenticated.');

beforeAll(async () => {
  mystic = await openMystic();
});
afterAll(() => mystic.close());

/** Asks for something harmless with this Authorization, undefined for none. */
const ask = async (authorization: string | undefined, path = '/v4/users/owner') => {
  const answer = await mystic.bare('GET', path, (sent) =>
    authorization === undefined ? sent : sent.set('Authorization', authorization),
  );
  return [answer.status, answer.body];
};

describe('who asks', () => {
  it('the seed’s own command: a good token of anybody in the account is answered with the user', async () => {
    const { key } = mystic.people.viewer;
    const [status, body] = await ask(`Bearer ${key}`);
    expect([status, body]).toEqual([
      200,
      { id: expect.stringMatching(/^user_[0-9a-f]{32}$/), username: 'owner', created_at: expect.any(Number) },
    ]);
    expect(Math.abs(Date.now() / 1000 - body.created_at)).toBeLessThan(60);
  });

  it('#10 §9.10 Bearer None, as an unconfigured client sends it, is 401', async () => {
    expect(await ask('Bearer None')).toEqual([401, unauthenticated]);
  });

  const bad: Record<string, () => Promise<string | undefined> | string | undefined> = {
    'no Authorization': () => undefined,
    'an empty one': () => '',
    'Bearer and nothing': () => 'Bearer ',
    'another scheme with a good key': () => `Token ${mystic.people.owner.key}`,
    'a good key without the word Bearer': () => mystic.people.owner.key,
    'an unknown token': () => `Bearer pipeline_sk_${'x'.repeat(32)}`,
    'garbage in three parts': () => 'Bearer a.b.c',
    'the application key': () => `Bearer ${mystic.house.installation.applicationKey}`,
    'a revoked key': async () => `Bearer ${await mystic.key(mystic.people.owner, { revoked_at: new Date() })}`,
    'an expired key': async () => `Bearer ${await mystic.key(mystic.people.owner, { expires_at: new Date(0) })}`,
    'a key that is switched off': async () => `Bearer ${await mystic.key(mystic.people.owner, { is_enabled: false })}`,
  };
  it.each(Object.keys(bad))('401: %s', async (name) => {
    const authorization = await bad[name]?.();
    expect(await ask(authorization)).toEqual([401, unauthenticated]);
    expect(await ask(authorization, '/v4/tokens/validate')).toEqual([401, unauthenticated]);
  });

  it('#1 #5 GET /v4/tokens/validate: 204 for a token, an old key, a session token', async () => {
    const forms = [`pipeline_sk_${'a'.repeat(32)}`, 'b'.repeat(40)];
    for (const form of forms) await mystic.key(mystic.people.editor, { checksummed: false }, form);
    for (const token of [mystic.people.editor.key, mystic.people.editor.session, ...forms]) {
      expect(await ask(`Bearer ${token}`, '/v4/tokens/validate')).toEqual([204, {}]);
      expect((await ask(`bearer ${token}`, '/v4/tokens/validate'))[0]).toBe(204);
    }
  });

  it('401 carries WWW-Authenticate, and never says which it was', async () => {
    const { headers } = await mystic.bare('GET', '/v4/pipelines');
    expect(headers['www-authenticate']).toBe('Bearer');
  });

  it('paths that lead nowhere are 404 in the envelope for who is known, and 401 for the others', async () => {
    expect(await ask(undefined, '/v4/nothing')).toEqual([401, unauthenticated]);
    expect(await ask(`Bearer ${mystic.people.owner.key}`, '/v4/nothing')).toEqual([404, refused('Not found.')]);
  });
});

describe('the cookie access-token', () => {
  const cookie = async (method: string, path: string, headers: Record<string, string> = {}, body?: object) => {
    const all = {
      Cookie: `a=b; access-token=${mystic.people.owner.session}; c=d`,
      Host: 'keys.example.com',
      ...headers,
    };
    const { status } = await mystic.bare(method, path, (sent) => (body ? sent.set(all).send(body) : sent.set(all)));
    return status;
  };
  const make = (headers: Record<string, string>) =>
    cookie('POST', '/v4/scaling-configs', headers, { name: `c${Math.random()}` });

  it('a session token in it is as good as in the header', async () => {
    expect(await cookie('GET', '/v4/users/me')).toBe(200);
    expect(await cookie('GET', '/v4/tokens')).toBe(200);
    expect(await make({})).toBe(201);
    expect(await make({ Origin: 'https://keys.example.com' })).toBe(201);
    expect(await make({ 'Sec-Fetch-Site': 'same-origin', Origin: 'https://public.example.com' })).toBe(201);
  });

  it('403 where another site made the browser ask for a change; reading is harmless', async () => {
    for (const headers of [
      { Origin: 'https://evil.example.com' },
      { Origin: 'null' },
      { 'Sec-Fetch-Site': 'cross-site' },
      { 'Sec-Fetch-Site': 'same-site' },
    ]) {
      expect([headers, await make(headers)]).toEqual([headers, 403]);
      expect(await cookie('GET', '/v4/pipelines', headers)).toBe(200);
    }
  });

  it('an API key in it is none, and a header that does not hold is 401 whatever the cookie', async () => {
    const key = { Cookie: `access-token=${mystic.people.owner.key}` };
    expect(await cookie('GET', '/v4/users/me', key)).toBe(401);
    expect(await cookie('GET', '/v4/users/me', { Authorization: 'Bearer None' })).toBe(401);
  });

  it('A13: other origins read answers, never with the cookies of a browser', async () => {
    const { headers } = await mystic.bare('GET', '/v4/users/me', (sent) => sent.set('Origin', 'https://x.example'));
    expect(headers['access-control-allow-origin']).toBe('*');
    expect(headers).not.toHaveProperty('access-control-allow-credentials');
  });
});

describe('users', () => {
  it('a name in any case; 404 for one who is not there, or in another account only', async () => {
    expect((await mystic.send('viewer', 'GET', '/v4/users/OWNER')).body.username).toBe('owner');
    for (const name of ['nobody', 'neighbour_user', '%00', 'a'.repeat(5000)]) {
      const { status } = await mystic.send('owner', 'GET', `/v4/users/${name}`);
      expect([name.slice(0, 20), [400, 404].includes(status)]).toEqual([name.slice(0, 20), true]);
    }
    expect((await mystic.send('owner', 'GET', '/v4/users/nobody')).body).toEqual(refused('User not found'));
  });

  it('somebody without a user name has one made of their e-mail address, and is found by it', async () => {
    const { db } = mystic.house;
    const { id } = mystic.people.editor;
    await db('users').where({ id }).update({ username: null, email: 'Ada.Lovelace@x.test' });
    expect((await mystic.send('editor', 'GET', '/v4/users/me')).body.username).toBe('ada-lovelace');
    expect((await mystic.send('viewer', 'GET', '/v4/users/ada-lovelace')).status).toBe(200);
    await db('users').where({ id }).update({ username: 'editor_user' });
  });

  it('GET /v4/users/me says who and where', async () => {
    const { status, body } = await mystic.send('editor', 'GET', '/v4/users/me');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      username: 'editor_user',
      has_password: false,
      roles: ['developer'],
      teams: [{ id: `team_${mystic.people.editor.accountId}`, name: 'owner', role: 'developer', account_tier: 'BYOC' }],
      selected_team: `team_${mystic.people.editor.accountId}`,
    });
    expect((await mystic.send('owner', 'GET', '/v4/users/me')).body.has_password).toBe(true);
  });
});
