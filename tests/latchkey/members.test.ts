import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applicationKey } from '../support/house.ts';
import { type Body, type Latchkey, openLatchkey } from '../support/latchkey.ts';
import { type Person, password } from '../support/magpipe.ts';

let latchkey: Latchkey;
let owner: string;
beforeAll(async () => {
  latchkey = await openLatchkey();
  owner = await latchkey.session();
});
afterAll(() => latchkey.close());

const ids = { owner: 1, admin: 2, editor: 3, viewer: 4 } as const;
type Role = keyof typeof ids;
const roles = Object.keys(ids) as Role[];
const idOf = ({ uuid }: Person) => `usr_${uuid.replaceAll('-', '')}`;
const as = async (name: Role, accountId?: number): Promise<[Person, string]> => {
  const person = await latchkey.person({ roleIds: [ids[name]], ...(accountId !== undefined && { accountId }) });
  return [person, await latchkey.session(person)];
};
const change = (session: string, person: Person, body: object, headers?: object) =>
  latchkey.ask(session, 'PATCH', `/members/${idOf(person)}`, body, headers);
const remove = (session: string, person: Person) => latchkey.ask(session, 'DELETE', `/members/${idOf(person)}`);
const me = async (credential: string) => (await latchkey.ask(credential, 'GET', '/me')).status;

describe('looking at members', () => {
  it('by name, in pages, with what they are called by and how many keys they have', async () => {
    const account = await latchkey.account();
    const people = await Promise.all(roles.map((name) => as(name, account)));
    const [, session] = people[3] as [Person, string];
    await latchkey.made((people[1] as [Person, string])[1]);
    const { db } = latchkey.house;
    for (const [index, first_name] of ['Zoë', 'Ada', 'Bo', 'Cy'].entries())
      await db('users')
        .where({ id: (people[index] as [Person, string])[0].id })
        .update({ first_name, last_name: 'Zimt' });
    const seen: Body[] = [];
    for (let path = '/members?limit=3'; path !== ''; ) {
      const { status, body } = await latchkey.ask(session, 'GET', path);
      expect([status, body.count]).toEqual([200, 4]);
      seen.push(...body.results);
      path = body.next === null ? '' : ((body.next as string).split('/v1')[1] as string);
    }
    expect(seen.map(({ role }) => role)).toEqual(['admin', 'editor', 'viewer', 'owner']);
    expect(seen[3]).toMatchObject({ name: 'Zoë Zimt', enabled: true, keys: 0 });
    expect(seen.map(({ keys }) => keys)).toEqual([1, 0, 0, 0]);
    expect(JSON.stringify(seen)).not.toMatch(/hash|argon2/);
    const one = await latchkey.ask(session, 'GET', `/members/${seen[0].id}`);
    expect(one.body).toEqual(seen[0]);
    const found = await latchkey.ask(session, 'GET', `/members?query=${encodeURIComponent('zoe\u0308 z')}`);
    expect(found.body.results.map(({ name }: Body) => name)).toEqual(['Zoë Zimt']);
    expect((await latchkey.ask(session, 'GET', '/members?query=%25')).body.count).toBe(0);
  });

  it('check 26: of another account are not there, to the letter', async () => {
    const [, foreign] = await as('owner', await latchkey.account());
    const [person] = await as('viewer');
    for (const [method, body] of [['GET'], ['PATCH', { role: 'owner' }], ['DELETE']] as const) {
      const there = await latchkey.ask(foreign, method, `/members/${idOf(person)}`, body);
      const absent = await latchkey.ask(foreign, method, '/members/usr_00000000000000000000000000000000', body);
      expect([method, there.status, there.text]).toEqual([method, 404, absent.text]);
    }
  });

  it('the roles, with words', async () => {
    const { body } = await latchkey.ask(owner, 'GET', '/roles');
    expect(body.results.map(({ role }: Body) => role)).toEqual(roles);
  });
});

