import { afterAll, beforeAll, expect, it } from 'vitest';
import { renameKey } from '../../src/core/api_keys/index.ts';
import { applicationKey } from '../support/house.ts';
import type { Body } from '../support/mage.ts';
import { type Magpipe, openMagpipe, type Person, password, route } from '../support/magpipe.ts';

let magpipe: Magpipe;
let person: Person;
let key: string;
let keyId: number;
let keyUuid: string;

beforeAll(async () => {
  magpipe = await openMagpipe();
  person = await magpipe.person();
  key = await magpipe.key(person);
  const row = await magpipe.house.db('api_keys').where({ user_id: person.id }).first();
  [keyId, keyUuid] = [row?.id as number, row?.uuid as string];
});
afterAll(() => magpipe.close());

/** What was written down while this ran. */
async function written(work: () => Promise<unknown>, house = magpipe): Promise<Body[]> {
  const last = await house.house.db('audit_log').orderBy('id', 'desc').first();
  await work();
  return house.house
    .db('audit_log')
    .where('id', '>', last?.id ?? 0)
    .orderBy('id');
}
let asked = 0;
/** Sends one request under a name of its own, and expects one row that carries it. */
async function one(method: string, path: string, headers: object, body?: unknown): Promise<Body> {
  asked += 1;
  const name = `audit-${asked}`;
  const rows = await written(() => magpipe.send(method, path, { headers: { 'x-request-id': name, ...headers }, body }));
  expect(rows).toHaveLength(1);
  const { id: _, at, ...row } = rows[0];
  expect(Math.abs(Date.parse(at) - Date.now())).toBeLessThan(10_000);
  expect(row).toMatchObject({ request_id: name, address: '127.0.0.1' });
  return row;
}
const none = { headers: { apikey: applicationKey } };
const who = () => ({ account_id: person.accountId, user_id: person.id });
const sign_in = '/auth/v1/token?grant_type=password';

it('signing in, and failing to: who, and from where; of a name that nobody has, not even the name', async () => {
  const { email } = person;
  expect(await one('POST', sign_in, none.headers, { email, password })).toMatchObject({
    ...who(),
    action: 'signed_in',
    api_key_id: null,
    subject: expect.stringMatching(/^[0-9a-f-]{36}$/),
  });
  expect(await one('POST', sign_in, none.headers, { email, password: 'x' })).toMatchObject({
    ...who(),
    action: 'sign_in_failed',
    subject: email,
  });
  expect(await one('POST', sign_in, none.headers, { email: password, password: 'x' })).toMatchObject({
    account_id: null,
    user_id: null,
    action: 'sign_in_failed',
    subject: 'somebody unknown',
  });
});

it('the same on mage', async () => {
  const headers = { 'x-api-key': applicationKey };
  const session = { email: person.email, password };
  expect(await one('POST', '/api/sessions', headers, { session })).toMatchObject({
    ...who(),
    action: 'signed_in',
    subject: 'mage',
  });
  expect(await one('POST', '/api/sessions', headers, { session: { ...session, password: 'x' } })).toMatchObject({
    ...who(),
    action: 'sign_in_failed',
  });
});

it('signing out', async () => {
  for (const scope of ['others', 'local', 'global']) {
    const { access_token: jwt } = await magpipe.signIn(person);
    const headers = { ...none.headers, authorization: `Bearer ${jwt}` };
    expect(await one('POST', `/auth/v1/logout?scope=${scope}`, headers)).toMatchObject({
      ...who(),
      action: 'signed_out',
      subject: scope,
      api_key_id: null,
    });
  }
});

it('a key minted, renamed and revoked: by whom, with which key', async () => {
  const headers = { authorization: `Bearer ${key}` };
  const row = await one('POST', route, headers, { action: 'generate', name: 'audited' });
  const made = await magpipe.house.db('api_keys').where({ name: 'audited' }).first();
  expect(row).toMatchObject({ ...who(), action: 'key_minted', api_key_id: keyId, subject: made?.uuid });

  const context = {
    house: magpipe.house,
    db: magpipe.house.db,
    asker: { address: '192.0.2.1', requestId: 'rename', origin: 'http://localhost' },
  };
  const principal = { kind: 'user' as const, userId: person.id, accountId: person.accountId, roles: [], keyId };
  const renamed = await written(() => renameKey({ ...context, principal }, made?.uuid as string, 'other'));
  expect(renamed).toMatchObject([
    {
      ...who(),
      action: 'key_renamed',
      api_key_id: keyId,
      subject: made?.uuid,
      address: '192.0.2.1',
      request_id: 'rename',
    },
  ]);

  const { access_token: jwt } = await magpipe.signIn(person);
  const revoke = { action: 'revoke', key_id: made?.uuid.toUpperCase() };
  expect(await one('POST', route, { authorization: `Bearer ${jwt}` }, revoke)).toMatchObject({
    ...who(),
    action: 'key_revoked',
    api_key_id: null,
    subject: made?.uuid,
  });
});

