import request from 'supertest';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { applicationKey, ownerPassword } from '../support/house.ts';
import { type Mystic, openMystic } from '../support/mystic.ts';

// Sessions of the command line: one token in the place of an API key, which is none of the ten.

let mystic: Mystic;
beforeAll(async () => {
  mystic = await openMystic({ LATCHKEY_SESSION_IDLE_DAYS: '7' });
});
afterAll(() => mystic.close());

const body = { email: 'owner@example.com', password: ownerPassword, name: 'ada-laptop' };
const open = (more: object = {}) => mystic.bare('POST', '/v4/sessions', (sent) => sent.send({ ...body, ...more }));
const tokenOf = async () => (await open()).body.token as string;
const as = (token: string, method: string, path: string, sent?: object) =>
  mystic.bare(method, path, (asked) => asked.set('Authorization', `Bearer ${token}`).send(sent));
const isGood = async (token: string) => (await as(token, 'GET', '/v4/tokens/validate')).status === 204;

it('is opened by address or username, and named after the machine', async () => {
  for (const email of ['owner@example.com', 'OWNER@example.com', 'owner']) {
    const { status, body: made } = await open({ email });
    expect([status, made.name]).toEqual([201, 'ada-laptop']);
    expect(made.token).toMatch(/^lks_[\da-f]{40}$/);
    expect((await as(made.token, 'GET', '/v4/users/me')).body.username).toBe('owner');
  }
  const row = await mystic.house.db('sessions').where({ kind: 'cli' }).first();
  expect(row).toMatchObject({ name: 'ada-laptop' });
  expect(JSON.stringify(await mystic.house.db('sessions'))).not.toContain('lks_');
});

it.each([
  [{ password: 'wrong' }, 400, 'The address or the password is wrong.'],
  [{ email: 'nobody@example.com' }, 400, 'The address or the password is wrong.'],
  [{ name: '  ' }, 400, 'name: may not be empty'],
])('%j is refused', async (more, status, message) => {
  const answer = await open(more);
  expect([answer.status, answer.body.detail.message]).toEqual([status, message]);
});

it('is 422 without a password or a name, and for a long one', async () => {
  for (const more of [{ password: null }, { name: null }, { name: 'x'.repeat(65) }])
    expect((await open(more)).status).toBe(422);
});

it('opens every surface in the place of a key, and is none of the ten', async () => {
  const token = await tokenOf();
  const ask = request(mystic.server);
  const { db } = mystic.house;
  expect((await ask.get('/api/pipelines').set('X-API-KEY', token)).body.pipelines).toEqual([]);
  expect((await ask.get('/api/v1/users/current/').set('Authorization', `Api-Key ${token}`)).status).toBe(200);
  const keys = await ask
    .post('/functions/v1/manage-api-keys')
    .set('Authorization', `Bearer ${token}`)
    .send({ action: 'list' });
  const own = await db('api_keys').where({ user_id: mystic.people.owner.id });
  expect(keys.body.keys).toHaveLength(own.length);
  expect((await as(token, 'GET', '/v4/tokens')).status).toBe(200);
  // A gateway key where the application key stands, and nobody's session there.
  expect(
    (await ask.get('/auth/v1/user').set('apikey', applicationKey).set('Authorization', `Bearer ${token}`)).status,
  ).toBe(403);
});

it('a typo of it is refused without a look, and no other letters do', async () => {
  const token = await tokenOf();
  for (const wrong of [token.replace(/.$/, (last) => (last === '0' ? '1' : '0')), token.replace('lks', 'mgp'), 'lks_x'])
    expect(await isGood(wrong)).toBe(false);
});

it('ends with signing out, on every surface, and no other does', async () => {
  const [one, other] = [await tokenOf(), await tokenOf()];
  expect((await as(one, 'DELETE', '/v4/sessions/current')).status).toBe(204);
  expect(await isGood(one)).toBe(false);
  expect(
    (await request(mystic.server).get('/api/v1/users/current/').set('Authorization', `Api-Key ${one}`)).status,
  ).toBe(401);
  expect(await isGood(other)).toBe(true);
  expect((await as(one, 'DELETE', '/v4/sessions/current')).status).toBe(401);
  const key = await mystic.send('owner', 'DELETE', '/v4/sessions/current');
  expect([key.status, key.body.detail.message]).toEqual([
    403,
    'This is an API key, no session: it is ended by revoking it.',
  ]);
});

it('ends with everything that a password opened', async () => {
  const token = await tokenOf();
  const answer = await request(mystic.server)
    .post('/auth/v1/logout?scope=global')
    .set('apikey', applicationKey)
    .set('Authorization', `Bearer ${mystic.people.owner.session}`);
  expect(answer.status).toBe(204);
  expect(await isGood(token)).toBe(false);
});

it('lasts while it is used, and no longer than a week without', async () => {
  const { db, usedSessions } = mystic.house;
  const token = await tokenOf();
  const aged = (days: number) =>
    db('sessions')
      .where({ kind: 'cli', ended_at: null })
      .update({ created_at: db.raw(`now() - interval '${days} days'`), refreshed_at: null });
  await aged(6);
  expect(await isGood(token)).toBe(true);
  await usedSessions.flush();
  await db('sessions')
    .where({ kind: 'cli', ended_at: null })
    .update({ created_at: db.raw(`now() - interval '8 days'`) });
  expect(await isGood(token)).toBe(true);
  await usedSessions.flush();
  await aged(8);
  expect(await isGood(token)).toBe(false);
});