describe('a role', () => {
  it('nobody gives one above their own, or touches whoever has one', async () => {
    const [, session] = await as('admin');
    for (const theirs of roles) {
      const [person] = await as(theirs);
      for (const wanted of roles) {
        const { status } = await change(session, person, { role: wanted });
        expect([theirs, wanted, status]).toEqual([
          theirs,
          wanted,
          theirs === 'owner' || wanted === 'owner' ? 403 : 200,
        ]);
      }
      expect([theirs, (await remove(session, person)).status]).toEqual([theirs, theirs === 'owner' ? 403 : 204]);
    }
  });

  it.each(['editor', 'viewer'] as const)('%s changes and removes nobody, themselves included', async (name) => {
    const [self, session] = await as(name);
    const [other] = await as('viewer');
    for (const person of [self, other]) {
      expect((await change(session, person, { role: 'viewer' })).status).toBe(403);
      expect((await remove(session, person)).status).toBe(403);
    }
  });

  it('check 20: that is taken away is gone with the next call, for sessions and keys', async () => {
    const [person, session] = await as('editor');
    const { key } = await latchkey.made(session);
    const make = (credential: string, name: string) => latchkey.ask(credential, 'POST', '/pipelines', { name });
    expect([(await make(session, 'one')).status, (await make(key, 'two')).status]).toEqual([201, 201]);
    expect((await change(owner, person, { role: 'viewer' })).body).toMatchObject({ role: 'viewer' });
    expect([(await make(session, 'three')).status, (await make(key, 'four')).status]).toEqual([403, 403]);
  });

  it('If-Match: 412 where somebody was faster, and nothing changes; a new key is no such change', async () => {
    const [person, session] = await as('viewer');
    const { etag = '' } = (await latchkey.ask(owner, 'GET', `/members/${idOf(person)}`)).headers;
    await latchkey.made(session);
    const first = await change(owner, person, { role: 'editor' }, { 'If-Match': etag });
    expect(first.status).toBe(200);
    expect((await change(owner, person, { role: 'admin' }, { 'If-Match': etag })).status).toBe(412);
    const late = await latchkey.ask(owner, 'DELETE', `/members/${idOf(person)}`, undefined, { 'If-Match': etag });
    expect(late.status).toBe(412);
    expect((await latchkey.ask(owner, 'GET', `/members/${idOf(person)}`)).body.role).toBe('editor');
  });
});

describe('the last owner', () => {
  it('stays, is enabled, and stays an owner; one of two does not have to', async () => {
    const account = await latchkey.account();
    const [one, session] = await as('owner', account);
    for (const body of [{ role: 'admin' }, { enabled: false }, { role: 'viewer', enabled: true }])
      expect([body, (await change(session, one, body)).status]).toEqual([body, 409]);
    expect((await remove(session, one)).status).toBe(409);
    expect((await change(session, one, { role: 'owner', enabled: true })).status).toBe(200);
    const [two] = await as('owner', account);
    await change(session, two, { enabled: false });
    // Somebody who may not come in is nobody to leave it to.
    expect((await change(session, one, { role: 'admin' })).status).toBe(409);
    await change(session, two, { enabled: true });
    expect((await change(session, one, { role: 'admin' })).status).toBe(200);
  });

  it('is left when two owners remove each other at once', async () => {
    for (let n = 0; n < 3; n += 1) {
      const account = await latchkey.account();
      const [[one, hers], [two, his]] = [await as('owner', account), await as('owner', account)];
      const answers = await Promise.all([remove(hers, two), remove(his, one)]);
      const left = await latchkey.house.db('memberships').where({ account_id: account });
      expect([left.length, left[0]?.role_ids]).toEqual([1, [1]]);
      expect(answers.map(({ status }) => status)).toContain(204);
      expect(answers.every(({ status }) => status < 500)).toBe(true);
    }
  });
});

