import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applicationKey } from '../support/house.ts';
import { type Answer, type Magpipe, openMagpipe, password, type Sent, unknownKey } from '../support/magpipe.ts';

let magpipe: Magpipe;

beforeAll(async () => {
  magpipe = await openMagpipe();
});
afterAll(() => magpipe.close());

const wrong = 'Wrong lightning 1';
const refreshTokenOf = async () => (await magpipe.signIn(await magpipe.person())).refresh_token as string;
const db = () => magpipe.house.db;

/** One request, given by what is special about it; the rest is a sign-in as it should be. */
interface Asked extends Sent {
  method?: string;
  path: string;
}
const byPassword = (body: unknown): Asked => ({ path: '/token?grant_type=password', body });
const byRefresh = (refresh_token?: unknown): Asked => ({
  path: '/token?grant_type=refresh_token',
  body: { refresh_token },
});
const ofUser = (authorization?: string): Asked => ({
  method: 'GET',
  path: '/user',
  headers: authorization === undefined ? {} : { authorization },
});
const notJson = 'Could not parse request body as JSON: it is not a JSON object';
const noJson = 'Could not parse request body as JSON: unexpected end of JSON input';
const badJwt = 'invalid JWT: unable to parse or verify signature, or it has expired';
const sessionOver = 'Session from session_id claim in JWT does not exist';

/** §1.5 of the sheet: what is asked, and status, code and sentence of the answer. Each is asked anew in each shape. */
/** Every session so far, as if it had been made or refreshed at these times. */
const aged = (times: Record<string, string>) =>
  db()('sessions').update(Object.fromEntries(Object.entries(times).map(([name, sql]) => [name, db().raw(sql)])));
