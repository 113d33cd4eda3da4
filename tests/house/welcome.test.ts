import { existsSync, readFileSync, statSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { openInstallation } from '../../src/core/installation/index.ts';
import { welcomeFile } from '../../src/core/installation/welcome_file.ts';
import { setPassword } from '../../src/core/sign_in/new_password.ts';
import { offerWelcome } from '../../src/welcome.ts';
import { type Latchkey, openLatchkey } from '../support/latchkey.ts';

const url = 'http://localhost:6789';
const chosen = 'silver_lightning';

let latchkey: Latchkey;
let file: string;
beforeAll(async () => {
  latchkey = await openLatchkey({ LATCHKEY_OWNER_PASSWORD: '' });
  file = welcomeFile(latchkey.house.config);
});
afterAll(() => latchkey.close());
beforeEach(async () => {
  const { db } = latchkey.house;
  await db('one_time_links').delete();
  await db('users').update({ password_hash: null });
});

const offer = (isTerminal = false) => offerWelcome(latchkey.house, url, isTerminal);
const codeIn = (link: string) => /^http:\/\/localhost:6789\/welcome#(fst_[\w-]{43})$/.exec(link.trim())?.[1] ?? link;
const codeInFile = () => codeIn(readFileSync(file, 'utf8'));
const inspect = async (code: string) => (await latchkey.ask(undefined, 'POST', '/links/inspect', { code })).status;
const redeem = (code: string, password = chosen) =>
  latchkey.ask(undefined, 'POST', '/links/redeem', { code, password });
const signIn = async (password: string) =>
  (await latchkey.ask(undefined, 'POST', '/sessions', { email: 'owner@example.com', password })).status;
const again = (password?: string) => {
  const { config, db } = latchkey.house;
  return openInstallation(db, { ...config, owner: { ...config.owner, password } });
};

it('an owner without a password: nobody signs in as them, whatever is typed', async () => {
  for (const password of ['owner', 'null', chosen]) expect(await signIn(password)).toBe(401);
});

it('in a pipe the link lies in a file for its owner alone; used, it is gone, and the password opens the server', async () => {
  expect(await offer()).toEqual({ file });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const code = codeInFile();
  expect((await redeem(code, 'short')).body).toEqual({ password: [expect.stringContaining('8 characters')] });
  expect(existsSync(file)).toBe(true);
  expect((await redeem(code)).status).toBe(200);
  await vi.waitFor(() => expect(existsSync(file)).toBe(false));
  expect([await signIn(chosen), (await redeem(code)).status]).toEqual([201, 404]);
  expect(await offer()).toBeUndefined();
});

it('each start makes another, and the one before opens nothing; on a terminal it is shown and in no file', async () => {
  await offer();
  const first = codeInFile();
  await offer();
  const second = codeInFile();
  const shown = (await offer(true)) as { link: string };
  expect(existsSync(file)).toBe(false);
  expect(await Promise.all([first, second, codeIn(shown.link)].map(inspect))).toEqual([404, 404, 200]);
});

it('LATCHKEY_OWNER_PASSWORD of a later start is the password while there is none, ends the link, and then counts no more', async () => {
  await offer();
  const code = codeInFile();
  expect((await again(chosen)).isOwnerPasswordIgnored).toBe(false);
  expect([await inspect(code), await signIn(chosen)]).toEqual([404, 201]);
  expect(await offer()).toBeUndefined();
  expect(existsSync(file)).toBe(false);
  expect((await again('another good one')).isOwnerPasswordIgnored).toBe(true);
  expect(await signIn(chosen)).toBe(201);
});

it('any other way to a password ends the link as well; one that is rolled back leaves it', async () => {
  await offer();
  const code = codeInFile();
  const { house } = latchkey;
  const owner = (await house.db('users').where({ id: house.installation.ownerId }).first()) as {
    id: number;
    uuid: string;
  };
  const asker = { address: '127.0.0.1', requestId: 'test', origin: url };
  const change = (end: () => void) =>
    house.db.transaction(async (db) => {
      await setPassword({ house, db, asker, principal: { kind: 'anonymous' } }, owner, 'hash');
      end();
    });
  await expect(
    change(() => {
      throw new Error('no');
    }),
  ).rejects.toThrow('no');
  expect([await inspect(code), existsSync(file)]).toEqual([200, true]);
  await change(() => {});
  expect(await inspect(code)).toBe(404);
  await vi.waitFor(() => expect(existsSync(file)).toBe(false));
});

it('where nothing can be written, the block says what prints a link', async () => {
  const config = { ...latchkey.house.config, data: '/dev/null/below' };
  expect(await offerWelcome({ ...latchkey.house, config }, url, false)).toEqual({ command: 'npm run owner-link' });
});
