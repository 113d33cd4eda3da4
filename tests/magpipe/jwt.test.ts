import { createHmac, createPublicKey, type JsonWebKey } from 'node:crypto';
import { CompactSign, decodeJwt, exportJWK, generateKeyPair, type importJWK, type JWK, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openInstallation } from '../../src/core/installation/index.ts';
import { applicationKey } from '../support/house.ts';
import { type Answer, type Magpipe, openMagpipe, type Person, unauthorized } from '../support/magpipe.ts';

type Key = Awaited<ReturnType<typeof importJWK>>;

let magpipe: Magpipe;
let person: Person;
/** A token that holds, and its parts. */
let jwt: string;
let parts: [head: string, body: string, signature: string];
let claims: Record<string, unknown>;
let kid: string;
/** Our own key, and one of somebody who would like to be us. */
let ours: Key;
let ourJwk: JsonWebKey;
let theirs: Key;
let theirJwk: JWK;

beforeAll(async () => {
  magpipe = await openMagpipe();
  person = await magpipe.person();
  jwt = (await magpipe.signIn(person)).access_token;
  parts = jwt.split('.') as typeof parts;
  claims = decodeJwt(jwt);
  ({ kid, key: ours } = await magpipe.house.signingKeys.current());
  [ourJwk] = (await magpipe.house.signingKeys.published()) as unknown as [JsonWebKey];
  const pair = await generateKeyPair('ES256', { extractable: true });
  theirs = pair.privateKey;
  theirJwk = await exportJWK(pair.publicKey);
});
afterAll(() => magpipe.close());

const encode = (part: unknown) =>
  Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url');
const header = (changes: object = {}) => ({ alg: 'ES256', typ: 'JWT', kid, ...changes });
/** The claims of the token that holds, with changes; undefined leaves one out. */
const signed = (changes: object, key: Key = ours, head: object = {}) =>
  new SignJWT({ ...claims, ...changes }).setProtectedHeader(header(head)).sign(key);
/** Any bytes, under our own signature. */
const sealed = (payload: string | Uint8Array, head: object = {}) =>
  new CompactSign(Buffer.from(payload)).setProtectedHeader(header(head)).sign(ours);
const hmac = (secret: string | Buffer, head: object = {}) => {
  const text = `${encode(header({ alg: 'HS256', ...head }))}.${encode(claims)}`;
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
};
const publicKey = () => createPublicKey({ key: ourJwk, format: 'jwk' });
/** The token that holds, with another header and its own signature. */
const rehead = (changes: object) => `${encode(header(changes))}.${parts[1]}.${parts[2]}`;
const soon = () => Math.floor(Date.now() / 1000);

