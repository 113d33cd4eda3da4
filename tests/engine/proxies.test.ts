import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { trustOf } from '../../src/wire/proxies.ts';
import { type Doors, openDoors } from '../support/doors.ts';
import { applicationKey, ownerPassword } from '../support/house.ts';

let doors: Doors;
beforeAll(async () => {
  doors = await openDoors({ LATCHKEY_TRUSTED_PROXIES: '127.0.0.1,10.0.0.0/8,2001:db8:1::/48' });
});
afterAll(() => doors.close());

/** Fails to sign in, which is written down; gives the address that was. */
async function addressOf(open: Doors, headers: Record<string, string>): Promise<string> {
  const email = `nobody${Math.random()}@x.test`;
  const all = { 'content-type': 'application/json', apikey: applicationKey, ...headers };
  const body = JSON.stringify({ email: 'owner@example.com', password: email });
  await open.send('POST', '/auth/v1/token?grant_type=password', all, body);
  const row = await open.house.db('audit_log').where({ action: 'sign_in_failed' }).orderBy('id', 'desc').first();
  await open.house.db('rate_limits').delete();
  return String(row?.address);
}

describe('the address of the caller', () => {
  it.each([
    ['nothing', {}, '127.0.0.1'],
    ['one proxy', { 'X-Forwarded-For': '203.0.113.7' }, '203.0.113.7'],
    ['what the client wrote before it', { 'X-Forwarded-For': '6.6.6.6, 203.0.113.7' }, '203.0.113.7'],
    ['two proxies', { 'X-Forwarded-For': '6.6.6.6, 203.0.113.7, 10.1.2.3' }, '203.0.113.7'],
    ['IPv4 mapped into IPv6', { 'X-Forwarded-For': '6.6.6.6, ::ffff:203.0.113.7, ::ffff:10.1.2.3' }, '203.0.113.7'],
    ['IPv4 mapped, in hexadecimal', { 'X-Forwarded-For': '::ffff:cb00:7107' }, '203.0.113.7'],
    ['a port', { 'X-Forwarded-For': '203.0.113.7:1234' }, '203.0.113.7'],
    ['IPv6', { 'X-Forwarded-For': '6.6.6.6, 2001:DB8:0:0::7, 2001:db8:1:2::3' }, '2001:db8::7'],
    ['IPv6 with a port', { 'X-Forwarded-For': '[2001:db8::7]:443' }, '2001:db8::7'],
    ['what is no address', { 'X-Forwarded-For': '6.6.6.6, unknown' }, '127.0.0.1'],
    ['Forwarded', { Forwarded: 'for=6.6.6.6, for=203.0.113.7;proto=https' }, '203.0.113.7'],
    ['Forwarded, IPv6', { Forwarded: 'For="[2001:db8::7]:4711"' }, '2001:db8::7'],
    ['Forwarded, hidden', { Forwarded: 'for=6.6.6.6, for=_hidden' }, '127.0.0.1'],
    ['a Forwarded that is none', { Forwarded: 'for=6.6.6.6 for' }, '127.0.0.1'],
    [
      'Forwarded past a proxy that writes the other',
      { Forwarded: 'for=6.6.6.6', 'X-Forwarded-For': '203.0.113.7' },
      '203.0.113.7',
    ],
  ] as [string, Record<string, string>, string][])('A5: %s', async (_what, headers, address) => {
    expect(await addressOf(doors, headers)).toBe(address);
  });

  it('A5: nobody is believed where nobody is trusted', async () => {
    const alone = await openDoors();
    for (const name of ['X-Forwarded-For', 'Forwarded', 'X-Real-IP', 'X-Client-IP'])
      expect(await addressOf(alone, { [name]: name === 'Forwarded' ? 'for=6.6.6.6' : '6.6.6.6' })).toBe('127.0.0.1');
    await alone.close();
  });

  it('A5: a number of proxies is believed, and the one behind them is not', async () => {
    const counted = await openDoors({ LATCHKEY_TRUSTED_PROXIES: '2' });
    const headers = { 'X-Forwarded-For': '6.6.6.6, 203.0.113.7, 198.51.100.1' };
    expect(await addressOf(counted, headers)).toBe('203.0.113.7');
    await counted.close();
  });

  it('A5: ten wrong passwords of one client do not lock the owner out of another one', async () => {
    const sign = (password: string, from: string) =>
      doors.send(
        'POST',
        '/auth/v1/token?grant_type=password',
        { 'content-type': 'application/json', apikey: applicationKey, 'X-Forwarded-For': from },
        JSON.stringify({ email: 'owner@example.com', password }),
      );
    for (let count = 0; count < 10; count += 1) await sign('wrong password', '203.0.113.66');
    expect((await sign(ownerPassword, '203.0.113.66')).status).toBe(429);
    expect((await sign(ownerPassword, '203.0.113.7')).status).toBe(200);
  });
});