const refusals: [what: string, asked: () => Asked | Promise<Asked>, status: number, code: string, message: string][] = [
  [
    '#36 a wrong password',
    async () => byPassword({ email: (await magpipe.person()).email, password: wrong }),
    400,
    'invalid_credentials',
    'Invalid login credentials',
  ],
  [
    'an e-mail that nobody has',
    () => byPassword({ email: `${randomBytes(4).toString('hex')}@x.test`, password }),
    400,
    'invalid_credentials',
    'Invalid login credentials',
  ],
  [
    'a user without a password',
    async () => {
      const { email, id } = await magpipe.person();
      await db()('users').where({ id }).update({ password_hash: null });
      return byPassword({ email, password });
    },
    400,
    'invalid_credentials',
    'Invalid login credentials',
  ],
  [
    'a user without a membership',
    async () => {
      const { email, id } = await magpipe.person();
      await db()('memberships').where({ user_id: id }).delete();
      return byPassword({ email, password });
    },
    400,
    'invalid_credentials',
    'Invalid login credentials',
  ],
  [
    'no password',
    async () => byPassword({ email: (await magpipe.person()).email }),
    400,
    'invalid_credentials',
    'Invalid login credentials',
  ],
  [
    'a password that is no text',
    async () => byPassword({ email: (await magpipe.person()).email, password: [password] }),
    400,
    'invalid_credentials',
    'Invalid login credentials',
  ],
  [
    'an e-mail that is no text',
    () => byPassword({ email: { $ne: '' }, password }),
    400,
    'invalid_credentials',
    'Invalid login credentials',
  ],
  [
    'a phone',
    () => byPassword({ phone: '+16045551234', password }),
    422,
    'phone_provider_disabled',
    'Phone logins are disabled',
  ],
  ['neither e-mail nor phone', () => byPassword({ password }), 400, 'validation_failed', 'missing email or phone'],
  ['no body', () => byPassword(undefined), 400, 'bad_json', noJson],
  [
    'e-mail and phone',
    () => byPassword({ email: 'a@x.test', phone: '+1', password }),
    400,
    'validation_failed',
    'Only an email address or phone number should be provided on login.',
  ],
  ['a body that is no JSON', () => byPassword('{"email": '), 400, 'bad_json', notJson],
  ['a body that is a list', () => byPassword('[]'), 400, 'bad_json', notJson],
  ['a body that is a string', () => byPassword('"x"'), 400, 'bad_json', notJson],
  ['a form', () => byPassword('email=a&password=b'), 400, 'bad_json', notJson],
  [
    '#41 grant_type=foo',
    () => ({ path: '/token?grant_type=foo', body: {} }),
    400,
    'invalid_credentials',
    'unsupported_grant_type',
  ],
  ['no grant_type', () => ({ path: '/token', body: {} }), 400, 'invalid_credentials', 'unsupported_grant_type'],
  [
    'an empty grant_type',
    () => ({ path: '/token?grant_type=', body: {} }),
    400,
    'invalid_credentials',
    'unsupported_grant_type',
  ],
  [
    'two grant_types',
    () => ({ path: '/token?grant_type=password&grant_type=password', body: {} }),
    400,
    'invalid_credentials',
    'unsupported_grant_type',
  ],
  [
    'grant_type=constructor',
    () => ({ path: '/token?grant_type=constructor', body: {} }),
    400,
    'invalid_credentials',
    'unsupported_grant_type',
  ],
  [
    'B14: grant_type=id_token',
    () => ({ path: '/token?grant_type=id_token', body: { provider: 'google', id_token: 'a.b.c' } }),
    400,
    'provider_disabled',
    'Provider "google" is not enabled',
  ],
  [
    'B14: grant_type=id_token without one',
    () => ({ path: '/token?grant_type=id_token', body: { provider: 'google' } }),
    400,
    'validation_failed',
    'id_token required',
  ],
  [
    'B14: grant_type=pkce',
    () => ({ path: '/token?grant_type=pkce', body: { auth_code: 'x', code_verifier: 'y' } }),
    404,
    'flow_state_not_found',
    'invalid flow state, no valid flow state found',
  ],
  [
    'B14: grant_type=pkce with nothing',
    () => ({ path: '/token?grant_type=pkce', body: {} }),
    400,
    'validation_failed',
    'invalid request: both auth code and code verifier should be non-empty',
  ],
  [
    'B14: grant_type=web3',
    () => ({ path: '/token?grant_type=web3', body: { chain: 'solana', message: 'x', signature: 'y' } }),
    422,
    'web3_provider_disabled',
    'Web3 provider is disabled',
  ],
  [
    'B15: a refresh token of a session that was made five years ago, refreshed yesterday',
    async () => {
      const token = await refreshTokenOf();
      const times = { created_at: `now() - interval '5 years'`, refreshed_at: `now() - interval '1 day'` };
      await aged(times);
      return byRefresh(token);
    },
    400,
    'session_expired',
    'Invalid Refresh Token: Session Expired',
  ],
  [
    'B15: a refresh token that nobody used for a week',
    async () => {
      const token = await refreshTokenOf();
      await aged({ created_at: `now() - interval '7 days 1 second'` });
      return byRefresh(token);
    },
    400,
    'session_expired',
    'Invalid Refresh Token: Session Expired',
  ],
  ['no refresh token', () => byRefresh(), 400, 'validation_failed', 'Refresh token is not valid'],
  ['an empty refresh token', () => byRefresh(''), 400, 'validation_failed', 'Refresh token is not valid'],
  [
    'a refresh token of 11 characters',
    () => byRefresh('a'.repeat(11)),
    400,
    'validation_failed',
    'Refresh token is not valid',
  ],
  [
    'a refresh token with a space',
    () => byRefresh(`${'a'.repeat(20)} b`),
    400,
    'validation_failed',
    'Refresh token is not valid',
  ],
  [
    'a refresh token that is a number',
    () => byRefresh(123456789012),
    400,
    'validation_failed',
    'Refresh token is not valid',
  ],
  [
    'a session token as a refresh token',
    async () => byRefresh((await magpipe.signIn(await magpipe.person())).access_token),
    400,
    'validation_failed',
    'Refresh token is not valid',
  ],
  [
    '#39 an unknown refresh token',
    () => byRefresh('a'.repeat(12)),
    400,
    'refresh_token_not_found',
    'Invalid Refresh Token: Refresh Token Not Found',
  ],
  [
    'an API key as a refresh token',
    () => byRefresh(unknownKey()),
    400,
    'refresh_token_not_found',
    'Invalid Refresh Token: Refresh Token Not Found',
  ],
  [
    'a refresh token from further back',
    async () => {
      const token = await refreshTokenOf();
      const { refresh_token } = (await magpipe.token('refresh_token', { refresh_token: token })).body;
      await magpipe.token('refresh_token', { refresh_token });
      await db()('refresh_tokens')
        .whereNotNull('used_at')
        .update({ used_at: db().raw(`now() - interval '11 seconds'`) });
      return byRefresh(token);
    },
    400,
    'refresh_token_already_used',
    'Invalid Refresh Token: Already Used',
  ],
  [
    'a refresh token of a session that has ended',
    async () => {
      const token = await refreshTokenOf();
      await db()('sessions').update({ ended_at: db().fn.now() });
      return byRefresh(token);
    },
    400,
    'session_not_found',
    'Invalid Refresh Token: No Valid Session Found',
  ],
  [
    'a body of more than a megabyte',
    () => byPassword({ email: 'x'.repeat(1024 * 1024) }),
    413,
    'request_entity_too_large',
    'The body is larger than 1048576 bytes.',
  ],
  [
    '/user without Authorization',
    () => ofUser(),
    401,
    'no_authorization',
    'This endpoint requires a valid Bearer token',
  ],
  [
    '/user with an empty one',
    () => ofUser('Bearer '),
    401,
    'no_authorization',
    'This endpoint requires a valid Bearer token',
  ],
  ['/user with garbage', () => ofUser('Bearer garbage'), 403, 'bad_jwt', badJwt],
  [
    '/user with the application key, as supabase-js sends it',
    () => ofUser(`Bearer ${applicationKey}`),
    403,
    'bad_jwt',
    badJwt,
  ],
  [
    '/user with an API key',
    async () => ofUser(`Bearer ${await magpipe.key(await magpipe.person())}`),
    403,
    'bad_jwt',
    badJwt,
  ],
  [
    'A14: /user with a token that was signed out',
    async () => {
      const { access_token: jwt } = await magpipe.signIn(await magpipe.person());
      await db()('sessions').update({ ended_at: db().fn.now() });
      return ofUser(`Bearer ${jwt}`);
    },
    403,
    'session_not_found',
    sessionOver,
  ],
  [
    '/signup, which is closed',
    () => ({ path: '/signup', body: { email: 'a@x.test', password } }),
    422,
    'signup_disabled',
    'Signups not allowed for this instance',
  ],
  [
    'another method',
    () => ({ method: 'GET', path: '/token?grant_type=password' }),
    405,
    'method_not_allowed',
    'Method not allowed.',
  ],
];

