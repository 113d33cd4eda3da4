import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { covers, scopes } from '../../src/core/scopes.ts';
import { type Everything, openEverything, operations } from '../support/everything.ts';
import { type Latchkey, openLatchkey } from '../support/latchkey.ts';

let latchkey: Latchkey;
let everything: Everything;
beforeAll(async () => {
  latchkey = await openLatchkey();
  everything = await openEverything({
    LATCHKEY_FAILURES_PER_MINUTE: '0',
    LATCHKEY_REQUESTS_PER_MINUTE: '0',
    LATCHKEY_REQUESTS_PER_HOUR: '0',
  });
});
afterAll(async () => {
  await latchkey.close();
  await everything.close();
});

const names = ['*', ...Object.keys(scopes)];

it('GET /v1/scopes lists every scope with words and what it includes', async () => {
  const session = await latchkey.session();
  const { body } = await latchkey.ask(session, 'GET', '/scopes');
  expect(body.results.map(({ scope }: { scope: string }) => scope)).toEqual(names);
  expect(body.results).toContainEqual({
    scope: 'runs:write',
    description: expect.any(String),
    includes: ['runs:read', 'runs:create'],
  });
  const unknown = await latchkey.ask(session, 'POST', '/keys', { name: 'x', scopes: ['swords:read'] });
  expect([unknown.status, Object.keys(unknown.body)]).toEqual([400, ['scopes']]);
});

it('check 3: 403 names the missing scope, in each surface’s envelope and in WWW-Authenticate', async () => {
  const person = await latchkey.person();
  const session = await latchkey.session(person);
  const { key } = await latchkey.made(session, { scopes: ['runs:read'] });
  const lacks = 'This key lacks the scope pipelines:read.';
  const bearer = { authorization: `Bearer ${key}` };
  for (const [path, headers, body] of [
    ['/v1/pipelines', bearer, { detail: lacks }],
    ['/v4/pipelines', bearer, { detail: { message: lacks } }],
    ['/v3/pipelines', bearer, { detail: { message: lacks } }],
    ['/api/v1/pipelines/', { authorization: `Api-Key ${key}` }, { detail: lacks }],
  ] as const) {
    const answer = await latchkey.send('GET', path, { headers });
    expect([path, answer.status, answer.body]).toEqual([path, 403, body]);
    expect(answer.headers['www-authenticate']).toBe(
      'Bearer realm="latchkey", error="insufficient_scope", scope="pipelines:read"',
    );
  }
  const mage = await latchkey.send('GET', '/api/pipelines', { headers: { 'x-api-key': key } });
  expect(mage.body.error).toMatchObject({ code: 403, message: lacks });
  const listed = await latchkey.send('POST', '/functions/v1/manage-api-keys', {
    headers: bearer,
    body: { action: 'list' },
  });
  expect([listed.status, listed.body]).toEqual([403, { error: 'This key lacks the scope keys:read.' }]);
});

it('manage-api-keys: list needs keys:read, all else keys:write', async () => {
  const session = await latchkey.session();
  const { key } = await latchkey.made(session, { scopes: ['keys:read'] });
  const headers = { authorization: `Bearer ${key}` };
  const act = (body: object) => latchkey.send('POST', '/functions/v1/manage-api-keys', { headers, body });
  expect((await act({ action: 'list' })).status).toBe(200);
  const made = await act({ action: 'generate', name: 'x' });
  expect([made.status, made.body]).toEqual([403, { error: 'This key lacks the scope keys:write.' }]);
});

it('rights are scopes ∩ user: for random scopes, each operation of each surface lacks a scope exactly where it is not held', async () => {
  const { house, tell } = everything;
  const [owner] = await house.db('users').where({ email: 'owner@example.com' });
  const account_id = house.installation.accountId;
  const { makeKey } = await import('../../src/core/api_keys/form.ts');
  const { digest } = await import('../../src/core/credentials/digest.ts');
  // What no scope opens, or what needs none, is tested where it is served.
  const asked = new Map(
    operations
      .filter(
        ([surface, , { scope, id }]) =>
          surface !== 'magpipeAuth' && !['any', 'session'].includes(scope) && !/\w+Token/.test(id),
      )
      .map((one) => [`${one[0]} ${one[2].id}`, one]),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.subarray(names.slice(1)),
      fc.shuffledSubarray([...asked.keys()], { minLength: 12, maxLength: 12 }),
      async (held, some) => {
        const key = makeKey();
        const row = {
          hash: digest(key),
          prefix: key.slice(0, 12),
          name: 'random',
          user_id: owner?.id as number,
          account_id,
        };
        await house.db('api_keys').insert({ ...row, checksummed: true, scopes: held });
        for (const name of some) {
          const [surface, path, { method, scope, security }] = asked.get(name) as (typeof operations)[number];
          const authorization = surface === 'maiagent' ? `Api-Key ${key}` : `Bearer ${key}`;
          const headers = surface === 'mage' ? { 'x-api-key': key } : { authorization };
          // A signature in the address may open it instead; here there is none.
          if (security.length === 0) continue;
          const { text } = await tell(method, path, headers);
          expect([name, text.includes(`lacks the scope ${scope}`)]).toEqual([name, !covers(held, scope)]);
        }
      },
    ),
    { numRuns: 12 },
  );
});
