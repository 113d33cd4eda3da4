import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digest } from '../../src/core/credentials/digest.ts';
import { ownerLink } from '../../src/core/one_time_links/one_time_link.ts';
import { type Body, type Latchkey, openLatchkey } from '../support/latchkey.ts';
import { type Person, password } from '../support/magpipe.ts';

let latchkey: Latchkey;
let owner: string;
beforeAll(async () => {
  latchkey = await openLatchkey();
  owner = await latchkey.session();
});
afterAll(() => latchkey.close());

const better = 'a longer horse, a better battery';
let addresses = 0;
const address = () => {
  addresses += 1;
  return `guest${addresses}@links.test`;
};
const role = { owner: 1, admin: 2, editor: 3, viewer: 4 } as const;
type Role = keyof typeof role;

const invite = (session: string, email: string, as: Role, headers?: object) =>
  latchkey.ask(session, 'POST', '/invitations', { email, role: as }, headers);
const inspect = (code: string, from?: Latchkey) =>
  (from ?? latchkey).ask(undefined, 'POST', '/links/inspect', { code });
const redeem = (code: string, body: object = {}) =>
  latchkey.ask(undefined, 'POST', '/links/redeem', { code, password: better, ...body });
const codeOf = ({ body }: { body: Body }) => body.url.split('#')[1] as string;
const signIn = (email: string, word = better) =>
  latchkey.ask(undefined, 'POST', '/sessions', { email, password: word });
const as = async (name: Role): Promise<[Person, string]> => {
  const person = await latchkey.person({ roleIds: [role[name]] });
  return [person, await latchkey.session(person)];
};
const idOf = ({ uuid }: Person) => `usr_${uuid.replaceAll('-', '')}`;

