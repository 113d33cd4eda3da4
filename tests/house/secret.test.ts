import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, generateKeyPair } from 'jose';
import type { Knex } from 'knex';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Config, readConfig } from '../../src/config.ts';
import { openInstallation } from '../../src/core/installation/index.ts';
import { rotateSecret } from '../../src/core/sealing/rotate_secret.ts';
import { sealOf } from '../../src/core/sealing/seal.ts';
import { signingKeys } from '../../src/core/sign_in/signing.ts';
import { Mistake } from '../../src/mistake.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { ownerPassword } from '../support/house.ts';
import { type Magpipe, openMagpipe } from '../support/magpipe.ts';

const one = 'one secret that is long enough to be one';
const two = 'two secrets are more than one secret is.';

describe('A19: a seal', () => {
  const seal = sealOf(one);

  it.each(['', 'a', 'é🔑\0', 'x'.repeat(10_000)])('gives back what it sealed, and shows nothing of it (%#)', (text) => {
    const sealed = seal.seal(text, 'here');
    expect(seal.open(sealed, 'here')).toBe(text);
    expect(seal.seal(text, 'here')).not.toBe(sealed);
    if (text.length > 3) expect(sealed).not.toContain(text.slice(0, 4));
  });

  it('does not open elsewhere, with another secret, with a changed byte, or in clear', () => {
    const sealed = seal.seal('a text', 'here');
    const flipped = sealed.slice(0, -3) + (sealed.at(-3) === 'A' ? 'B' : 'A') + sealed.slice(-2);
    expect(() => seal.open(sealed, 'there')).toThrow();
    expect(() => sealOf(two).open(sealed, 'here')).toThrow();
    for (const other of [flipped, sealed.slice(0, -8), 'sealed:1:', 'a text', ''])
      expect(() => seal.open(other, 'here')).toThrow();
  });
});

describe('A19: a dump of the database', () => {
  let magpipe: Magpipe;
  beforeAll(async () => {
    magpipe = await openMagpipe();
  });
  afterAll(() => magpipe.close());

  it('A19: has no secret that we would have to give back, in any column of any table', async () => {
    const person = await magpipe.person();
    const { access_token: jwt, refresh_token } = await magpipe.signIn(person);
    const made = (await magpipe.manage(jwt, { action: 'generate', name: 'k', webhook_url: 'https://x.test/' })).body;
    const { db, installation } = magpipe.house;
    const { rows: tables } = await db.raw(
      `select quote_ident(table_schema) || '.' || quote_ident(table_name) as name from information_schema.tables
       where table_schema in ('public', 'graphile_worker') and table_type = 'BASE TABLE'`,
    );
    let dump = '';
    for (const { name } of tables) dump += JSON.stringify((await db.raw(`select t::text from ${name} t`)).rows);
    expect(dump).toContain(person.email);
    const secrets = [
      made.webhook_secret,
      made.key,
      jwt,
      refresh_token,
      Buffer.from(installation.tokenSecret).toString('base64'),
    ];
    for (const secret of secrets) expect(dump).not.toContain(secret);
    // No private half of a key, in whatever form: neither its names nor its PEM.
    expect(dump).not.toMatch(/\\*"(d|p|q|dp|dq|k)\\*"\s*:|PRIVATE KEY|whsec_/);
    // The list of the owner shows the webhook's secret, as Magpipe documents it.
    const { keys } = (await magpipe.manage(jwt, { action: 'list' })).body;
    expect(keys[0].webhook_secret).toBe(made.webhook_secret);
    const kept = await db('api_keys').where({ uuid: made.id }).first();
    expect(kept?.webhook_secret).toMatch(/^sealed:/);
    const cleared = { action: 'update', key_id: made.id, webhook_url: 'https://y.test/' };
    expect((await magpipe.manage(jwt, cleared)).body.webhook_secret).toBe(made.webhook_secret);
  });
});

