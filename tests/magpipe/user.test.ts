import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applicationKey } from '../support/house.ts';
import type { Body } from '../support/mage.ts';
import { type Answer, type Magpipe, openMagpipe, password } from '../support/magpipe.ts';

let magpipe: Magpipe;
/** One that lets anybody sign up. */
let open: Magpipe;

beforeAll(async () => {
  magpipe = await openMagpipe();
  open = await openMagpipe({ LATCHKEY_OPEN_SIGN_UP: 'true' });
});
afterAll(() => Promise.all([magpipe.close(), open.close()]));

const send = (method: string, path: string, jwt: string | undefined, body?: unknown, house = magpipe) =>
  house.send(method, `/auth/v1${path}`, {
    headers: { apikey: applicationKey, ...(jwt !== undefined && { authorization: `Bearer ${jwt}` }) },
    body,
  });
const put = (jwt: string, body: unknown) => send('PUT', '/user', jwt, body);
const told = ({ status, body }: Answer) => [status, body.error_code, body.msg];
const somebody = async () => {
  const person = await magpipe.person();
  return { ...person, jwt: (await magpipe.signIn(person)).access_token as string };
};
const signInWith = async (email: string, word: string, house = magpipe) =>
  (await house.token('password', { email, password: word })).status;
const time = expect.stringMatching(/\+00:00$/);
/** A user as GoTrue writes it. */
const shown = (id: unknown, email: string): Body => ({
  id,
  aud: 'authenticated',
  role: 'authenticated',
  email,
  email_confirmed_at: time,
  phone: '',
  confirmed_at: time,
  last_sign_in_at: time,
  app_metadata: { provider: 'email', providers: ['email'] },
  user_metadata: {},
  identities: [
    {
      identity_id: id,
      id,
      user_id: id,
      identity_data: { email, email_verified: true, phone_verified: false, sub: id },
      provider: 'email',
      last_sign_in_at: time,
      created_at: time,
      updated_at: time,
      email,
    },
  ],
  created_at: time,
  updated_at: time,
  is_anonymous: false,
});

const notAdmin = [403, 'not_admin', 'Updating app_metadata requires admin privileges'];
const noObject = [400, 'bad_json', 'Could not parse request body as JSON: data must be an object'];
const tooMuch = [400, 'validation_failed', 'data may have 4096 bytes at most, as JSON'];
/** What may be written neither at sign-up nor later, beside what may. */
const notTaken: [more: object, expected: unknown[]][] = [
  [{ app_metadata: { admin: true } }, notAdmin],
  [{ app_metadata: {}, data: { name: 'x' } }, notAdmin],
  [{ data: 'x' }, noObject],
  [{ data: ['x'] }, noObject],
  [{ data: 5 }, noObject],
  [{ data: { text: 'é'.repeat(2043) } }, tooMuch],
  [{ data: { nul: 'a\u0000b' } }, [400, 'validation_failed', expect.stringContaining('cannot be stored')]],
];

describe('GET /user', () => {
  it('shows the user of the session, member by member', async () => {
    const { jwt, uuid, email } = await somebody();
    const { status, body, headers } = await send('GET', '/user', jwt);
    expect([status, body]).toEqual([200, shown(uuid, email)]);
    expect(headers['cache-control']).toBe('no-store');
  });
});