describe('check 21: whoever is removed', () => {
  it('has no key, session or token any more, on any surface, at once', async () => {
    const [person, session] = await as('editor');
    const { key } = await latchkey.made(session);
    const { refresh_token } = await latchkey.signIn(person);
    expect((await remove(owner, person)).status).toBe(204);
    expect([await me(session), await me(key)]).toEqual([401, 401]);
    expect((await latchkey.manage(key, { action: 'list' })).status).toBe(401);
    expect((await latchkey.token('refresh_token', { refresh_token })).status).toBe(400);
    const again = await latchkey.ask(undefined, 'POST', '/sessions', { email: person.email, password });
    expect(again.status).toBe(401);
    expect((await remove(owner, person)).status).toBe(404);
  });

  it('from one account keeps the other', async () => {
    const [person] = await as('viewer', await latchkey.account());
    const { db, installation } = latchkey.house;
    await db('memberships').insert({ account_id: installation.accountId, user_id: person.id, role_ids: [4] });
    const there = await latchkey.key(person);
    const here = await latchkey.key({ ...person, accountId: installation.accountId });
    expect((await remove(owner, person)).status).toBe(204);
    expect([await me(here), await me(there)]).toEqual([401, 200]);
  });
});

describe('check 21: whoever is switched off', () => {
  it('is refused with all that they hold until they are switched on, and cannot sign in', async () => {
    const [person, session] = await as('editor');
    const { key } = await latchkey.made(session);
    const { body: cli } = await latchkey.send('POST', '/v4/sessions', {
      body: { email: person.email, password, name: 'x' },
    });
    const mage = () =>
      latchkey.send('POST', '/api/sessions', {
        headers: { 'x-api-key': applicationKey },
        body: { session: { email: person.email, password } },
      });
    const { token } = (await mage()).body.session;
    const users = async () =>
      (
        await latchkey.send('GET', '/api/oauth_access_tokens', {
          headers: { 'x-api-key': applicationKey, cookie: `oauth_token=${token}` },
        })
      ).body.error?.code;
    const { refresh_token } = await latchkey.signIn(person);
    expect([await me(session), await me(key), await me(cli.token), await users()]).toEqual([200, 200, 200, undefined]);

    expect((await change(owner, person, { enabled: false })).body).toMatchObject({ enabled: false, role: 'editor' });
    expect([await me(session), await me(key), await me(cli.token), await users()]).toEqual([401, 401, 401, 401]);
    expect((await latchkey.token('refresh_token', { refresh_token })).status).toBe(400);
    const body = { email: person.email, password };
    expect((await latchkey.ask(undefined, 'POST', '/sessions', body)).status).toBe(401);
    expect((await latchkey.token('password', body)).status).toBe(400);
    expect((await mage()).body.error).toBeDefined();

    await change(owner, person, { enabled: true });
    // What is so already is no change, and no mistake.
    expect((await change(owner, person, { enabled: true })).body).toMatchObject({ enabled: true });
    expect([await me(session), await me(key), await me(cli.token), await users()]).toEqual([200, 200, 200, undefined]);
    expect((await latchkey.ask(undefined, 'POST', '/sessions', body)).status).toBe(201);
  });
});

it('check 25: a key changes and removes members with members:write only, and as far as its user may', async () => {
  const [, session] = await as('admin');
  const [person] = await as('viewer');
  const [boss] = await as('owner');
  const { key: reads } = await latchkey.made(session, { scopes: ['members:read'] });
  const { key: writes } = await latchkey.made(session, { scopes: ['members:write'] });
  const refused = await change(reads, person, { role: 'editor' });
  expect([refused.status, refused.headers['www-authenticate']]).toEqual([
    403,
    'Bearer realm="latchkey", error="insufficient_scope", scope="members:write"',
  ]);
  expect((await change(writes, person, { role: 'editor' })).status).toBe(200);
  expect((await change(writes, boss, { role: 'viewer' })).status).toBe(403);
  expect((await remove(writes, person)).status).toBe(204);
});

it('check 30: what changes who may do what is in the audit log', async () => {
  const [person] = await as('viewer');
  const { id: requestId } = { id: 'members-audit' };
  await change(owner, person, { role: 'editor', enabled: false }, { 'X-Request-Id': requestId });
  await latchkey.ask(owner, 'DELETE', `/members/${idOf(person)}`, undefined, { 'X-Request-Id': requestId });
  const rows = await latchkey.house.db('audit_log').where({ request_id: requestId }).orderBy('id');
  expect(rows.map(({ action, subject }) => [action, subject])).toEqual([
    ['roles_changed', person.uuid],
    ['member_disabled', person.uuid],
    ['user_deleted', person.uuid],
  ]);
});
