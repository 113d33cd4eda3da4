import fc from 'fast-check';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { audit } from '../../src/core/audit.ts';
import { checkAll, type Place } from '../../src/core/audit_chain/check.ts';
import { macOf, none } from '../../src/core/audit_chain/mac.ts';
import { prune } from '../../src/core/retention.ts';
import { rotateSecret } from '../../src/core/sealing/rotate_secret.ts';
import { sealOf } from '../../src/core/sealing/seal.ts';
import { type Body, type Latchkey, openLatchkey } from '../support/latchkey.ts';
import type { Person } from '../support/magpipe.ts';

let latchkey: Latchkey;
let person: Person;
let session: string;
const secret = 'what seals the log of this test, and more';
beforeAll(async () => {
  latchkey = await openLatchkey({ LATCHKEY_KEYS_PER_USER: '100', LATCHKEY_SECRET: secret });
  person = await latchkey.person();
  session = await latchkey.session(person);
});
afterAll(() => latchkey.close());

const get = (path: string, credential = session) => latchkey.ask(credential, 'GET', path);
const breaks = async (of = latchkey, kept = new Map<number, Place[]>()) =>
  (await checkAll(of.house.db, of.house.installation.seal, kept)).flatMap((one) => one.breaks);

/** Somebody who may do everything with the database, but has not the secret. */
const tamper = async (sql: string, values: unknown[] = [], of = latchkey) => {
  const { db } = of.house;
  await db.raw('alter table audit_log disable trigger audit_log_append_only');
  await db.raw(sql, values as never);
  await db.raw('alter table audit_log enable trigger audit_log_append_only');
};

it('check 30: making, rotating and revoking a key: who, with which key, from where, in which request; never the secret', async () => {
  const made = await latchkey.made(session, { name: 'watched' });
  const { body: rotated } = await latchkey.ask(
    session,
    'POST',
    `/keys/${made.id}/rotate`,
    {},
    { 'x-request-id': 'turn' },
  );
  await latchkey.ask(rotated.key, 'DELETE', `/keys/${rotated.id}`, undefined, { 'x-request-id': 'end' });
  const { body, text } = await get(`/audit?subject=${made.id}`);
  const [user] = await latchkey.house.db('users').where({ id: person.id });
  expect(body.results.map(({ action }: Body) => action)).toEqual(['key_rotated', 'key_minted']);
  expect(body.results[0]).toMatchObject({
    user: { id: `usr_${user?.uuid.replaceAll('-', '')}`, name: person.email },
    key: null,
    request_id: 'turn',
    mac: expect.stringMatching(/^[\da-f]{64}$/),
  });
  const ended = (await get(`/audit?subject=${rotated.id}&action=key_revoked`)).body;
  expect(ended).toMatchObject({ count: 1, results: [{ key: rotated.id, request_id: 'end' }] });
  expect(text + JSON.stringify(ended)).not.toMatch(new RegExp(`${made.key.slice(12)}|${rotated.key.slice(12)}`));
});

it('listKeyAudit: what happened to a key and what was done with it; an admin’s address is the admins’', async () => {
  const viewer = await latchkey.session(await latchkey.person({ roleIds: [4] }));
  const { id, key } = await latchkey.made(viewer, { name: 'of a viewer' });
  const { body: made } = await latchkey.ask(key, 'POST', '/keys', { name: 'made with it' });
  await latchkey.ask(session, 'PATCH', `/keys/${id}`, { enabled: false });
  const { body } = await get(`/keys/${id}/audit`, viewer);
  expect(body.results.map((one: Body) => [one.action, one.subject, one.address === null])).toEqual([
    ['key_disabled', id, true],
    ['key_minted', made.id, false],
    ['key_minted', id, false],
  ]);
  expect((await get(`/keys/${id}/audit`)).body.results[0].address).toMatch(/127\.0\.0\.1/);
  const { body: last } = await get(`/keys/${id}/audit?limit=1`, viewer);
  const cursor = new URL(last.next).searchParams.get('cursor');
  expect((await get(`/keys/${id}/audit?limit=1&cursor=${cursor}`, viewer)).body.results[0].subject).toBe(made.id);
  expect((await get(`/keys/${made.id}/audit?cursor=${cursor}`, viewer)).status).toBe(400);
  const { body: next } = await latchkey.ask(viewer, 'POST', `/keys/${made.id}/rotate`, {});
  expect((await get(`/keys/${next.id}/audit`, viewer)).body.results).toMatchObject([
    { action: 'key_rotated', subject: made.id },
  ]);
  const other = await latchkey.session(await latchkey.person({ roleIds: [4] }));
  expect((await get(`/keys/${id}/audit`, other)).status).toBe(404);
});