describe('PUT /user', () => {
  const required = [400, 'current_password_required', 'Current password required when setting new password.'];
  const invalid = [400, 'current_password_invalid', 'Current password required when setting new password.'];
  const next = 'Another lightning 2';

  it('a new password, with the current one: the old one is over, and so are the other sessions; keys go on', async () => {
    const { jwt, ...person } = await somebody();
    const other = await magpipe.signIn(person);
    const key = await magpipe.key(person);
    const { status, body } = await put(jwt, { password: next, current_password: password });
    expect([status, body]).toEqual([200, shown(person.uuid, person.email)]);
    expect([await signInWith(person.email, password), await signInWith(person.email, next)]).toEqual([400, 200]);
    expect((await send('GET', '/user', jwt)).status).toBe(200);
    expect((await send('GET', '/user', other.access_token)).status).toBe(403);
    expect((await magpipe.token('refresh_token', { refresh_token: other.refresh_token })).body.error_code).toBe(
      'session_not_found',
    );
    expect((await magpipe.manage(key, { action: 'list' })).status).toBe(200);
  });

  it('a new e-mail address, with the current password, counts at once', async () => {
    const { jwt, uuid, email } = await somebody();
    const { status, body } = await put(jwt, { email: `new-${email}`, current_password: password });
    expect([status, body]).toEqual([200, shown(uuid, `new-${email}`)]);
    expect([await signInWith(email, password), await signInWith(`new-${email}`, password)]).toEqual([400, 200]);
  });

  it('refuses what it cannot do, and changes nothing', async () => {
    const { jwt, email, id } = await somebody();
    const taken = await magpipe.person();
    const before = await magpipe.house.db('users').where({ id }).first();
    const current_password = password;
    const weak = [422, 'weak_password', 'Password should be at least 8 characters.'];
    const noEmail = [400, 'validation_failed', 'Unable to validate email address: invalid format'];
    const exists = [422, 'email_exists', 'A user with this email address has already been registered'];
    const cases: [body: unknown, expected: unknown[]][] = [
      [{ password: next }, required],
      [{ email: 'new@x.test' }, required],
      [{ password: next, current_password: '' }, required],
      [{ password: next, current_password: 'x' }, invalid],
      [{ email: 'new@x.test', current_password: `${password} ` }, invalid],
      [{ email: 'nobody', current_password }, noEmail],
      [{ email: 'a b@x.test', current_password }, noEmail],
      [{ email: `${'x'.repeat(400)}@x.test`, current_password }, noEmail],
      [{ email: taken.email, current_password }, exists],
      [{ email: taken.email.toUpperCase(), current_password }, exists],
      [{ password: 'short 1', current_password }, weak],
      [{ password: '🗝'.repeat(7), current_password }, weak],
      [
        { password, current_password },
        [422, 'same_password', 'New password should be different from the old password.'],
      ],
      [{ password: 5, current_password }, [400, 'validation_failed', 'password must be a string']],
      [{ email: ['a@x.test'], current_password }, [400, 'validation_failed', 'email must be a string']],
      ['{', [400, 'bad_json', expect.stringMatching(/^Could not parse request body as JSON: /)]],
    ];
    for (const [body, expected] of cases) expect([body, ...told(await put(jwt, body))]).toEqual([body, ...expected]);
    expect((await put(jwt, { password: 'short 1', current_password })).body.weak_password).toEqual({
      reasons: ['length'],
    });
    expect(await magpipe.house.db('users').where({ id }).first()).toEqual(before);
    expect(await signInWith(email, password)).toBe(200);
  });

  it('without anything to change answers the user; members that it does not know change nothing', async () => {
    const { jwt, uuid, email, id } = await somebody();
    for (const body of [
      {},
      { email: null, password: null, current_password: null, data: null, phone: null, app_metadata: null },
      { email, phone: '' },
      { id: 1, role: 'service_role', role_ids: [1], is_admin: true },
    ]) {
      expect((await put(jwt, body)).body).toEqual(shown(uuid, email));
    }
    expect((await magpipe.house.db('users').where({ id }).first())?.email).toBe(email);
  });

  it('A15: data is kept, merged by its outermost names, shown, and in the next access token', async () => {
    const { jwt, uuid, email } = await somebody();
    const said = async (data: unknown) => (await put(jwt, { data })).body.user_metadata;
    expect(await said({ name: 'Ada', seen: [1], nested: { a: 1, b: null } })).toEqual({
      ...{ name: 'Ada', seen: [1], nested: { a: 1, b: null } },
    });
    expect(await said({ seen: { on: true }, __proto__x: 1 })).toMatchObject({ name: 'Ada', seen: { on: true } });
    expect(await said({ name: null, seen: null, __proto__x: null, never: null })).toEqual({
      nested: { a: 1, b: null },
    });
    expect(await said({ nested: { c: '🗝' }, constructor: 'x' })).toEqual({ nested: { c: '🗝' }, constructor: 'x' });
    expect(await said({})).toEqual({ nested: { c: '🗝' }, constructor: 'x' });
    const kept = { ...shown(uuid, email), user_metadata: { nested: { c: '🗝' }, constructor: 'x' } };
    expect((await send('GET', '/user', jwt)).body).toEqual(kept);
    const { body } = await magpipe.token('password', { email, password });
    expect([body.user.user_metadata, decodeJwt(body.access_token).user_metadata]).toEqual([
      kept.user_metadata,
      kept.user_metadata,
    ]);
    expect((await magpipe.token('refresh_token', { refresh_token: body.refresh_token })).body.user).toEqual(
      expect.objectContaining({ user_metadata: kept.user_metadata }),
    );
  });

  it('A15: a password and data at once are one change: neither, when one of them will not do', async () => {
    const { jwt, email } = await somebody();
    expect(told(await put(jwt, { data: { name: 'x' }, password: next, current_password: 'x' }))).toEqual(invalid);
    expect(told(await put(jwt, { data: 'x', password: next, current_password: password }))).toEqual(noObject);
    expect((await send('GET', '/user', jwt)).body.user_metadata).toEqual({});
    expect(await signInWith(email, password)).toBe(200);
    const both = await put(jwt, { data: { name: 'x' }, password: next, current_password: password });
    expect([both.status, both.body.user_metadata]).toEqual([200, { name: 'x' }]);
    expect(await signInWith(email, next)).toBe(200);
  });

  it('A15: as much data as may be kept makes a token that opens', async () => {
    const { jwt, email } = await somebody();
    expect((await put(jwt, { data: { text: 'é'.repeat(2042) } })).status).toBe(200);
    const { body } = await magpipe.token('password', { email, password });
    expect((await send('GET', '/user', body.access_token)).status).toBe(200);
    // What is there already counts too.
    expect(told(await put(jwt, { data: { more: 'x' } }))).toEqual(tooMuch);
    expect((await put(jwt, { data: { text: null } })).body.user_metadata).toEqual({});
  });

  it('A15: what is not taken is refused, not passed over', async () => {
    const { jwt, id } = await somebody();
    const before = await magpipe.house.db('users').where({ id }).first();
    const phone = [422, 'phone_provider_disabled', 'Phone numbers are not kept here'];
    const cases: [body: object, expected: unknown[]][] = [[{ phone: '+15550100' }, phone], ...notTaken];
    for (const [body, expected] of cases) expect([body, ...told(await put(jwt, body))]).toEqual([body, ...expected]);
    expect(await magpipe.house.db('users').where({ id }).first()).toEqual(before);
  });

  it('is for session tokens: not for API keys, nor for nobody', async () => {
    const key = await magpipe.key(await magpipe.person());
    expect(told(await put(key, { password: next })).slice(0, 2)).toEqual([403, 'bad_jwt']);
    expect(told(await send('PUT', '/user', undefined, {})).slice(0, 2)).toEqual([401, 'no_authorization']);
  });
});

