import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeKey } from '../../src/core/api_keys/form.ts';
import { otherForms, uncheckedKey } from '../support/magpipe.ts';
import { type Maiagent, openMaiagent, type Somebody } from '../support/maiagent.ts';

let mai: Maiagent;
beforeAll(async () => {
  mai = await openMaiagent();
});
afterAll(() => mai.close());

const missing = { detail: 'Authentication credentials were not provided.' };
const malformed = { detail: 'Invalid API key format.' };
const unknown = '/pipelines/3f1c2f34-9f3a-4b52-a3df-6c2a4d1a9e10/';
const get = (headers: Record<string, string>, path = '/pipelines/') => mai.send('anonymous', 'GET', path, { headers });

/** What is answered to this in `Authorization`. */
async function refusal(authorization: string) {
  const { status, body, headers } = await get({ Authorization: authorization });
  return [status, body, headers['www-authenticate']];
}

describe('§1.2 which of the two sentences', () => {
  it('#2 #9 no header: not provided', async () => {
    const { status, body, headers } = await get({});
    expect([status, body, headers['www-authenticate']]).toEqual([401, missing, 'Api-Key']);
    expect(headers).toMatchObject({ vary: 'Accept, Authorization', 'cache-control': 'no-store' });
    expect(headers['content-type']).toMatch(/^application\/json/);
  });

  it.each([
    ['of our own form', makeKey()],
    ['with a checksum that does not hold', uncheckedKey()],
    ['of 40 letters and digits', 'x'.repeat(40)],
    ['of the form of another surface', `pipeline_sk_${'a'.repeat(32)}`],
    ['too short', 'a'],
    ['too long', 'a'.repeat(8000)],
    ['with a dot', `${'a'.repeat(8)}.${'b'.repeat(32)}`],
    ['that is a session token', 'a.b.c'],
  ])('#3 #9 a well-formed key that nobody has, %s: not provided', async (_what, key) => {
    expect(await refusal(`Api-Key ${key}`)).toEqual([401, missing, 'Api-Key']);
  });

  const key = makeKey();
  it.each([
    ['#4 Bearer instead of Api-Key', `Bearer ${key}`],
    ['#4 Bearer with something that is no JWT', 'Bearer a.b'],
    ['#4 Bearer alone', 'Bearer'],
    ['#4 Basic', 'Basic YTpi'],
    ['#4 Token', `Token ${key}`],
    ['#4 no scheme', key],
    ['#4 ApiKey', `ApiKey ${key}`],
    ['#4 Api-Keys', `Api-Keys ${key}`],
    ['#4 Api-Key=', `Api-Key=${key}`],
    ['#5 two spaces', `Api-Key  ${key}`],
    ['#5 a second word', `Api-Key ${key} x`],
    ['#5 a tab', `Api-Key\t${key}`],
    ['#5 a tab after it', `Api-Key ${key}\t.`],
    ['#6 a character that no key has', 'Api-Key ab$c'],
    ['#6 quotes', `Api-Key "${key}"`],
    ['#6 a comma', `Api-Key ${key},${key}`],
    ['#6 a letter beyond ASCII', 'Api-Key caf\xe9'],
    ['#6 encoded', 'Api-Key a%20b'],
    ['#7 nothing after the scheme', 'Api-Key'],
  ])('#9 format: %s', async (_what, header) => {
    expect(await refusal(header)).toEqual([401, malformed, 'Api-Key']);
  });

  it('#10 a key that was revoked, has expired, or whose holder is gone from the account: not provided', async () => {
    const past = new Date(Date.now() - 1000).toISOString();
    const dead = [await mai.key('editor', { revoked_at: past }), await mai.key('editor', { expires_at: past })];
    const { id } = mai.users.roleless;
    const [account] = await mai.house.db('accounts').insert({ name: 'left' }).returning('id');
    dead.push(await mai.key('editor', { user_id: id, account_id: account?.id }));
    for (const one of dead) expect(await refusal(`Api-Key ${one}`)).toEqual([401, missing, 'Api-Key']);
  });

  it('revoked between two calls: refused at once', async () => {
    const mine = await mai.key('viewer');
    expect((await get({ Authorization: `Api-Key ${mine}` })).status).toBe(200);
    await mai.house
      .db('api_keys')
      .where({ prefix: mine.slice(0, 8) })
      .update({ revoked_at: new Date().toISOString() });
    expect(await refusal(`Api-Key ${mine}`)).toEqual([401, missing, 'Api-Key']);
  });

  it('a key anywhere else is none', async () => {
    const { key: held } = mai.users.owner;
    const query = `?api_key=${held}&key=${held}&Authorization=Api-Key%20${held}`;
    expect((await mai.send('anonymous', 'GET', '/pipelines/', { query })).body).toEqual(missing);
    expect((await get({ 'X-API-KEY': held, apikey: held, Cookie: `oauth_token=${held}` })).body).toEqual(missing);
  });
});

