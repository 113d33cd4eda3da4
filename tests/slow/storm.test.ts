import { availableParallelism } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Full, fairly, type Lane } from '../../src/core/credentials/fair_queue.ts';
import { applicationKey, ownerPassword } from '../support/house.ts';
import { type Magpipe, openMagpipe, password, route } from '../support/magpipe.ts';

const wrong = 'Wrong lightning 1';

describe('A4: the queue', () => {
  const lane = (pair: string, group = pair, changes: Partial<Lane> = {}): Lane => ({
    pair,
    group,
    bounds: [{ name: group, most: 3 }],
    first: false,
    ...changes,
  });
  /** Work that is told apart, and ends when it is told to. */
  function stage(atOnce = 1) {
    const inTurn = fairly({ atOnce, perPair: 4, inAll: 10 });
    const begun: string[] = [];
    const ends: (() => void)[] = [];
    const send = (where: Lane, name = where.pair) =>
      inTurn(where, () => {
        begun.push(name);
        return new Promise<void>((end) => ends.push(end));
      });
    const finish = async () => {
      // Work begins a moment after its turn has come.
      await new Promise(setImmediate);
      ends.shift()?.();
      await new Promise(setImmediate);
    };
    return { send, begun, finish };
  }

  it('A4: takes groups in turn, however much one has piled up', async () => {
    const { send, begun, finish } = stage();
    const all = ['a1', 'a2', 'a3', 'a4'].map((pair) => send(lane(pair, 'a'))).concat(send(lane('b1', 'b')));
    for (let count = 0; count < 5; count += 1) await finish();
    await Promise.all(all);
    expect(begun).toEqual(['a1', 'b1', 'a2', 'a3', 'a4']);
  });

  it('A4: runs one of a pair at a time, in order', async () => {
    const { send, begun, finish } = stage(3);
    const all = ['one', 'two', 'three'].map((name) => send(lane('p', 'p'), name));
    await new Promise(setImmediate);
    expect(begun).toEqual(['one']);
    await finish();
    expect(begun).toEqual(['one', 'two']);
    await finish();
    await finish();
    await Promise.all(all);
    expect(begun).toEqual(['one', 'two', 'three']);
  });

  it('A4: refuses at once past its bounds: of a group, of a pair, in all; what goes first has its own', async () => {
    const { send, begun, finish } = stage();
    const all = ['a1', 'a2', 'a3', 'a4'].map((pair) => send(lane(pair, 'a')));
    await expect(send(lane('a5', 'a'))).rejects.toBeInstanceOf(Full);
    for (const group of ['b', 'c']) for (const pair of ['1', '2', '3']) all.push(send(lane(group + pair, group)));
    all.push(send(lane('d')));
    await expect(send(lane('e'))).rejects.toBeInstanceOf(Full);
    const known = lane('f', 'f', { bounds: [], first: true });
    for (let count = 0; count < 4; count += 1) all.push(send(known));
    await expect(send(known)).rejects.toBeInstanceOf(Full);
    for (let count = 0; count < all.length; count += 1) await finish();
    await Promise.all(all);
    // Every other turn, as long as there are any.
    expect(begun.slice(1, 9).filter((pair) => pair === 'f')).toHaveLength(4);
  });

  it('A4: goes on after work that failed', async () => {
    const inTurn = fairly({ atOnce: 1, perPair: 2, inAll: 2 });
    const failed = inTurn(lane('a'), () => Promise.reject(new Error('no')));
    const next = inTurn(lane('a'), async () => 'done');
    await expect(failed).rejects.toThrow('no');
    expect(await next).toBe('done');
  });
});