describe('A19: the secret', () => {
  let database: TestDatabase;
  let db: Knex;
  let data: string;
  beforeEach(async () => {
    database = await openTestDatabase();
    db = database.db;
    data = await mkdtemp(join(tmpdir(), 'latchkey-secret-'));
  });
  afterEach(async () => {
    await database.close();
    await rm(data, { recursive: true, force: true });
  });
  const config = (settings: Record<string, string> = {}): Config =>
    readConfig({ LATCHKEY_DATA: data, LATCHKEY_OWNER_PASSWORD: ownerPassword, ...settings });
  const open = (settings?: Record<string, string>) => openInstallation(db, config(settings));
  const kid = async (settings?: Record<string, string>) =>
    (await signingKeys(db, (await open(settings)).seal).current()).kid;
  const refusal = async (settings?: Record<string, string>): Promise<Mistake> => {
    const thrown = await open(settings).then(
      () => undefined,
      (error) => error,
    );
    expect(thrown).toBeInstanceOf(Mistake);
    expect(thrown.message).not.toMatch(/\n/);
    return thrown;
  };

  it('A19: is made at the first start, for its owner alone, and found at the next', async () => {
    const first = await open();
    const file = join(data, 'secret');
    expect([first.madeSecret, (await stat(file)).mode & 0o777]).toEqual([file, 0o600]);
    expect((await readFile(file, 'utf8')).trim()).toMatch(/^[\w-]{43}$/);
    const again = await open();
    expect([again.madeSecret, again.tokenSecret]).toEqual([undefined, first.tokenSecret]);
  });

  it('A19: wrong or lost, it ends the start in one line that says which, and nothing is made', async () => {
    await open({ LATCHKEY_SECRET: one });
    expect(await refusal({ LATCHKEY_SECRET: two })).toMatchObject({
      exitCode: 2,
      message: expect.stringMatching(/^LATCHKEY_SECRET is not the secret/),
    });
    expect((await refusal()).message).toMatch(/^LATCHKEY_SECRET is not set, and .*secret is not there/);
    await expect(stat(join(data, 'secret'))).rejects.toThrow();
    await writeFile(join(data, 'secret'), two);
    expect((await refusal()).message).toMatch(/secret is not the secret/);
    expect((await refusal({ LATCHKEY_SECRET: two })).message).not.toContain(two);
    await open({ LATCHKEY_SECRET: one });
  });

  it('A19: seals what earlier versions left in clear, at the start', async () => {
    const { privateKey } = await generateKeyPair('ES256', { extractable: true });
    const token = Buffer.alloc(32, 7).toString('base64');
    await db('installation').insert({ name: 'token_secret', value: token });
    await db('signing_keys').insert({ kid: 'old', private_jwk: JSON.stringify(await exportJWK(privateKey)) });
    const installation = await open();
    expect(Buffer.from(installation.tokenSecret).toString('base64')).toBe(token);
    expect((await signingKeys(db, installation.seal).current()).kid).toBe('old');
    const kept = [await db('installation').where({ name: 'token_secret' }).first(), await db('signing_keys').first()];
    for (const row of kept) expect(JSON.stringify(row)).toMatch(/"sealed:/);
  });

  it('A19: is changed with everything that it seals, in a file and as a setting, and from the one to the other', async () => {
    const before = await kid();
    const old = await readFile(join(data, 'secret'), 'utf8');
    expect(await rotateSecret(db, config(), false)).toMatch(/is a new one/);
    expect(await readFile(join(data, 'secret'), 'utf8')).not.toBe(old);
    expect(await kid()).toBe(before);
    await rotateSecret(db, config({ LATCHKEY_NEXT_SECRET: one }), false);
    expect(await kid({ LATCHKEY_SECRET: one })).toBe(before);
    await expect(rotateSecret(db, config({ LATCHKEY_SECRET: one }), false)).rejects.toThrow(/LATCHKEY_NEXT_SECRET/);
    await rotateSecret(db, config({ LATCHKEY_SECRET: one, LATCHKEY_NEXT_SECRET: two }), false);
    await refusal({ LATCHKEY_SECRET: one });
    expect(await kid({ LATCHKEY_SECRET: two })).toBe(before);
  });

  it('A19: a change that was cut short on either side of its commit is found again', async () => {
    const before = await kid();
    const file = join(data, 'secret');
    const old = await readFile(file, 'utf8');
    await writeFile(join(data, 'secret.next'), 'never reached the database, all thirty-two');
    expect(await kid()).toBe(before);
    await rotateSecret(db, config(), false);
    await writeFile(join(data, 'secret.next'), await readFile(file, 'utf8'));
    await writeFile(file, old);
    expect(await kid()).toBe(before);
    expect(await readFile(file, 'utf8')).not.toBe(old);
    await expect(stat(join(data, 'secret.next'))).rejects.toThrow();
  });

  it('A19: lost for good, costs the sessions and the secrets of webhooks, and nothing else', async () => {
    const { seal, ownerEmail } = await open({ LATCHKEY_SECRET: one });
    await signingKeys(db, seal).current();
    const key = { hash: Buffer.alloc(32), prefix: 'mgp_0000', name: 'k', user_id: 1, account_id: 1 };
    await db('api_keys').insert({
      ...key,
      webhook_url: 'https://x.test/',
      webhook_secret: seal.seal('whsec_1', 'elsewhere'),
    });
    const [pipeline] = await db('pipelines').insert({ account_id: 1, uuid: 'p', name: 'p' }).returning('id');
    const trigger = { pipeline_id: pipeline?.id as number, name: 't', token: seal.seal('token', 'elsewhere') };
    await db('pipeline_schedules').insert(trigger);
    expect(await rotateSecret(db, config({ LATCHKEY_SECRET: two }), true)).toContain('1 webhooks');
    const again = await open({ LATCHKEY_SECRET: two });
    expect(again.ownerEmail).toBe(ownerEmail);
    const row = await db('api_keys').first();
    expect(again.seal.open(row?.webhook_secret as string, `api_keys/${row?.uuid}`)).toMatch(/^whsec_[\da-f]{64}$/);
    const { id, token } = (await db('pipeline_schedules').first()) as { id: number; token: string };
    expect(again.seal.open(token, `pipeline_schedules/${id}`)).toMatch(/^[\da-f]{32}$/);
    expect(typeof (await signingKeys(db, again.seal).current()).kid).toBe('string');
  });

  it('A19: cannot be changed beside a server', async () => {
    await open();
    const other = { application_name: 'latchkey worker' };
    await db.raw('select set_config(?, ?, false)', Object.entries(other)[0] as string[]);
    await expect(rotateSecret(db, config(), false)).rejects.toThrow(/A server runs/);
  });
});