describe('what opens the door', () => {
  it('#1 a key; its scheme in any case', async () => {
    for (const scheme of ['Api-Key', 'api-key', 'API-KEY']) {
      const { status } = await get({ Authorization: `${scheme} ${mai.users.viewer.key}` });
      expect([scheme, status]).toEqual([scheme, 200]);
    }
  });

  it('keys of every other form that the installation keeps', async () => {
    for (const form of otherForms('maiagent')) {
      const key = await mai.key('viewer', { checksummed: false }, form);
      expect([form.length, (await get({ Authorization: `Api-Key ${key}` })).status]).toEqual([form.length, 200]);
    }
  });

  it('a key that was minted on the Magpipe surface', async () => {
    const { access } = await mai.signIn();
    const minted = await request(mai.server)
      .post('/functions/v1/manage-api-keys')
      .set('Authorization', `Bearer ${access}`)
      .send({ action: 'generate', name: 'for MaiAgent' });
    const key = /mgp_[\da-f]{40}/.exec(minted.text)?.[0];
    expect((await get({ Authorization: `Api-Key ${key}` })).status).toBe(200);
  });

  it('a session token as Bearer, in any case; not as a key', async () => {
    const { access } = await mai.signIn();
    expect((await get({ Authorization: `Bearer ${access}` })).status).toBe(200);
    expect((await get({ Authorization: `bearer ${access}` })).status).toBe(200);
    expect(await refusal(`Api-Key ${access}`)).toEqual([401, missing, 'Api-Key']);
  });

  it('a JWT that is not good is told so; a refresh token is no JWT', async () => {
    const { access, refresh } = await mai.signIn();
    const [head, claims, signature] = access.split('.');
    const messages = [{ tokenClass: 'AccessToken', tokenType: 'access', message: 'Token is invalid or expired' }];
    const detail = 'Given token not valid for any token type';
    const none = Buffer.from('{"alg":"none"}').toString('base64url');
    for (const bad of [`${head}.${claims}.${signature?.slice(0, -4)}AAAA`, `${none}.${claims}.`, 'a.b.c', '-._.-']) {
      const expected = [
        401,
        { detail, code: 'token_not_valid', messages },
        'Bearer realm="api", error="invalid_token"',
      ];
      expect(await refusal(`Bearer ${bad}`)).toEqual(expected);
    }
    expect(await refusal(`Bearer ${refresh}`)).toEqual([401, malformed, 'Api-Key']);
    expect(await refusal(`Bearer ${access} `.replace('Bearer ', 'Bearer  '))).toEqual([401, malformed, 'Api-Key']);
  });
});