const refused: Record<string, () => string | Promise<string>> = {
  'alg none, no signature': () => `${encode({ alg: 'none', typ: 'JWT' })}.${parts[1]}.`,
  'alg none with our kid': () => `${encode(header({ alg: 'none' }))}.${parts[1]}.`,
  'alg None, and a signature': () => rehead({ alg: 'None' }),
  'no alg': () => rehead({ alg: undefined }),
  'alg as a list': () => rehead({ alg: ['ES256'] }),
  'alg es256 in lower case': () => rehead({ alg: 'es256' }),
  'HS256 with our public key as PEM': () => hmac(publicKey().export({ format: 'pem', type: 'spki' })),
  'HS256 with our public key as DER': () => hmac(publicKey().export({ format: 'der', type: 'spki' })),
  'HS256 with our public key as JWK': () => hmac(JSON.stringify(publicKey().export({ format: 'jwk' }))),
  'HS256 with the secret of another token of ours': () => hmac(Buffer.from(magpipe.house.installation.tokenSecret)),
  'HS256 with an empty secret': () => hmac('', { kid: undefined }),
  'HS256 with the application key': () => hmac(applicationKey),
  'ES256 by another key, with our kid': () => signed({}, theirs),
  'ES256 by another key, with its own kid': () => signed({}, theirs, { kid: 'theirs' }),
  'ES256 by another key, without a kid': () => signed({}, theirs, { kid: undefined }),
  'C: no typ': () => signed({}, ours, { typ: undefined }),
  'C: the typ of another token': () => signed({}, ours, { typ: 'at+jwt' }),
  'the sub of another user': async () => signed({ sub: (await magpipe.person()).uuid }),
  'a sub that is no UUID': () => signed({ sub: 'me' }),
  'our key, without a kid': () => signed({}, ours, { kid: undefined }),
  ES384: async () => signed({}, (await generateKeyPair('ES384')).privateKey, { alg: 'ES384' }),
  EdDSA: async () => signed({}, (await generateKeyPair('EdDSA')).privateKey, { alg: 'EdDSA' }),
  'a foreign kid': () => rehead({ kid: '4oKi' }),
  'kid as a path': () => rehead({ kid: '../../../../dev/null' }),
  'kid as SQL': () => rehead({ kid: `${kid}' or '1'='1` }),
  'kid as a URL': () => rehead({ kid: 'http://127.0.0.1:6789/.well-known/jwks.json' }),
  'kid with NUL': () => rehead({ kid: `${kid}\u0000` }),
  'kid empty': () => rehead({ kid: '' }),
  'kid a number': () => rehead({ kid: 0 }),
  'kid an object': () => rehead({ kid: { toString: kid } }),
  'kid __proto__': () => rehead({ kid: '__proto__' }),
  'jwk, the key that signed': () => signed({}, theirs, { jwk: theirJwk }),
  'jwk, the key that signed, and no kid': () => signed({}, theirs, { kid: undefined, jwk: theirJwk }),
  jku: () => signed({}, theirs, { jku: 'http://127.0.0.1:9/jwks.json' }),
  x5u: () => signed({}, theirs, { x5u: 'http://127.0.0.1:9/cert.pem' }),
  x5c: () => signed({}, theirs, { x5c: ['MIIB'] }),
  zip: () => rehead({ zip: 'DEF' }),
  crit: () => rehead({ crit: ['exp'] }),
  'b64 false': () => rehead({ b64: false, crit: ['b64'] }),
  'another issuer': () => signed({ iss: 'https://api.magpipe.ai/auth/v1' }),
  'no issuer': () => signed({ iss: undefined }),
  'another audience': () => signed({ aud: 'anon' }),
  'no audience': () => signed({ aud: undefined }),
  '#5 expired': () => signed({ exp: soon() - 1, iat: soon() - 3601 }),
  'expiring this very second': () => signed({ exp: soon() }),
  'no exp': () => signed({ exp: undefined }),
  'exp as text': () => signed({ exp: '9999999999' }),
  'not yet valid': () => signed({ nbf: soon() + 300 }),
  'no sub': () => signed({ sub: undefined }),
  'no iat': () => signed({ iat: undefined }),
  'no session_id': () => signed({ session_id: undefined }),
  'a session_id that is no text': () => signed({ session_id: [claims.session_id] }),
  'a session_id that is no UUID': () => signed({ session_id: '------------------------------------' }),
  'session_id as SQL': () => signed({ session_id: `' or true --` }),
  'a payload that is no JSON': () => sealed('hello'),
  'a payload that is a list': () => sealed('[1]'),
  'a payload that is null': () => sealed('null'),
  'a payload that is no UTF-8': () => sealed(Uint8Array.from([0xff, 0xfe, 0x00])),
  'an empty payload': () => sealed(''),
  'a claim twice, the second one wrong': () => sealed(JSON.stringify(claims).replace(/\}$/, `,"aud":"x"}`)),
  'a claim twice, by another key': async () => {
    const twice = JSON.stringify(claims).replace(/\}$/, `,"sub":"x","sub":"${person.uuid}"}`);
    return new CompactSign(Buffer.from(twice)).setProtectedHeader({ alg: 'ES256', kid }).sign(theirs as never);
  },
  'a header that is no JSON': () => `${encode('hello')}.${parts[1]}.${parts[2]}`,
  'a header that is null': () => `${encode('null')}.${parts[1]}.${parts[2]}`,
  'other claims under the same signature': () => `${parts[0]}.${encode({ ...claims, sub: 'x' })}.${parts[2]}`,
  'no signature': () => `${parts[0]}.${parts[1]}.`,
  'two parts': () => `${parts[0]}.${parts[1]}`,
  'four parts': () => `${jwt}.${parts[2]}`,
  'five parts, as an encrypted one': () => `${jwt}..`,
  'a signature of zeros': () => `${parts[0]}.${parts[1]}.${Buffer.alloc(64).toString('base64url')}`,
  'a signature of one byte': () => `${parts[0]}.${parts[1]}.AA`,
  'a signature in DER': () => `${parts[0]}.${parts[1]}.${Buffer.from('3006020101020101', 'hex').toString('base64url')}`,
  'a signature with padding': () => `${jwt}==`,
  'characters that are no base64url': () => jwt.replace(/\.(.)/, '.!$1'),
  dots: () => '..',
  'eight thousand characters': () => `${jwt}${'A'.repeat(8000 - jwt.length)}`,
  'eight thousand characters of claims, signed by us': () => signed({ more: 'x'.repeat(6000) }),
  'an OAuth token of mage': () =>
    hmac(Buffer.from(magpipe.house.installation.tokenSecret), { kid: undefined, typ: 'JWT' }),
};

