import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Body, type Latchkey, openLatchkey } from '../support/latchkey.ts';
import { type Person, route } from '../support/magpipe.ts';

let latchkey: Latchkey;
let person: Person;
let session: string;
beforeAll(async () => {
  latchkey = await openLatchkey({ LATCHKEY_KEYS_PER_USER: '30' });
  person = await latchkey.person();
  session = await latchkey.session(person);
});
afterAll(() => latchkey.close());

const me = async (key: string) => (await latchkey.ask(key, 'GET', '/me')).status;
const times = <T>(count: number, work: (index: number) => Promise<T>) =>
  Promise.all(Array.from({ length: count }, (_, index) => work(index)));

it('check 15: the secret is in the answer that makes the key, and nowhere else', async () => {
  const { key, id, ...shown } = await latchkey.made(session, { name: 'Production Server' });
  expect(shown).toMatchObject({
    name: 'Production Server',
    display: `${key.slice(0, 12)}...`,
    state: 'active',
    scopes: ['*'],
  });
  const detail = await latchkey.ask(session, 'GET', `/keys/${id}`);
  const list = await latchkey.ask(session, 'GET', '/keys?limit=1000');
  expect(detail.body).toEqual({ id, ...shown });
  expect(list.body.results.map((one: Body) => one.id)).toContain(id);
  expect(detail.text + list.text).not.toContain(key.slice(12));
});

it('check 22: expiry holds to the second; a time that has passed is 400; what has expired is still listed', async () => {
  const past = await latchkey.ask(session, 'POST', '/keys', { name: 'late', expires_at: '2020-01-01T00:00:00Z' });
  expect([past.status, past.body]).toEqual([400, { expires_at: ['This time has passed.'] }]);
  const { key, id } = await latchkey.made(session, { expires_at: '2099-01-01T00:00:00Z' });
  expect(await me(key)).toBe(200);
  await latchkey.house
    .db('api_keys')
    .where('prefix', key.slice(0, 12))
    .update({ expires_at: latchkey.house.db.fn.now() });
  expect(await me(key)).toBe(401);
  const expired = await latchkey.ask(session, 'GET', '/keys?state=expired');
  expect(expired.body.results.map((one: Body) => one.id)).toEqual([id]);
});

it('check 24: one key too many is 409; 20 at once leave exactly as many as are allowed', async () => {
  const full = await latchkey.session();
  const answers = await times(40, (n) => latchkey.ask(full, 'POST', '/keys', { name: `key ${n}` }));
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(30);
  const refused = answers.filter(({ status }) => status !== 201);
  for (const { status, body } of refused)
    expect([status, body]).toEqual([409, { detail: 'You have 30 active keys, which is the most: revoke one first.' }]);
});

describe('check 23: rotation', () => {
  it('both work until the grace ends, then the old one answers as a revoked one', async () => {
    const old = await latchkey.made(session, {
      name: 'turning',
      scopes: ['pipelines:read'],
      metadata: { team: 'data' },
    });
    const { status, body } = await latchkey.ask(session, 'POST', `/keys/${old.id}/rotate`, {});
    expect(status).toBe(201);
    expect(body).toMatchObject({ name: 'turning', scopes: ['pipelines:read'], metadata: { team: 'data' } });
    expect(body.rotation).toMatchObject({ role: 'new', pair: old.id });
    expect([await me(old.key), await me(body.key)]).toEqual([200, 200]);
    const before = (await latchkey.ask(session, 'GET', `/keys/${old.id}`)).body;
    expect(before).toMatchObject({ state: 'rotated', rotation: { role: 'old', pair: body.id } });
    const again = await latchkey.ask(session, 'POST', `/keys/${body.id}/rotate`, { grace_seconds: 604_800 });
    expect(again.status).toBe(201);
    expect((await latchkey.ask(session, 'GET', `/keys/${old.id}`)).body.rotation.until).toBe(before.rotation.until);
    expect((await latchkey.ask(session, 'POST', `/keys/${old.id}/rotate`, {})).status).toBe(409);

    const { db } = latchkey.house;
    await db('api_keys').where('prefix', old.key.slice(0, 12)).update({ revoked_at: db.fn.now() });
    const ended = await latchkey.ask(old.key, 'GET', '/me');
    await latchkey.ask(session, 'DELETE', `/keys/${again.body.id}`);
    const revoked = await latchkey.ask(again.body.key, 'GET', '/me');
    expect([ended.status, ended.body]).toEqual([revoked.status, revoked.body]);
    expect(ended.status).toBe(401);
  });

  it('with no grace the old one is refused at once', async () => {
    const old = await latchkey.made(session);
    expect((await latchkey.ask(session, 'POST', `/keys/${old.id}/rotate`, { grace_seconds: 0 })).status).toBe(201);
    expect(await me(old.key)).toBe(401);
  });

  it('of 20 rotations at once one successor lives', async () => {
    const old = await latchkey.made(session);
    const answers = await times(20, () => latchkey.ask(session, 'POST', `/keys/${old.id}/rotate`, {}));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(19).fill(409)]);
    const rows = await latchkey.house
      .db('api_keys')
      .where({ name: 'made', user_id: person.id })
      .whereNull('revoked_at');
    const [made] = answers.filter(({ status }) => status === 201);
    expect(await me(made?.body.key)).toBe(200);
    expect(rows.filter(({ prefix }) => prefix === made?.body.key.slice(0, 12))).toHaveLength(1);
  });

  it('a pair is one of those that are allowed', async () => {
    const full = await latchkey.session();
    const [first] = await times(30, () => latchkey.made(full));
    expect((await latchkey.ask(full, 'POST', `/keys/${first.id}/rotate`, {})).status).toBe(201);
    expect((await latchkey.ask(full, 'POST', '/keys', { name: 'more' })).status).toBe(409);
  });
});

