import { afterAll, beforeAll, expect, it } from 'vitest';
import { heldColumns } from '../../src/core/credentials/holder.ts';
import { openHouse, type TestHouse } from '../support/house.ts';

let house: TestHouse;
beforeAll(async () => {
  house = await openHouse();
});
afterAll(() => house.close());

it('each column that a verdict reads is one whose change is told; and coming, going and emptying are', async () => {
  const { db } = house.house;
  const looked = db.transaction(async (trx) => {
    // Postgres knows what a statement reads of which table.
    const texts = heldColumns(house.house);
    for (const [at, text] of texts.entries()) await trx.raw(`create view verdict_${at} as ${text}`);
    const { rows: read } = await trx.raw<{ rows: { column: string }[] }>(
      `select distinct table_name || '.' || column_name as column from information_schema.view_column_usage where view_name like 'verdict_%'`,
    );
    const { rows: told } = await trx.raw<{ rows: { column: string }[] }>(
      `select c.relname || '.' || a.attname as column from pg_trigger t join pg_class c on c.oid = t.tgrelid
         join pg_attribute a on a.attrelid = c.oid and a.attnum = any(t.tgattr)
       where t.tgfoid::regproc::text like 'tell_%' and t.tgenabled = 'O'`,
    );
    const heard = new Set(told.map(({ column }) => column));
    expect(read.length).toBeGreaterThan(30);
    expect(read.map(({ column }) => column).filter((column) => !heard.has(column))).toEqual([]);

    const tables = new Set(read.map(({ column }) => column.split('.')[0] as string));
    const { rows: whole } = await trx.raw<{ rows: { on: string }[] }>(
      `select event_object_table || ' ' || event_manipulation as "on" from information_schema.triggers
         where action_statement like '%tell_%'
       union select c.relname || ' TRUNCATE' from pg_trigger t join pg_class c on c.oid = t.tgrelid
         where t.tgfoid::regproc::text = 'tell_all_credentials' and t.tgtype & 32 <> 0`,
    );
    const events = new Set(whole.map(({ on }) => on));
    // Users are no credentials, and nobody has a counter before a key has one; counters go with their keys.
    const coming = [...tables].filter((table) => !['users', 'key_counters'].includes(table));
    expect(coming.filter((table) => !events.has(`${table} INSERT`))).toEqual([]);
    const going = [...tables].filter((table) => table !== 'key_counters');
    for (const event of ['UPDATE', 'DELETE', 'TRUNCATE'])
      expect([event, going.filter((table) => !events.has(`${table} ${event}`))]).toEqual([event, []]);
    throw new Error('all is as it should be: nothing of this stays');
  });
  await expect(looked).rejects.toThrow('all is as it should be');
});
