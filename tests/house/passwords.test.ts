import { hash } from '@node-rs/argon2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { checkPassword, hashPassword, isOutdated } from '../../src/core/credentials/password_hash.ts';
import { weaknessOf } from '../../src/core/credentials/strength.ts';
import type { Mistake } from '../../src/mistake.ts';
import { applicationKey, ownerPassword } from '../support/house.ts';
import { type Magpipe, openMagpipe, type Person, password } from '../support/magpipe.ts';

const about = ['samwise.gamgee@shire.example', 'gaffers-son'];
const bad: [password: string, why: string][] = [
  ['short', 'length'],
  ['🔑🔑🔑🔑🔑🔑🔑', 'length'],
  ['x'.repeat(1025), 'length'],
  ...['password', 'PassWord', '12345678', 'qwertyuiop', 'iloveyou1', 'ｐａｓｓｗｏｒｄ'].map(
    (word) => [word, 'pwned'] as [string, string],
  ),
  ...[
    'samwise.gamgee',
    'Samwise.Gamgee@Shire.example',
    'samwise.gamgee1',
    '!gaffers-son!',
    'gaffers-son2026',
    'Latchkey2026',
    'my-latchkey',
  ].map((word) => [word, 'personal'] as [string, string]),
];
const good = [
  ownerPassword,
  password,
  '8 or more',
  '🔑🔑🔑🔑🔑🔑🔑🔑',
  ' leading and trailing ',
  'x'.repeat(64),
  'ä'.repeat(128),
  'no rules of composition',
  'latchkey stands at the door',
];

// biome-ignore lint/suspicious/noExplicitAny: whatever is sent
type Body = any;

describe('B16: a new password', () => {
  it.each(bad)('B16: %s is refused for %s', (word, why) => expect(weaknessOf(word, 8, about)?.why).toBe(why));
  it.each(good)('B16: %s is taken', (word) => expect(weaknessOf(word, 8, about)).toBeUndefined());

  it('B16: has as many characters as the setting says, 8 at least', () => {
    expect(weaknessOf('fourteen chars', 15, [])?.sentence).toBe('Password must be 15 characters or longer.');
    expect(weaknessOf('fifteen chars.. ', 15, [])).toBeUndefined();
    expect(readConfig({}).passwordLength).toBe(8);
    expect(() => readConfig({ LATCHKEY_PASSWORD_LENGTH: '7' })).toThrow('from 8 to 128');
  });

  it.each(['password', 'short', 'owner@localhost', 'latchkey1'])(
    'B16: %s is none for the owner, in one line with exit code 2',
    (word) => {
      const start = () => readConfig({ LATCHKEY_OWNER_PASSWORD: word });
      expect(start).toThrow(/^LATCHKEY_OWNER_PASSWORD must be a better one\. Password [^\n]*\.$/);
      expect(start).toThrow(expect.objectContaining({ exitCode: 2 }) as Mistake);
    },
  );
});

describe('a hash', () => {
  it('B16: tells all of a long password apart', async () => {
    const long = 'y'.repeat(1000);
    const hashed = await hashPassword(`${long}1`);
    expect([await checkPassword(`${long}1`, hashed), await checkPassword(`${long}2`, hashed)]).toEqual([true, false]);
  });

  it('B8: is one for both spellings of a password, also one of before', async () => {
    const composed = 'caf\u00e9 cr\u00e8me, please';
    const hashed = await hashPassword(composed.normalize('NFD'));
    for (const form of ['NFC', 'NFD'] as const)
      expect(await checkPassword(composed.normalize(form), hashed)).toBe(true);
    const before = await hash(composed.normalize('NFD'));
    expect(await checkPassword(composed.normalize('NFD'), before)).toBe(true);
  });

  it('is outdated by less memory, fewer passes or another algorithm', async () => {
    expect(isOutdated(await hashPassword('whatever it is'))).toBe(false);
    for (const less of [{ memoryCost: 8192 }, { timeCost: 1 }, { algorithm: 1 }])
      expect(isOutdated(await hash('x', less))).toBe(true);
    expect(isOutdated(await hash('x', { memoryCost: 32_768, timeCost: 3 }))).toBe(false);
  });
});