describe('the order of the questions', () => {
  const xml = { Accept: 'application/xml' };
  const text = { type: 'text/plain', body: 'x' };
  const broken = { body: '{bad' };
  const wrong = { body: { name: '' } };
  const bad = { Authorization: 'Bearer x' };
  const status = async (by: Somebody, method: string, path: string, sent = {}) =>
    (await mai.send(by, method, path, sent)).status;

  it.each<[status: number, what: string, by: Somebody, method: string, path: string, sent?: object]>([
    [406, '#38 Accept, before the missing key', 'anonymous', 'GET', '/pipelines/', { headers: xml }],
    [406, 'Accept, before the right', 'viewer', 'POST', '/pipelines/', { headers: xml, ...broken }],
    [406, 'Accept, before the method', 'editor', 'PUT', '/pipelines/', { headers: xml }],
    [401, '#33 the missing key, before the method', 'anonymous', 'PUT', '/pipelines/', {}],
    [401, 'the missing key, before broken JSON', 'anonymous', 'POST', '/pipelines/', broken],
    [401, 'the missing key, before the media type', 'anonymous', 'POST', '/pipelines/', text],
    [401, 'the missing key, before the record', 'anonymous', 'GET', unknown, {}],
    [401, 'the missing key, before an address that is not there', 'anonymous', 'GET', '/nothing/', {}],
    [401, 'the format, before the media type', 'anonymous', 'POST', '/pipelines/', { headers: bad, ...text }],
    [403, '#39 the right, before broken JSON', 'viewer', 'POST', '/pipelines/', broken],
    [403, 'the right, before the media type', 'viewer', 'POST', '/pipelines/', text],
    [403, 'the right, before the fields', 'viewer', 'POST', '/pipelines/', wrong],
    [403, 'the right, before the record', 'viewer', 'DELETE', unknown, {}],
    [403, 'the right, before the page', 'roleless', 'GET', '/pipelines/?page=0', {}],
    [403, 'the right, before the file', 'viewer', 'POST', '/attachments-upload/', text],
    [405, 'the method, before broken JSON', 'editor', 'PUT', '/pipelines/', broken],
    [405, 'the method, before the media type', 'editor', 'PATCH', '/pipelines/', text],
    [405, 'the method, before the record', 'editor', 'POST', unknown, wrong],
    [415, 'the media type, before the record', 'editor', 'PATCH', unknown, text],
    [415, 'the media type, before what is in the body', 'editor', 'POST', '/attachments-upload/', text],
    [400, 'broken JSON, before the record', 'editor', 'PATCH', unknown, broken],
    [404, 'the record', 'editor', 'PATCH', unknown, { body: {} }],
    [404, 'the record, of another account', 'neighbour', 'GET', unknown, {}],
  ])('%i: %s', async (expected, _what, by, method, path, sent) => {
    const [plain = '', query] = path.split('?');
    expect(await status(by, method, plain, { ...sent, ...(query && { query: `?${query}` }) })).toBe(expected);
  });

  it('#33 #39 says so in the words of DRF', async () => {
    const no = { detail: 'You do not have permission to perform this action.' };
    expect((await mai.send('viewer', 'POST', '/pipelines/', { body: { name: 'x' } })).body).toEqual(no);
    expect((await mai.send('roleless', 'GET', '/pipelines/')).body).toEqual(no);
    expect((await mai.send('anonymous', 'PUT', '/pipelines/')).body).toEqual(missing);
    expect(await mai.count('pipelines')).toBe(0);
  });
});

describe('HEAD and OPTIONS', () => {
  it('HEAD is GET without a body, and asks the same questions', async () => {
    const [head, whole] = [
      await mai.send('viewer', 'HEAD', '/pipelines/'),
      await mai.send('viewer', 'GET', '/pipelines/'),
    ];
    expect([head.status, head.text]).toEqual([200, undefined]);
    expect(head.headers['content-length']).toBe(whole.headers['content-length']);
    const refused = await mai.send('anonymous', 'HEAD', '/pipelines/');
    expect([refused.status, refused.text, refused.headers['www-authenticate']]).toEqual([401, undefined, 'Api-Key']);
    expect((await mai.send('editor', 'HEAD', '/upload/')).status).toBe(405);
    const xml = { Accept: 'application/xml' };
    expect((await mai.send('viewer', 'HEAD', '/pipelines/', { headers: xml })).status).toBe(406);
  });

  it('OPTIONS names the methods, to anybody', async () => {
    const { status, text, headers } = await mai.send('anonymous', 'OPTIONS', '/pipelines/');
    expect([status, text, headers.allow]).toEqual([204, '', 'GET, POST, HEAD, OPTIONS']);
    expect((await mai.send('anonymous', 'OPTIONS', '/nothing/')).headers).not.toHaveProperty('allow');
  });
});