describe('check 25: a key makes none that is stronger', () => {
  const bounds = {
    scopes: ['keys:write', 'pipelines:read'],
    addresses: ['127.0.0.0/8', '::1'],
    limits: [{ requests: 100, per: 'minute' }],
    expires_at: '2090-01-01T00:00:00.000Z',
  };
  const { expires_at: _, ...lasting } = bounds;

  it('what it does not say is its own', async () => {
    const { key } = await latchkey.made(session, bounds);
    const child = await latchkey.made(key, { name: 'child' });
    expect(child).toMatchObject(bounds);
    const viaMagpipe = await latchkey.send('POST', route, {
      headers: { authorization: `Bearer ${key}` },
      body: { action: 'generate', name: 'magpipe’s' },
    });
    const shown = await latchkey.ask(session, 'GET', '/keys?name=magpipe');
    expect([viaMagpipe.status, shown.body.results[0]]).toMatchObject([200, bounds]);
  });

  it.each([
    ['scopes', { scopes: ['*'] }],
    ['scopes', { scopes: ['pipelines:write'] }],
    ['addresses', { addresses: ['0.0.0.0/0'] }],
    ['limits', { limits: [{ requests: 101, per: 'minute' }] }],
    ['limits', { limits: [{ requests: 1, per: 'second' }] }],
  ])('%s: %j is 403', async (_what, more) => {
    const { key } = await latchkey.made(session, bounds);
    expect((await latchkey.ask(key, 'POST', '/keys', { name: 'x', ...more })).status).toBe(403);
    const weak = await latchkey.made(key, { name: 'weak' });
    expect((await latchkey.ask(key, 'PATCH', `/keys/${weak.id}`, more)).status).toBe(403);
  });

  it('it rotates none that is stronger, nor switches such a one on', async () => {
    const { key } = await latchkey.made(session, lasting);
    const strong = await latchkey.made(session);
    expect((await latchkey.ask(key, 'POST', `/keys/${strong.id}/rotate`, {})).status).toBe(403);
    expect((await latchkey.ask(key, 'PATCH', `/keys/${strong.id}`, { enabled: false })).status).toBe(200);
    expect((await latchkey.ask(key, 'PATCH', `/keys/${strong.id}`, { enabled: true })).status).toBe(403);
  });
});

it('check 28: addresses hold, mapped ones too; a forged X-Forwarded-For changes nothing', async () => {
  const { key, id } = await latchkey.made(session, { addresses: ['203.0.113.0/24'] });
  const forged = await latchkey.ask(key, 'GET', '/me', undefined, { 'X-Forwarded-For': '203.0.113.9' });
  expect([forged.status, forged.body]).toEqual([403, { detail: 'This key may not be used from this address.' }]);
  for (const addresses of [['127.0.0.1'], ['::ffff:127.0.0.0/104', '::1'], ['0.0.0.0/0', '::/0']]) {
    expect((await latchkey.ask(session, 'PATCH', `/keys/${id}`, { addresses })).status).toBe(200);
    expect(await me(key)).toBe(200);
  }
  const bad = await latchkey.ask(session, 'PATCH', `/keys/${id}`, { addresses: ['127.0.0.0/33'] });
  expect([bad.status, Object.keys(bad.body)]).toEqual([400, ['addresses']]);
});

it('check 29: 100 calls at once on 10 credits: exactly 10 are answered', async () => {
  const { key, id } = await latchkey.made(session, { credits: { remaining: 10 } });
  const answers = await times(100, () => me(key));
  expect(answers.filter((status) => status === 200)).toHaveLength(10);
  expect(answers.filter((status) => status === 429)).toHaveLength(90);
  const shown = await latchkey.ask(session, 'GET', `/keys/${id}`);
  expect(shown.body.credits).toEqual({ remaining: 0, refill: null });
  await latchkey.ask(session, 'PATCH', `/keys/${id}`, { credits: { remaining: 1 } });
  expect([await me(key), await me(key)]).toEqual([200, 429]);
});