it('listAudit: pages, the newest first, by action, user and time; admins of the account alone', async () => {
  const { body: first } = await get('/audit?limit=2');
  expect([first.count, first.results.length]).toEqual([expect.any(Number), 2]);
  const { body: second } = await get(`/audit?limit=2&cursor=${new URL(first.next).searchParams.get('cursor')}`);
  const ids = [...first.results, ...second.results].map(({ id }: Body) => Number(id));
  expect(ids).toEqual(ids.toSorted((a, b) => b - a));
  expect(new Set(ids).size).toBe(ids.length);

  const { at } = second.results[0];
  const since = (await get(`/audit?since=${at}&limit=1000`)).body;
  const until = (await get(`/audit?until=${at}&limit=1000`)).body;
  expect(since.count + until.count).toBe(first.count);
  expect(
    (await get('/audit?action=key_minted&limit=1000')).body.results.every((one: Body) => one.action === 'key_minted'),
  ).toBe(true);
  expect((await get('/audit?user=usr_00000000000000000000000000000000')).body.count).toBe(0);
  expect((await get('/audit?user=nobody')).body.count).toBe(0);
  expect((await get('/audit?since=yesterday')).status).toBe(400);

  const editor = await latchkey.session(await latchkey.person({ roleIds: [3] }));
  const stranger = await latchkey.session(await latchkey.person({ accountId: await latchkey.account() }));
  expect((await get('/audit', editor)).status).toBe(403);
  const { body: foreign } = await get('/audit?limit=1000', stranger);
  expect(foreign.results.map(({ action }: Body) => action)).toEqual(['signed_in']);
  const { key } = await latchkey.made(session, { scopes: ['keys:read'] });
  expect((await get('/audit', key)).body).toEqual({ detail: 'This key lacks the scope audit:read.' });
});

it('exportAudit: the same as lines, the oldest first, all of it', async () => {
  const other = await openLatchkey();
  const { db, installation } = other.house;
  const own = await other.session();
  await db.raw(
    `insert into audit_log (account_id, action, subject) select ?, 'filled', n from generate_series(1, 2500) n`,
    [installation.accountId],
  );
  await other.made(own);
  const answer = await request(other.server).get('/v1/audit/export').set('Authorization', `Bearer ${own}`).buffer();
  expect([answer.status, answer.type]).toEqual([200, 'application/x-ndjson']);
  const entries: Body[] = answer.text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const { body } = await other.ask(own, 'GET', '/audit?limit=1000');
  expect(entries).toHaveLength(body.count);
  expect(entries.slice(-1000).reverse()).toEqual(body.results);
  const few = await request(other.server)
    .get('/v1/audit/export?action=key_minted')
    .set('Authorization', `Bearer ${own}`)
    .buffer();
  expect(few.text.trimEnd().split('\n')).toHaveLength(1);
  await other.close();
});

