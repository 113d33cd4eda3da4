import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { sealOf } from '../../src/core/sealing/seal.ts';
import { rotateSigningKeys, signingKeys } from '../../src/core/sign_in/signing.ts';
import { openTestDatabase } from '../support/database.ts';
import { applicationKey } from '../support/house.ts';
import type { Body } from '../support/mage.ts';
import { type Answer, type Magpipe, openMagpipe, type Person } from '../support/magpipe.ts';

let magpipe: Magpipe;
/** Another process on the same database. */
let twin: Magpipe;

beforeAll(async () => {
  magpipe = await openMagpipe();
  twin = await magpipe.twin();
});
afterAll(() => magpipe.close());

const opens = async (jwt: string, house = magpipe) => (await house.manage(jwt, { action: 'list' })).status;
const refresh = (refresh_token: string, house = magpipe) => house.token('refresh_token', { refresh_token });
const refused = ({ status, body }: Answer) => [status, body.error_code];
const authed = (jwt: string) => ({ headers: { apikey: applicationKey, authorization: `Bearer ${jwt}` } });
const sessionOf = (jwt: string) => magpipe.house.db('sessions').where({ id: decodeJwt(jwt).session_id as string });
const somebody = async (): Promise<Body> => magpipe.signIn(await magpipe.person());
/** As if the tokens of this session had been used so many seconds ago. */
const later = async (jwt: string, seconds: number) => {
  const { db } = magpipe.house;
  const used_at = db.raw(`used_at - make_interval(secs => ?)`, [seconds]) as unknown as string;
  await db('refresh_tokens')
    .where({ session_id: decodeJwt(jwt).session_id as string })
    .update({ used_at });
};
const elevenSecondsLater = (jwt: string) => later(jwt, 11);

describe('a session token', () => {
  it('has exactly the documented claims, for an hour, signed with ES256 and a published key', async () => {
    const person = await magpipe.person();
    const before = Math.floor(Date.now() / 1000);
    const { access_token: jwt, expires_at } = await magpipe.signIn(person);
    const { kid } = await magpipe.house.signingKeys.current();
    expect(decodeProtectedHeader(jwt)).toEqual({ alg: 'ES256', typ: 'JWT', kid });
    const claims = decodeJwt(jwt);
    expect(claims).toEqual({
      iss: 'http://localhost:6789/auth/v1',
      sub: person.uuid,
      aud: 'authenticated',
      exp: expires_at,
      iat: expires_at - 3600,
      email: person.email,
      phone: '',
      app_metadata: { provider: 'email', providers: ['email'] },
      user_metadata: {},
      role: 'authenticated',
      aal: 'aal1',
      amr: [{ method: 'password', timestamp: expect.any(Number) }],
      session_id: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
      is_anonymous: false,
      jti: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
    });
    expect(claims.iat).toBeGreaterThanOrEqual(before);

    const paths = ['/.well-known/jwks.json', '/auth/v1/.well-known/jwks.json'];
    for (const path of paths) {
      const { status, body } = await magpipe.send('GET', path);
      expect(status).toBe(200);
      const { payload } = await jwtVerify(jwt, createLocalJWKSet(body));
      expect(payload.sub).toBe(person.uuid);
      for (const key of body.keys)
        expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
    }
    const { headers } = await magpipe.send('GET', paths[0] as string);
    expect(headers['cache-control']).toBe('public, max-age=300');
  });

  it('opens both processes, and /user shows whose it is', async () => {
    const person = await magpipe.person();
    const { access_token: jwt, user } = await magpipe.signIn(person);
    expect([await opens(jwt), await opens(jwt, twin)]).toEqual([200, 200]);
    const shown = await twin.send('GET', '/auth/v1/user', authed(jwt));
    expect([shown.status, shown.body]).toEqual([200, user]);
  });
});