describe('A4: a storm of guesses', () => {
  let magpipe: Magpipe;
  beforeAll(async () => {
    // In front of this process stands a proxy that is believed, so that a test can come from several addresses.
    magpipe = await openMagpipe({ LATCHKEY_FAILURES_PER_MINUTE: '100', LATCHKEY_TRUSTED_PROXIES: '1' });
  });
  afterAll(() => magpipe.close());

  const signIn = (email: string, word: string, address: string) =>
    magpipe.token('password', { email, password: word }, { 'x-forwarded-for': address, connection: 'close' });
  const storm = (count: number, name: (index: number) => string, address: string) =>
    Array.from({ length: count }, (_, index) => signIn(name(index), wrong, address));

  it('A4: of 300 made-up names of one address no more than its limit are hashed, the others hear 429 with Retry-After', async () => {
    const answers = await Promise.all(storm(300, (index) => `nobody${index}@x.test`, '203.0.113.1'));
    const refused = answers.filter(({ status }) => status === 429);
    expect(answers.filter(({ status }) => status === 400).length + refused.length).toBe(300);
    expect(refused.length).toBeGreaterThanOrEqual(200);
    for (const { headers } of refused) expect(headers['retry-after']).toMatch(/^[1-9]\d*$/);
  });

  it('A4: while it blows, another address signs in before most of it is answered; so does a familiar one beside it', async () => {
    const familiar = await magpipe.person();
    await signIn(familiar.email, password, '203.0.113.2');
    const stranger = await magpipe.person();
    let left = 200;
    const blowing = storm(200, (index) => `nobody${index}@y.test`, '203.0.113.2').map((answer) =>
      answer.finally(() => {
        left -= 1;
      }),
    );
    const [near, far] = await Promise.all([
      signIn(familiar.email, password, '203.0.113.2').then(({ status }) => [status, left] as const),
      signIn(stranger.email, password, '203.0.113.3').then(({ status }) => [status, left] as const),
    ]);
    expect([near[0], far[0]]).toEqual([200, 200]);
    // Those that wait to be hashed are still there: neither stood behind them all.
    expect(Math.min(near[1], far[1])).toBeGreaterThan(0);
    await Promise.all(blowing);
  });

  it('A4: of 150 guesses at one account from 150 addresses at once, two processes check 100 at most', async () => {
    const { db, limits } = magpipe.house;
    const twin = await magpipe.twin();
    let checked = 0;
    const guess = async (index: number) => {
      const mine = index % 2 ? limits : twin.house.limits;
      const check = async () => {
        checked += 1;
        return false;
      };
      // Whoever is told to come back does.
      for (;;) {
        const told = await mine.attempt('guessed@x.test', `198.51.100.${index}`, check).catch(({ headers }) => headers);
        if (told === false || Number(told['X-RateLimit-Limit']) === 100) return;
        await new Promise(setImmediate);
      }
    };
    await Promise.all(Array.from({ length: 150 }, (_, index) => guess(index)));
    expect(checked).toBeLessThanOrEqual(100);
    expect(checked).toBeGreaterThan(100 - 2 * (availableParallelism() + 3));
    expect(JSON.stringify(await db('rate_limits'))).not.toContain('guessed');
  });

  it('A4: a check that could not be made counts for nothing', async () => {
    const { limits } = magpipe.house;
    const broken = () => limits.attempt('broken@x.test', '192.0.2.9', () => Promise.reject(new Error('no database')));
    for (let count = 0; count < 12; count += 1) await expect(broken()).rejects.toThrow('no database');
    expect(await limits.attempt('broken@x.test', '192.0.2.9', async () => true)).toBe(true);
  });
});

