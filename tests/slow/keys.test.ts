import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formOf, makeKey } from '../../src/core/api_keys/form.ts';
import { renameKey, revokeKey } from '../../src/core/api_keys/index.ts';
import type { Context } from '../../src/core/context.ts';
import { verifyKey } from '../../src/core/credentials/verify_key.ts';
import { applicationKey } from '../support/house.ts';
import {
  type Magpipe,
  openMagpipe,
  otherForms,
  type Person,
  password,
  route,
  uncheckedKey,
  unknownKey,
} from '../support/magpipe.ts';

let magpipe: Magpipe;
/** Another process on the same database. */
let twin: Magpipe;

beforeAll(async () => {
  magpipe = await openMagpipe();
  twin = await magpipe.twin();
});
afterAll(() => magpipe.close());

const somebody = async () => magpipe.key(await magpipe.person());
const list = { action: 'list' };
/** What opens with it: the status of a list of keys, or of any answer that a house gives. */
const opens = async (credential: string, house = magpipe) => (await house.manage(credential, list)).status;
const mintedBy = async (credential: string) =>
  (await magpipe.manage(credential, { action: 'generate', name: 'a' })).body;
const contextOf = ({ id: userId, accountId }: Person): Context => ({
  house: magpipe.house,
  db: magpipe.house.db,
  principal: { kind: 'user', userId, accountId, roles: ['owner'] },
  asker: { address: '192.0.2.1', requestId: 'test', origin: 'http://localhost' },
});

