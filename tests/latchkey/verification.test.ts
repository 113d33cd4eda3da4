import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Latchkey, openLatchkey } from '../support/latchkey.ts';
import { unknownKey } from '../support/magpipe.ts';

let latchkey: Latchkey;
let session: string;
let verifier: string;
beforeAll(async () => {
  latchkey = await openLatchkey({ LATCHKEY_KEYS_PER_USER: '100' });
  session = await latchkey.session();
  verifier = (await latchkey.made(session, { scopes: ['keys:verify'] })).key;
});
afterAll(() => latchkey.close());

const verdict = async (body: object) => {
  const answer = await latchkey.ask(verifier, 'POST', '/verify', body);
  expect(answer.status).toBe(200);
  return answer.body;
};

it('verify: valid, with whose it is and what remains', async () => {
  const limits = [{ requests: 2, per: 'day' }];
  const { key, id } = await latchkey.made(session, {
    scopes: ['runs:write'],
    limits,
    credits: { remaining: 9 },
    metadata: { a: 1 },
  });
  expect(await verdict({ key, cost: 4, scopes: ['runs:read'] })).toMatchObject({
    valid: true,
    code: 'valid',
    key_id: id,
    scopes: ['runs:write', 'runs:read', 'runs:create'],
    metadata: { a: 1 },
    limits: [{ requests: 2, per: 'day', remaining: 1 }],
    credits: 5,
  });
  expect(await verdict({ key, cost: 6 })).toMatchObject({ valid: false, code: 'credits' });
  expect(await verdict({ key })).toMatchObject({ valid: true, credits: 4 });
  expect(await verdict({ key })).toMatchObject({ valid: false, code: 'limit', user: null });
});

it('verify: each refusal by its name, and a key of another account is unknown', async () => {
  const revoked = await latchkey.made(session);
  await latchkey.ask(session, 'DELETE', `/keys/${revoked.id}`);
  const disabled = await latchkey.made(session);
  await latchkey.ask(session, 'PATCH', `/keys/${disabled.id}`, { enabled: false });
  const bound = await latchkey.made(session, { addresses: ['192.0.2.0/24'], scopes: ['runs:read'] });
  const { key: foreign } = await latchkey.made(
    await latchkey.session(await latchkey.person({ accountId: await latchkey.account() })),
  );
  const expired = await latchkey.made(session, { expires_at: '2099-01-01T00:00:00Z' });
  const { db } = latchkey.house;
  await db('api_keys').where('prefix', expired.key.slice(0, 12)).update({ expires_at: db.fn.now() });
  const codes = [
    [{ key: revoked.key }, 'revoked'],
    [{ key: disabled.key }, 'disabled'],
    [{ key: expired.key }, 'expired'],
    [{ key: bound.key }, 'address'],
    [{ key: bound.key, address: '198.51.100.1' }, 'address'],
    [{ key: bound.key, address: '::ffff:192.0.2.7', scopes: ['runs:write'] }, 'scope'],
    [{ key: bound.key, address: '::ffff:192.0.2.7' }, 'valid'],
    [{ key: foreign }, 'unknown'],
    [{ key: unknownKey() }, 'unknown'],
    [{ key: 'no key' }, 'unknown'],
  ] as const;
  for (const [question, code] of codes)
    expect(await verdict(question)).toMatchObject({ code, valid: code === 'valid' });
});

it('verify and introspect need keys:verify, or a session', async () => {
  const { key } = await latchkey.made(session, { scopes: ['keys:write'] });
  for (const [path, body] of [
    ['/verify', { key }],
    ['/introspect', { token: key }],
  ] as const) {
    expect((await latchkey.ask(key, 'POST', path, body)).status).toBe(403);
    expect((await latchkey.ask(session, 'POST', path, body)).status).toBe(200);
    expect((await latchkey.ask(undefined, 'POST', path, body)).status).toBe(401);
  }
});

it('check 84: introspection, by form and by JSON; of what is not good, inactive alone', async () => {
  const { key, id } = await latchkey.made(session, { scopes: ['runs:read'] });
  const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
  const { body } = await latchkey.ask(verifier, 'POST', '/introspect', `token=${key}`, form);
  expect(body).toMatchObject({
    active: true,
    scope: 'runs:read',
    client_id: id,
    token_type: 'Bearer',
    iat: expect.any(Number),
  });
  expect((await latchkey.ask(verifier, 'POST', '/introspect', { token: unknownKey() })).body).toEqual({
    active: false,
  });
  const elsewhere = await latchkey.ask(session, 'POST', '/keys', 'name=x', form);
  expect(elsewhere.status).toBe(415);
});

it('forward-auth: who it is in headers, or 401, 403 and 429', async () => {
  const { key, id } = await latchkey.made(session, { scopes: ['runs:write'], limits: [{ requests: 3, per: 'day' }] });
  const passed = await latchkey.ask(key, 'GET', '/forward-auth?scope=runs:read%20runs:create', undefined, {
    'X-Latchkey-User': 'forged',
  });
  expect(passed.status).toBe(200);
  expect(passed.headers).toMatchObject({
    'x-latchkey-user': passed.body.user,
    'x-latchkey-account': 'acc_1',
    'x-latchkey-key': id,
    'x-latchkey-scopes': 'runs:write runs:read runs:create',
  });
  const lacking = await latchkey.ask(key, 'GET', '/forward-auth?scope=files:read');
  expect([lacking.status, lacking.body]).toEqual([403, { detail: 'This key lacks the scope files:read.' }]);
  await latchkey.ask(key, 'GET', '/forward-auth');
  expect((await latchkey.ask(key, 'GET', '/forward-auth')).status).toBe(429);
  expect((await latchkey.ask('mgp_no', 'GET', '/forward-auth')).status).toBe(401);
});

it('what is known of a key costs verify and forward-auth no statement; one with limits or credits costs one write', async () => {
  const plain = await latchkey.made(session);
  const bounded = await latchkey.made(session, { limits: [{ requests: 9, per: 'day' }], credits: { remaining: 9 } });
  const words = (seen: string[]) =>
    seen.filter((sql) => !/set last_used_at/.test(sql)).map((sql) => sql.trim().split(' ')[0]);
  const asked = async (key: string) => words(await latchkey.statements(() => verdict({ key })));
  const forward = async (key: string) =>
    words(await latchkey.statements(() => latchkey.ask(key, 'GET', '/forward-auth')));
  expect([await asked(plain.key), await asked(plain.key), await forward(plain.key)]).toEqual([['select'], [], []]);
  expect([await forward(bounded.key), await forward(bounded.key)]).toEqual([['select', 'update'], ['update']]);
  expect(await asked(bounded.key)).toEqual(['update']);
});