describe('B13: what does not hold is limited by address', () => {
  let magpipe: Magpipe;
  beforeAll(async () => {
    magpipe = await openMagpipe({
      LATCHKEY_OPEN_SIGN_UP: 'true',
      LATCHKEY_SIGN_UPS_PER_HOUR: '5',
      LATCHKEY_FAILURES_PER_MINUTE: '100',
      LATCHKEY_TRUSTED_PROXIES: '1',
    });
  });
  afterAll(() => magpipe.close());

  const from = (address: string) => ({ 'x-forwarded-for': address });
  const bad = (index: number) => `mgp_${String(index).padStart(40, '0')}`;
  const apikey = applicationKey;
  const ways: Record<
    string,
    (index: number, headers: object) => Promise<{ status: number; headers: object; body: unknown }>
  > = {
    'a key on magpipe': (index, headers) =>
      magpipe.send('POST', route, {
        body: { action: 'list' },
        headers: { ...headers, authorization: `Bearer ${bad(index)}` },
      }),
    'a JWT on auth': (_index, headers) =>
      magpipe.send('GET', '/auth/v1/user', {
        headers: { ...headers, apikey, authorization: 'Bearer eyJhbGciOiJFUzI1NiJ9.e30.AAAA' },
      }),
    'an application key': (index, headers) =>
      magpipe.send('GET', '/auth/v1/user', { headers: { ...headers, apikey: bad(index) } }),
    'a refresh token': (index, headers) =>
      magpipe.token(
        'refresh_token',
        { refresh_token: String(index).padStart(43, 'x') },
        headers as Record<string, string>,
      ),
    'a token on mage': (index, headers) =>
      magpipe.send('GET', `/api/pipelines?api_key=${apikey}`, {
        headers: { ...headers, 'oauth-token': String(index).padStart(43, 'x') },
      }),
    'a key on mystic': (index, headers) =>
      magpipe.send('GET', '/v4/tokens', { headers: { ...headers, authorization: `Bearer ${bad(index)}` } }),
    'a key on maiagent': (index, headers) =>
      magpipe.send('GET', '/api/v1/pipelines/', { headers: { ...headers, authorization: `Api-Key ${bad(index)}` } }),
    'a token to verify on maiagent': (_index, headers) =>
      magpipe.send('POST', '/api/v1/auth/token/verify/', {
        headers: headers as Record<string, string>,
        body: { token: 'a.b.c' },
      }),
  };

  it.each(Object.keys(ways))(
    'B13: %s: the 101st in a minute is 429 with Retry-After, without a write',
    async (name) => {
      const way = ways[name] as (typeof ways)[string];
      const address = `203.0.113.${Object.keys(ways).indexOf(name) + 1}`;
      const limits = () => magpipe.house.db('rate_limits').count({ count: '*' });
      const before = await limits();
      for (let index = 0; index < 100; index += 1) expect((await way(index, from(address))).status).not.toBe(429);
      const { status, headers } = await way(100, from(address));
      expect([status, headers]).toEqual([
        429,
        expect.objectContaining({ 'retry-after': expect.stringMatching(/^[1-9]\d?$/) }),
      ]);
      expect(await limits()).toEqual(before);
      // What holds goes on, and so does everybody else.
      const key = await magpipe.key(await magpipe.person());
      const list = { body: { action: 'list' }, headers: { ...from(address), authorization: `Bearer ${key}` } };
      expect((await magpipe.send('POST', route, list)).status).toBe(200);
      expect((await way(101, from('203.0.113.200'))).status).not.toBe(429);
    },
  );

  it('B13: who sends nothing has not guessed', async () => {
    const ask = () => magpipe.send('POST', route, { body: { action: 'list' }, headers: from('203.0.113.99') });
    for (let count = 0; count < 120; count += 1) expect((await ask()).status).toBe(401);
  });

  it('B13: the sign-up of an address after as many as it has in an hour is 429', async () => {
    const signUp = (index: number, address: string) =>
      magpipe.send('POST', '/auth/v1/signup', {
        headers: { ...from(address), apikey },
        body: { email: `new${index}@x.test`, password: ownerPassword },
      });
    for (let index = 0; index < 5; index += 1) expect((await signUp(index, '203.0.113.77')).status).toBe(200);
    const { status, body, headers } = await signUp(5, '203.0.113.77');
    expect([status, body.error_code, Number(headers['retry-after']) > 0]).toEqual([
      429,
      'over_request_rate_limit',
      true,
    ]);
    expect((await signUp(6, '203.0.113.78')).status).toBe(200);
  });
});