describe('the form of a key', () => {
  it('10,000 keys are all different, of the documented form, each with a checksum that holds', () => {
    const keys = Array.from({ length: 10_000 }, makeKey);
    expect(new Set(keys).size).toBe(10_000);
    expect(keys.filter((key) => !/^mgp_[0-9a-f]{40}$/.test(key) || formOf(key) !== 'checked')).toEqual([]);
  });

  it('each of the 32 random digits is each of the 16 equally often', () => {
    const counts = Array.from({ length: 32 }, () => new Map<string, number>());
    for (let made = 0; made < 10_000; made += 1) {
      const key = makeKey();
      for (const [at, count] of counts.entries()) {
        const digit = key.charAt(4 + at);
        count.set(digit, (count.get(digit) ?? 0) + 1);
      }
    }
    // χ² with 15 degrees of freedom is above 56 once in a million; 32 places are looked at.
    for (const count of counts) {
      expect(count.size).toBe(16);
      const chi = [...count.values()].reduce((sum, n) => sum + (n - 625) ** 2 / 625, 0);
      expect(chi).toBeLessThan(56);
    }
  });

  it('any one character changed breaks the checksum', () => {
    const key = makeKey();
    for (let at = 4; at < key.length; at += 1) {
      const digit = key.charAt(at) === '0' ? '1' : '0';
      expect(formOf(key.slice(0, at) + digit + key.slice(at + 1))).toBe('unchecked');
    }
  });

  const cheap: Record<string, (key: string) => string> = {
    'the last character flipped': (key) => key.slice(0, -1) + (key.endsWith('0') ? '1' : '0'),
    'two characters swapped': (key) => key.replace(/([0-9a-f])(?!\1)([0-9a-f])(?=.{8})/, '$2$1'),
    'too short': (key) => key.slice(0, -1),
    'too long': (key) => `${key}0`,
    'in capitals': (key) => `mgp_${key.slice(4).toUpperCase()}`,
    'another prefix': (key) => `mgq_${key.slice(4)}`,
    'mgp_ alone': () => 'mgp_',
    quotes: (key) => `${key}' or '1'='1`,
    'eight thousand characters': (key) => key.repeat(180),
  };
  it.each(Object.keys(cheap))('401 without a single statement: %s', async (what) => {
    const broken = cheap[what]?.(await somebody()) ?? '';
    expect(await magpipe.statements(async () => expect(await opens(broken)).toBe(401))).toEqual([]);
  });

  it('a key costs one statement the first time, which writes nothing, and then none; so do unknown, revoked and expired ones', async () => {
    const person = await magpipe.person();
    const active = await magpipe.key(person);
    const refused = [
      unknownKey(),
      await magpipe.key(person, { revoked_at: new Date() }),
      await magpipe.key(person, { expires_at: new Date(0) }),
    ];
    expect(await magpipe.statements(() => verifyKey(magpipe.house, active))).toEqual([
      expect.stringMatching(/^\s*select /),
    ]);
    for (const key of refused) {
      const seen = await magpipe.statements(async () => expect(await opens(key)).toBe(401));
      expect(seen).toEqual([expect.stringMatching(/^\s*select /)]);
      expect(await magpipe.statements(async () => expect(await opens(key)).toBe(401))).toEqual([]);
    }
    // The whole request: what was asked for. That it was used is written beside it, once a second.
    const beside = (sql: string) => sql.includes('update api_keys k set last_used_at');
    const seen = await magpipe.statements(async () => expect(await opens(active)).toBe(200));
    expect(seen.filter((sql) => !beside(sql))).toEqual([expect.stringMatching(/^select \* from "api_keys"/)]);
  });

  it('unknown, revoked, expired and of a lost membership: none takes longer than the others', async () => {
    const person = await magpipe.person();
    const lost = await magpipe.person();
    const keys = {
      unknown: unknownKey(),
      revoked: await magpipe.key(person, { revoked_at: new Date() }),
      expired: await magpipe.key(person, { expires_at: new Date(0) }),
      lost: await magpipe.key(lost),
    };
    await magpipe.house.db('memberships').where({ user_id: lost.id }).delete();
    const times: Record<string, number[]> = { unknown: [], revoked: [], expired: [], lost: [] };
    for (let round = 0; round < 250; round += 1) {
      for (const [what, key] of Object.entries(keys)) {
        const start = performance.now();
        await expect(verifyKey(magpipe.house, key)).rejects.toMatchObject({ message: 'Invalid API key.' });
        times[what]?.push(performance.now() - start);
      }
    }
    const medians = Object.values(times).map((list) => list.toSorted((a, b) => a - b)[125] as number);
    expect(Math.max(...medians) / Math.min(...medians)).toBeLessThan(3);
  });

  it('the statement finds the key by index, however many there are', async () => {
    const { db } = magpipe.house;
    const { id, accountId } = await magpipe.person();
    await db.raw(
      `insert into api_keys (hash, prefix, name, user_id, account_id, revoked_at)
       select sha256(n::text::bytea), 'mgp_0000', 'many', ?, ?, now() from generate_series(1, 20000) n`,
      [id, accountId],
    );
    await db.raw('analyze api_keys');
    const key = await somebody();
    const [sql = ''] = await magpipe.statements(() => verifyKey(magpipe.house, key));
    const { rows } = await db.raw(`explain ${sql.replace(/\$1|\?/, `'\\x00'::bytea`)}`);
    const plan = rows.map((row: Record<string, string>) => row['QUERY PLAN']).join('\n');
    expect(plan).toContain('api_keys_hash_key');
    expect(plan).not.toContain('Seq Scan on api_keys');
  });
});

