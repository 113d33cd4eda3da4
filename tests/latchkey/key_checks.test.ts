import { crc32 } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeKey } from '../../src/core/api_keys/form.ts';
import { type Body, type Latchkey, openLatchkey } from '../support/latchkey.ts';
import { type Person, uncheckedKey } from '../support/magpipe.ts';

let latchkey: Latchkey;
let person: Person;
let session: string;
beforeAll(async () => {
  latchkey = await openLatchkey({ LATCHKEY_KEYS_PER_USER: '100' });
  person = await latchkey.person();
  session = await latchkey.session(person);
});
afterAll(() => latchkey.close());

const refusal = [401, { detail: 'Invalid or expired token.' }, 'Bearer realm="latchkey", error="invalid_token"'];
const asked = async (key: string) => {
  const { status, body, headers } = await latchkey.ask(key, 'GET', '/me');
  return [status, body, headers['www-authenticate']];
};

/** How far counts are from all being equal: as large as their number, give or take, where chance made them. */
function chiSquare(counts: number[]): number {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

it('check 14: mgp_ and 40 hex digits; 10,000 keys are all distinct, and their random part is flat', async () => {
  expect((await latchkey.made(session)).key).toMatch(/^mgp_[0-9a-f]{40}$/);
  const keys = Array.from({ length: 10_000 }, makeKey);
  expect(keys.filter((key) => !/^mgp_[0-9a-f]{40}$/.test(key))).toEqual([]);
  // Distinct in half of the random part, too: 64 bits leave no chance of two alike among so few.
  expect(new Set(keys.map((key) => key.slice(4, 20))).size).toBe(10_000);
  expect(new Set(keys.map((key) => key.slice(20, 36))).size).toBe(10_000);
  // 15 degrees of freedom in each of 32 places: more than 85 comes of chance once in 10^11 times.
  for (let place = 4; place < 36; place += 1) {
    const counts = [...'0123456789abcdef'].map((digit) => keys.filter((key) => key[place] === digit).length);
    expect(chiSquare(counts)).toBeLessThan(85);
  }
});

it('check 17: a key with a mistyped character is 401 without a statement, wherever the character stands', async () => {
  const { key } = await latchkey.made(session);
  expect((await asked(key))[0]).toBe(200);
  for (const at of [-1, -8, -9, -40].map((back) => key.length + back)) {
    const mistyped = key.slice(0, at) + (key[at] === '0' ? '1' : '0') + key.slice(at + 1);
    const sent = await latchkey.statements(async () => expect(await asked(mistyped)).toEqual(refusal));
    expect([at, sent]).toEqual([at, []]);
  }
});

it('check 18: unknown, of another secret, revoked, switched off and expired: the same answer for the same one statement', async () => {
  const { key } = await latchkey.made(session);
  const now = latchkey.house.db.fn.now();
  const kinds = {
    unknown: makeKey(),
    'of another secret': nearly(key),
    revoked: await latchkey.key(person, { revoked_at: now }),
    'switched off': await latchkey.key(person, { is_enabled: false }),
    expired: await latchkey.key(person, { expires_at: now }),
  };
  const costs: unknown[] = [];
  for (const [kind, one] of Object.entries(kinds)) {
    let answer: unknown;
    const sent = await latchkey.statements(async () => (answer = await asked(one)));
    expect([kind, answer, sent.length]).toEqual([kind, refusal, 1]);
    costs.push(sent);
  }
  expect(costs).toEqual(costs.map(() => costs[0]));
  expect(await latchkey.statements(() => asked(uncheckedKey()))).toEqual([]);
});

/** A key that is shown with the same first digits as this one, and has a checksum that holds. */
function nearly(key: string): string {
  const random = key.slice(0, 12) + makeKey().slice(12, 36);
  return random + crc32(random).toString(16).padStart(8, '0');
}

it('check 27: last_used_at is right at once where the key was used, elsewhere when it is written; nothing moves it back', async () => {
  const twin = await latchkey.twin();
  const { key, id } = await latchkey.made(session);
  const headers = { authorization: `Bearer ${key}` };
  const shown = async (): Promise<Body> => (await latchkey.ask(session, 'GET', `/keys/${id}`)).body.last_used_at;
  expect(await shown()).toBeNull();
  const before = Date.now();
  await latchkey.ask(key, 'GET', '/me');
  const first = Date.parse(await shown());
  expect(first >= before && first <= Date.now()).toBe(true);

  const seen: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    const both = Array.from({ length: 10 }, (_, n) => (n % 2 ? twin : latchkey).send('GET', '/v1/me', { headers }));
    expect((await Promise.all(both)).map(({ status }) => status)).toEqual(both.map(() => 200));
    // The one that was asked last need not write last.
    await (round % 2 ? twin : latchkey).house.usedKeys.flush();
    seen.push(Date.parse(await shown()));
  }
  await Promise.all([twin, latchkey].map(({ house }) => house.usedKeys.flush()));
  seen.push(Date.parse(await shown()));
  expect(seen).toEqual([...seen].sort((one, other) => one - other));
  expect((seen[0] ?? 0) >= first && (seen[3] ?? 0) <= Date.now()).toBe(true);

  // Written by a process whose clock is ahead.
  const row = () => latchkey.house.db('api_keys').where('prefix', key.slice(0, 12));
  const ahead = '2099-01-01T00:00:00Z';
  await row().update({ last_used_at: ahead });
  await latchkey.ask(key, 'GET', '/me');
  await latchkey.house.usedKeys.flush();
  expect(
    Date.parse(
      await row()
        .first('last_used_at')
        .then((key) => String(key?.last_used_at)),
    ),
  ).toBe(Date.parse(ahead));
});

it('check 33: a key is found by an index: of 100,000 keys as few pages are read as of ten', async () => {
  const { db } = latchkey.house;
  const { key } = await latchkey.made(session);
  const queries: { sql: string; bindings: Buffer[] }[] = [];
  const see = (query: (typeof queries)[number]) => void (/k\.hash = /.test(query.sql) && queries.push(query));
  db.on('query', see);
  await latchkey.ask(key, 'GET', '/me');
  db.removeListener('query', see);
  expect(queries).toHaveLength(1);
  const { sql, bindings } = queries[0] as (typeof queries)[number];
  const plan = async (): Promise<Body> => {
    await db.raw('analyze api_keys');
    const { rows } = await db.raw(`explain (analyze, buffers, format json) ${sql.replace(/\$1/g, '?')}`, bindings);
    return rows[0]['QUERY PLAN'][0].Plan;
  };
  const pages = (plan: Body) => plan['Shared Hit Blocks'] + plan['Shared Read Blocks'];
  const few = pages(await plan());
  await db.transaction(async (trx) => {
    // Foreign keys are not what is asked about, and take most of the time.
    await trx.raw('set local session_replication_role = replica');
    await trx.raw(
      `insert into api_keys (hash, prefix, checksummed, name, user_id, account_id)
       select sha256(n::text::bytea), 'mgp_' || to_char(n, 'FM00000000'), true, 'many', ?, ? from generate_series(1, 100000) n`,
      [person.id, person.accountId],
    );
  });
  const many = await plan();
  expect(scans(many, 'api_keys')).toEqual(['Index Scan by api_keys_hash_key']);
  expect(pages(many)).toBeLessThan(few + 10);
});

/** How a plan reads a table. */
function scans({ Plans = [], ...node }: Body, table: string): string[] {
  const own = node['Relation Name'] === table ? [`${node['Node Type']} by ${node['Index Name']}`] : [];
  return [...own, ...Plans.flatMap((one: Body) => scans(one, table))];
}
