import { existsSync, readFileSync, statSync } from 'node:fs';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { firstPasswordFile } from '../../src/core/installation/first_password.ts';
import { openInstallation } from '../../src/core/installation/index.ts';
import { setPassword } from '../../src/core/sign_in/new_password.ts';
import { applicationKey } from '../support/house.ts';
import { type Magpipe, openMagpipe } from '../support/magpipe.ts';

let magpipe: Magpipe;
let file: string;
beforeAll(async () => {
  magpipe = await openMagpipe({ LATCHKEY_OWNER_PASSWORD: '' });
  file = firstPasswordFile(magpipe.house.config);
});
afterAll(() => magpipe.close());

const inFile = () => readFileSync(file, 'utf8').trim();
const again = (data = magpipe.house.config.data, password?: string) => {
  const { config, db } = magpipe.house;
  return openInstallation(db, { ...config, data, owner: { ...config.owner, password } });
};
/** The owner's password made anew, and in the file, as at the first start. */
async function begin(): Promise<string> {
  const { db } = magpipe.house;
  await db('memberships').delete();
  await db('users').delete();
  Object.assign(magpipe.house.installation, await again());
  return inFile();
}
const signIn = async (password: string) => {
  const { body } = await magpipe.token('password', { email: 'owner@example.com', password });
  return body.access_token as string;
};

it('1: a password that was made up lies in a file for its owner alone, and opens the server', async () => {
  const { installation } = magpipe.house;
  expect(installation).toMatchObject({ madePassword: inFile(), hasFirstPassword: true, isOwnerPasswordIgnored: false });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(await signIn(inFile())).toEqual(expect.any(String));
});

it('1: a later start finds the file, and has no password to show', async () => {
  const later = await again();
  expect(later).toMatchObject({ hasFirstPassword: true });
  expect(later).not.toHaveProperty('madePassword');
});

it('4: LATCHKEY_OWNER_PASSWORD of a later start is held against the password that there is', async () => {
  expect((await again(undefined, inFile())).isOwnerPasswordIgnored).toBe(false);
  expect((await again(undefined, 'another good one')).isOwnerPasswordIgnored).toBe(true);
});

it.each([
  [
    'PUT /auth/v1/user',
    async (password: string) => {
      const headers = { apikey: applicationKey, authorization: `Bearer ${await signIn(password)}` };
      const body = { password: 'silver_lightning', current_password: password };
      return magpipe.send('PUT', '/auth/v1/user', { headers, body });
    },
  ],
  [
    'PUT /api/users/{id}',
    async (password: string) => {
      const session = { email: 'owner@example.com', password };
      const key = { 'x-api-key': applicationKey };
      const { body } = await magpipe.send('POST', '/api/sessions', { headers: key, body: { session } });
      const user = {
        password: 'silver_lightning',
        password_confirmation: 'silver_lightning',
        password_current: password,
      };
      const headers = { ...key, cookie: `oauth_token=${body.session.token}` };
      return magpipe.send('PUT', `/api/users/${magpipe.house.installation.ownerId}`, { headers, body: { user } });
    },
  ],
])('1: %s that changes it removes the file', async (_name, change) => {
  const password = await begin();
  const { status, body } = await change(password);
  expect([status, body.error]).toEqual([200, undefined]);
  await vi.waitFor(() => expect(existsSync(file)).toBe(false));
  expect(await signIn('silver_lightning')).toEqual(expect.any(String));
});

it('1: a change that is rolled back, and one of somebody else, leave the file', async () => {
  await begin();
  const { house } = magpipe;
  const other = await magpipe.person();
  const row = await house.db('users').where({ id: house.installation.ownerId }).first('id', 'uuid');
  const owner = row as { id: number; uuid: string };
  const asker = { address: '127.0.0.1', requestId: 'test', origin: 'http://localhost' };
  const change = (user: typeof owner, end: () => void) =>
    house.db.transaction(async (db) => {
      await setPassword({ house, db, asker, principal: { kind: 'anonymous' } }, user, 'hash');
      end();
    });
  await change(other, () => {});
  await expect(
    change(owner, () => {
      throw new Error('no');
    }),
  ).rejects.toThrow('no');
  expect(await signIn(inFile())).toEqual(expect.any(String));
});

it('1: a change by a process with another folder removes it at the next start', async () => {
  await begin();
  const { house } = magpipe;
  await house.db('users').where({ id: house.installation.ownerId }).update({ password_hash: null });
  expect((await again()).hasFirstPassword).toBe(false);
  expect(existsSync(file)).toBe(false);
});