describe('at most ten active keys', () => {
  const generate = (credential: string) => magpipe.manage(credential, { action: 'generate', name: 'a' });
  const full = [400, { error: 'Maximum of 10 active API keys allowed' }];

  it('20 parallel creations at nine leave exactly ten', async () => {
    const person = await magpipe.person();
    const credential = await magpipe.key(person);
    for (let count = 1; count < 9; count += 1) await magpipe.key(person);
    const answers = await Promise.all(Array.from({ length: 20 }, () => generate(credential)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    for (const { status, body } of answers.filter((one) => one.status !== 200)) expect([status, body]).toEqual(full);
    const [row] = await magpipe.house.db('api_keys').where({ user_id: person.id }).whereNull('revoked_at').count();
    expect(Number(row?.count)).toBe(magpipe.house.config.keysPerUser);
  });

  it('also from two processes, and with a session token beside a key', async () => {
    const person = await magpipe.person();
    const credentials = [await magpipe.key(person), (await magpipe.signIn(person)).access_token];
    for (let count = 1; count < 7; count += 1) await magpipe.key(person);
    const answers = await Promise.all(
      [magpipe, twin].flatMap((house) =>
        credentials.flatMap((credential) =>
          [1, 2, 3].map(() => house.manage(credential, { action: 'generate', name: 'a' })),
        ),
      ),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(3);
  });

  it("revoked and expired keys and other users' do not count", async () => {
    const person = await magpipe.person();
    const colleague = await magpipe.person();
    const credential = await magpipe.key(person);
    for (let count = 0; count < 12; count += 1) {
      await magpipe.key(person, { revoked_at: new Date() });
      await magpipe.key(person, { expires_at: new Date(Date.now() - 1000) });
      await magpipe.key(colleague);
    }
    for (let count = 1; count < 10; count += 1) expect((await generate(credential)).status).toBe(200);
    const { status, body } = await generate(credential);
    expect([status, body]).toEqual(full);
  });
});

describe('a key ends', () => {
  it('200 times: after a revocation the next request is 401, on this process and on another', async () => {
    const person = await magpipe.person();
    const credential = await magpipe.key(person);
    // Nothing is asked for, so that an answer says no more than whether the door opened: 400, or 401.
    const knock = async (key: string, house: Magpipe) => (await house.manage(key, {})).status;
    const late: number[] = [];
    for (let trial = 0; trial < 200; trial += 1) {
      const [one, other] = trial % 2 ? [magpipe, twin] : [twin, magpipe];
      const key = await magpipe.key(person);
      const { uuid: key_id } = (await magpipe.house.db('api_keys').orderBy('id', 'desc').first()) as { uuid: string };
      expect([await knock(key, one), await knock(key, other)]).toEqual([400, 400]);
      // One is on its way while the key is revoked, and may be answered either way.
      const flying = knock(key, other);
      expect((await one.manage(credential, { action: 'revoke', key_id })).status).toBe(200);
      late.push(await knock(key, other), await knock(key, one));
      expect([400, 401]).toContain(await flying);
    }
    expect(late).toEqual(Array(400).fill(401));
  });

  it('at the second of its expiry', async () => {
    const expires = new Date(Date.now() + 1500);
    const key = await magpipe.key(await magpipe.person(), { expires_at: expires });
    expect(await opens(key)).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, expires.getTime() - Date.now() - 200));
    expect(await opens(key)).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, expires.getTime() - Date.now() + 20));
    expect(await opens(key)).toBe(401);
  });

  const ends: Record<string, (person: Person) => Promise<unknown>> = {
    'its user is deleted': ({ id }) => magpipe.house.db('users').where({ id }).delete(),
    'its membership is removed': ({ id }) => magpipe.house.db('memberships').where({ user_id: id }).delete(),
    'its account is deleted': ({ accountId }) => magpipe.house.db('accounts').where({ id: accountId }).delete(),
  };
  it.each(Object.keys(ends))('and so does a session, at once and everywhere, when %s', async (how) => {
    const person = await magpipe.person({ accountId: await magpipe.account() });
    const key = await magpipe.key(person);
    const { access_token: jwt, refresh_token } = await magpipe.signIn(person);
    for (const credential of [key, jwt])
      expect([await opens(credential), await opens(credential, twin)]).toEqual([200, 200]);
    await ends[how]?.(person);
    for (const credential of [key, jwt])
      expect([await opens(credential), await opens(credential, twin)]).toEqual([401, 401]);
    const user = await magpipe.send('GET', '/auth/v1/user', {
      headers: { apikey: applicationKey, authorization: `Bearer ${jwt}` },
    });
    expect(user.body.error_code).toBe('session_not_found');
    expect((await magpipe.token('refresh_token', { refresh_token })).status).toBe(400);
    expect((await magpipe.token('password', { email: person.email, password })).body.error_code).toBe(
      'invalid_credentials',
    );
    const mage = await magpipe.send('GET', '/api/pipelines', { headers: { 'x-api-key': key } });
    expect(mage.status).toBe(401);
  });

  it('roles are read on every request', async () => {
    const person = await magpipe.person({ roleIds: [4] });
    const key = await magpipe.key(person);
    const create = async () => {
      const body = { pipeline: { name: `p ${Math.random()}` } };
      return (await magpipe.send('POST', '/api/pipelines', { headers: { 'x-api-key': key }, body })).body.error?.code;
    };
    expect(await create()).toBe(403);
    const setRole = (role_ids: number[]) =>
      magpipe.house.db('memberships').where({ user_id: person.id }).update({ role_ids });
    await setRole([3]);
    expect(await create()).toBeUndefined();
    await setRole([4]);
    expect(await create()).toBe(403);
  });
});

