import { createHmac } from 'node:crypto';
import { jwtVerify } from 'jose';
import request, { type Test } from 'supertest';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeKey } from '../../src/core/api_keys/form.ts';
import { digest } from '../../src/core/credentials/digest.ts';
import { decodeToken, encodeToken, mintToken } from '../../src/core/credentials/oauth_token.ts';
import { openInstallation } from '../../src/core/installation/index.ts';
import { openTestDatabase } from '../support/database.ts';
import { applicationKey, ownerPassword } from '../support/house.ts';
import { type Caller, E, type Mage, openMage, refused } from '../support/mage.ts';

let mage: Mage;
/** The raw form of the owner's token. */
let raw: string;

beforeAll(async () => {
  mage = await openMage({ LATCHKEY_FAILURES_PER_MINUTE: '0' });
  raw = await encodeToken(mage.house, mage.users.owner.token, '2030-01-01T00:00:00Z');
});
afterAll(() => mage.close());

const invalidKey = E(401, 'invalid_api_key', 'Invalid API key.');
const invalidToken = E(401, 'invalid_oauth_token', 'Invalid OAuth token.');
const expiredToken = E(401, 'expired_oauth_token', 'Expired OAuth token.');
const twoCredentials = E(400, 'record_invalid', 'Two different credentials were sent: send one.');
const noToken = refused('Private access for list only, invalid scope.');

/** Makes a key of a user: `mgp_…` unless told otherwise. */
async function apiKey(caller: Caller, columns: object = {}, key = makeKey()): Promise<string> {
  const { id } = mage.users[caller];
  const row = { hash: digest(key), prefix: key.slice(0, 8), name: 'test', user_id: id };
  await mage.house.db('api_keys').insert({ ...row, account_id: mage.house.installation.accountId, ...columns });
  return key;
}
const randomHex = () => createHmac('sha1', String(Math.random())).digest('hex');

