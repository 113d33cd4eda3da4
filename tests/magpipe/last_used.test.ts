import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { usedKeys } from '../../src/core/api_keys/used.ts';
import { verifyKey } from '../../src/core/credentials/verify_key.ts';
import { connect } from '../../src/database/database.ts';
import { type Magpipe, openMagpipe, type Person } from '../support/magpipe.ts';
import { silent } from '../support/silent.ts';

let magpipe: Magpipe;
let person: Person;
let key: string;

beforeAll(async () => {
  magpipe = await openMagpipe();
});
afterAll(() => magpipe.close());
beforeEach(async () => {
  person = await magpipe.person();
  key = await magpipe.key(person);
});

const row = async () => magpipe.house.db('api_keys').where({ user_id: person.id }).first();
const written = async () => Date.parse((await row())?.last_used_at ?? '');
const shown = async (house: Magpipe) => {
  const { keys } = (await house.manage((await house.signIn(person)).access_token, { action: 'list' })).body;
  return Date.parse(keys[0].last_used_at);
};

it('1,000 uses are a handful of writes, and the newest time is kept', async () => {
  let last = 0;
  const seen = await magpipe.statements(async () => {
    for (let batch = 0; batch < 100; batch += 1) {
      await Promise.all(Array.from({ length: 10 }, () => verifyKey(magpipe.house, key)));
    }
    last = Date.now();
    await verifyKey(magpipe.house, key);
    await magpipe.house.usedKeys.flush();
  });
  const writes = seen.filter((sql) => /^\s*update/.test(sql));
  // Those that were not answered from memory.
  expect(seen.length - writes.length).toBeLessThan(1001);
  expect(writes.length).toBeLessThanOrEqual(5);
  expect(await written()).toBeGreaterThanOrEqual(last);
});

it('is seen in the next list at once, and is in the table within two seconds', async () => {
  const before = Date.now();
  await verifyKey(magpipe.house, key);
  expect(await shown(magpipe)).toBeGreaterThanOrEqual(before);
  await expect.poll(written, { timeout: 2000 }).toBeGreaterThanOrEqual(before);
});

it('a use on mage counts too, by whichever form of api_key', async () => {
  const before = Date.now();
  await magpipe.send('GET', `/api/pipelines?api_key=${key}`);
  expect(await shown(magpipe)).toBeGreaterThanOrEqual(before);
});

it('a key that is refused is not noted', async () => {
  const revoked = await magpipe.key(person, { revoked_at: new Date(), name: 'revoked' });
  await magpipe.manage(revoked, { action: 'list' });
  await magpipe.house.usedKeys.flush();
  expect((await magpipe.house.db('api_keys').where({ name: 'revoked' }).first())?.last_used_at).toBeNull();
});

it('two processes never move it back', async () => {
  const twin = await magpipe.twin();
  for (let round = 0; round < 20; round += 1) {
    const [first, last] = round % 2 ? [magpipe, twin] : [twin, magpipe];
    await verifyKey(first.house, key);
    await new Promise((resolve) => setTimeout(resolve, 3));
    const newest = Date.now();
    await verifyKey(last.house, key);
    // The older use arrives after the newer one, or at the same time.
    if (round % 3) await last.house.usedKeys.flush();
    await Promise.all([first.house.usedKeys.flush(), last.house.usedKeys.flush()]);
    expect(await written()).toBeGreaterThanOrEqual(newest);
  }
  // What one of them has in memory does not hide what the other wrote.
  const newest = Date.now();
  await verifyKey(twin.house, key);
  await twin.house.usedKeys.flush();
  expect(await shown(magpipe)).toBeGreaterThanOrEqual(newest);
});

it('closing writes what is left', async () => {
  const twin = await magpipe.twin();
  const before = Date.now();
  await verifyKey(twin.house, key);
  await twin.house.usedKeys.close();
  expect(await written()).toBeGreaterThanOrEqual(before);
});

it('no request waits for it, and nothing is lost while the database does not answer', async () => {
  const { db } = magpipe.house;
  const own = connect((db.client.config.connection as { connectionString: string }).connectionString);
  const used = usedKeys(own, silent);
  const { id } = (await row()) as { id: number };
  await db.raw('alter table api_keys rename to hidden');
  used.note(id);
  await used.flush();
  expect(used.latest(id)).toBeDefined();
  await db.raw('alter table hidden rename to api_keys');
  await used.close();
  expect(await written()).toBeGreaterThan(0);
  await own.destroy();
});