describe('rotating the signing keys', () => {
  it('old tokens hold, new ones carry the new kid, both keys are published; after the overlap the old one is gone', async () => {
    const own = await openMagpipe();
    const person = await own.person();
    const { access_token: old, refresh_token } = await own.signIn(person);
    const oldKid = decodeProtectedHeader(old).kid;
    const newKid = await rotateSigningKeys(own.house.db, own.house.installation.seal);
    expect(newKid).not.toBe(oldKid);

    const restarted = await own.twin();
    const { access_token: fresh } = await restarted.signIn(person);
    expect(decodeProtectedHeader(fresh).kid).toBe(newKid);
    expect([await opens(old, restarted), await opens(fresh, restarted), await opens(old, own)]).toEqual([
      200, 200, 200,
    ]);
    // A process that was running all the while hears of the new key when it first meets it.
    await expect.poll(() => opens(fresh, own), { timeout: 3000 }).toBe(200);
    const kids = async (house: Magpipe) =>
      (await house.send('GET', '/.well-known/jwks.json')).body.keys.map(({ kid }: Body) => kid).sort();
    for (const house of [own, restarted]) expect(await kids(house)).toEqual([oldKid, newKid].sort());
    expect((await restarted.send('GET', '/.well-known/jwks.json')).text).not.toMatch(/"[dpqk]":/);

    const row = await own.house
      .db('signing_keys')
      .where({ kid: oldKid as string })
      .first();
    const lasts = Date.parse(row?.retires_at as string) - Date.now();
    expect(lasts).toBeGreaterThan(3600_000);
    await own.house
      .db('signing_keys')
      .where({ kid: oldKid as string })
      .update({ retires_at: new Date().toISOString() });
    const later = await own.twin();
    expect(await kids(later)).toEqual([newKid]);
    expect([await opens(old, later), await opens(fresh, later)]).toEqual([401, 200]);
    // As well where it was known, once the keys are looked at again.
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 61_000 });
    expect(await opens(old, own).finally(() => vi.useRealTimers())).toBe(401);
    expect(await opens(fresh, own)).toBe(200);
    // The session itself outlives the key.
    expect((await refresh(refresh_token, later)).status).toBe(200);
    await own.close();
  });

  it('processes that start at once make one key', async () => {
    const own = await openTestDatabase();
    const { db } = own;
    const seal = sealOf('one secret for all of them');
    const kids = await Promise.all([1, 2, 3, 4].map(async () => (await signingKeys(db, seal).current()).kid));
    expect(new Set(kids).size).toBe(1);
    expect(await db('signing_keys')).toHaveLength(1);
    await own.close();
  });
});

describe('refreshing', () => {
  it('#38 gives a new access token and a new refresh token of the same session; the first access token holds', async () => {
    const person = await magpipe.person();
    const first = await magpipe.signIn(person);
    const { status, body: second, headers } = await refresh(first.refresh_token);
    expect(status).toBe(200);
    expect(headers['cache-control']).toBe('no-store');
    expect(Object.keys(second)).toEqual(Object.keys(first));
    expect(second.refresh_token).not.toBe(first.refresh_token);
    expect(decodeJwt(second.access_token)).toEqual({
      ...decodeJwt(first.access_token),
      iat: second.expires_at - 3600,
      exp: second.expires_at,
      jti: decodeJwt(second.access_token).jti,
    });
    expect(decodeJwt(second.access_token).jti).not.toBe(decodeJwt(first.access_token).jti);
    expect([await opens(first.access_token), await opens(second.access_token)]).toEqual([200, 200]);
    const third = await refresh(second.refresh_token, twin);
    expect(third.status).toBe(200);
    expect(await opens(third.body.access_token)).toBe(200);
  });

  it('requests that run side by side, within ten seconds, get the same next one, and the newest', async () => {
    const first = await somebody();
    const children = [
      await refresh(first.refresh_token),
      await refresh(first.refresh_token),
      await refresh(first.refresh_token, twin),
    ];
    expect(new Set(children.map(({ body }) => body.refresh_token)).size).toBe(1);
    expect((await refresh(children[0]?.body.refresh_token)).status).toBe(200);
    const newest = await refresh(children[0]?.body.refresh_token);
    expect((await refresh(first.refresh_token)).body.refresh_token).toBe(newest.body.refresh_token);
  });

  it('A12: a grandparent ends the session, which is written down; another session of the user goes on', async () => {
    const person = await magpipe.person();
    const first = await magpipe.signIn(person);
    const other = await magpipe.signIn(person);
    const { body: second } = await refresh(first.refresh_token);
    await refresh(second.refresh_token);
    await elevenSecondsLater(first.access_token);
    expect(refused(await refresh(first.refresh_token))).toEqual([400, 'refresh_token_already_used']);
    for (const house of [magpipe, twin]) {
      expect([await opens(first.access_token, house), await opens(second.access_token, house)]).toEqual([401, 401]);
    }
    expect(refused(await refresh(second.refresh_token))).toEqual([400, 'session_not_found']);
    expect(refused(await refresh(first.refresh_token))).toEqual([400, 'session_not_found']);
    const audited = await magpipe.house.db('audit_log').where({ action: 'refresh_token_reused', user_id: person.id });
    expect(audited).toMatchObject([
      { account_id: person.accountId, subject: decodeJwt(first.access_token).session_id },
    ]);
    expect(await opens(other.access_token)).toBe(200);
    expect((await refresh(other.refresh_token)).status).toBe(200);
  });

  it.each([12, 25, 3600, 86_400])(
    'A12: the answer got lost: %i seconds later the same next token is given again',
    async (seconds) => {
      const first = await somebody();
      const lost = await refresh(first.refresh_token);
      await later(first.access_token, seconds);
      const again = await refresh(first.refresh_token, twin);
      expect([again.status, again.body.refresh_token]).toEqual([200, lost.body.refresh_token]);
      expect([await opens(lost.body.access_token), await opens(again.body.access_token)]).toEqual([200, 200]);
      // And the family goes on from there.
      const next = await refresh(again.body.refresh_token);
      await later(first.access_token, seconds);
      expect((await refresh(again.body.refresh_token)).body.refresh_token).toBe(next.body.refresh_token);
    },
  );

  it('A12: a slow tab, whose token was used twice over within ten seconds, goes on with the newest, however late', async () => {
    const first = await somebody();
    const second = (await refresh(first.refresh_token)).body;
    const third = (await refresh(second.refresh_token)).body;
    expect((await refresh(first.refresh_token)).body.refresh_token).toBe(third.refresh_token);
    await elevenSecondsLater(first.access_token);
    expect((await refresh(second.refresh_token)).body.refresh_token).toBe(third.refresh_token);
    expect((await refresh(third.refresh_token)).status).toBe(200);
  });

  it('20 at once, on two processes, leave one family, and nobody is signed out', async () => {
    const first = await somebody();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => refresh(first.refresh_token, index % 2 ? twin : magpipe)),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(new Set(answers.map(({ body }) => body.refresh_token)).size).toBe(1);
    for (const { body } of answers) expect(await opens(body.access_token)).toBe(200);
    const { session_id } = decodeJwt(first.access_token) as { session_id: string };
    expect(await magpipe.house.db('refresh_tokens').where({ session_id })).toHaveLength(2);
    expect(await sessionOf(first.access_token)).toMatchObject([{ ended_at: null }]);
    expect((await refresh(answers[0]?.body.refresh_token)).status).toBe(200);
  });

  it('a session that has ended, a deleted user, a lost membership: none', async () => {
    const out = await somebody();
    await magpipe.send('POST', '/auth/v1/logout?scope=local', authed(out.access_token));
    expect(refused(await refresh(out.refresh_token))).toEqual([400, 'session_not_found']);

    const lost = await magpipe.person();
    const lostSession = await magpipe.signIn(lost);
    await magpipe.house.db('memberships').where({ user_id: lost.id }).delete();
    expect(refused(await refresh(lostSession.refresh_token))).toEqual([400, 'session_not_found']);

    const leaver = await magpipe.person();
    const left = await magpipe.signIn(leaver);
    await magpipe.house.db('users').where({ id: leaver.id }).delete();
    expect(refused(await refresh(left.refresh_token))).toEqual([400, 'refresh_token_not_found']);
    expect(await opens(left.access_token)).toBe(401);
  });

  it('a new e-mail address is in the next token', async () => {
    const person = await magpipe.person();
    const first = await magpipe.signIn(person);
    await magpipe.house.db('users').where({ id: person.id }).update({ email: 'renamed@magpipe.test' });
    const { body } = await refresh(first.refresh_token);
    expect([decodeJwt(body.access_token).email, body.user.email]).toEqual([
      'renamed@magpipe.test',
      'renamed@magpipe.test',
    ]);
  });
});

