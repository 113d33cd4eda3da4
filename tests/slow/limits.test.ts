import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applicationKey } from '../support/house.ts';
import { type Answer, type Magpipe, openMagpipe, type Person, password } from '../support/magpipe.ts';

let magpipe: Magpipe;

beforeAll(async () => {
  magpipe = await openMagpipe();
});
afterAll(() => magpipe.close());

const wrong = 'Wrong lightning 1';
const seconds = expect.stringMatching(/^[1-9]\d*$/);

describe('signing in', () => {
  const attempt = async (email: string, word: string, headers = {}, house = magpipe) =>
    (await house.token('password', { email, password: word }, headers)).status;
  const fail = async (email: string, times: number, headers = {}, house = magpipe) => {
    for (let count = 0; count < times; count += 1) expect(await attempt(email, wrong, headers, house)).toBe(400);
  };
  /** As if a quarter of an hour had passed. */
  const later = () => magpipe.house.db('rate_limits').update({ expire: Date.now() - 1 });

  it('429 with Retry-After after ten wrong passwords of one account from one address, in both shapes', async () => {
    const { email } = await magpipe.person();
    await fail(email, 10);
    const { status, body, headers } = await magpipe.token('password', { email, password: wrong });
    expect([status, body]).toEqual([
      429,
      { code: 429, error_code: 'over_request_rate_limit', msg: 'Request rate limit reached' },
    ]);
    expect(headers['retry-after']).toEqual(seconds);
    expect(Number(headers['retry-after'])).toBeLessThanOrEqual(900);
    const modern = await magpipe.token(
      'password',
      { email, password: wrong },
      { 'x-supabase-api-version': '2024-01-01' },
    );
    expect(modern.body).toEqual({ code: 'over_request_rate_limit', message: 'Request rate limit reached' });
    // Nothing is told of the right password either, nor of the case of the address.
    const right = await magpipe.token('password', { email: email.toUpperCase(), password });
    expect([right.status, right.body]).toEqual([429, body]);
    // Headers that name another address are not believed.
    for (const name of ['x-forwarded-for', 'x-real-ip', 'forwarded', 'cf-connecting-ip']) {
      expect(await attempt(email, password, { [name]: '203.0.113.9' })).toBe(429);
    }
    // It is not for good.
    await later();
    expect(await attempt(email, password)).toBe(200);
  });

  it('the same for an account that nobody has', async () => {
    await fail('nobody@x.test', 10);
    expect(await attempt('nobody@x.test', wrong)).toBe(429);
  });

  it('another account, and refreshing, go on', async () => {
    const throttled = await magpipe.person();
    const { refresh_token, access_token } = await magpipe.signIn(throttled);
    await fail(throttled.email, 10);
    expect(await attempt((await magpipe.person()).email, password)).toBe(200);
    expect((await magpipe.token('refresh_token', { refresh_token })).status).toBe(200);
    expect((await magpipe.manage(access_token, { action: 'list' })).status).toBe(200);
  });

  it('the right password starts the count anew', async () => {
    const { email } = await magpipe.person();
    for (let round = 0; round < 3; round += 1) {
      await fail(email, 9);
      expect(await attempt(email, password)).toBe(200);
    }
  });

  it('30 guesses at once are no more than ten; 30 right passwords at once are all taken', async () => {
    await later();
    const guessed = await magpipe.person();
    const guesses = await Promise.all(Array.from({ length: 30 }, () => attempt(guessed.email, wrong)));
    expect(guesses.filter((status) => status === 400)).toHaveLength(10);
    expect(guesses.filter((status) => status === 429)).toHaveLength(20);
    const honest = await magpipe.person();
    const rights = await Promise.all(Array.from({ length: 30 }, () => attempt(honest.email, password)));
    expect(rights).toEqual(Array(30).fill(200));
  });

  it('from another address, the owner of a throttled account signs in; the first address stays throttled', async () => {
    await later();
    // In front of this process stands a proxy that is believed, so that a test can come from several addresses.
    const behindProxy = await magpipe.twin({ trustedProxies: '1' });
    const from = (address: string) => ({ 'x-forwarded-for': address });
    const { email } = await magpipe.person();
    await fail(email, 10, from('203.0.113.1'), behindProxy);
    expect(await attempt(email, wrong, from('203.0.113.1'), behindProxy)).toBe(429);
    expect(await attempt(email, password, from('203.0.113.2'), behindProxy)).toBe(200);
    expect(await attempt(email, password, from('203.0.113.1'), behindProxy)).toBe(429);
    // What is counted on one process holds on another.
    await fail(email, 10);
    expect(await attempt(email, password, from('127.0.0.1'), behindProxy)).toBe(429);
  });

  it('mage counts with magpipe, and answers 429 in its own envelope', async () => {
    await later();
    const { email } = await magpipe.person();
    const session = (word: string) =>
      magpipe.send('POST', '/api/sessions', { body: { api_key: applicationKey, session: { email, password: word } } });
    await fail(email, 5);
    for (let count = 0; count < 5; count += 1) expect((await session(wrong)).body.error.code).toBe(404);
    const { status, body, headers } = await session(password);
    expect([status, body.error.code, headers['retry-after']]).toEqual([429, 429, seconds]);
    expect(await attempt(email, password)).toBe(429);
  });

  it('guesses at the current password in PUT /user are counted too', async () => {
    await later();
    const person = await magpipe.person();
    const { access_token: jwt } = await magpipe.signIn(person);
    const put = (current_password: string) =>
      magpipe.send('PUT', '/auth/v1/user', {
        headers: { apikey: applicationKey, authorization: `Bearer ${jwt}` },
        body: { email: 'new@x.test', current_password },
      });
    for (let count = 0; count < 10; count += 1)
      expect((await put(wrong)).body.error_code).toBe('current_password_invalid');
    const { status, body, headers } = await put(password);
    expect([status, body.error_code, headers['retry-after']]).toEqual([429, 'over_request_rate_limit', seconds]);
  });

  describe('counted', () => {
    const tooMany = { kind: 'too_many' };
    const guess = (account: string, address: string) =>
      magpipe.house.limits.attempt(account, address, async () => false);

    it('at most 100 wrong ones for an account in all, whatever the addresses', async () => {
      for (let count = 0; count < 100; count += 1) await guess('target', `198.51.100.${count}`);
      await expect(guess('target', '198.51.100.200')).rejects.toMatchObject(tooMany);
    });

    it('but who signed in from an address before is not kept out by guesses from everywhere else', async () => {
      const { limits } = magpipe.house;
      const right = async () => true;
      expect(await limits.attempt('kept@x.test', '192.0.2.200', right)).toBe(true);
      for (let guess = 0; guess < 100; guess += 1) {
        await limits.attempt('kept@x.test', `192.0.2.${guess}`, async () => false);
      }
      await expect(limits.attempt('kept@x.test', '192.0.2.201', right)).rejects.toThrow('Too many requests');
      expect(await limits.attempt('kept@x.test', '192.0.2.200', right)).toBe(true);
    });

    it('at most 100 wrong ones from an address, whatever the accounts', async () => {
      for (let count = 0; count < 100; count += 1) await guess(`account ${count}`, '198.51.100.250');
      await expect(guess('account 200', '198.51.100.250')).rejects.toMatchObject(tooMany);
    });

    it('an IPv6 caller by its /64, an IPv4 caller however the address is written', async () => {
      const sameNetwork = ['2001:db8:1:2::1', '2001:db8:1:2:3:4:5:6', '2001:db8:1:2::'];
      for (let count = 0; count < 10; count += 1) await guess('six', sameNetwork[count % 3] as string);
      await expect(guess('six', '2001:db8:1:2:ffff::9')).rejects.toMatchObject(tooMany);
      expect(await guess('six', '2001:db8:1:3::1')).toBe(false);
      expect(await guess('six', '2001:db8::1')).toBe(false);
      for (let count = 0; count < 10; count += 1) await guess('four', count % 2 ? '192.0.2.7' : '::ffff:192.0.2.7');
      await expect(guess('four', '::ffff:192.0.2.7')).rejects.toMatchObject(tooMany);
      expect(await guess('four', '192.0.2.8')).toBe(false);
    });

    it('nothing is checked while it is refused, and nothing of what was typed is kept', async () => {
      let checked = 0;
      const check = async () => {
        checked += 1;
        return false;
      };
      const typed = 'typed in the wrong field';
      for (let count = 0; count < 10; count += 1) await magpipe.house.limits.attempt(typed, '192.0.2.50', check);
      await expect(magpipe.house.limits.attempt(typed, '192.0.2.50', check)).rejects.toMatchObject(tooMany);
      expect(checked).toBe(10);
      expect(JSON.stringify(await magpipe.house.db('rate_limits'))).not.toContain('typed');
    });
  });
});