it('credits are filled up by the day and the month, and the two keys of a pair share them', async () => {
  const credits = { remaining: 1, refill: { amount: 3, every: 'day' } };
  const old = await latchkey.made(session, { credits });
  const { body: made } = await latchkey.ask(session, 'POST', `/keys/${old.id}/rotate`, {});
  expect([await me(old.key), await me(made.key)]).toEqual([200, 429]);
  await latchkey.house.db('key_counters').update({ refilled_at: new Date(Date.now() - 86_400_000) as never });
  expect([await me(old.key), await me(made.key), await me(old.key), await me(made.key)]).toEqual([200, 200, 200, 429]);
});

it('check 93: a limit is exact over two processes and 200 calls, whichever window is the shorter', async () => {
  const twin = await latchkey.twin();
  const limits = [
    { requests: 40, per: 'hour' },
    { requests: 1000, per: 'day' },
  ];
  const { key } = await latchkey.made(session, { limits });
  const headers = { authorization: `Bearer ${key}` };
  const answers = await times(200, (n) => (n % 2 ? latchkey : twin).send('GET', '/v1/me', { headers }));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(40);
  for (const { headers: told, status } of answers) {
    expect(told['ratelimit-policy']).toContain('"hour";q=40;w=3600, "day";q=1000;w=86400');
    expect(told.ratelimit).toMatch(/^"hour";r=\d+;t=\d+, "day";r=\d+;t=\d+$/);
    if (status === 429) expect(Number(told['retry-after'])).toBeGreaterThan(0);
  }
});

it('check 19, 20: revoked, switched off or narrowed, and the next call hears so, in every process', async () => {
  const twin = await latchkey.twin();
  const { key, id } = await latchkey.made(session);
  const there = async () =>
    (await twin.send('GET', '/v1/pipelines', { headers: { authorization: `Bearer ${key}` } })).status;
  expect(await there()).toBe(200);
  await latchkey.ask(session, 'PATCH', `/keys/${id}`, { enabled: false });
  expect(await there()).toBe(401);
  await latchkey.ask(session, 'PATCH', `/keys/${id}`, { enabled: true, scopes: ['runs:read'] });
  expect(await there()).toBe(403);
  expect((await latchkey.ask(session, 'DELETE', `/keys/${id}`)).status).toBe(204);
  expect(await there()).toBe(401);
  expect((await latchkey.ask(session, 'DELETE', `/keys/${id}`)).status).toBe(404);
});

it('check 31: a session that is older than 15 minutes makes and rotates no key, and strengthens none', async () => {
  const old = await latchkey.session(person);
  const { id } = await latchkey.made(old, { scopes: ['runs:read'] });
  const { db } = latchkey.house;
  const [row] = await db('sessions').where({ user_id: person.id }).orderBy('created_at', 'desc').limit(1);
  await db('sessions')
    .where({ id: row?.id as string })
    .update({ created_at: new Date(Date.now() - 16 * 60_000) as never });
  const reauthenticate = [403, { detail: 'reauthenticate' }];
  for (const [method, path, body] of [
    ['POST', '/keys', { name: 'x' }],
    ['POST', `/keys/${id}/rotate`, {}],
    ['PATCH', `/keys/${id}`, { scopes: ['*'] }],
  ] as const) {
    const answer = await latchkey.ask(old, method, path, body);
    expect([answer.status, answer.body]).toEqual(reauthenticate);
  }
  expect((await latchkey.ask(old, 'PATCH', `/keys/${id}`, { scopes: [] })).status).toBe(200);
});

it('check 30: making, rotating, changing and revoking are in the audit log, without the secret', async () => {
  const { key, id } = await latchkey.made(session);
  const { body } = await latchkey.ask(session, 'POST', `/keys/${id}/rotate`, {});
  await latchkey.ask(session, 'PATCH', `/keys/${body.id}`, { limits: [{ requests: 1, per: 'day' }] });
  await latchkey.ask(session, 'DELETE', `/keys/${body.id}`);
  const rows = await latchkey.house.db('audit_log').orderBy('id', 'desc').limit(4);
  expect(rows.map(({ action }) => action).reverse()).toEqual([
    'key_minted',
    'key_rotated',
    'key_changed',
    'key_revoked',
  ]);
  for (const row of rows) expect(row).toMatchObject({ user_id: person.id, request_id: expect.any(String) });
  expect(JSON.stringify(rows)).not.toContain(key.slice(12));
});

it('metadata: JSON, found by what it contains, and 16 KiB at most', async () => {
  const { id } = await latchkey.made(session, { metadata: { team: 'data', tier: 2 } });
  const found = await latchkey.ask(session, 'GET', `/keys?metadata=${encodeURIComponent('{"tier":2}')}`);
  expect(found.body.results.map((one: Body) => one.id)).toEqual([id]);
  const large = await latchkey.ask(session, 'PATCH', `/keys/${id}`, { metadata: { text: 'x'.repeat(16_384) } });
  expect([large.status, large.body]).toEqual([400, { metadata: ['It may have 16384 bytes at most, as JSON.'] }]);
});