describe.each([
  ['without a version', undefined],
  ['with a version before 2024', '2023-12-31'],
  ['with a version that is none', 'latest'],
  ['#37 with X-Supabase-Api-Version: 2024-01-01', '2024-01-01'],
  ['with a later version', '2025-06-30'],
] as const)('%s', (_how, version) => {
  const modern = version !== undefined && /^\d/.test(version) && version >= '2024-01-01';
  // The whole table in the two shapes; for other spellings of the version, its first row.
  const rows = version === undefined || version === '2024-01-01' ? refusals : refusals.slice(0, 1);

  it.each(rows)('%s', async (_what, asked, status, code, message) => {
    const { method = 'POST', path, headers, body } = await asked();
    const sent = {
      apikey: applicationKey,
      ...(version !== undefined && { 'x-supabase-api-version': version }),
      ...headers,
    };
    const answer = await magpipe.send(method, `/auth/v1${path}`, { headers: sent, body });
    const shape = modern ? { code, message } : { code: status, error_code: code, msg: message };
    expect([answer.status, answer.body]).toEqual([status, shape]);
    expect(answer.headers['x-sb-error-code']).toBe(code);
    expect(answer.headers['x-supabase-api-version']).toBe(modern ? '2024-01-01' : undefined);
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
    expect(answer.headers['cache-control']).toBe('no-store');
  });
});

