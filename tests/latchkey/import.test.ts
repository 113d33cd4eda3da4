import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Body, type Latchkey, openLatchkey } from '../support/latchkey.ts';
import { type Person, unknownKey } from '../support/magpipe.ts';

let latchkey: Latchkey;
let person: Person;
let session: string;
beforeAll(async () => {
  latchkey = await openLatchkey({ LATCHKEY_KEYS_PER_USER: '2' });
  person = await latchkey.person();
  session = await latchkey.session(person);
});
afterAll(() => latchkey.close());

const hash = (key: string, by = 'sha256') => `${by}:${createHash(by).update(key).digest('hex')}`;
const line = (key: string, more: object = {}, by?: string) => ({
  hash: hash(key, by),
  name: 'old',
  user: person.email,
  ...more,
});
const ndjson = { 'Content-Type': 'application/x-ndjson' };
const send = (lines: object[] | string, credential = session, headers = {}) =>
  latchkey.ask(
    credential,
    'POST',
    '/keys/import',
    typeof lines === 'string' ? lines : `${lines.map((one) => JSON.stringify(one)).join('\n')}\n`,
    { ...ndjson, ...headers },
  );
const me = async (key: string, of = latchkey) => (await of.ask(key, 'GET', '/me')).status;
const imported = async (lines: object[]) => {
  const { status, body } = await send(lines);
  expect([status, body]).toEqual([201, body]);
  return body;
};

it('before anything was imported, a text of no form of ours is refused without a statement; afterwards with one, the first time', async () => {
  const { key } = await latchkey.made(session);
  const flipped = `${key.slice(0, -1)}${key.endsWith('0') ? '1' : '0'}`;
  const asked = (token: string) => latchkey.statements(() => latchkey.ask(token, 'GET', '/scopes'));
  const lookUps = async (token: string) =>
    (await asked(token)).filter((sql) => /from api_keys k join/.test(sql)).length;
  expect([await lookUps('sk_live_unknown'), await lookUps(flipped), await lookUps(key)]).toEqual([0, 0, 1]);
  await imported([line('the first of all')]);
  // What is known of a key takes none, and so does what is known to be none.
  for (const times of [1, 0])
    expect([await lookUps('sk_live_unknown'), await lookUps(flipped), await lookUps(key)]).toEqual([times, times, 0]);
});

it.each(['sha256', 'sha512'])('keys by their %s open every surface, with what was said of them', async (by) => {
  const key = `sk_live_${by}_51HxYz`;
  const more = {
    name: 'Old CI',
    display: 'sk_live_...',
    scopes: ['keys:read', 'pipelines:read'],
    metadata: { team: 1.0 },
  };
  const body = await imported([
    line(key, { ...more, limits: [{ requests: 100, per: 'day' }], credits: { remaining: 50 } }, by),
  ]);
  expect(body).toEqual({ imported: 1, lines: [{ line: 1, id: expect.stringMatching(/^key_/), errors: {} }] });
  const { id } = body.lines[0];
  expect(await me(key)).toBe(200);
  const authorization = `Bearer ${key}`;
  expect((await latchkey.manage(key, { action: 'list' })).status).toBe(200);
  expect(
    (await latchkey.send('GET', '/api/v1/pipelines/', { headers: { authorization: `Api-Key ${key}` } })).status,
  ).toBe(200);
  expect((await latchkey.send('GET', '/v4/pipelines', { headers: { authorization } })).status).toBe(200);
  expect((await latchkey.send('GET', '/api/pipelines', { headers: { 'x-api-key': key } })).status).toBe(200);
  const { body: shown } = await latchkey.ask(session, 'GET', `/keys/${id}`);
  expect(shown).toMatchObject({
    name: 'Old CI',
    display: 'sk_live_...',
    state: 'active',
    scopes: more.scopes,
    metadata: { team: 1 },
  });
  expect(shown.credits.remaining).toBe(45);
  const { body: verdict } = await latchkey.ask(session, 'POST', '/verify', { key });
  expect(verdict).toMatchObject({ valid: true, key_id: id });
  await latchkey.ask(session, 'DELETE', `/keys/${id}`);
  expect(await me(key)).toBe(401);
});

