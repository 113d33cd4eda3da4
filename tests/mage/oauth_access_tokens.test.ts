import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mintToken } from '../../src/core/credentials/oauth_token.ts';
import { type Body, type Caller, type Mage, openMage, refused } from '../support/mage.ts';

let mage: Mage;
beforeAll(async () => {
  mage = await openMage();
});
afterAll(() => mage.close());

const path = '/oauth_access_tokens';
const time = expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{6})?\+00:00$/);
const mint = (caller: Caller) =>
  mintToken(mage.house, mage.house.db, mage.users[caller].id, mage.house.installation.accountId);
const end = (id: number) =>
  mage.house
    .db('oauth_tokens')
    .where({ id })
    .update({ expires: mage.house.db.raw(`now() - interval '1 second'`) });

describe('listOauthAccessTokens', () => {
  it('§6.7 the own token of the request, whole', async () => {
    for (const caller of ['viewer', 'owner'] as const) {
      const { id: user_id, token } = mage.users[caller];
      const item = { expires: time, token, user_id };
      const answer = await mage.call(caller, 'GET', path);
      expect(answer).toEqual({ oauth_access_tokens: [item], metadata: { count: 1, next: false } });
    }
  });

  it('the others of the user only by their beginning, the longest-lived first; nobody else’s', async () => {
    const minted = [await mint('editor'), await mint('editor')];
    await mint('admin');
    const { oauth_access_tokens: tokens, metadata } = await mage.call('editor', 'GET', path);
    const { token } = mage.users.editor;
    const shown = minted.toReversed().map(({ value }) => `${value.slice(0, 8)}…`);
    expect(tokens.map((item: Body) => item.token)).toEqual([...shown, token]);
    expect(tokens.map((item: Body) => item.user_id)).toEqual([1, 2, 3].map(() => mage.users.editor.id));
    const ends = tokens.map(({ expires }: Body) => expires);
    expect(ends).toEqual(ends.toSorted().toReversed());
    expect(metadata).toEqual({ count: 3, next: false });
    for (const { value } of minted) expect(JSON.stringify(tokens)).not.toContain(value);
  });

  it('without those that have ended, unless show_all is neither empty nor false', async () => {
    const before = (await mage.call('admin', 'GET', path)).metadata.count;
    await end((await mint('admin')).id);
    for (const query of ['', '?show_all=', '?show_all=false']) {
      expect([query, (await mage.call('admin', 'GET', path + query)).metadata.count]).toEqual([query, before]);
    }
    for (const query of ['?show_all=true', '?show_all=1', '?show_all=0', '?show_all=False']) {
      expect([query, (await mage.call('admin', 'GET', path + query)).metadata.count]).toEqual([query, before + 1]);
    }
  });

  it('40 at a time; pages concatenate to the whole', async () => {
    for (let n = 0; n < 41; n++) await mint('viewer');
    const page = (query: string) => mage.call('viewer', 'GET', `${path}?${query}`);
    const [one, two] = [await page(''), await page('_offset=40')];
    expect([one.oauth_access_tokens.length, one.metadata]).toEqual([40, { count: 42, next: true }]);
    expect([two.oauth_access_tokens.length, two.metadata]).toEqual([2, { count: 42, next: false }]);
    const all = (await page('_limit=100')).oauth_access_tokens;
    expect([...one.oauth_access_tokens, ...two.oauth_access_tokens]).toEqual(all);
  });

  it('only those of the account that the caller acts in', async () => {
    const { db } = mage.house;
    const { id: user_id } = mage.users.owner;
    const [elsewhere] = await db('accounts').insert({ name: 'elsewhere' }).returning('id');
    const account_id = elsewhere?.id as number;
    await db('memberships').insert({ account_id, user_id, role_ids: [4] });
    const { value } = await mintToken(mage.house, db, user_id, account_id);
    expect((await mage.call('owner', 'GET', path)).metadata.count).toBe(1);
    const { body } = await mage.send('anonymous', 'GET', path, { headers: { 'OAUTH-TOKEN': value } });
    expect(body.oauth_access_tokens).toEqual([{ expires: time, token: value, user_id }]);
  });

  it('E(403) for nobody, for a user without a role, and for a query parameter that is none', async () => {
    expect(await mage.call('anonymous', 'GET', path)).toEqual(refused('Private access for list only, invalid scope.'));
    const noRole = 'You don\u2019t have access to this project. Please ask an admin or owner for permissions.';
    expect(await mage.call('roleless', 'GET', path)).toEqual(refused(noRole));
    const sentence =
      "Query parameter user_id of value ['1'] is not permitted on list operation for oauth_access_tokens.";
    expect(await mage.call('viewer', 'GET', `${path}?user_id=1`)).toEqual(refused(sentence));
  });

  it('is answered under its singular name too', async () => {
    expect(Object.keys(await mage.call('owner', 'GET', '/oauth_access_token'))).toEqual([
      'oauth_access_token',
      'metadata',
    ]);
  });
});

it.each([
  ['POST', path, 'GET, HEAD, OPTIONS'],
  ['PUT', path, 'GET, HEAD, OPTIONS'],
  ['DELETE', path, 'GET, HEAD, OPTIONS'],
])('%s %s is 405', async (method, where, allow) => {
  const answer = await mage.send('owner', method, where);
  expect([answer.status, answer.text, answer.headers.allow]).toEqual([405, '', allow]);
});
