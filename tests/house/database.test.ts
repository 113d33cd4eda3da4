import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { connect, openDatabase } from '../../src/database/database.ts';
import { Mistake } from '../../src/mistake.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { silent } from '../support/silent.ts';

let own: TestDatabase;
beforeAll(async () => {
  own = await openTestDatabase();
});
afterAll(() => own.close());

const value = async (sql: string) => (await own.db.raw(`select ${sql} as value`)).rows[0].value;

describe('a value of the database', () => {
  it.each([
    [`'2023-04-30 03:02:14.78197+00'::timestamptz`, '2023-04-30T03:02:14.781970+00:00'],
    [`'2023-04-30 03:02:14+00'::timestamptz`, '2023-04-30T03:02:14+00:00'],
    [`'2023-04-30 05:02:14.000001+02'::timestamptz`, '2023-04-30T03:02:14.000001+00:00'],
    [`'infinity'::timestamptz`, 'infinity'],
    [`'2023-04-30 03:02:14.5'::timestamp`, '2023-04-30T03:02:14.500000'],
    [`'2023-04-30 03:02:14'::timestamp`, '2023-04-30T03:02:14'],
    [`'2023-04-30'::date`, '2023-04-30'],
    [`array['2023-04-30 03:02:14.5+00', null]::timestamptz[]`, ['2023-04-30T03:02:14.500000+00:00', null]],
    [`array['2023-04-30']::date[]`, ['2023-04-30']],
    ['count(*)', 1],
    ['9007199254740991::int8', 9_007_199_254_740_991],
    ['1.50::numeric', 1.5],
    ['array[1, 2]::int8[]', [1, 2]],
    ['array[0.5, null]::numeric[]', [0.5, null]],
  ])('%s is %j', async (sql, expected) => {
    expect(await value(sql)).toEqual(expected);
  });

  it('is in UTC, whatever the server thinks', async () => {
    await own.db.raw(`alter database ${new URL(own.url).pathname.slice(1)} set timezone = 'Asia/Tokyo'`);
    const later = connect(own.url);
    expect((await later.raw(`select to_char('2023-04-30 23:00+00'::timestamptz, 'DD HH24') as it`)).rows[0].it).toBe(
      '30 23',
    );
    await later.destroy();
  });
});

describe('a connection', () => {
  it('that the server ends is replaced by the next query', async () => {
    const db = connect(own.url);
    const { pid } = (await db.raw('select pg_backend_pid() as pid')).rows[0];
    await own.db.raw('select pg_terminate_backend(?)', [pid]);
    await expect.poll(async () => (await db.raw('select 1 as one').catch(() => undefined))?.rows).toEqual([{ one: 1 }]);
    await db.destroy();
  });
});

describe('DATABASE_URL', () => {
  const at = (change: Partial<URL>) => Object.assign(new URL(inject('templateUrl')), change).href;
  const refusal = async (databaseUrl: string) => {
    const opened = openDatabase({ databaseUrl, data: '/nonexistent' }, silent);
    const error = await opened.then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(error).toBeInstanceOf(Mistake);
    return error as Mistake;
  };

  it.each([
    ['where nothing listens', { host: '127.0.0.1:1' }, /no Postgres .* at 127\.0\.0\.1:1 \(ECONNREFUSED\)/],
    ['with a host that is not there', { host: 'nowhere.invalid' }, /no Postgres .* at nowhere\.invalid/],
    ['with a wrong password', { password: 'wrong-hunter22' }, /refuses the password of user/],
    ['with a user that is not there', { username: 'nobody-here', password: 'hunter22' }, /user nobody-here/],
    ['with a database that is not there', { pathname: '/nowhere' }, /has no database nowhere/],
  ])('%s is a mistake of one line that does not repeat the password', async (_, change, sentence) => {
    const url = at(change);
    const { message, exitCode } = await refusal(url);
    expect(message).toMatch(sentence);
    expect(message).toMatch(/^DATABASE_URL: .+$/);
    const { password } = new URL(url);
    if (password) expect(message).not.toContain(password);
    expect(exitCode).toBe(1);
  });

  it('whose user may not make tables is a mistake', async () => {
    await own.db.raw(`create role reader_${process.pid} login password 'reader'`);
    const url = Object.assign(new URL(own.url), { username: `reader_${process.pid}`, password: 'reader' }).href;
    await own.db.raw('drop table knex_migrations, knex_migrations_lock');
    expect((await refusal(url)).message).toMatch(/may not make tables/);
    await own.db.raw(`drop role reader_${process.pid}`);
  });

  it('lets several processes start and migrate at once, and one that was killed hold nobody up', async () => {
    const empty = await openTestDatabase();
    await empty.db.raw('drop schema public cascade; create schema public');
    const opened = await Promise.all([1, 2, 3].map(() => openDatabase({ databaseUrl: empty.url, data: '' }, silent)));
    for (const { close } of opened) await close();
    await empty.db('knex_migrations_lock').update({ is_locked: 1 });
    const again = await openDatabase({ databaseUrl: empty.url, data: '' }, silent);
    const names = await again.db('knex_migrations').pluck('name');
    expect(names).toEqual([...new Set(names)]);
    expect(names[0]).toBe('0001_ground.js');
    await again.close();
    await empty.close();
  });
});