describe('a key', () => {
  /** Every place for a key; the operation answers differently for nobody, for a user and for no key. */
  const post = () => request(mage.server).post('/api/sessions');
  const read = (query = '') => request(mage.server).get(`/api/oauth_access_tokens${query}`);
  const json = (key: string) => JSON.stringify({ api_key: key });
  const missing = E(404, 'record_not_found', 'Email/username and password are required.');
  const signedIn = refused('Public access for create only, invalid scope.');
  const places: [place: string, (key: string) => Test, nobody: object, user: object][] = [
    ['X-API-KEY of a POST', (key) => post().set('X-API-KEY', key).send({ session: {} }), missing, signedIn],
    ['x-api-key in lower case', (key) => post().set('x-api-key', key), missing, signedIn],
    ['?api_key of a POST without a body', (key) => post().query({ api_key: key }), missing, signedIn],
    [
      '§11.1 ?api_key of a POST with a JSON body',
      (key) => post().query({ api_key: key }).send({ session: {} }),
      missing,
      signedIn,
    ],
    ['#7 api_key in the JSON body', (key) => post().send({ api_key: key, session: {} }), missing, signedIn],
    ['JSON under x-www-form-urlencoded, as curl -d sends it', (key) => post().send(json(key)), missing, signedIn],
    ['JSON under text/plain', (key) => post().type('text/plain').send(json(key)), missing, signedIn],
    ['JSON without a content type', (key) => post().set('Content-Type', '').send(json(key)), missing, signedIn],
    ['a form field', (key) => post().type('form').send({ api_key: key, 'session[email]': 'lost' }), missing, signedIn],
    ['X-API-KEY of a GET', (key) => read().set('X-API-KEY', key), noToken, { metadata: { count: 1, next: false } }],
    ['?api_key of a GET', (key) => read(`?api_key=${key}`), noToken, { metadata: { count: 1, next: false } }],
    [
      '?api_key of a PUT',
      (key) => request(mage.server).put(`/api/roles/1?api_key=${key}`),
      refused('The update action is disabled for roles.'),
      refused('The update action is disabled for roles.'),
    ],
  ];

  it.each(places)('application key: %s', async (_place, send, nobody) => {
    const answer = await send(applicationKey);
    expect([answer.status, answer.body]).toEqual([200, nobody]);
  });

  it.each(places)("a user's active API key acts as its user: %s", async (_place, send, _nobody, user) => {
    const answer = await send(await apiKey('viewer'));
    expect([answer.status, answer.body]).toMatchObject([200, user]);
  });

  it.each(places)('#6 401 for one that is unknown, empty or of the wrong form: %s', async (_place, send) => {
    for (const key of [makeKey(), `mgp_${randomHex()}`, '', 'x', `${applicationKey}x`, applicationKey.toUpperCase()]) {
      const answer = await send(key);
      expect([answer.status, answer.body]).toEqual([401, invalidKey]);
    }
  });

  it('#6 401 without any, on every method', async () => {
    for (const [method, path] of [
      ['get', 'users'],
      ['post', 'sessions'],
      ['put', 'users/1'],
      ['delete', 'users/1'],
    ] as const) {
      const answer = await request(mage.server)[method](`/api/${path}`).set('OAUTH-TOKEN', mage.users.owner.token);
      expect([answer.status, answer.body]).toEqual([401, invalidKey]);
    }
  });

  it('is not read from x_api_key, nor from a cookie, nor from Authorization', async () => {
    for (const header of ['x_api_key', 'api_key', 'Authorization']) {
      expect((await request(mage.server).get('/api/pipelines').set(header, applicationKey)).body).toEqual(invalidKey);
    }
    const answer = await request(mage.server).get('/api/pipelines').set('Cookie', `api_key=${applicationKey}`);
    expect(answer.body).toEqual(invalidKey);
  });

  it('in the body of a GET, PUT or DELETE is ignored', async () => {
    for (const method of ['get', 'put', 'delete'] as const) {
      const answer = await request(mage.server)[method]('/api/users/1').send({ api_key: applicationKey });
      expect([method, answer.status, answer.body]).toEqual([method, 401, invalidKey]);
    }
  });

  it('in two places: 400 where they differ, once where they are the same, and an empty one is none', async () => {
    const good = applicationKey;
    const sent = async (key: string, query: string, body: string) => {
      const answer = await post().query(query).set('X-API-KEY', key).send({ api_key: body });
      return [answer.status, answer.body];
    };
    for (const [key, query, body] of [
      [good, 'api_key=bad', good],
      [good, `api_key=${good}`, 'bad'],
      ['bad', '', good],
      ['', 'api_key=bad', good],
      ['', `api_key=${good}&api_key=bad`, ''],
    ] as const)
      expect(await sent(key, query, body)).toEqual([400, twoCredentials]);
    expect(await sent(good, `api_key=${good}`, good)).toEqual([200, missing]);
    expect(await sent('', `api_key=${good}&api_key=${good}`, '')).toEqual([200, missing]);
    expect(await sent('', 'api_key=', good)).toEqual([200, missing]);
    expect(await sent('bad', `api_key=${good}`, '')).toEqual([401, invalidKey]);
    expect((await read(`?api_key=bad&api_key=${good}`)).body).toEqual(twoCredentials);
    const [one, other] = [await apiKey('viewer'), await apiKey('editor')];
    expect((await read(`?api_key=${one}`).set('X-API-KEY', other)).body).toEqual(twoCredentials);
  });

  it('that is no text in the body is none', async () => {
    for (const api_key of [1, null, true, [applicationKey], { applicationKey }]) {
      expect((await post().send({ api_key })).body).toEqual(invalidKey);
    }
  });

  it("of a user: each written form, its user's rights, and the user of a token beside it", async () => {
    for (const key of [`pipeline_sk_${randomHex().slice(0, 32)}`, randomHex(), makeKey()]) {
      await apiKey('editor', {}, key);
      const own = await request(mage.server).get(`/api/users/${mage.users.editor.id}`).set('X-API-KEY', key);
      expect(own.body.user.email).toBe('editor@mage.test');
      const all = await request(mage.server).get('/api/users').set('X-API-KEY', key);
      expect(all.body).toEqual(refused('Unauthorized operation list on users, failed condition.'));
      const token = { 'X-API-KEY': key, 'OAUTH-TOKEN': mage.users.owner.token };
      expect((await request(mage.server).get('/api/users').set(token)).body).toHaveProperty('users');
    }
  });

  it('of a user that is revoked, expired, of a lost membership or of a deleted user: 401, as an unknown one', async () => {
    const { db } = mage.house;
    const [user] = await db('users').insert({ email: 'leaver@mage.test' }).returning('id');
    const user_id = user?.id as number;
    const membership = { user_id, account_id: mage.house.installation.accountId };
    await db('memberships').insert({ ...membership, role_ids: [1] });
    const left = await apiKey('owner', { user_id });
    const good = { 'X-API-KEY': left };
    expect((await request(mage.server).get('/api/users').set(good)).body).toHaveProperty('users');
    await db('memberships').where(membership).delete();
    const keys = [
      await apiKey('owner', { revoked_at: db.fn.now() }),
      await apiKey('owner', { expires_at: db.raw(`now() - interval '1 second'`) }),
      left,
    ];
    await db('users').where({ id: user_id }).delete();
    for (const key of [...keys, left]) {
      const answer = await request(mage.server).get('/api/users').set('X-API-KEY', key);
      expect([answer.status, answer.body]).toEqual([401, invalidKey]);
    }
    const lasting = await apiKey('owner', { expires_at: db.raw(`now() + interval '1 minute'`) });
    expect((await request(mage.server).get('/api/users').set('X-API-KEY', lasting)).body).toHaveProperty('users');
  });
});