describe('the gateway', () => {
  const none = {
    message: 'No API key found in request',
    hint: 'No `apikey` request header or url param was found.',
  };
  const bad = { message: 'Invalid API key', hint: 'Double check your Supabase `anon` or `service_role` API key.' };
  const everywhere: [method: string, path: string][] = [
    ['POST', '/token?grant_type=password'],
    ['POST', '/token?grant_type=refresh_token'],
    ['GET', '/user'],
    ['PUT', '/user'],
    ['POST', '/logout'],
    ['POST', '/signup'],
  ];
  const ask = (method: string, path: string, headers = {}): Promise<Answer> =>
    magpipe.send(method, `/auth/v1${path}`, { headers });

  it.each(everywhere)(
    '#42 401 on %s %s without an apikey, and with a wrong one, in its own form',
    async (method, path) => {
      const { access_token: jwt } = await magpipe.signIn(await magpipe.person());
      const authorization = `Bearer ${jwt}`;
      for (const headers of [{}, { apikey: '' }, { authorization }, { 'x-api-key': applicationKey }]) {
        const { status, body, headers: answered } = await ask(method, path, headers);
        expect([status, body]).toEqual([401, none]);
        expect(answered['x-sb-error-code']).toBeUndefined();
      }
      for (const apikey of ['x', `${applicationKey}x`, unknownKey(), jwt]) {
        const { status, body } = await ask(method, path, {
          apikey,
          authorization,
          'x-supabase-api-version': '2024-01-01',
        });
        expect([apikey, status, body]).toEqual([apikey, 401, bad]);
      }
      const query = path.includes('?') ? '&' : '?';
      expect((await ask(method, `${path}${query}apikey=x`, { authorization })).body).toEqual(bad);
      expect((await ask(method, `${path}${query}apikey=`, { authorization })).body).toEqual(none);
    },
  );

  it('lets in the application key in the header or the URL, and an API key in its place', async () => {
    const person = await magpipe.person();
    const body = { email: person.email, password };
    const at = '/auth/v1/token?grant_type=password';
    const key = await magpipe.key(person);
    const answers = [
      await magpipe.send('POST', at, { body, headers: { apikey: applicationKey } }),
      await magpipe.send('POST', `${at}&apikey=${applicationKey}`, { body }),
      await magpipe.send('POST', at, { body, headers: { apikey: key } }),
      // Here, Authorization is not looked at: supabase-js sends the application key in it.
      await magpipe.send('POST', at, {
        body,
        headers: { apikey: applicationKey, authorization: `Bearer ${applicationKey}` },
      }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    await db()('api_keys').where({ user_id: person.id }).update({ revoked_at: db().fn.now() });
    expect((await magpipe.send('POST', at, { body, headers: { apikey: key } })).body).toEqual(bad);
  });

  it('OPTIONS needs none, and allows other origins', async () => {
    const { status, text, headers } = await magpipe.send('OPTIONS', '/auth/v1/token');
    expect([status, text]).toEqual([200, 'ok']);
    expect(headers['access-control-allow-origin']).toBe('*');
    for (const name of ['apikey', 'authorization', 'content-type', 'x-client-info', 'x-supabase-api-version']) {
      expect(headers['access-control-allow-headers']).toContain(name);
    }
  });

  it.each([
    ...['/otp', '/magiclink', '/verify', '/resend', '/sso', '/invite', '/authorize', '/factors', '/nothing'],
    ...['/admin/users', '/admin/users/1', '/token/', '/user/identities', '/', '/..', '/%2e', '//user'],
  ])('B14: 404 for %s, which is not served, before anybody is asked who they are', async (path) => {
    const { access_token: jwt } = await magpipe.signIn(await magpipe.person());
    const key = { apikey: applicationKey };
    for (const method of ['GET', 'POST', 'DELETE']) {
      for (const headers of [{}, { apikey: 'x' }, key, { ...key, authorization: `Bearer ${applicationKey}` }]) {
        const { status, body } = await ask(method, path, headers);
        expect([status, body]).toEqual([404, { code: 404, error_code: 'not_found', msg: 'Not found.' }]);
      }
      const { status, body } = await ask(method, path, { ...key, authorization: `Bearer ${jwt}` });
      expect([status, body.error_code]).toEqual([404, 'not_found']);
    }
  });

  it('B14: a method that is not served is 405, and /settings is, both before anybody is asked', async () => {
    expect((await ask('DELETE', '/user')).status).toBe(405);
    const { status, body } = await ask('GET', '/settings');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      disable_signup: true,
      mailer_autoconfirm: true,
      sms_provider: '',
      saml_enabled: false,
    });
    expect(body.external).toMatchObject({ email: true, phone: false, anonymous_users: false, google: false });
    expect((await ask('GET', '/settings', { apikey: applicationKey })).body).toEqual(body);
  });

  it.each(['Basic b3duZXI6eA==', 'Token x', 'Bearer', 'Bearer  x', 'Bearer\tx', 'Bearer x y', 'x'])(
    '/user with Authorization: %s: none was sent',
    async (authorization) => {
      const { status, body } = await ask('GET', '/user', { apikey: applicationKey, authorization });
      expect([status, body.error_code]).toEqual([401, 'no_authorization']);
    },
  );
});