describe('requests', () => {
  let limited: Magpipe;
  beforeAll(async () => {
    limited = await openMagpipe({ LATCHKEY_REQUESTS_PER_MINUTE: '100', LATCHKEY_REQUESTS_PER_HOUR: '1000' });
  });
  afterAll(() => limited.close());

  const call = (credential: string, house = limited, body: unknown = { action: 'list' }) =>
    house.manage(credential, body);
  const rates = ({ headers }: Answer) =>
    ['limit', 'remaining', 'reset'].map((name) => Number(headers[`x-ratelimit-${name}`]));
  const use = (person: Person, count: number, house = limited) =>
    house.house
      .db('rate_limits')
      .insert({ key: `requests60:${person.id}`, points: count, expire: Date.now() + 60_000 });

  it('#49 the 101st in a minute is 429; headers count down before it', async () => {
    const person = await limited.person();
    const key = await limited.key(person);
    for (let left = 99; left >= 0; left -= 1) {
      const answer = await call(key);
      expect(answer.status).toBe(200);
      const [limit, remaining, reset = 0] = rates(answer);
      expect([limit, remaining]).toEqual([100, left]);
      const wait = reset - Date.now() / 1000;
      expect(wait).toBeGreaterThan(0);
      expect(wait).toBeLessThanOrEqual(61);
    }
    const { status, body, headers } = await call(key);
    expect([status, body]).toEqual([
      429,
      {
        error: { code: 'rate_limited', message: `Too many requests. Please try again in ${headers['retry-after']} s.` },
      },
    ]);
    expect(headers['retry-after']).toEqual(seconds);
    expect(headers).toMatchObject({
      'x-ratelimit-limit': '100',
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': seconds,
    });
    expect(headers['cache-control']).toBe('no-store');
    // In the next minute there is room again.
    await limited.house
      .db('rate_limits')
      .where({ key: `requests60:${person.id}` })
      .update({ expire: Date.now() - 1 });
    expect(rates(await call(key)).slice(0, 2)).toEqual([100, 99]);
  });

  it('count by user: keys and sessions together, other users apart, other surfaces not at all', async () => {
    const person = await limited.person();
    const credentials = [
      await limited.key(person),
      await limited.key(person),
      (await limited.signIn(person)).access_token,
    ];
    const left: (number | undefined)[] = [];
    for (const credential of credentials) left.push(rates(await call(credential))[1]);
    expect(left).toEqual([99, 98, 97]);
    await limited.send('GET', '/api/pipelines', { headers: { 'x-api-key': credentials[0] } });
    const user = await limited.send('GET', '/auth/v1/user', {
      headers: { apikey: applicationKey, authorization: `Bearer ${credentials[2]}` },
    });
    expect(user.headers['x-ratelimit-limit']).toBeUndefined();
    expect(rates(await call(credentials[0] as string))[1]).toBe(96);
    expect(rates(await call(await limited.key(await limited.person())))[1]).toBe(99);
  });

  it('count once each, also those that are refused; who is not known has no count and no headers', async () => {
    const person = await limited.person();
    const key = await limited.key(person);
    const left: (number | undefined)[] = [];
    for (const body of [
      {},
      '{',
      { action: 'generate' },
      { action: 'revoke', key_id: 'x' },
      { action: 'generate', name: 'a' },
    ]) {
      left.push(rates(await call(key, limited, body))[1]);
    }
    expect(left).toEqual([99, 98, 97, 96, 95]);
    const revoked = await limited.key(person, { revoked_at: new Date() });
    for (const credential of [undefined, revoked, 'x']) {
      const { status, headers } = await limited.manage(credential, { action: 'list' });
      expect([status, Object.keys(headers).filter((name) => /ratelimit|retry/.test(name))]).toEqual([401, []]);
    }
    expect(rates(await call(key))[1]).toBe(94);
  });

  it('exactly the limit is taken of 200 at once on two processes, and the count never rises', async () => {
    const person = await limited.person();
    const key = await limited.key(person);
    const twin = await limited.twin();
    const answers = await Promise.all(Array.from({ length: 200 }, (_, index) => call(key, index % 2 ? twin : limited)));
    const taken = answers.filter(({ status }) => status === 200);
    expect(taken).toHaveLength(100);
    expect(taken.map((answer) => rates(answer)[1]).sort((a = 0, b = 0) => a - b)).toEqual(
      Array.from({ length: 100 }, (_, left) => left),
    );
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(100);
  });

  it('a thousand in an hour, whatever the minutes', async () => {
    const person = await limited.person();
    const key = await limited.key(person);
    const { db } = limited.house;
    await db('rate_limits').insert({ key: `requests3600:${person.id}`, points: 999, expire: Date.now() + 1_800_000 });
    expect(rates(await call(key)).slice(0, 2)).toEqual([100, 99]);
    const { status, body, headers } = await call(key);
    expect([status, body.error.code]).toEqual([429, 'rate_limited']);
    expect(headers).toMatchObject({ 'x-ratelimit-limit': '1000', 'x-ratelimit-remaining': '0' });
    expect(Number(headers['retry-after'])).toBeGreaterThan(1700);
  });

  it('settings change them; 0 turns one off', async () => {
    const few = await limited.twin({ requestsPerMinute: 2, requestsPerHour: 0 });
    const hourly = await limited.twin({ requestsPerMinute: 0, requestsPerHour: 500 });
    const none = await limited.twin({ requestsPerMinute: 0, requestsPerHour: 0 });
    const key = await few.key(await few.person());
    const statuses: number[] = [];
    for (let count = 0; count < 3; count += 1) statuses.push((await call(key, few)).status);
    expect(statuses).toEqual([200, 200, 429]);
    expect(rates(await call(key, hourly)).slice(0, 2)).toEqual([500, 499]);
    const spent = await none.person();
    await use(spent, 1000, none);
    const free = await call(await none.key(spent), none);
    expect([free.status, free.headers['x-ratelimit-limit']]).toEqual([200, undefined]);
  });
});