/** `GET /api/pipelines` with the application key in the URL and these headers. */
const list = async (headers: Record<string, string>, query = '') => {
  const { status, body } = await request(mage.server)
    .get(`/api/pipelines?api_key=${applicationKey}${query}`)
    .set(headers);
  return [status, body];
};
const listed = [200, { pipelines: [], metadata: { count: 0, results: 0, next: null } }];
const forged = (payload: unknown, secret: Uint8Array | string, header: object = { alg: 'HS256', typ: 'JWT' }) => {
  const [head, body] = [header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
  const { alg } = header as { alg: string };
  const hash = { HS256: 'sha256', HS512: 'sha512' }[alg];
  const signature = hash ? createHmac(hash, secret).update(`${head}.${body}`).digest('base64url') : '';
  return `${head}.${body}.${signature}`;
};

describe('a token', () => {
  it('#22 none at all: 403, word by word', async () => {
    expect(await list({})).toEqual([200, noToken]);
    const words = { GET: 'detail', PUT: 'update', DELETE: 'delete' };
    for (const [method, word] of Object.entries(words)) {
      const body = await mage.call('anonymous', method, '/users/1');
      expect(body).toEqual(refused(`Private access for ${word} only, invalid scope.`));
    }
    const create = await mage.call('anonymous', 'POST', '/users', { user: {} });
    expect(create).toEqual(refused('Private access for create only, invalid scope.'));
  });

  it('OAUTH-TOKEN, decoded', async () => {
    expect(await list({ 'OAUTH-TOKEN': mage.users.owner.token })).toEqual(listed);
  });

  it('#13 the cookie oauth_token, raw', async () => {
    expect(await list({ Cookie: `oauth_token=${raw}` })).toEqual(listed);
  });

  it('#14 Authorization: Bearer, decoded, in any case and among other schemes', async () => {
    const { token } = mage.users.owner;
    for (const value of [`Bearer ${token}`, `bearer ${token}`, `BEARER  ${token} `, `Basic eA==, Bearer ${token}`]) {
      expect([value, await list({ Authorization: value })]).toEqual([value, listed]);
    }
  });

  it('#15 other and nameless cookies are ignored', async () => {
    for (const cookie of [
      `csrftoken=x; unnamed; oauth_token=${raw}`,
      `;;=;oauth_token=${raw};`,
      ` oauth_token=${raw} ; a=b`,
    ]) {
      expect(await list({ Cookie: cookie })).toEqual(listed);
    }
    expect(await list({ Cookie: `xoauth_token=${raw}; OAUTH_TOKEN=${raw}` })).toEqual([200, noToken]);
  });

  it('#17 401 in OAUTH-TOKEN: garbage, the raw form, an unknown one', async () => {
    for (const token of ['garbage', raw, 'x'.repeat(43), 'y'.repeat(8000), `${mage.users.owner.token}x`]) {
      expect(await list({ 'OAUTH-TOKEN': token })).toEqual([401, invalidToken]);
    }
  });

  it('401 in Bearer: nothing, two words, garbage, the raw form', async () => {
    const { token } = mage.users.owner;
    for (const value of [
      'Bearer',
      'Bearer ',
      `Bearer ${token} x`,
      'Bearer garbage',
      `Bearer ${raw}`,
      `bearer ${'z'.repeat(8000)}`,
    ]) {
      expect([value, ...(await list({ Authorization: value }))]).toEqual([value, 401, invalidToken]);
    }
  });

  it('§11.2 401 in the cookie: not ours, not signed, not a JWT', async () => {
    const secret = mage.house.installation.tokenSecret;
    const { token } = mage.users.owner;
    const claims = { expires: 1893456000.5, token };
    const cookies = {
      nothing: '',
      garbage: 'garbage',
      'three parts of garbage': 'a.b.c',
      'the decoded form': token,
      'a signature of other claims': [...raw.split('.').slice(0, 2), forged({}, secret).split('.')[2]].join('.'),
      'no signature': `${raw.split('.').slice(0, 2).join('.')}.`,
      'alg none': forged(claims, secret, { alg: 'none', typ: 'JWT' }),
      'HS256 with the published default secret': forged(claims, 'materia'),
      'HS256 with an empty secret': forged(claims, ''),
      'another algorithm': forged(claims, secret, { alg: 'HS512', typ: 'JWT' }),
      'no token claim': forged({ expires: 1893456000.5 }, secret),
      'a token claim that is no text': forged({ expires: 1, token: { token } }, secret),
      'claims that are no object': forged([token], secret),
      'an unknown token': forged({ expires: 1893456000.5, token: 'x'.repeat(43) }, secret),
      'eight thousand characters': `${raw}${'A'.repeat(8000)}`,
    };
    for (const [what, cookie] of Object.entries(cookies)) {
      expect([what, ...(await list({ Cookie: `oauth_token=${cookie}` }))]).toEqual([what, 401, invalidToken]);
    }
    expect(await list({ Cookie: `oauth_token=${forged(claims, secret)}` })).toEqual(listed);
  });

  it('a cookie that is larger than all headers may be is refused before it is read', async () => {
    const [status] = await list({ Cookie: `oauth_token=${'A'.repeat(20_000)}` });
    expect(status).toBe(431);
  });

  it('in two places: 400 where they differ, and a failure of the first does not fall through', async () => {
    const good = mage.users.owner.token;
    const sent = (oauth: string, bearer: string, cookie: string) =>
      list({ 'OAUTH-TOKEN': oauth, Authorization: bearer, Cookie: cookie });
    expect(await sent(good, `Bearer ${good}`, `oauth_token=${raw}`)).toEqual(listed);
    expect(await sent(good, 'Bearer garbage', '')).toEqual([400, twoCredentials]);
    expect(await sent(good, `Bearer ${mage.users.admin.token}`, '')).toEqual([400, twoCredentials]);
    expect(await sent('', `Bearer ${good}`, 'oauth_token=garbage')).toEqual([400, twoCredentials]);
    expect(await sent('', '', `oauth_token=${raw}; oauth_token=other`)).toEqual([400, twoCredentials]);
    expect(await sent('garbage', `Bearer ${good}`, `oauth_token=${raw}`)).toEqual([401, invalidToken]);
    expect(await sent('', 'Bearer garbage', `oauth_token=${raw}`)).toEqual([401, invalidToken]);
    expect(await sent('', 'Basic eDp5', `oauth_token=${raw}`)).toEqual(listed);
    expect(await sent('', 'Basic eDp5', '')).toEqual([200, noToken]);
  });

  it('quotes around the cookie are none of it', async () => {
    expect(await list({ Cookie: `oauth_token="${raw}"` })).toEqual(listed);
  });

  it('is not read from the query', async () => {
    for (const name of ['token', 'oauth_token', 'HTTP_AUTHORIZATION']) {
      expect(await list({}, `&${name}=${mage.users.owner.token}`)).toEqual([200, noToken]);
    }
  });

  it('is looked at after the key only', async () => {
    const answer = await request(mage.server).get('/api/pipelines?api_key=bad').set('OAUTH-TOKEN', 'garbage');
    expect([answer.status, answer.body]).toEqual([401, invalidKey]);
  });

  describe('that has ended', () => {
    let user: { id: number; token: string };
    beforeEach(async () => {
      const { db, installation } = mage.house;
      const email = `${randomHex()}@mage.test`;
      const made = await mage.call('owner', 'POST', '/users', {
        user: { email, password: ownerPassword, password_confirmation: ownerPassword, roles_new: [4] },
      });
      const { value } = await mintToken(mage.house, db, made.user.id, installation.accountId);
      user = { id: made.user.id, token: value };
      expect(await list({ 'OAUTH-TOKEN': value })).toEqual(listed);
    });

    const row = () => mage.house.db('oauth_tokens').where({ hash: digest(user.token) });
    const ends: Record<string, () => Promise<unknown>> = {
      '#18 expired': () => row().update({ expires: mage.house.db.raw(`now() - interval '1 second'`) }),
      'signed out': () =>
        request(mage.server).put(`/api/sessions/1?api_key=${applicationKey}`).set('OAUTH-TOKEN', user.token),
      'its user deleted': () => mage.call('owner', 'DELETE', `/users/${user.id}`),
      'its membership removed': () => mage.house.db('memberships').where({ user_id: user.id }).delete(),
    };

    it.each(Object.keys(ends))('%s: 401 expired_oauth_token wherever it stands', async (how) => {
      await ends[how]?.();
      const cookie = await encodeToken(mage.house, user.token, '2030-01-01T00:00:00Z');
      const headers = [
        { 'OAUTH-TOKEN': user.token },
        { Authorization: `Bearer ${user.token}` },
        { Cookie: `oauth_token=${cookie}` },
      ];
      for (const header of headers as Record<string, string>[]) {
        expect(await list(header)).toEqual([401, expiredToken]);
        // #19: with error codes asked for, the body says 401 too.
        expect(await list(header, '&_http_error_codes=true')).toEqual([401, { ...expiredToken, status: 401 }]);
      }
    });
  });
});

describe('the raw form', () => {
  /**
   * A documented sample, signed with the secret that every Mage installation has by default (docs/compat/mage.md:
   * Tokens).
   */
  const sample =
    'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJleHBpcmVzIjoxNjkyMzE0ODM3LjE1MTkzOSwidG9rZW4iOiJieHlQajlVcHE5N2phTC1nTGtOQTVnM2draWZwRjJwSEZZZkNzLTJ2NmpnIn0.bWqUP7Xg9PmHBW703AGPOE270Cc73F4kb0IKHLppGbM';
  const read = (part = '') => JSON.parse(Buffer.from(part, 'base64url').toString()) as unknown;
  const secretOf = (secret: string) =>
    ({ installation: { tokenSecret: Buffer.from(secret) } }) as unknown as Mage['house'];

  it('#2 decodes to exactly {expires, token}, under the documented header', async () => {
    const { value, expires } = await mintToken(mage.house, mage.house.db, mage.users.owner.id, 1);
    const [head, claims] = (await encodeToken(mage.house, value, expires)).split('.');
    expect(read(head)).toEqual({ alg: 'HS256', typ: 'JWT' });
    expect(read(claims)).toEqual({ expires: Date.parse(expires) / 1000, token: value });
    expect(value).toMatch(/^[\w-]{43}$/);
    const days = (Date.parse(expires) - Date.now()) / 86_400_000;
    expect(days).toBeCloseTo(30, 1);
  });

  it('decodes with its own secret alone', async () => {
    expect(await decodeToken(secretOf('materia'), sample)).toBe('bxyPj9Upq97jaL-gLkNA5g3gkifpF2pHFYfCs-2v6jg');
    expect(read(sample.split('.')[1])).toEqual({
      expires: 1692314837.151939,
      token: 'bxyPj9Upq97jaL-gLkNA5g3gkifpF2pHFYfCs-2v6jg',
    });
    expect(await decodeToken(mage.house, sample)).toBeUndefined();
    expect(await list({ Cookie: `oauth_token=${sample}` })).toEqual([401, invalidToken]);
  });

  it('the published default secret does not verify ours, and no two installations share a secret', async () => {
    expect(await decodeToken(secretOf('materia'), raw)).toBeUndefined();
    expect(await decodeToken(mage.house, raw)).toBe(mage.users.owner.token);
    const { db, close } = await openTestDatabase();
    const other = await openInstallation(db, mage.house.config);
    const again = await openInstallation(db, mage.house.config);
    expect(other.tokenSecret.length).toBe(32);
    expect(Buffer.from(other.tokenSecret)).not.toEqual(Buffer.from(mage.house.installation.tokenSecret));
    expect(again.tokenSecret).toEqual(other.tokenSecret);
    await close();
  });
});

describe('B22: LATCHKEY_MAGE_JWT_SECRET', () => {
  const secret = 'the secret that both servers know';
  const decode = (token: string, key: string) =>
    jwtVerify(token, new TextEncoder().encode(key), { algorithms: ['HS256'] });

  it('signs raw tokens, so that whoever knows it decodes them; a cookie of it signs in, and one of another does not', async () => {
    const pinned = await openMage({ LATCHKEY_MAGE_JWT_SECRET: secret });
    const login = { session: { email: 'owner@example.com', password: ownerPassword } };
    const { session } = await pinned.call('anonymous', 'POST', '/sessions', login);
    const { payload } = await decode(session.token, secret);
    expect(payload).toEqual({ expires: expect.any(Number), token: expect.stringMatching(/^[\w-]{43}$/) });
    await expect(decode(session.token, 'another secret, of nobody here')).rejects.toThrow('signature');

    const visit = async (raw: string) =>
      (await pinned.send('anonymous', 'GET', '/pipelines', { headers: { Cookie: `oauth_token=${raw}` } })).status;
    expect(await visit(session.token)).toBe(200);
    const { installation } = pinned.house;
    const old = { installation: { ...installation, mageSecret: undefined } } as unknown as Mage['house'];
    expect(await visit(await encodeToken(old, String(payload.token), session.expires))).toBe(401);
    await pinned.close();
  });
});
