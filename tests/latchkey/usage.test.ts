import { afterAll, beforeAll, expect, it } from 'vitest';
import { neighbourhoodOf } from '../../src/core/ip_network.ts';
import { prune } from '../../src/core/retention.ts';
import { noKey, usageOf } from '../../src/core/usage/gather.ts';
import { type Body, type Latchkey, openLatchkey } from '../support/latchkey.ts';
import { type Person, unknownKey } from '../support/magpipe.ts';

let latchkey: Latchkey;
let person: Person;
let session: string;
beforeAll(async () => {
  latchkey = await openLatchkey({ LATCHKEY_KEYS_PER_USER: '100', LATCHKEY_TRUSTED_PROXIES: 'loopback' });
  person = await latchkey.person();
  session = await latchkey.session(person);
});
afterAll(() => latchkey.close());

const today = () => new Date().toISOString().slice(0, 10);
const usage = async (query = '', credential = session, of = latchkey) => {
  await of.house.usage.flush();
  const { status, body } = await of.ask(credential, 'GET', `/usage${query}`);
  expect([status, body]).toEqual([200, body]);
  return body;
};

it('requests and refusals of a key, by operation, class of status, network and day', async () => {
  const { key, id } = await latchkey.made(session, { scopes: ['keys:read', 'usage:read'] });
  const from = { 'X-Forwarded-For': '203.0.113.77' };
  for (let n = 0; n < 3; n += 1) await latchkey.ask(key, 'GET', '/keys', undefined, from);
  await latchkey.ask(key, 'GET', '/keys', undefined, { 'X-Forwarded-For': '2001:db8:1:2::3' });
  await latchkey.ask(key, 'POST', '/keys', { name: 'no' }, from);
  await latchkey.ask(key, 'GET', '/nowhere-at-all', undefined, from).catch(() => {});
  await latchkey.send('GET', '/api/v1/pipelines/', { headers: { authorization: `Api-Key ${key}` } });
  const one = { from: expect.any(String), to: today(), requests: 7, refusals: 3 };
  expect(await usage(`?key=${id}`)).toEqual({ ...one, by: 'day', rows: [{ day: today(), requests: 7, refusals: 3 }] });
  expect((await usage(`?key=${id}&by=operation`)).rows).toEqual([
    { operation: 'latchkey.listKeys', requests: 4, refusals: 0 },
    { operation: 'latchkey.createKey', requests: 1, refusals: 1 },
    { operation: 'latchkey.none', requests: 1, refusals: 1 },
    { operation: 'maiagent.listPipelines', requests: 1, refusals: 1 },
  ]);
  expect((await usage(`?key=${id}&by=status`)).rows).toEqual([
    { status: '2xx', requests: 4, refusals: 0 },
    { status: '4xx', requests: 3, refusals: 3 },
  ]);
  expect((await usage(`?key=${id}&by=network`)).rows).toEqual([
    { network: '203.0.113.0/24', requests: 5, refusals: 2 },
    { network: '127.0.0.0/24', requests: 1, refusals: 1 },
    { network: '2001:db8:1::/48', requests: 1, refusals: 0 },
  ]);
  expect((await usage(`?key=${id}&network=203.0.113.0/24&status=4xx&operation=latchkey.none`)).requests).toBe(1);
  expect((await usage('?by=key')).rows).toEqual(
    expect.arrayContaining([
      { key: id, name: 'made', requests: 7, refusals: 3 },
      { key: null, name: null, requests: expect.any(Number), refusals: expect.any(Number) },
    ]),
  );
});

it('a key that has ended, or is used from elsewhere, still counts its refusals; a text that is no key counts for nobody', async () => {
  const ended = await latchkey.made(session);
  await latchkey.ask(session, 'DELETE', `/keys/${ended.id}`);
  const bound = await latchkey.made(session, { addresses: ['192.0.2.0/24'] });
  const { requests } = await usage();
  await latchkey.ask(ended.key, 'GET', '/me');
  await latchkey.manage(bound.key, { action: 'list' });
  await latchkey.ask(unknownKey(), 'GET', '/me');
  await latchkey.ask(undefined, 'GET', '/me');
  for (const { id } of [ended, bound]) {
    expect((await usage(`?key=${id}`)).refusals).toBe(1);
  }
  // Besides, what was asked here: the reports themselves.
  expect((await usage()).requests).toBe(requests + 5);
});