describe('signing up', () => {
  const signUp = (body: unknown, house = open) => send('POST', '/signup', undefined, body, house);

  it('closed: 422, whether the address is taken or not, and nobody is made', async () => {
    const { email } = await magpipe.person();
    const count = await magpipe.house.db('users').count();
    for (const address of [email, 'new@x.test']) {
      const answer = await signUp({ email: address, password }, magpipe);
      expect(told(answer)).toEqual([422, 'signup_disabled', 'Signups not allowed for this instance']);
    }
    expect(await magpipe.house.db('users').count()).toEqual(count);
  });

  it('open: makes a user with a session and no role, who may keep keys and look at nothing', async () => {
    const { status, body } = await signUp({ email: 'ada@x.test', password, data: { admin: true }, role_ids: [1] });
    expect(status).toBe(200);
    const { id } = body.user;
    const user_metadata = { admin: true, email: 'ada@x.test', email_verified: true, phone_verified: false, sub: id };
    const user = { ...shown(id, 'ada@x.test'), user_metadata };
    expect(body).toMatchObject({ token_type: 'bearer', expires_in: 3600, user });
    expect([body.user.user_metadata, decodeJwt(body.access_token).user_metadata]).toEqual([
      user_metadata,
      user_metadata,
    ]);
    expect(await signInWith('ADA@x.test', password, open)).toBe(200);
    const { key } = (await open.manage(body.access_token, { action: 'generate', name: 'a' })).body;
    const mage = await open.send('GET', '/api/pipelines', { headers: { 'x-api-key': key } });
    expect(mage.body.error.code).toBe(403);
    const membership = await open.house
      .db('memberships')
      .join('users', 'users.id', 'user_id')
      .where({ email: 'ada@x.test' })
      .first();
    expect(membership).toMatchObject({ account_id: open.house.installation.accountId, role_ids: [] });
  });

  it('open: refuses what it cannot take', async () => {
    await signUp({ email: 'taken@x.test', password });
    const noEmail = [400, 'validation_failed', 'Unable to validate email address: invalid format'];
    const noPassword = [400, 'validation_failed', 'Signup requires a valid password'];
    const cases: [body: unknown, expected: unknown[]][] = [
      [{}, [422, 'anonymous_provider_disabled', 'Anonymous sign-ins are disabled']],
      [{ data: { name: 'Ada' } }, [422, 'anonymous_provider_disabled', 'Anonymous sign-ins are disabled']],
      [{ email: 'new@x.test' }, noPassword],
      [{ email: 'new@x.test', password: '' }, noPassword],
      [{ email: 'new@x.test', password: 5 }, noPassword],
      [{ password }, [422, 'anonymous_provider_disabled', 'Anonymous sign-ins are disabled']],
      [{ phone: '+15550100', password }, [400, 'phone_provider_disabled', 'Phone signups are disabled']],
      [
        { email: 'new@x.test', phone: '+15550100', password },
        [400, 'validation_failed', 'Only an email address or phone number should be provided on signup.'],
      ],
      ...notTaken.map(([more, expected]): [unknown, unknown[]] => [
        { email: 'new@x.test', password, ...more },
        expected,
      ]),
      [{ email: 'nobody', password }, noEmail],
      [{ email: ['new@x.test'], password }, noEmail],
      [
        { email: 'new@x.test', password: 'short 1' },
        [422, 'weak_password', 'Password should be at least 8 characters.'],
      ],
      [{ email: 'Taken@X.test', password }, [422, 'user_already_exists', 'User already registered']],
      ['{', [400, 'bad_json', expect.stringMatching(/^Could not parse request body as JSON: /)]],
    ];
    for (const [body, expected] of cases) expect([body, ...told(await signUp(body))]).toEqual([body, ...expected]);
    expect(await open.house.db('users').where({ email: 'new@x.test' })).toEqual([]);
  });

  it('open: of 10 at once with one address, one is made', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => signUp({ email: 'race@x.test', password })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(9).fill(422)]);
  });
});

it('GET /health needs no credentials', async () => {
  const { status, body } = await magpipe.send('GET', '/auth/v1/health');
  expect([status, body]).toEqual([200, { version: 'v2', name: 'GoTrue', description: expect.any(String) }]);
});