describe('#35 signing in', () => {
  it('gives the four documented members, and expires_at and user', async () => {
    const person = await magpipe.person();
    const { status, body, headers } = await magpipe.token('password', { email: person.email, password });
    expect(status).toBe(200);
    expect(Object.keys(body)).toEqual([
      'access_token',
      'token_type',
      'expires_in',
      'expires_at',
      'refresh_token',
      'user',
    ]);
    expect(body).toMatchObject({
      token_type: 'bearer',
      expires_in: 3600,
      user: { id: person.uuid, email: person.email },
    });
    expect(body.refresh_token).toMatch(/^[\w-]{43}$/);
    expect(Math.abs(body.expires_at - Date.now() / 1000 - 3600)).toBeLessThan(5);
    expect(headers['cache-control']).toBe('no-store');
  });

  it('takes the e-mail address in any case, and the password as it is', async () => {
    const { email } = await magpipe.person();
    expect((await magpipe.token('password', { email: email.toUpperCase(), password })).status).toBe(200);
    for (const other of [password.toUpperCase(), `${password} `, ` ${password}`, password.slice(0, -1), '']) {
      expect((await magpipe.token('password', { email, password: other })).status).toBe(400);
    }
  });

  it('answers an unknown user as it answers a wrong password, byte by byte, and takes as long', async () => {
    const times: { unknown: number[]; known: number[] } = { unknown: [], known: [] };
    const texts = new Set<string>();
    for (let round = 0; round < 15; round += 1) {
      const { email } = await magpipe.person();
      for (const [who, address] of [
        ['unknown', `nobody${round}@x.test`],
        ['known', email],
      ] as const) {
        const start = performance.now();
        texts.add((await magpipe.token('password', { email: address, password: wrong })).text);
        times[who].push(performance.now() - start);
      }
    }
    expect([...texts]).toEqual(['{"code":400,"error_code":"invalid_credentials","msg":"Invalid login credentials"}\n']);
    const median = (list: number[]) => list.toSorted((a, b) => a - b)[7] as number;
    const ratio = median(times.unknown) / median(times.known);
    expect(ratio).toBeGreaterThan(0.6);
    expect(ratio).toBeLessThan(1.7);
  });

  it('survives whatever is sent as an e-mail address or a password', async () => {
    const odd = ['a\u0000b', randomBytes(5000).toString('hex'), '＠', "' or 1=1 --", '%', '\r\nx: y', '🗝'.repeat(9999)];
    for (const text of odd) {
      const { email } = await magpipe.person();
      expect([400, 429]).toContain((await magpipe.token('password', { email: text, password })).status);
      expect((await magpipe.token('password', { email, password: text })).body.error_code).toBe('invalid_credentials');
    }
  });

  it('500 says nothing of why', async () => {
    const broken = await openMagpipe();
    const { email } = await broken.person();
    await broken.house.db.raw('alter table sessions rename to hidden');
    const { status, body } = await broken.token('password', { email, password });
    expect([status, body]).toEqual([
      500,
      { code: 500, error_code: 'unexpected_failure', msg: 'Something went wrong on our side.' },
    ]);
    await broken.close();
  });
});