describe('signing out', () => {
  const logout = (jwt: string, query: string, house = magpipe) =>
    house.send('POST', `/auth/v1/logout${query}`, authed(jwt));
  const three = async (person: Person) => [
    await magpipe.signIn(person),
    await magpipe.signIn(person),
    await magpipe.signIn(person),
  ];

  it.each([
    ['?scope=local', [401, 200, 200]],
    ['?scope=others', [200, 401, 401]],
    ['?scope=global', [401, 401, 401]],
    ['', [401, 401, 401]],
  ])('%s: 204, empty, and at once everywhere', async (query, expected) => {
    const person = await magpipe.person();
    const key = await magpipe.key(person);
    const colleague = await somebody();
    const sessions = await three(person);
    const answer = await logout(sessions[0].access_token, query);
    expect([answer.status, answer.text]).toEqual([204, '']);
    for (const house of [twin, magpipe]) {
      const statuses = await Promise.all(sessions.map(({ access_token }) => opens(access_token, house)));
      expect(statuses).toEqual(expected);
    }
    for (const [index, { refresh_token }] of sessions.entries()) {
      const { status, body } = await refresh(refresh_token);
      expect([status, body.error_code]).toEqual(
        expected[index] === 200 ? [200, undefined] : [400, 'session_not_found'],
      );
    }
    // Keys, and other people's sessions, are no sessions of this user.
    expect([await opens(key), await opens(colleague.access_token)]).toEqual([200, 200]);
  });

  it('with another scope: 400, and nothing has ended', async () => {
    const { access_token: jwt } = await somebody();
    for (const query of ['?scope=all', '?scope=LOCAL', '?scope=local&scope=global', '?scope=constructor']) {
      expect([query, ...refused(await logout(jwt, query))]).toEqual([query, 400, 'validation_failed']);
    }
    expect(await opens(jwt)).toBe(200);
  });

  it('takes a session token: an API key, or a token of a session that has ended, is 403', async () => {
    const person = await magpipe.person();
    const key = await magpipe.key(person);
    const { access_token: jwt } = await magpipe.signIn(person);
    expect(refused(await logout(key, ''))).toEqual([403, 'bad_jwt']);
    expect(await opens(jwt)).toBe(200);
    expect((await logout(jwt, '')).status).toBe(204);
    expect(refused(await logout(jwt, ''))).toEqual([403, 'session_not_found']);
  });
});