describe('a key of any form', () => {
  const forms = async (person: Person) => {
    const [skKey, letters] = otherForms(person.email);
    return [
      await magpipe.key(person),
      await magpipe.key(person, { checksummed: false }, skKey),
      await magpipe.key(person, { checksummed: false }, letters),
    ];
  };

  it('opens mage, in every place for an api_key, and magpipe, after Bearer, after bearer, or alone', async () => {
    const person = await magpipe.person({ roleIds: [4] });
    for (const key of await forms(person)) {
      const authorizations = [`Bearer ${key}`, `bearer ${key}`, key];
      for (const authorization of authorizations) {
        const answer = await magpipe.send('POST', route, { headers: { authorization }, body: list });
        expect([authorization, answer.status]).toEqual([authorization, 200]);
      }
      const session = { session: {}, api_key: key };
      const mage = [
        await magpipe.send('GET', '/api/pipelines', { headers: { 'x-api-key': key } }),
        await magpipe.send('GET', `/api/pipelines?api_key=${key}`),
        await magpipe.send('POST', '/api/sessions', { body: session }),
        await magpipe.send('POST', '/api/sessions', {
          body: `api_key=${key}`,
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
        }),
      ];
      expect(mage.slice(0, 2).map(({ body }) => body.metadata.count)).toEqual([expect.any(Number), expect.any(Number)]);
      const signedIn = 'Public access for create only, invalid scope.';
      expect(mage.slice(2).map(({ body }) => body.error.message)).toEqual([signedIn, signedIn]);
    }
    const shown = (await magpipe.manage((await forms(await magpipe.person()))[1], list)).body.keys;
    expect(shown.map(({ key_prefix }: { key_prefix: string }) => key_prefix.length)).toEqual([8, 8, 8]);
  });

  it('a key minted on magpipe opens mage, and so does one without a checksum once the installation knows of such', async () => {
    const person = await magpipe.person();
    const { key } = await mintedBy(await magpipe.key(person));
    expect(
      (await magpipe.send('GET', '/api/users', { headers: { 'x-api-key': key } })).body.users.length,
    ).toBeGreaterThan(0);

    const seeded = await magpipe.key(person, { checksummed: false }, uncheckedKey());
    expect(await opens(seeded)).toBe(401);
    const reopened = await magpipe.twin();
    expect(await opens(seeded, reopened)).toBe(200);
    expect((await reopened.send('GET', '/api/pipelines', { headers: { 'x-api-key': seeded } })).status).toBe(200);
    expect(await opens(uncheckedKey(), reopened)).toBe(401);
    await magpipe.house.db('api_keys').where({ checksummed: false }).delete();
  });
});