describe('an invitation', () => {
  it('is in the answer where nothing is mailed, and has whoever holds it join in its role', async () => {
    const email = address();
    const made = await invite(owner, email.toUpperCase(), 'editor');
    expect([made.status, made.body]).toMatchObject([201, { email, role: 'editor', mailed: false }]);
    expect(made.body.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/welcome#inv_[\w-]{43}$/);
    const over = Date.parse(made.body.expires_at) - Date.parse(made.body.created_at);
    expect(over).toBe(24 * 3600 * 1000);
    const code = codeOf(made);
    expect((await inspect(code)).body).toMatchObject({ kind: 'invitation', email, role: 'editor' });
    const joined = await redeem(code, { username: 'guest', first_name: 'Amélie' });
    expect([joined.status, joined.body]).toEqual([200, { kind: 'invitation', email }]);
    expect(joined.headers['set-cookie']).toBeUndefined();
    const { body } = await signIn(email);
    const me = await latchkey.ask(body.access_token, 'GET', '/me');
    expect(me.body).toMatchObject({ email, username: 'guest', first_name: 'Amélie', role: 'editor' });
  });

  it('check 54: is good once, and of two at once one joins', async () => {
    const code = codeOf(await invite(owner, address(), 'viewer'));
    const [one, two] = await Promise.all([redeem(code), redeem(code)]);
    expect([one.status, two.status].sort()).toEqual([200, 404]);
    expect((await redeem(code)).status).toBe(404);
    expect((await inspect(code)).status).toBe(404);
  });

  it('check 54: is over when the next one is made, taken back, or 24 hours have passed', async () => {
    const email = address();
    const first = await invite(owner, email, 'viewer');
    const second = await invite(owner, email, 'editor');
    expect((await inspect(codeOf(first))).status).toBe(404);
    expect((await inspect(codeOf(second))).status).toBe(200);
    expect((await latchkey.ask(owner, 'DELETE', `/invitations/${first.body.id}`)).status).toBe(404);
    expect((await latchkey.ask(owner, 'DELETE', `/invitations/${second.body.id}`)).status).toBe(204);
    expect((await redeem(codeOf(second))).status).toBe(404);
    const third = codeOf(await invite(owner, email, 'viewer'));
    const { db } = latchkey.house;
    const past = db.raw(`now() - interval '1 second'`) as unknown as string;
    await db('one_time_links').where({ email }).update({ expires_at: past });
    expect((await redeem(third)).status).toBe(404);
    expect((await latchkey.ask(owner, 'GET', '/invitations?limit=1000')).body.results).not.toContainEqual(
      expect.objectContaining({ email }),
    );
  });

  it('of a mistake in the password or the name is still good afterwards', async () => {
    const code = codeOf(await invite(owner, address(), 'viewer'));
    for (const [field, body] of [
      ['password', { password: 'short' }],
      ['password', { password: 'password123' }],
      ['username', { username: 'a\u202eb' }],
      ['first_name', { first_name: 'zero\u200bwidth' }],
    ] as const) {
      const { status, body: told } = await redeem(code, body);
      expect([body, status, Object.keys(told)]).toEqual([body, 400, [field]]);
    }
    expect((await redeem(code)).status).toBe(200);
  });

  it('nobody invites into a role above their own; editors and viewers invite nobody', async () => {
    const may: Record<Role, Role[]> = {
      owner: ['owner', 'admin', 'editor', 'viewer'],
      admin: ['admin', 'editor', 'viewer'],
      editor: [],
      viewer: [],
    };
    for (const [name, allowed] of Object.entries(may)) {
      const [, session] = await as(name as Role);
      for (const wanted of Object.keys(role) as Role[]) {
        const { status } = await invite(session, address(), wanted);
        expect([name, wanted, status]).toEqual([name, wanted, allowed.includes(wanted) ? 201 : 403]);
      }
    }
  });

  it('holds no longer than whoever made it may make it', async () => {
    const [person, session] = await as('admin');
    const codes = [
      codeOf(await invite(session, address(), 'admin')),
      codeOf(await invite(session, address(), 'viewer')),
    ];
    await latchkey.ask(owner, 'PATCH', `/members/${idOf(person)}`, { role: 'editor' });
    for (const code of codes) expect((await redeem(code)).status).toBe(404);
  });

  it('check 90: of an address that has a user takes that user’s own password, and changes nothing of theirs', async () => {
    const stranger = await latchkey.person({ accountId: await latchkey.account() });
    const code = codeOf(await invite(owner, stranger.email, 'viewer'));
    const foreign = await redeem(code);
    expect([foreign.status, Object.keys(foreign.body)]).toEqual([400, ['password']]);
    expect((await redeem(code, { password })).status).toBe(200);
    expect((await signIn(stranger.email, password)).status).toBe(201);
    const { body } = await latchkey.ask(owner, 'GET', `/members/${idOf(stranger)}`);
    expect(body).toMatchObject({ email: stranger.email, role: 'viewer' });
  });

  it('of a member is 409, and 400 for what is no address', async () => {
    const { email } = await latchkey.person();
    expect((await invite(owner, email.toUpperCase(), 'viewer')).status).toBe(409);
    for (const bad of ['none', 'a\r\nBcc: b@c.d', 'a@b\u200b.c', 'a@b@c'])
      expect([bad, (await invite(owner, bad, 'viewer')).status]).toEqual([bad, 400]);
  });

  it('of another account is not there', async () => {
    const other = await latchkey.session(await latchkey.person({ accountId: await latchkey.account() }));
    const made = await invite(owner, address(), 'viewer');
    const foreign = await latchkey.ask(other, 'DELETE', `/invitations/${made.body.id}`);
    const absent = await latchkey.ask(other, 'DELETE', '/invitations/inv_00000000000000000000000000000000');
    expect([foreign.status, foreign.body]).toEqual([absent.status, absent.body]);
    expect(foreign.status).toBe(404);
    expect((await latchkey.ask(other, 'GET', '/invitations')).body.count).toBe(0);
  });

  it('check 119: a replay does not show the link again', async () => {
    const email = address();
    const headers = { 'Idempotency-Key': 'invite-once' };
    const first = await invite(owner, email, 'viewer', headers);
    const again = await invite(owner, email, 'viewer', headers);
    expect([again.status, again.headers['idempotency-replayed'], again.body.id, again.body.url]).toEqual([
      201,
      'true',
      first.body.id,
      null,
    ]);
    expect((await redeem(codeOf(first))).status).toBe(200);
  });
});

describe('a reset of a member’s password', () => {
  const reset = (session: string, person: Person) =>
    latchkey.ask(session, 'POST', `/members/${idOf(person)}/password-reset`);

  it('sets another password, ends what was open, and signs nobody in (check 55)', async () => {
    const [person, session] = await as('editor');
    const made = await reset(owner, person);
    expect([made.status, made.body.mailed]).toEqual([201, false]);
    expect((await inspect(codeOf(made))).body).toMatchObject({
      kind: 'password_reset',
      email: person.email,
      role: null,
    });
    expect((await latchkey.ask(session, 'GET', '/me')).status).toBe(200);
    const { key } = await latchkey.made(session);
    const used = await redeem(codeOf(made));
    expect([used.status, used.body]).toEqual([200, { kind: 'password_reset', email: person.email }]);
    expect((await latchkey.ask(session, 'GET', '/me')).status).toBe(401);
    expect((await latchkey.ask(key, 'GET', '/me')).status).toBe(200);
    expect([(await signIn(person.email, password)).status, (await signIn(person.email)).status]).toEqual([401, 201]);
  });

  it('nobody makes one for a role above their own, nor holds one when theirs has sunk', async () => {
    const [boss] = await as('owner');
    const [editor] = await as('editor');
    const [admin, session] = await as('admin');
    expect((await reset(session, boss)).status).toBe(403);
    expect((await reset(session, admin)).status).toBe(201);
    const code = codeOf(await reset(session, editor));
    await latchkey.ask(owner, 'PATCH', `/members/${idOf(editor)}`, { role: 'owner' });
    expect((await redeem(code)).status).toBe(404);
  });

  it('check 54: a new one ends the old one; so does another address', async () => {
    const [person, session] = await as('viewer');
    const first = codeOf(await reset(owner, person));
    const second = codeOf(await reset(owner, person));
    expect((await redeem(first)).status).toBe(404);
    await latchkey.ask(session, 'PATCH', '/me', { email: address() });
    expect((await redeem(second)).status).toBe(404);
  });

  it('of somebody who belongs to another account as well is theirs alone', async () => {
    const [person] = await as('viewer');
    await latchkey.house.db('memberships').insert({ account_id: await latchkey.account(), user_id: person.id });
    expect((await reset(owner, person)).status).toBe(409);
  });
});

describe('asking for a reset', () => {
  const ask = (email: string) => latchkey.ask(undefined, 'POST', '/password-resets', { email });

  it('check 50: is answered alike for known and unknown addresses, here and at /auth/v1/recover', async () => {
    const { email } = await latchkey.person();
    const plain = ({ 'x-request-id': _id, date: _date, etag: _tag, ...headers }: Record<string, string>) => headers;
    const [known, unknown] = [await ask(email), await ask('nobody@links.test')];
    expect(known.status).toBe(202);
    expect([known.status, known.text, plain(known.headers)]).toEqual([
      unknown.status,
      unknown.text,
      plain(unknown.headers),
    ]);
    expect((await ask('no address')).status).toBe(400);
  });

  it('check 52: is limited by address and asker together, also for addresses that nobody has', async () => {
    const tries: number[] = [];
    for (let n = 0; n < 11; n += 1) tries.push((await ask('nobody3@links.test')).status);
    expect(tries).toEqual([...Array(10).fill(202), 429]);
  });
});

it('check 58: the owner’s first password: a link that is made where the database is, once', async () => {
  const { db } = latchkey.house;
  const first = (await ownerLink(db))?.code as string;
  const second = (await ownerLink(db))?.code as string;
  expect(second).toMatch(/^fst_[\w-]{43}$/);
  expect((await inspect(second)).body).toMatchObject({ kind: 'first_password', email: 'owner@example.com' });
  expect((await redeem(first)).status).toBe(404);
  expect((await redeem(second)).body).toEqual({ kind: 'first_password', email: 'owner@example.com' });
  expect((await signIn('owner@example.com')).status).toBe(201);
  expect((await redeem(second)).status).toBe(404);
});

it('check 32: an API key makes no invitation and no reset', async () => {
  const person = await latchkey.person();
  const { key } = await latchkey.made(owner);
  for (const [method, path, body] of [
    ['GET', '/invitations'],
    ['POST', '/invitations', { email: address(), role: 'viewer' }],
    ['DELETE', '/invitations/inv_00000000000000000000000000000000'],
    ['POST', `/members/${idOf(person)}/password-reset`],
  ] as const)
    expect([path, (await latchkey.ask(key, method, path, body)).status]).toEqual([path, 403]);
});

it('check 16: links are kept as hashes, and are in no log and no audit row', async () => {
  const made = await invite(owner, address(), 'viewer');
  const code = codeOf(made);
  const { db } = latchkey.house;
  const [row] = await db('one_time_links').where({ hash: digest(code) });
  expect(row).toBeDefined();
  const all = await db.raw(`select coalesce(json_agg(l)::text, '') from one_time_links l`);
  const audited = await db('audit_log').select();
  expect(JSON.stringify([all.rows, audited, latchkey.log])).not.toContain(code.slice(4));
  expect(audited.map(({ action }) => action)).toContain('member_invited');
});

it('check 52: codes that open nothing are limited by address, as wrong passwords are', async () => {
  const twin = await latchkey.twin();
  const ask = (n: number) =>
    twin.send('POST', `/v1/links/${n % 2 ? 'inspect' : 'redeem'}`, {
      body: { code: `inv_${n}`, ...(n % 2 ? {} : { password: better }) },
    });
  const tries: number[] = [];
  for (let n = 0; n < 110; n += 1) tries.push((await ask(n)).status);
  expect(tries[0]).toBe(404);
  expect(tries.at(-1)).toBe(429);
});