describe('what links begin with', () => {
  /** Where the address of an upload begins. */
  const link = async (open: Doors, headers: Record<string, string>) => {
    const json = { 'content-type': 'application/json', apikey: applicationKey };
    const body = JSON.stringify({ email: 'owner@example.com', password: ownerPassword });
    const { access_token } = (await open.send('POST', '/auth/v1/token?grant_type=password', json, body)).body;
    const wish = { filename: 'a.pdf', modelName: 'attachment', fieldName: 'file', fileSize: 1 };
    const all = { ...json, Authorization: `Bearer ${access_token}`, ...headers };
    const answer = await open.send('POST', '/api/v1/upload-presigned-url/', all, JSON.stringify(wish));
    const { iss } = JSON.parse(Buffer.from(access_token.split('.')[1], 'base64url').toString());
    return [new URL(answer.body.url).origin, iss];
  };

  it('A5: scheme and host are the trusted proxy’s', async () => {
    const origin = async (headers: Record<string, string>) => (await link(doors, headers))[0];
    const Host = 'keys.example.com';
    expect(await origin({ Host })).toBe('http://keys.example.com');
    expect(await origin({ Host, 'X-Forwarded-Proto': 'https' })).toBe('https://keys.example.com');
    const behind = { Host: '10.0.0.9:6789', 'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': 'keys.example.com:8443' };
    expect(await origin(behind)).toBe('https://keys.example.com:8443');
    expect(await origin({ Host, 'X-Forwarded-Proto': 'http, https', 'X-Forwarded-For': '6.6.6.6, 7.7.7.7' })).toBe(
      'https://keys.example.com',
    );
    expect(await origin({ Host: 'x', Forwarded: 'for=7.7.7.7;proto=https;host=keys.example.com' })).toBe(
      'https://keys.example.com',
    );
    expect(await origin({ Host, 'X-Forwarded-Proto': 'gopher' })).toBe('http://keys.example.com');
    const bad = await doors.send('GET', '/v4/pipelines', { Host, 'X-Forwarded-Host': 'a/b' });
    expect(bad.status).toBe(400);
  });

  it('A5: nobody’s where nobody is trusted, and the public URL’s where there is one: in links, and as who signs', async () => {
    const forged = { Host: 'keys.example.com', 'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': 'evil.example' };
    const alone = await openDoors();
    expect((await link(alone, forged))[0]).toBe('http://keys.example.com');
    await alone.close();
    const named = await openDoors({ LATCHKEY_PUBLIC_URL: 'https://Keys.Example.com/' });
    for (const headers of [forged, { Host: 'evil.example' }])
      expect(await link(named, headers)).toEqual(['https://keys.example.com', 'https://keys.example.com/auth/v1']);
    await named.close();
  });
});

it.each(['2001:db8::1/129', '10.0.0.0/33', '10.0.0.0/', '10.0.0', 'proxy.example', '-1', '1000', 'loopback;10.0.0.1'])(
  'A5: %s trusts nobody that could be told',
  (setting) => expect(trustOf(setting)).toBeUndefined(),
);

it('A5: loopback is all of it', () => {
  const trusts = trustOf('loopback, 192.0.2.7');
  for (const address of ['127.0.0.1', '127.9.9.9', '::1', '192.0.2.7']) expect(trusts?.(address, 0)).toBe(true);
  for (const address of ['128.0.0.1', '::2', '192.0.2.8', 'localhost', '']) expect(trusts?.(address, 0)).toBe(false);
});
