import type { Knex } from 'knex';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { toFailure } from '../../src/core/to_failure.ts';
import { connect } from '../../src/database/database.ts';
import { rowOf, rowsOf, statement } from '../../src/database/statement.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';

let own: TestDatabase;
beforeAll(async () => {
  own = await openTestDatabase();
});
afterAll(() => own.close());

const sum = statement<{ sum: number; at: string }>(
  'sum',
  `select $1::int + $2::int as sum, '2023-04-30 03:02:14+00'::timestamptz as at`,
);
const divided = statement<{ it: number }>('divided', 'select 1 / $1::int as it');
const names = statement<{ name: string }>('names', 'select name from accounts where name = $1');

it('gives rows, with the types of any other query', async () => {
  expect(await rowsOf(own.db, sum, [1, 2])).toEqual([{ sum: 3, at: '2023-04-30T03:02:14+00:00' }]);
  expect(await rowOf(own.db, names, ['nobody'])).toBeUndefined();
});

it('is planned once by a connection', async () => {
  await own.db.transaction(async (trx) => {
    for (const value of [1, 2, 3]) await rowsOf(trx, sum, [value, value]);
    const { rows } = await trx.raw(
      `select generic_plans + custom_plans as asked from pg_prepared_statements where name = 'sum'`,
    );
    expect(rows).toEqual([{ asked: expect.any(Number) }]);
    expect(rows[0].asked).toBeGreaterThanOrEqual(3);
  });
});

it('sees what its transaction has done, and is over with it', async () => {
  let over: Knex | undefined;
  const undone = own.db.transaction(async (trx) => {
    over = trx;
    await trx('accounts').insert({ name: 'Gondor' });
    expect(await rowsOf(trx, names, ['Gondor'])).toEqual([{ name: 'Gondor' }]);
    expect(await rowsOf(own.db, names, ['Gondor'])).toEqual([]);
    throw new Error('undone');
  });
  await expect(undone).rejects.toThrow('undone');
  await expect(rowsOf(over as unknown as Knex, names, ['Gondor'])).rejects.toThrow('names - its transaction is over');
});

it('throws what the driver says, without the values', async () => {
  await expect(rowsOf(own.db, divided, [0])).rejects.toThrow(/^divided - division by zero$/);
  await expect(rowsOf(own.db, divided, ['no number'])).rejects.toMatchObject({ code: '22P02' });
});

it('has no more time than any other, and its connection is replaced', async () => {
  const db = connect(own.url, 1);
  const slow = statement('slow', 'select pg_sleep($1)');
  const late = await rowsOf(db, slow, [5]).catch(toFailure);
  expect(late).toMatchObject({ kind: 'unavailable', cause: { code: '57014' } });
  const ended = rowsOf(db, slow, [0.9]).catch(toFailure);
  const end = `select pg_terminate_backend(pid) as it from pg_stat_activity where query like '%pg_sleep($1)%' and pid <> pg_backend_pid()`;
  await expect.poll(async () => (await own.db.raw(end)).rows.length).toBe(1);
  expect(await ended).toMatchObject({ kind: 'unavailable' });
  await expect.poll(() => rowsOf(db, sum, [1, 1]).catch(() => [])).toHaveLength(1);
  await db.destroy();
});