describe('the chain', () => {
  it('holds; many who write at once are in it without a gap, and what is undone is not in it', async () => {
    const { house } = latchkey;
    const before = (await get('/audit/head')).body;
    expect(before).toMatchObject({ account: 'acc_1', verified: true });
    const asker = { address: '192.0.2.1', requestId: 'many', origin: 'http://localhost' };
    const context = { house, asker, principal: { kind: 'user' as const, userId: person.id, accountId: 1, roles: [] } };
    const write = (n: number) =>
      house.db.transaction(async (db) => {
        await audit({ ...context, db }, 'key_changed', `${n} first`, undefined, { n: '1e400', é: [n] });
        // A savepoint that is undone takes its rows with it.
        await db
          .transaction(async (inner) => {
            await audit({ ...context, db: inner }, 'key_changed', 'undone');
            throw new Error('undone');
          })
          .catch(() => {});
        await db.transaction((inner) => audit({ ...context, db: inner }, 'key_changed', `${n} second`));
        // Rows of two chains, in either order, are never in each other's way.
        const whose = { user_id: person.id, account_id: n % 2 ? 7 : 8 };
        await audit({ ...context, db }, 'key_changed', `${n} elsewhere`, whose);
        await audit({ ...context, db }, 'key_changed', `${n} elsewhere`, { ...whose, account_id: n % 2 ? 8 : 7 });
        if (n % 5 === 0) throw new Error('undone');
      });
    const ended = await Promise.allSettled(Array.from({ length: 50 }, (_, n) => write(n)));
    expect(ended.filter(({ status }) => status === 'fulfilled')).toHaveLength(40);
    const after = (await get('/audit/head')).body;
    expect(after.sequence - before.sequence).toBe(80);
    expect(await house.db('audit_log').where({ subject: 'undone' })).toEqual([]);
    expect(await breaks()).toEqual([]);
  });

  it('property: breaks at any column of any row that is changed, at a row that is missing, and at two that change places', async () => {
    const { db } = latchkey.house;
    const rows = await db('audit_log').where({ account_id: 1 }).orderBy('seq');
    const columns = Object.keys(rows[0] as object).filter((name) => name !== 'seq');
    const others: Record<string, string> = {
      id: 'id + 1000000',
      at: `at + interval '1 microsecond'`,
      account_id: 'null',
      user_id: 'coalesce(user_id, 0) + 1',
      api_key_id: 'coalesce(api_key_id, 0) + 1',
      details: `coalesce(details, '{}') || '{"x": 1}'`,
      mac: `set_byte(mac, 3, get_byte(mac, 3) # 1)`,
    };
    const one = fc.record({ at: fc.nat({ max: rows.length - 1 }), column: fc.constantFrom(...columns) });
    const keep = () => db.raw('create table kept as select * from audit_log');
    const restore = () => tamper(`delete from audit_log; insert into audit_log select * from kept; drop table kept`);
    await fc.assert(
      fc.asyncProperty(one, async ({ at, column }) => {
        await keep();
        const changed = others[column] ?? `coalesce(${column}, '') || 'x'`;
        await tamper(`update audit_log set ${column} = ${changed} where id = ?`, [rows[at]?.id]);
        const found = await breaks();
        await restore();
        expect(found.length).toBeGreaterThan(0);
      }),
      { numRuns: 25, examples: columns.map((column) => [{ at: 3, column }]) },
    );
    for (const sql of [
      'delete from audit_log where account_id = 1 and seq = 4',
      'delete from audit_log where account_id = 1 and seq <= 4',
      'delete from audit_log where account_id = 1 and seq >= 9',
      'update audit_log set seq = case seq when 5 then 100006 else 100005 end where account_id = 1 and seq in (5, 6); update audit_log set seq = seq - 100000 where seq > 100000',
      'update audit_log set seq = null, mac = null, mac_key = null where account_id = 1 and seq >= 9',
      `insert into audit_log (account_id, action) values (1, 'forged')`,
      `insert into audit_checkpoints select 1, seq, mac, mac, mac_key from audit_log where account_id = 1 and seq = 4; delete from audit_log where account_id = 1 and seq <= 4`,
    ]) {
      await keep();
      await tamper(sql);
      const found = await breaks();
      await restore();
      await db('audit_checkpoints').delete();
      expect([sql, found.length]).toEqual([sql, expect.any(Number)]);
      expect(found.length).toBeGreaterThan(0);
    }
    expect(await breaks()).toEqual([]);
  });

  it('cut at its end together with its head, breaks against a head that was kept elsewhere', async () => {
    const { db } = latchkey.house;
    const { sequence, mac } = (await get('/audit/head')).body;
    const kept = new Map([[1, [{ seq: sequence as number, mac: Buffer.from(mac, 'hex') }]]]);
    expect(await breaks(latchkey, kept)).toEqual([]);
    await db.raw('create table kept as select * from audit_log');
    await tamper('delete from audit_log where account_id = 1 and seq > ?', [sequence - 2]);
    await db.raw(
      'update audit_heads h set seq = l.seq, mac = l.mac from audit_log l where h.account_id = 1 and l.account_id = 1 and l.seq = ?',
      [sequence - 2],
    );
    expect(await breaks()).toEqual([]);
    expect(await breaks(latchkey, kept)).toEqual([
      `rows ${sequence - 1} to ${sequence} are missing at the end, by the head that was kept`,
    ]);
    await tamper('delete from audit_log; insert into audit_log select * from kept; drop table kept');
    await db('audit_heads')
      .where({ account_id: 1 })
      .update({ seq: sequence, mac: Buffer.from(mac, 'hex') });
    expect(await breaks(latchkey, new Map([[1, [{ seq: 3, mac: Buffer.alloc(32) }]]]))).toEqual([
      'row 3 is not the head that was kept',
    ]);
  });

  it('is pruned at its beginning, with a checkpoint that nobody else can leave, and not where it was changed', async () => {
    const other = await openLatchkey({ LATCHKEY_KEEP_AUDIT_DAYS: '400' });
    const own = await other.session();
    for (let n = 0; n < 5; n += 1) await other.made(own);
    const { db, installation } = other.house;
    const account = installation.accountId;
    // As if it had been written then: all of it again, by the same rules.
    const { seal } = installation;
    const rows = await db('audit_log').where({ account_id: account }).orderBy('seq');
    let mac = none;
    for (const row of rows) {
      const at = (row.seq ?? 0) <= 4 ? '2020-01-01T00:00:00+00:00' : row.at;
      mac = macOf(seal.auditKey, mac, row.seq as number, { ...row, details: null, at } as never);
      await tamper('update audit_log set at = ?, mac = ? where id = ?', [at, mac, row.id], other);
    }
    await db('audit_heads').where({ account_id: account }).update({ mac });
    expect(await breaks(other)).toEqual([]);

    await tamper(`update audit_log set action = 'nothing' where account_id = ? and seq = 2`, [account], other);
    expect((await prune(other.house)).audit_log).toBe(0);
    expect(other.log.join()).toContain('row 2 is not what was written');
    await tamper(`update audit_log set action = ? where account_id = ? and seq = 2`, [rows[1]?.action, account], other);

    expect((await prune(other.house)).audit_log).toBe(4);
    expect((await prune(other.house)).audit_log).toBe(0);
    expect(await breaks(other)).toEqual([]);
    expect((await other.ask(own, 'GET', '/audit/head')).body.verified).toBe(true);
    await other.made(own);
    expect(await breaks(other)).toEqual([]);

    await db('audit_checkpoints').update({ seq: 5 });
    expect((await breaks(other)).length).toBeGreaterThan(0);
    await other.close();
  });

  it('goes on under another secret, and what was written under the first is still held against it', async () => {
    const other = await openLatchkey({ LATCHKEY_SECRET: secret });
    await other.made(await other.session());
    const next = 'another secret, as long as it has to be';
    const { db, config } = other.house;
    await rotateSecret(db, { ...config, nextSecret: next }, false);
    const seal = sealOf(next);
    expect((await checkAll(db, seal, new Map())).flatMap((one) => one.breaks)).toEqual([]);
    await tamper(`update audit_log set address = '192.0.2.77' where seq = 1`, [], other);
    expect((await checkAll(db, seal, new Map())).flatMap((one) => one.breaks)).toEqual([
      'row 1 is not what was written, or not where it was',
    ]);
    await other.close();
  });
});