it('nothing, where nothing happened', async () => {
  const stranger = await magpipe.key(await magpipe.person());
  const rows = await written(async () => {
    await magpipe.manage(stranger, { action: 'revoke', key_id: keyUuid });
    await magpipe.manage(stranger, { action: 'generate', name: ' ' });
    await magpipe.manage(stranger, { action: 'list' });
    await magpipe.manage(undefined, { action: 'generate', name: 'a' });
    await magpipe.token('password', {});
    await magpipe.token('refresh_token', { refresh_token: 'unknown-unknown' });
  });
  expect(rows).toEqual([]);
});

it('cannot be changed, deleted or emptied, not even by the owner of the table', async () => {
  const { db } = magpipe.house;
  const before = await db('audit_log').orderBy('id');
  await expect(db('audit_log').update({ action: 'nothing' })).rejects.toThrow('append only');
  await expect(db('audit_log').delete()).rejects.toThrow('append only');
  await expect(db.raw('truncate audit_log')).rejects.toThrow('append only');
  await expect(db.raw('truncate audit_log cascade')).rejects.toThrow('append only');
  // What the rows are about may go.
  const leaver = await magpipe.person({ accountId: await magpipe.account() });
  await magpipe.signIn(leaver);
  await db('users').where({ id: leaver.id }).delete();
  await db('accounts').where({ id: leaver.accountId }).delete();
  expect((await db('audit_log').orderBy('id')).slice(0, before.length)).toEqual(before);
  expect(await db('audit_log').where({ user_id: leaver.id })).toHaveLength(1);
});

it('what fails leaves no row, and what cannot be written down does not happen', async () => {
  const own = await openMagpipe();
  const { db } = own.house;
  const someone = await own.person();
  const credential = await own.key(someone);
  const { access_token: jwt } = await own.signIn(someone);
  await db.raw(`create function deny() returns trigger language plpgsql as $$ begin raise 'denied'; end $$`);

  // It fails last, when the transaction is committed.
  await db.raw(
    'create constraint trigger late after insert on api_keys deferrable initially deferred for each row execute function deny()',
  );
  const failed = await written(async () => {
    expect((await own.manage(credential, { action: 'generate', name: 'a' })).status).toBe(500);
  }, own);
  expect(failed).toEqual([]);
  await db.raw('drop trigger late on api_keys');

  await db.raw('create trigger deny before insert on audit_log for each row execute function deny()');
  const headers = { apikey: applicationKey, authorization: `Bearer ${jwt}` };
  const row = await db('api_keys').first();
  const answers = [
    await own.manage(credential, { action: 'generate', name: 'a' }),
    await own.manage(credential, { action: 'revoke', key_id: row?.uuid }),
    await own.send('POST', '/auth/v1/logout', { headers }),
    await own.token('password', { email: someone.email, password }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([500, 500, 500, 500]);
  expect(await db('api_keys').whereNull('revoked_at')).toHaveLength(1);
  expect(await db('sessions').whereNull('ended_at')).toHaveLength(1);
  expect((await own.manage(jwt, { action: 'list' })).status).toBe(200);
  await own.close();
});

it('no secret is in any row, nor in the log', async () => {
  const own = await openMagpipe();
  const someone = await own.person();
  const credential = await own.key(someone);
  const session = await own.signIn(someone);
  const refreshed = (await own.token('refresh_token', { refresh_token: session.refresh_token })).body;
  const { key: made, webhook_secret } = (
    await own.manage(session.access_token, { action: 'generate', name: 'a', webhook_url: 'https://x.test' })
  ).body;
  const guess = 'a guess at a password';
  await own.token('password', { email: someone.email, password: guess });
  await own.token('password', { email: guess, password });
  await own.send('GET', `/api/pipelines?api_key=${made}`);
  await own.send('POST', `/auth/v1/token?grant_type=password&apikey=${made}&password=${guess.replaceAll(' ', '+')}`, {
    body: '{',
  });
  await own.send('POST', `/functions/v1/${made}`, { headers: { authorization: `Bearer ${credential}` } });
  await own.house.db.raw('alter table sessions rename to hidden');
  await own.token('password', { email: someone.email, password });
  await own.manage(session.access_token, { action: 'list' });
  await own.token('refresh_token', { refresh_token: refreshed.refresh_token });

  const rows = await own.house.db('audit_log');
  expect(rows.length).toBeGreaterThan(3);
  expect(own.log.some((line) => line.includes('"level":50'))).toBe(true);
  const text = `${JSON.stringify(rows)}${own.log.join('\n')}`;
  const secrets = [
    credential,
    made,
    webhook_secret,
    session.access_token,
    session.refresh_token,
    refreshed.access_token,
  ];
  for (const secret of [
    ...secrets,
    refreshed.refresh_token,
    password,
    guess,
    guess.replaceAll(' ', '+'),
    applicationKey,
  ]) {
    expect(text).not.toContain(secret);
  }
  await own.close();
});