it('keys of any form: with dots, as a JWT, of our own form without its checksum, with signs that no token has', async () => {
  const keys = [
    'SG.abcdefgh.ijklmnop',
    `eyJhbGciOiJIUzI1NiJ9.${Buffer.from('{"a":1}').toString('base64url')}.c2ln`,
    `mgp_${'0'.repeat(40)}`,
    '17|laravel:sanctum!',
  ];
  await imported(keys.map((key) => line(key)));
  for (const key of keys) expect([key, await me(key)]).toEqual([key, 200]);
  for (const key of ['SG.abcdefgh.ijklmnoq', unknownKey(), '18|no']) expect([key, await me(key)]).toEqual([key, 401]);
  for (const key of keys) {
    const headers = { authorization: `Api-Key ${key}` };
    expect((await latchkey.send('GET', '/api/v1/users/current/', { headers })).status).toBe(200);
  }
});

it('they do not count among those that a user may have, nor do their successors', async () => {
  const other = await latchkey.person();
  const own = await latchkey.session(other);
  const { lines } = await imported(Array.from({ length: 5 }, (_, n) => line(`counts not ${n}`, { user: other.email })));
  await latchkey.made(own);
  expect((await latchkey.ask(own, 'POST', `/keys/${lines[0].id}/rotate`, {})).status).toBe(201);
  await latchkey.made(own);
  expect((await latchkey.ask(own, 'POST', '/keys', { name: 'too many' })).status).toBe(409);
});

it('all or none: each line that is wrong is named, with what is wrong in it', async () => {
  const elsewhere = await latchkey.person({ accountId: await latchkey.account() });
  const { key } = await latchkey.made(await latchkey.session(elsewhere));
  const count = async () => (await latchkey.house.db('api_keys').count({ count: '*' }))[0]?.count;
  const before = await count();
  const here = ['A key with this hash is here already.'];
  const refused = await send([
    line('good'),
    line('the first of all'),
    line(key),
    line('good'),
    line('a', { user: elsewhere.email }),
    line('b', { scopes: ['moon:read'], metadata: { x: 'x'.repeat(20_000) } }),
    line('c', { name: ' ' }),
    line('d', { display: 'd' }),
    line('e', { expires_at: '2020-01-01T00:00:00Z' }),
  ]);
  expect(refused.status).toBe(400);
  const errors = Object.fromEntries(refused.body.lines.map((one: Body) => [one.line, one.errors]));
  expect(errors).toEqual({
    2: { hash: here },
    3: { hash: here },
    4: { hash: here },
    5: { user: ['Nobody in the account is called so.'] },
    6: { scopes: [expect.stringContaining('moon:read')], metadata: [expect.stringContaining('16384')] },
    7: { name: ['Key name is required.'] },
    8: { display: ['This is the whole key: give its beginning.'] },
    9: { expires_at: ['This time has passed.'] },
  });
  const shapes = await send([
    line('f'),
    { ...line('g'), colour: 1 },
    { hash: 'md5:0' },
    line('h', { limits: [{ requests: 0, per: 'day' }] }),
  ]);
  expect(shapes.body.lines).toEqual([
    { line: 2, id: null, errors: { colour: ['This field is not known.'] } },
    {
      line: 3,
      id: null,
      errors: {
        name: ['This field is required.'],
        user: ['This field is required.'],
        hash: [expect.stringContaining('pattern')],
      },
    },
    { line: 4, id: null, errors: { 'limits.0.requests': ['This must be >= 1.'] } },
  ]);
  const text = await send(`${JSON.stringify(line('i'))}\n\n{"hash"\n[1]\n`);
  expect(text.body.lines).toEqual([
    { line: 2, id: null, errors: { detail: ['This must be JSON.'] } },
    { line: 3, id: null, errors: { detail: ['This must be JSON.'] } },
  ]);
  expect((await send('[1]\r\n"x"')).body.lines.map((one: Body) => one.line)).toEqual([1, 2]);
  expect((await send('')).status).toBe(400);
  expect((await latchkey.ask(session, 'POST', '/keys/import', [line('j')])).status).toBe(415);
  const problem = await send([line('good'), line('good')], session, { Accept: 'application/problem+json' });
  expect(problem.body).toMatchObject({
    detail: `Line 2: ${here[0]}`,
    errors: [{ pointer: '#/1/hash', detail: here[0] }],
  });
  expect(await count()).toEqual(before);
});