it('days from and to, both included; what is no report is 400, a key of somebody else 404', async () => {
  await latchkey.house.db('usage_counts').insert(
    ['2026-01-01', '2026-01-02', '2026-01-03'].map((day) => ({
      ...{ account_id: 1, day, key_uuid: noKey, operation: 'mage.listUsers', status: 2, network: 'other', requests: 5 },
    })),
  );
  const { rows } = await usage('?from=2026-01-02&to=2026-01-03');
  expect(rows).toEqual(['2026-01-02', '2026-01-03'].map((day) => ({ day, requests: 5, refusals: 0 })));
  const ask = async (query: string, credential = session) => {
    const { status, body } = await latchkey.ask(credential, 'GET', `/usage?${query}`);
    return [status, body];
  };
  expect(await ask('from=2026-02-02&to=2026-02-01')).toEqual([400, { from: ['This is later than `to`.'] }]);
  for (const query of ['from=x', 'from=2026-02-30', 'by=moon', 'status=9xx']) expect((await ask(query))[0]).toBe(400);
  expect((await ask('key=key_0'))[0]).toBe(404);
  const stranger = await latchkey.session(await latchkey.person({ accountId: await latchkey.account() }));
  const { id } = await latchkey.made(session);
  expect((await ask(`key=${id}`, stranger))[0]).toBe(404);
  expect((await usage('', stranger)).requests).toBeLessThan(3);
});

it('who is no admin sees what their own keys did', async () => {
  const viewer = await latchkey.session(await latchkey.person({ roleIds: [4] }));
  const { key, id } = await latchkey.made(viewer);
  await latchkey.ask(key, 'GET', '/me');
  expect((await usage('?by=key', viewer)).rows).toEqual([{ key: id, name: 'made', requests: 1, refusals: 0 }]);
  const roleless = await latchkey.session(await latchkey.person({ roleIds: [] }));
  expect((await latchkey.ask(roleless, 'GET', '/usage')).status).toBe(403);
});

it('check 94: a key that verify is asked about is not counted, who asks is', async () => {
  const asked = await latchkey.made(session);
  const { key, id } = await latchkey.made(session, { scopes: ['keys:verify'] });
  await latchkey.ask(key, 'POST', '/verify', { key: asked.key });
  expect((await usage(`?key=${asked.id}`)).requests).toBe(0);
  expect((await usage(`?key=${id}`)).requests).toBe(1);
});

it('no request waits for a write; several processes add up; at the end what is left is written', async () => {
  const { key, id } = await latchkey.made(session);
  const twin = await latchkey.twin();
  await latchkey.house.usage.flush();
  const writes = await latchkey.statements(() => latchkey.ask(key, 'GET', '/me'));
  expect(writes.filter((sql) => /^\s*(insert|update|delete)/i.test(sql) && !/last_used/.test(sql))).toEqual([]);
  const headers = { authorization: `Bearer ${key}` };
  await Promise.all(Array.from({ length: 20 }, () => twin.send('GET', '/v1/me', { headers })));
  await Promise.all([twin.house.usage.close(), latchkey.house.usage.flush()]);
  expect((await usage(`?key=${id}`)).requests).toBe(21);
});

it('while Postgres is away nothing is lost, and memory has a bound: networks first, then keys and operations', async () => {
  const { db, log } = latchkey.house;
  const gathered = usageOf(db, log);
  const it = { accountId: 77, key: undefined, operation: 'mage.listUsers', status: 200 };
  await db.raw('alter table usage_counts rename to away');
  for (let n = 0; n < 12_000; n += 1) gathered.note(it, { ...it, address: `10.${n >> 8}.${n & 255}.1` });
  await gathered.flush();
  for (let n = 0; n < 12_000; n += 1) gathered.note(it, { ...it, address: '198.51.100.1', operation: `o${n}` });
  gathered.note(it, { ...it, address: '10.0.0.9' });
  await gathered.flush();
  await db.raw('alter table away rename to usage_counts');
  await gathered.close();
  const rows: Body[] = await db('usage_counts').where({ account_id: 77 });
  const sum = (some: Body[]) => some.reduce((all, { requests }) => all + requests, 0);
  expect(sum(rows)).toBe(24_001);
  expect(rows).toHaveLength(20_001);
  expect(rows.find(({ network }) => network === '10.0.0.0/24')?.requests).toBe(2);
  expect(sum(rows.filter(({ operation }) => operation === 'other'))).toBe(2_001);
  expect(latchkey.log.some((line) => line.includes('usage could not be written'))).toBe(true);
});

it('is pruned by its day', async () => {
  const { db } = latchkey.house;
  const row = {
    account_id: 78,
    key_uuid: noKey,
    operation: 'mage.listUsers',
    status: 2,
    network: 'other',
    requests: 1,
  };
  const ago = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);
  await db('usage_counts').insert([401, 400, 0].map((days) => ({ ...row, day: ago(days) })));
  await prune(latchkey.house);
  expect(await db('usage_counts').where({ account_id: 78 })).toHaveLength(2);
});

it.each([
  ['203.0.113.77', '203.0.113.0/24'],
  ['::ffff:203.0.113.77', '203.0.113.0/24'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1::/48'],
  ['2001:0DB8::1', '2001:db8:0::/48'],
  ['::1', '0:0:0::/48'],
  ['', ''],
])('the neighbourhood of %s is %s', (address, range) => {
  expect(neighbourhoodOf(address)).toBe(range);
});