describe('whose keys', () => {
  it("renameKey and revokeKey touch the caller's keys alone, in the caller's account alone", async () => {
    const { db } = magpipe.house;
    const owner = await magpipe.person();
    await magpipe.key(owner, { name: 'mine' });
    const row = await db('api_keys').where({ user_id: owner.id }).first();
    const uuid = row?.uuid as string;
    const elsewhere = await magpipe.account();
    await db('memberships').insert({ account_id: elsewhere, user_id: owner.id, role_ids: [1] });
    const strangers = [
      await magpipe.person(),
      await magpipe.person({ accountId: elsewhere }),
      // The same user, in another account.
      { ...owner, accountId: elsewhere },
    ];
    for (const stranger of strangers) {
      expect(await renameKey(contextOf(stranger), uuid, 'theirs')).toBe(false);
      expect(await revokeKey(contextOf(stranger), uuid)).toBe(false);
    }
    for (const none of ['x', '', "' or true --", 'a\u0000']) {
      expect(await renameKey(contextOf(owner), none, 'x')).toBe(false);
      expect(await revokeKey(contextOf(owner), none)).toBe(false);
    }
    expect(await db('api_keys').where({ uuid }).first()).toEqual(row);
    expect(await renameKey(contextOf(owner), uuid.toUpperCase(), '  ключ 🗝  ')).toBe(true);
    expect((await db('api_keys').where({ uuid }).first())?.name).toBe('ключ 🗝');
    await expect(renameKey(contextOf(owner), uuid, ' ')).rejects.toMatchObject({
      kind: 'invalid',
      reason: { key: 'name_missing' },
    });
    await expect(renameKey(contextOf(owner), uuid, 'x'.repeat(65))).rejects.toMatchObject({
      reason: { key: 'name_too_long' },
    });
    expect(await revokeKey(contextOf(owner), uuid)).toBe(true);
  });
});

describe('secrets', () => {
  it('no value of the whole database opens anything, but for the application key, which gives no rights', async () => {
    const own = await openMagpipe();
    const person = await own.person();
    const [, letters] = otherForms('dump');
    const credential = await own.key(person, { checksummed: false }, letters);
    const made = (await own.manage(credential, { action: 'generate', name: 'a' })).body;
    const session = await own.signIn(person);
    await own.token('password', { email: password, password });
    await own.send('GET', '/api/pipelines', { headers: { 'x-api-key': made.key } });
    await own.house.usedKeys.flush();

    const { db } = own.house;
    const { rows: tables } = await db.raw(
      `select table_name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`,
    );
    const values = new Set<string>();
    for (const { table_name } of tables) {
      for (const row of await db(table_name)) {
        for (const value of Object.values(row)) {
          if (Buffer.isBuffer(value))
            for (const form of ['hex', 'base64', 'base64url', 'latin1'] as const) values.add(value.toString(form));
          else if (value !== null) values.add(typeof value === 'string' ? value : JSON.stringify(value));
        }
      }
    }
    const dump = [...values].join('\n');
    for (const secret of [made.key, credential, session.refresh_token, session.access_token, password])
      expect(dump).not.toContain(secret);
    expect(values.size).toBeGreaterThan(50);
    for (const value of [...values].filter((text) => /^[!-~]{1,2000}$/.test(text))) {
      expect([value, (await own.manage(value, list)).status]).toEqual([value, 401]);
      const token = { headers: { 'x-api-key': applicationKey, 'oauth-token': value } };
      expect([value, (await own.send('GET', '/api/pipelines', token)).status]).toEqual([value, 401]);
      expect([value, (await own.token('refresh_token', { refresh_token: value })).status]).toEqual([value, 400]);
      expect([value, (await own.token('password', { email: person.email, password: value })).status !== 200]).toEqual([
        value,
        true,
      ]);
    }
    expect(
      (await own.send('GET', '/api/pipelines', { headers: { 'x-api-key': applicationKey } })).body.error.code,
    ).toBe(403);
    await own.close();
  });
});
