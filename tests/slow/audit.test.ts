import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { openLatchkey } from '../support/latchkey.ts';

it('npm run audit: one line a chain, or a break; exit code 1 for a break, and against a head that was kept', async () => {
  const secret = 'what seals the log of this test, and more';
  const latchkey = await openLatchkey({ LATCHKEY_SECRET: secret });
  const { house } = latchkey;
  const session = await latchkey.session();
  const [{ url }] = (await house.db.raw(`select current_database() as url`)).rows;
  const connection = Object.assign(new URL(String(house.db.client.config.connection.connectionString)), {
    pathname: `/${url}`,
  });
  const env = { ...process.env, DATABASE_URL: connection.href, LATCHKEY_SECRET: secret };
  const run = async (...words: string[]) => {
    const program = ['--import', 'tsx', 'src/check_audit.ts', ...words];
    const ended = promisify(execFile)(process.execPath, program, { env });
    return ended.then(
      ({ stdout }) => [0, stdout],
      ({ code, stdout, stderr }) => [code, stdout + stderr],
    );
  };
  const { body: head } = await latchkey.ask(session, 'GET', '/audit/head');
  const file = join(house.config.data, 'head');
  await writeFile(file, `${JSON.stringify(head)}\n`);
  expect(await run('--head', file)).toEqual([
    0,
    expect.stringMatching(/^acc_1: \d+ rows hold, up to \{"account":"acc_1"/m),
  ]);
  await writeFile(file, JSON.stringify({ ...head, sequence: head.sequence + 3 }));
  const cut = `acc_1: rows ${head.sequence + 1} to ${head.sequence + 3} are missing at the end, by the head that was kept`;
  expect(await run('--head', file)).toEqual([1, expect.stringContaining(cut)]);
  await writeFile(file, 'no head');
  expect(await run('--head', file)).toEqual([2, expect.stringContaining('has no heads')]);
  await latchkey.close();
});