const everywhere = (token: string): Promise<Answer[]> =>
  Promise.all([
    magpipe.manage(token, { action: 'list' }),
    magpipe.send('GET', '/auth/v1/user', { headers: { apikey: applicationKey, authorization: `Bearer ${token}` } }),
  ]);

describe('a session token that holds', () => {
  it('opens both surfaces, also signed by the test, and with headers that are of no meaning here', async () => {
    const tokens = [
      jwt,
      await signed({}),
      await signed({}, ours, { typ: 'jwt' }),
      // As those that were signed before there was one.
      await signed({ jti: undefined }),
      await signed({}, ours, { jku: 'http://127.0.0.1:9/jwks.json', x5u: 'http://127.0.0.1:9', jwk: theirJwk }),
    ];
    for (const token of tokens) expect((await everywhere(token)).map(({ status }) => status)).toEqual([200, 200]);
  });

  it('ends with its time, however often it was shown before', async () => {
    const token = await signed({ exp: soon() + 100 });
    const statuses = async () => (await everywhere(token)).map(({ status }) => status);
    expect(await statuses()).toEqual([200, 200]);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 101_000 });
    expect(await statuses().finally(() => vi.useRealTimers())).toEqual([401, 403]);
    expect(await statuses()).toEqual([200, 200]);
  });
});

describe('401 on magpipe, 403 on magpipe_auth, nothing in the log, for a token with', () => {
  it.each(Object.keys(refused))('%s', async (what) => {
    const token = (await refused[what]?.()) as string;
    const [functions, auth] = (await everywhere(token)) as [Answer, Answer];
    expect([functions.status, functions.body]).toEqual([401, unauthorized]);
    expect([auth.status, auth.body.error_code]).toEqual([403, 'bad_jwt']);
    expect(magpipe.log.filter((line) => line.includes('"level":50'))).toEqual([]);
  });

  it('a megabyte: its header is refused before it is read', async () => {
    const answer = await magpipe
      .manage(`${jwt}${'A'.repeat(1024 * 1024)}`, { action: 'list' })
      .catch((error: Error) => error);
    // Node answers 431 and hangs up; a client that is still sending may not hear of it.
    if (answer instanceof Error) expect(answer.message).toMatch(/EPIPE|ECONNRESET|socket hang up/);
    else expect(answer.status).toBe(431);
    expect((await magpipe.manage(jwt, { action: 'list' })).status).toBe(200);
  });

  it('whatever it is, it costs at most one statement; made-up kids cost none of their own', async () => {
    await magpipe.manage(await signed({}, theirs, { kid: 'made-up' }), {});
    const seen = await magpipe.statements(async () => {
      for (let count = 0; count < 20; count += 1) await magpipe.manage(rehead({ kid: `made-up ${count}` }), {});
    });
    // The keys may be read once more, when the last reading is a second old.
    expect(seen.filter((sql) => sql.includes('sessions'))).toEqual([]);
    expect(seen.length).toBeLessThanOrEqual(12);
    expect(await magpipe.statements(() => magpipe.manage(`${parts[0]}.${parts[1]}.AA`, {}))).toEqual([]);
  });
});

it('C: iss stays what the first start made it where HOST and PORT change, so tokens hold; the public URL decides it', async () => {
  const { db, config, installation } = magpipe.house;
  expect(claims.iss).toBe(installation.issuer);
  const moved = { ...config, host: '192.0.2.1', port: 1 };
  expect((await openInstallation(db, moved)).issuer).toBe(claims.iss);
  const named = { ...moved, publicUrl: 'https://keys.example.com' };
  expect((await openInstallation(db, named)).issuer).toBe('https://keys.example.com/auth/v1');
  expect((await openInstallation(db, moved)).issuer).toBe(claims.iss);
});