it('of two calls at once with one hash, one is refused by its line, and nothing of it is here', async () => {
  const answers = await Promise.all([1, 2, 3].map((n) => send([line(`only-${n}`), line('both'), line(`too ${n}`)])));
  const taken = answers.findIndex(({ status }) => status === 201);
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
  for (const { status, body } of answers.filter((_, n) => n !== taken)) {
    expect([status, body.lines]).toEqual([
      400,
      [{ line: 2, id: null, errors: { hash: ['A key with this hash is here already.'] } }],
    ]);
  }
  for (const n of [1, 2, 3]) expect(await me(`only-${n}`)).toBe(n === taken + 1 ? 200 : 401);
});

it('10,000 in one call, and not one more; each is written down', async () => {
  const lines = Array.from({ length: 10_000 }, (_, n) =>
    line(`many ${n}`, { limits: n % 100 ? [] : [{ requests: 9, per: 'day' }] }),
  );
  const before = (await latchkey.ask(session, 'GET', '/audit/head')).body.sequence;
  const { imported: count, lines: told } = await imported(lines);
  expect([count, told.length, told.at(-1).line]).toEqual([10_000, 10_000, 10_000]);
  for (const n of [0, 4_711, 9_900, 9_999]) {
    const { body: verdict } = await latchkey.ask(session, 'POST', '/verify', { key: `many ${n}` });
    expect(verdict).toMatchObject({ valid: true, key_id: told[n].id, limits: n % 100 ? [] : [{ remaining: 8 }] });
  }
  const after = (await latchkey.ask(session, 'GET', '/audit/head')).body;
  expect([after.sequence - before, after.verified]).toEqual([10_000, true]);
  const { status, body } = await send([
    ...lines.map((one, n) => ({ ...one, hash: hash(`more ${n}`) })),
    line('one more'),
  ]);
  expect([status, body]).toEqual([400, { detail: ['This must not have more than 10000 items.'] }]);
});

it('owners and admins, with a session, for nobody whose role is above theirs', async () => {
  const admin = await latchkey.session(await latchkey.person({ roleIds: [2] }));
  const editor = await latchkey.session(await latchkey.person({ roleIds: [3] }));
  expect((await send([line('by an editor')], editor)).status).toBe(403);
  const above = await send([line('by an admin')], admin);
  expect(above.body.lines[0].errors).toEqual({ user: ['Their role is above yours.'] });
  const viewer = await latchkey.person({ roleIds: [4] });
  const [row] = await latchkey.house.db('users').where({ id: viewer.id });
  const byId = `usr_${row?.uuid.replaceAll('-', '')}`;
  expect((await send([line('by-an-admin', { user: byId })], admin)).status).toBe(201);
  expect((await latchkey.ask('by-an-admin', 'GET', '/me')).body).toMatchObject({ role: 'viewer' });
  const { key } = await latchkey.made(await latchkey.session(await latchkey.person()));
  expect((await send([line('by a key')], key)).status).toBe(403);
  await latchkey.house
    .db('sessions')
    .where({ user_id: person.id })
    .update({ created_at: new Date(Date.now() - 20 * 60_000).toISOString() });
  expect((await send([line('late')])).body).toEqual({ detail: 'reauthenticate' });
  session = await latchkey.session(person);
});

it('the same call again with its Idempotency-Key is answered again', async () => {
  const headers = { 'Idempotency-Key': 'import-1' };
  const first = await send([line('once')], session, headers);
  const again = await send([line('once')], session, headers);
  expect([first.status, again.status, again.body]).toEqual([201, 201, first.body]);
  expect(again.headers['idempotency-replayed']).toBe('true');
});