describe('on every surface', () => {
  let magpipe: Magpipe;
  let person: Person;
  let jwt: string;
  let mage: Record<string, string>;
  beforeAll(async () => {
    magpipe = await openMagpipe({ LATCHKEY_OPEN_SIGN_UP: 'true', LATCHKEY_SIGN_UPS_PER_HOUR: '0' });
    person = await magpipe.person();
    jwt = (await magpipe.signIn(person)).access_token;
    const session = { email: person.email, password };
    const { body } = await magpipe.send('POST', '/api/sessions', { body: { api_key: applicationKey, session } });
    mage = { 'x-api-key': applicationKey, cookie: `oauth_token=${body.session.token}` };
  });
  afterAll(() => magpipe.close());

  const auth = () => ({ apikey: applicationKey, authorization: `Bearer ${jwt}` });
  const signUp = (email: string, word: string) =>
    magpipe.send('POST', '/auth/v1/signup', { headers: { apikey: applicationKey }, body: { email, password: word } });
  const putUser = (body: Body) => magpipe.send('PUT', '/auth/v1/user', { headers: auth(), body });
  const postUser = (user: Body) =>
    magpipe.send('POST', '/api/users', {
      headers: mage,
      body: { user: { password_confirmation: user.password, ...user } },
    });

  it.each([
    ['password1', 'pwned'],
    ['strider@x.test', 'personal'],
    ['strider123', 'personal'],
    ['short', 'length'],
  ])('B16: %s is refused for %s', async (word, why) => {
    const weak = { code: 422, error_code: 'weak_password', weak_password: { reasons: [why] } };
    expect((await signUp('strider@x.test', word)).body).toMatchObject(weak);
    const changed = await putUser({ email: 'strider@x.test', password: word, current_password: password });
    expect(changed.body).toMatchObject(weak);
    const made = await postUser({ email: 'strider@x.test', username: 'strider', password: word });
    expect(made.body.error.message).toMatch(/^Password (must be 8|is )/);
    expect(await magpipe.house.db('users').where({ email: 'strider@x.test' })).toEqual([]);
  });

  it('argon2: a hash made with less is made anew at the next sign-in, and only with the right password', async () => {
    const other = await magpipe.person();
    const { db } = magpipe.house;
    const less = await hash(password, { memoryCost: 8192, timeCost: 1 });
    await db('users').where({ id: other.id }).update({ password_hash: less });
    const kept = async () => (await db('users').where({ id: other.id }).first())?.password_hash;
    await magpipe.token('password', { email: other.email, password: 'Wrong lightning 1' });
    expect(await kept()).toBe(less);
    await magpipe.signIn(other);
    expect(await kept()).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    await magpipe.signIn(other);
  });

  it('B8: an address is kept composed and in lower case, and found in any spelling', async () => {
    const typed = 'Ren\u0065\u0301@X.test';
    const made = await signUp(typed, ownerPassword);
    expect(made.body.user.email).toBe('ren\u00e9@x.test');
    for (const email of ['ren\u00e9@x.test', 're\u006e\u0065\u0301@x.test', 'REN\u00c9@X.TEST']) {
      expect((await magpipe.token('password', { email, password: ownerPassword })).status).toBe(200);
      expect((await signUp(email, ownerPassword)).body.error_code).toBe('user_already_exists');
      expect((await postUser({ email, username: 'rene', password: ownerPassword })).body.error.message).toMatch(
        /already taken/,
      );
    }
  });

  it('B8: Mage takes an address as it is kept and as it was typed, and in no third spelling', async () => {
    const user = { email: 'Ada.L@X.test', username: 'ada', password: ownerPassword };
    expect((await postUser(user)).body.user.email).toBe('ada.l@x.test');
    const signIn = async (email: string) => {
      const session = { email, password: ownerPassword };
      return (await magpipe.send('POST', '/api/sessions', { body: { api_key: applicationKey, session } })).body;
    };
    for (const email of ['Ada.L@X.test', 'ada.l@x.test'])
      expect(typeof (await signIn(email)).session?.token).toBe('string');
    expect((await signIn('ADA.L@X.TEST')).error.code).toBe(404);
  });

  const tricks: [what: string, character: string][] = [
    ['zero width', '\u200b'],
    ['a joiner', '\u200d'],
    ['a bidi override', '\u202e'],
    ['a bidi isolate', '\u2066'],
    ['a soft hyphen', '\u00ad'],
    ['a filler', '\u3164'],
    ['a control', '\u0007'],
    ['a byte order mark', '\ufeff'],
    ['a full-width letter', '\uff41'],
  ];
  it.each(tricks)(
    'B8: %s is refused by its code point, in addresses, usernames and names of keys',
    async (_what, character) => {
      const point = `U+${character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}`;
      const email = `own${character}er@x.test`;
      const refused = (await signUp(email, ownerPassword)).body;
      expect([refused.error_code, refused.msg]).toEqual(['validation_failed', expect.stringContaining(point)]);
      const user = { email: 'fine@x.test', username: `own${character}er`, password: ownerPassword };
      expect((await postUser({ ...user, username: 'fine', email })).body.error.message).toContain(point);
      expect((await postUser(user)).body.error.message).toContain(point);
      expect(
        (await postUser({ ...user, username: 'fine', first_name: `A${character}b` })).body.error.message,
      ).toContain(point);
      const key = { action: 'generate', name: `Production${character}Server` };
      const [status, text] = await magpipe.manage(jwt, key).then((answer) => [answer.status, answer.text]);
      expect([status, text]).toEqual([400, expect.stringContaining(point)]);
      expect(() => readConfig({ LATCHKEY_OWNER_EMAIL: email })).toThrow(point);
      expect(() => readConfig({ LATCHKEY_OWNER_USERNAME: user.username })).toThrow(point);
    },
  );

  it('B8: what people write is taken: scripts, emoji, wide punctuation in names of things', async () => {
    for (const name of ['Zo\u00eb\u2019s laptop', '生产服务器（备用）', 'خادم', '👩‍👩‍👧 ❤️ 1️⃣', 'सर्वर']) {
      const { status, body } = await magpipe.manage(jwt, { action: 'generate', name });
      expect([status, body.name]).toEqual([200, name.normalize('NFC')]);
    }
    const { body } = await magpipe.manage(jwt, { action: 'generate', name: 'cafe\u0301' });
    expect(body.name).toBe('caf\u00e9');
  });
});
