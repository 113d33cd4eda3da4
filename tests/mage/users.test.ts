import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digest } from '../../src/core/credentials/digest.ts';
import { decodeToken, encodeToken, mintToken } from '../../src/core/credentials/oauth_token.ts';
import { applicationKey, ownerPassword } from '../support/house.ts';
import { type Body, type Caller, E, type Mage, openMage, refused } from '../support/mage.ts';

let mage: Mage;
beforeAll(async () => {
  mage = await openMage();
});
afterAll(() => mage.close());

const password = 'water_lightning';
const noRole = refused('You don\u2019t have access to this project. Please ask an admin or owner for permissions.');
const notFound = E(404, 'record_not_found', 'Record not found.');
const invalid = (message: string) => E(400, 'record_invalid', message);
const time = expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{6})?\+00:00$/);
const listed = [
  ...['avatar', 'created_at', 'email', 'first_name', 'id', 'last_name', 'owner', 'project_access', 'roles'],
  ...['roles_display', 'roles_new', 'updated_at', 'username'],
];

let made = 0;
/** What makes a user, with an e-mail address of its own. */
const fields = (more: object = {}) => ({
  email: `user${++made}@mage.test`,
  password,
  password_confirmation: password,
  ...more,
});
const create = (user: unknown, caller: Caller = 'owner'): Promise<Body> =>
  mage.call(caller, 'POST', '/users', { user });
const update = (id: number, user: unknown, caller: Caller = 'owner'): Promise<Body> =>
  mage.call(caller, 'PUT', `/users/${id}`, { user });
/** Sends with a token of one's own. */
const as = async (token: string, method: string, path: string, user?: unknown): Promise<Body> => {
  const headers = { 'OAUTH-TOKEN': token };
  return (await mage.send('anonymous', method, path, { headers, body: user && { user } })).body;
};
const signIn = (email: string, secret: string): Promise<Body> =>
  mage.call('anonymous', 'POST', '/sessions', { session: { email, password: secret } });
const makeUser = async (more: object = {}) => (await create(fields(more))).user as Body;
const count = async () => Number((await mage.house.db('users').count({ n: '*' }))[0]?.n);

/** An account of its own, with users of these roles; they sign in with tokens. */
async function account(...roles: number[][]) {
  const { db } = mage.house;
  const [row] = await db('accounts').insert({ name: 'another' }).returning('id');
  const account_id = row?.id as number;
  const people = [];
  for (const role_ids of roles) {
    const [user] = await db('users')
      .insert({ email: `other${++made}@mage.test` })
      .returning('id');
    const id = user?.id as number;
    await db('memberships').insert({ account_id, user_id: id, role_ids });
    people.push({ id, token: (await mintToken(mage.house, db, id, account_id)).value });
  }
  return people as { id: number; token: string }[];
}

describe('createUser', () => {
  it('#50 the user with every attribute, and a first token for them', async () => {
    const answer = await create({ ...fields({ roles_new: [1] }), email: 'arwen@mage.test', first_name: 'Arwen' });
    const permission = {
      access: 1,
      created_at: time,
      entity: 'global',
      entity_id: null,
      entity_name: null,
      entity_type: null,
      id: 1,
      updated_at: time,
    };
    expect(answer).toEqual({
      user: {
        avatar: null,
        created_at: time,
        email: 'arwen@mage.test',
        first_name: 'Arwen',
        id: expect.any(Number),
        last_name: null,
        owner: true,
        permissions: [permission],
        project_access: 1,
        roles: null,
        roles_display: 'Owner',
        roles_new: [{ id: 1, name: 'Owner', created_at: time, updated_at: time, permissions: [permission] }],
        token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
        updated_at: time,
        username: null,
      },
      metadata: null,
    });
    const token = (await decodeToken(mage.house, answer.user.token)) as string;
    expect((await as(token, 'GET', `/users/${answer.user.id}`)).user).toEqual({ ...answer.user, token: null });
    expect((await signIn('arwen@mage.test', password)).session.user.id).toBe(answer.user.id);
  });

  it.each([
    [[], 0, null],
    [[4], 8, null],
    [[3], 4, null],
    [[2], 2, null],
    [[4, 3, 3], 12, null],
    [[1, 4], 9, 'Owner'],
  ])('roles_new %j gives project_access %i and roles_display %s', async (roles_new, access, display) => {
    const user = await makeUser({ roles_new });
    expect([user.project_access, user.roles_display, user.roles]).toEqual([access, display, null]);
    expect(user.roles_new.map(({ id }: Body) => id)).toEqual([...new Set(roles_new)].sort());
  });

  it('role_ids and roles are accepted and have no effect', async () => {
    const user = await makeUser({ role_ids: [1], roles: 1 });
    expect([user.roles_new, user.roles, user.project_access]).toEqual([[], null, 0]);
  });

  it('#59 #61 #62 #63 the first rule that is broken answers, in the documented order', async () => {
    const { email: taken } = await makeUser({ username: 'taken' });
    const before = await count();
    const twice = { password: 'short', password_confirmation: 'other' };
    const long = { password, password_confirmation: 'silver_lightning' };
    const same = { password, password_confirmation: password };
    const steps: [number: string, user: object, answer: object][] = [
      ['1', { roles_new: [99] }, invalid('Roles with ids: [99] do not exist')],
      ['1', { roles_new: [0, 1, -5] }, invalid('Roles with ids: [0, -5] do not exist')],
      ['#61', {}, invalid('Missing required values: email, password.')],
      ['2', { email: '', password: '' }, invalid('Missing required values: email, password.')],
      ['2', { email: 'x@mage.test' }, invalid('Missing required values: password.')],
      ['2', { ...twice }, invalid('Missing required values: email.')],
      [
        '#62',
        { email: taken, username: 'taken', ...twice },
        invalid(`Account with same email is already taken: ${taken}.`),
      ],
      [
        '4',
        { email: 'foo', username: 'taken', ...twice },
        invalid('Account with same username is already taken: taken.'),
      ],
      [
        '#59',
        { email: 'foo', ...twice, password_confirmation: 'short' },
        invalid('Password must be 8 characters or longer.'),
      ],
      ['5', { email: 'foo', password: '🔑🔑🔑🔑' }, invalid('Password must be 8 characters or longer.')],
      ['6', { email: 'foo', ...long }, invalid('Password and password confirmation do not match.')],
      ['6', { email: 'foo', password }, invalid('Password and password confirmation do not match.')],
      [
        '#63',
        { email: 'foo', ...same },
        {
          error: {
            code: 200,
            message: 'Record is invalid.',
            type: 'record_invalid',
            errors: { error: 'Email address is invalid.', metadata: { key: 'email', value: 'foo' } },
          },
          status: 200,
        },
      ],
    ];
    for (const [number, user, answer] of steps) expect([number, await create(user)]).toEqual([number, answer]);
    expect(await mage.call('owner', 'POST', '/users', {})).toEqual(
      invalid('Missing required values: email, password.'),
    );
    expect(await count()).toBe(before);
  });

  it('an e-mail address or user name in other letters is taken all the same', async () => {
    const { email } = await makeUser({ username: 'Legolas' });
    const upper = email.toUpperCase();
    expect(await create(fields({ email: upper }))).toEqual(
      invalid(`Account with same email is already taken: ${upper}.`),
    );
    const name = invalid('Account with same username is already taken: legolas.');
    expect(await create(fields({ username: 'legolas' }))).toEqual(name);
  });

  it.each(['a@', '@b', 'a b@c.d', 'a@b@c', ' a@b.c', 'a@b.c\n'])('%j is no e-mail address', async (email) => {
    const { error } = await create(fields({ email }));
    expect([error.code, error.errors.metadata]).toEqual([200, { key: 'email', value: email }]);
  });

  it('names may be Unicode, quotes and 255 characters; 256 are 400 with the field', async () => {
    const names = { first_name: 'Ærwen 星 👩‍🚀', last_name: `O'Neil "x" \\ ; --`, username: '名前'.padEnd(255, 'é') };
    const user = await makeUser(names);
    expect(user).toMatchObject(names);
    expect((await mage.call('owner', 'GET', `/users/${user.id}`)).user).toMatchObject(names);
    const { error } = await create(fields({ first_name: 'x'.repeat(256), last_name: 'y'.repeat(256) }));
    expect([error.code, error.type, Object.keys(error.errors)]).toEqual([
      400,
      'record_invalid',
      ['first_name', 'last_name'],
    ]);
  });

  it('an avatar is cut to two characters, at creation and later', async () => {
    const user = await makeUser({ avatar: 'abc' });
    expect(user.avatar).toBe('ab');
    expect((await update(user.id, { avatar: '🐱🐶🐭' })).user.avatar).toBe('🐱🐶');
    expect((await update(user.id, { avatar: 'x' })).user.avatar).toBe('x');
    expect((await update(user.id, { avatar: null })).user.avatar).toBeNull();
  });

  it('E(403) for everybody but owners', async () => {
    const condition = refused('Unauthorized operation create on users, failed condition.');
    for (const caller of ['viewer', 'editor', 'admin'] as const)
      expect(await create(fields(), caller)).toEqual(condition);
    expect(await create(fields(), 'anonymous')).toEqual(refused('Private access for create only, invalid scope.'));
  });

  it('#51 E(403) with its own sentence for a user without a role', async () => {
    expect(await create(fields(), 'roleless')).toEqual(noRole);
  });

  it('an owner cannot set what is not for setting', async () => {
    const user = await makeUser({
      id: 4242,
      password_hash: 'x',
      created_at: '2001-01-01',
      account_id: 1,
      token: 'x',
      owner: true,
    });
    expect([user.id === 4242, user.owner, user.created_at.startsWith('2001')]).toEqual([false, false, false]);
    expect((await signIn(user.email, password)).session.user.id).toBe(user.id);
  });

  it('in parallel with the same e-mail address makes exactly one', async () => {
    const user = fields({ username: 'only_one' });
    const answers = await Promise.all(Array.from({ length: 5 }, () => create(user)));
    expect(answers.filter((answer) => answer.user)).toHaveLength(1);
    const taken = invalid(`Account with same email is already taken: ${user.email}.`);
    for (const answer of answers.filter(({ error }) => error)) expect(answer).toEqual(taken);
    expect(await mage.house.db('users').where({ email: user.email })).toHaveLength(1);
  });

  it('stores the password as argon2id only, salted', async () => {
    const users = [await makeUser(), await makeUser()];
    const rows = await mage.house.db('users').whereIn(
      'id',
      users.map(({ id }) => id),
    );
    const hashes = rows.map(({ password_hash }) => password_hash);
    expect(hashes).toEqual([expect.stringMatching(/^\$argon2id\$/), expect.stringMatching(/^\$argon2id\$/)]);
    expect(hashes[0]).not.toBe(hashes[1]);
    expect(JSON.stringify(rows)).not.toContain(password);
  });
});

describe('listUsers', () => {
  it('#57 owners see everybody, in the order of their ids, with the 13 attributes', async () => {
    const two = [(await makeUser()).id, (await makeUser({ roles_new: [1] })).id];
    const { users, metadata } = await mage.call('owner', 'GET', '/users?_limit=1000');
    const ids = users.map(({ id }: Body) => id);
    expect(ids).toEqual(ids.toSorted((a: number, b: number) => a - b));
    expect(ids).toEqual(expect.arrayContaining([...two, ...Object.values(mage.users).map(({ id }) => id)]));
    expect(metadata).toEqual({ count: ids.length, next: false });
    for (const user of users) expect(Object.keys(user).sort()).toEqual(listed);
  });

  it('#57 admins see neither admins nor owners, and so not themselves; the count says so', async () => {
    const { users, metadata } = await mage.call('admin', 'GET', '/users?_limit=1000');
    for (const user of users) expect([Object.keys(user).sort(), user.project_access & 3]).toEqual([listed, 0]);
    const emails = users.map(({ email }: Body) => email);
    expect(emails).toEqual(expect.arrayContaining(['viewer@mage.test', 'editor@mage.test', 'roleless@mage.test']));
    expect(emails).not.toContain('admin@mage.test');
    expect(metadata).toEqual({ count: users.length, next: false });
  });

  it('E(403) for editors and viewers; #58 with its own sentence for a user without a role', async () => {
    const condition = refused('Unauthorized operation list on users, failed condition.');
    for (const caller of ['viewer', 'editor'] as const)
      expect(await mage.call(caller, 'GET', '/users')).toEqual(condition);
    expect(await mage.call('roleless', 'GET', '/users')).toEqual(noRole);
  });

  it('#66 pages: the whole, the first, the second, and none', async () => {
    const [first, second] = await account([1], [4]);
    const list = async (query: string) => {
      const { users, metadata } = await as((first as { token: string }).token, 'GET', `/users${query}`);
      return [users.map(({ id }: Body) => id), metadata];
    };
    expect(await list('')).toEqual([[first?.id, second?.id], { count: 2, next: false }]);
    expect(await list('?_limit=1')).toEqual([[first?.id], { count: 2, next: true }]);
    expect(await list('?_limit=1&_offset=1')).toEqual([[second?.id], { count: 2, next: false }]);
    expect(await list('?_offset=2')).toEqual([[], { count: 2, next: false }]);
    expect(await list('?_offset=2147483647&_limit=2147483647')).toEqual([[], { count: 2, next: false }]);
  });

  it('40 at a time unless _limit says otherwise; pages concatenate to the whole', async () => {
    const roles = Array.from({ length: 45 }, () => [4]);
    const [first] = await account([1], ...roles);
    const { token } = first as { token: string };
    const page = (query: string) => as(token, 'GET', `/users?${query}`);
    const one = await page('');
    expect([one.users.length, one.metadata]).toEqual([40, { count: 46, next: true }]);
    const two = await page('_offset=40');
    expect([two.users.length, two.metadata]).toEqual([6, { count: 46, next: false }]);
    expect([...one.users, ...two.users]).toEqual((await page('_limit=100')).users);
  });

  it.each([
    ['_limit=0', { _limit: ['must be >= 1'] }],
    ['_limit=-1', { _limit: ['must be >= 1'] }],
    ['_limit=abc', { _limit: ['must be integer'] }],
    ['_limit=1.5', { _limit: ['must be integer'] }],
    ['_limit=', { _limit: ['must be integer'] }],
    ['_limit=1&_limit=2', { _limit: ['must be integer'] }],
    ['_offset=-1', { _offset: ['must be >= 0'] }],
    ['_limit=0&_offset=x', { _limit: ['must be >= 1'], _offset: ['must be integer'] }],
  ])('%s is E(400) with the fields', async (query, errors) => {
    const sentence = `${Object.entries(errors)
      .map(([name, [words]]) => `${name} ${words}`)
      .join('; ')}.`;
    const error = { code: 400, message: sentence, type: 'record_invalid', errors, exception: sentence };
    expect(await mage.call('owner', 'GET', `/users?${query}`)).toEqual({ error, status: 200 });
  });

  it('#23 #81 E(403) for a query parameter, for all but owners; one that begins with _ is none', async () => {
    const said = async (query: string) => (await mage.call('admin', 'GET', `/users?${query}`)).error?.message;
    const sentence = (name: string, value: string) =>
      `Query parameter ${name} of value ${value} is not permitted on list operation for users.`;
    expect(await said('fire=1&_limit=1')).toBe(sentence('fire', "['1']"));
    expect(await said('_fire=1&_limit=1')).toBeUndefined();
    expect(await said('x=0')).toBe(sentence('x', "['0']"));
    expect(await said('x=false')).toBe(sentence('x', '[False]'));
    expect(await said('x=False')).toBe(sentence('x', "['False']"));
    expect(await said('tag[]=a,b')).toBe(sentence('tag[]', "['a', 'b']"));
    expect(await mage.call('owner', 'GET', '/users?fire=1')).toHaveProperty('users');
  });

  it('#78 _format: a registered one, and the default attributes for any other', async () => {
    const keys = async (format: string) => {
      const { users } = await mage.call('owner', 'GET', `/users?_limit=1&_format=${format}`);
      return Object.keys(users[0]).sort();
    };
    expect(await keys('detail')).toEqual([...listed, 'permissions', 'token'].sort());
    for (const other of ['list', 'fire', 'session', 'constructor', '__proto__', ''])
      expect(await keys(other)).toEqual(listed);
  });
});

describe('getUser', () => {
  it('everyone sees themselves, admins and owners see others too', async () => {
    for (const caller of ['roleless', 'viewer', 'editor', 'admin', 'owner'] as const) {
      const { user } = await mage.call(caller, 'GET', `/users/${mage.users[caller].id}`);
      expect([user.email, user.token]).toEqual([`${caller}@mage.test`, null]);
      expect(Object.keys(user).sort()).toEqual([...listed, 'permissions', 'token'].sort());
    }
    for (const caller of ['admin', 'owner'] as const) {
      expect(await mage.call(caller, 'GET', '/users/1')).toHaveProperty('user.owner', true);
    }
  });

  it('#53 E(403) for other users', async () => {
    const condition = refused('Unauthorized operation detail on users, failed condition.');
    for (const caller of ['viewer', 'editor'] as const)
      expect(await mage.call(caller, 'GET', '/users/1')).toEqual(condition);
    expect(await mage.call('roleless', 'GET', '/users/1')).toEqual(noRole);
  });

  it.each(['999999', '0', '-1', '01', '1.0', '1e0', 'x', '2147483648', '9223372036854775808', '%F0%9F%92%A9', 'me'])(
    '#65 E(404) for %s, on detail, update and delete',
    async (id) => {
      for (const method of ['GET', 'PUT', 'DELETE']) {
        expect([method, await mage.call('owner', method, `/users/${id}`)]).toEqual([method, notFound]);
      }
    },
  );

  it('§11.5 nobody learns whether a user exists', async () => {
    for (const id of [1, 999999]) {
      const answer = refused('Private access for detail only, invalid scope.');
      expect(await mage.call('anonymous', 'GET', `/users/${id}`)).toEqual(answer);
    }
  });
});

describe('updateUser', () => {
  it('changes what is sent and leaves the rest', async () => {
    const user = await makeUser({ first_name: 'Arwen', username: 'undomiel', roles_new: [4] });
    const { user: changed, metadata } = await update(user.id, { last_name: 'Evenstar', email: 'evenstar@mage.test' });
    const expected = { ...user, last_name: 'Evenstar', email: 'evenstar@mage.test', token: null, updated_at: time };
    expect([changed, metadata]).toEqual([expected, null]);
    expect(changed.updated_at > user.updated_at).toBe(true);
    expect((await update(user.id, {})).user).toMatchObject({ last_name: 'Evenstar', username: 'undomiel' });
    expect((await mage.call('owner', 'PUT', `/users/${user.id}`)).user.last_name).toBe('Evenstar');
    expect((await update(user.id, { first_name: null })).user.first_name).toBeNull();
  });

  it('everyone writes the eight attributes of their own', async () => {
    const own = { avatar: 'v', email: 'v@mage.test', first_name: 'V', last_name: 'W', username: 'vw' };
    const user = await makeUser({ roles_new: [4] });
    const token = (await decodeToken(mage.house, user.token)) as string;
    const passwords = {
      password_current: password,
      password: 'silver_lightning',
      password_confirmation: 'silver_lightning',
    };
    expect((await as(token, 'PUT', `/users/${user.id}`, { ...own, ...passwords })).user).toMatchObject(own);
    expect((await signIn('v@mage.test', 'silver_lightning')).session.user.id).toBe(user.id);
  });

  it.each([
    ['foo', 'write of foo on update is disabled for users.'],
    ['id', 'write of id on update is disabled for users.'],
    ['password_hash', 'write of password_hash on update is disabled for users.'],
    ['project_access', 'write of project_access on update is disabled for users.'],
    ['token', 'write of token on update is disabled for users.'],
    ['__proto__', 'write of __proto__ on update is disabled for users.'],
    ['owner', 'Unauthorized write access for owner on users for update operation, failed condition.'],
  ])('E(403) for %s, of viewers and admins', async (name, message) => {
    for (const caller of ['viewer', 'admin'] as const) {
      const user = JSON.parse(`{ "${name}": true }`);
      expect(await update(mage.users[caller].id, user, caller)).toEqual(refused(message));
    }
  });

  it('E(403) for roles, of viewers and editors', async () => {
    const values = { roles_new: [1], role_ids: [1], roles: 1 };
    for (const [name, value] of Object.entries(values)) {
      const message = `Unauthorized write access for ${name} on users for update operation, failed condition.`;
      expect(await update(mage.users.viewer.id, { [name]: value }, 'viewer')).toEqual(refused(message));
    }
  });

  it('E(403) for other users, of viewers, editors and those without a role', async () => {
    const condition = refused('Unauthorized operation update on users, failed condition.');
    for (const caller of ['viewer', 'editor'] as const) {
      expect(await update(1, { first_name: 'x' }, caller)).toEqual(condition);
    }
    expect(await update(1, { first_name: 'x' }, 'roleless')).toEqual(noRole);
  });

  it('admins write neither a name nor a password of an owner: who holds the address holds the account', async () => {
    for (const [name, value] of Object.entries({ email: 'mine@mage.test', password: 'x', first_name: 'x' })) {
      const message = `Unauthorized write access for ${name} on users for update operation, failed condition.`;
      expect(await update(1, { [name]: value }, 'admin')).toEqual(refused(message));
    }
    expect((await mage.call('owner', 'GET', '/users/1')).user.email).toBe('owner@example.com');
  });

  it('by an owner: what is not for setting is not set', async () => {
    const user = await makeUser({ roles_new: [4] });
    const hostile = {
      ...{ id: 4242, password_hash: 'x', account_id: 4242, created_at: '2001-01-01', updated_at: '2001-01-01' },
      ...{
        owner: true,
        project_access: 1,
        role_ids: [4],
        roles: 1,
        roles_display: 'Owner',
        permissions: [],
        token: 'x',
      },
      ...JSON.parse('{"__proto__": {"email": "x"}, "constructor": {"prototype": {"polluted": true}}}'),
    };
    const { user: changed } = await update(user.id, { ...hostile, first_name: 'Changed' });
    expect(changed).toEqual({ ...user, first_name: 'Changed', token: null, updated_at: time });
    expect(changed.updated_at.startsWith('2001')).toBe(false);
    expect((await signIn(user.email, password)).session.user.id).toBe(user.id);
    expect({}).not.toHaveProperty('polluted');
  });

  it('role_ids and roles_new each are the whole set from then on', async () => {
    const user = await makeUser({ roles_new: [4, 3] });
    const ids = async (body: object) => (await update(user.id, body)).user.roles_new.map(({ id }: Body) => id);
    expect(await ids({ roles_new: [2] })).toEqual([2]);
    expect(await ids({ role_ids: [4, 3, 4] })).toEqual([3, 4]);
    expect(await ids({ first_name: 'x' })).toEqual([3, 4]);
    expect(await ids({ roles_new: [] })).toEqual([]);
    expect(await update(user.id, { roles_new: [3, 9, 7] })).toEqual(invalid('Roles with ids: [9, 7] do not exist'));
    expect(await ids({})).toEqual([]);
  });

  it('roles, by an admin: neither owners nor other admins, and no making of either', async () => {
    const [admin, editor] = [await makeUser({ roles_new: [2] }), await makeUser({ roles_new: [3] })];
    const roles = (id: number, roles_new: number[]) => update(id, { roles_new }, 'admin');
    expect(await roles(1, [4])).toEqual(invalid('Admins cannot update users who are Owners.'));
    expect(await roles(admin.id, [4])).toEqual(invalid('Admins cannot update users who are Admins.'));
    expect(await roles(editor.id, [2])).toEqual(invalid('Admins cannot make other users Admins.'));
    expect(await roles(editor.id, [1])).toEqual(invalid('Admins cannot make other users Owners.'));
    expect(await roles(mage.users.admin.id, [1, 2])).toEqual(invalid('Admins cannot make other users Owners.'));
    expect((await roles(editor.id, [4])).user.project_access).toBe(8);
    expect((await roles(mage.users.admin.id, [2, 3])).user.project_access).toBe(6);
  });

  it('an own password takes the current one, for owners too', async () => {
    for (const roles_new of [[4], [1]]) {
      const user = await makeUser({ roles_new });
      const token = (await decodeToken(mage.house, user.token)) as string;
      const change = (body: object) => as(token, 'PUT', `/users/${user.id}`, body);
      const next = { password: 'silver_lightning', password_confirmation: 'silver_lightning' };
      const incorrect = invalid('Current password is incorrect.');
      expect(await change(next)).toEqual(incorrect);
      expect(await change({ ...next, password_current: 'wrong' })).toEqual(incorrect);
      expect(await change({ ...next, password: 'short', password_current: 'wrong' })).toEqual(incorrect);
      const current = { password_current: password };
      const short = { password: 'short', password_confirmation: 'short' };
      expect(await change({ ...current, ...short })).toEqual(invalid('Password must be 8 characters or longer.'));
      const other = invalid('Password and password confirmation do not match.');
      expect(await change({ ...current, ...next, password_confirmation: 'gold_lightning' })).toEqual(other);
      expect((await signIn(user.email, password)).session.user.id).toBe(user.id);
      expect(await change({ ...current, ...next })).toHaveProperty('user.id', user.id);
      expect((await signIn(user.email, password)).error.code).toBe(404);
      expect((await signIn(user.email, 'silver_lightning')).session.user.id).toBe(user.id);
    }
  });

  it("another's password: owners need none, admins the current one", async () => {
    const user = await makeUser({ roles_new: [4] });
    const next = (secret: string) => ({ password: secret, password_confirmation: secret });
    expect(await update(user.id, next('by_an_owner'))).toHaveProperty('user.id', user.id);
    expect(await update(user.id, next('by_an_admin'), 'admin')).toEqual(invalid('Current password is incorrect.'));
    const known = { ...next('by_an_admin'), password_current: 'by_an_owner' };
    expect(await update(user.id, known, 'admin')).toHaveProperty('user.id', user.id);
    expect((await signIn(user.email, 'by_an_admin')).session.user.id).toBe(user.id);
  });

  it('an e-mail address or user name that is taken, or none, is refused and nothing changes', async () => {
    const user = await makeUser({ username: 'galadriel' });
    const other = await makeUser({ username: 'celeborn', roles_new: [4] });
    const change = { first_name: 'x', roles_new: [3] };
    const taken = `Account with same email is already taken: ${user.email}.`;
    expect(await update(other.id, { ...change, email: user.email })).toEqual(invalid(taken));
    const name = invalid('Account with same username is already taken: galadriel.');
    expect(await update(other.id, { ...change, username: 'galadriel' })).toEqual(name);
    const { error } = await update(other.id, { ...change, email: 'foo' });
    expect([error.code, error.errors.error]).toEqual([200, 'Email address is invalid.']);
    const { token: _, ...unchanged } = other;
    expect((await mage.call('owner', 'GET', `/users/${other.id}`)).user).toEqual({ ...unchanged, token: null });
    expect((await update(other.id, { email: other.email.toUpperCase() })).user.id).toBe(other.id);
  });

  it('#67 as the public install script does it: cookies, the key in the URL, the password with it', async () => {
    const { id } = (await signIn('owner@example.com', ownerPassword)).session.user;
    const token = await encodeToken(
      mage.house,
      (await mintToken(mage.house, mage.house.db, id, 1)).value,
      '2030-01-01',
    );
    const user = {
      username: 'admin',
      email: 'admin@example.com',
      password_current: ownerPassword,
      password: 'the new password',
      password_confirmation: 'the new password',
    };
    const { body } = await mage.send('anonymous', 'PUT', `/users/${id}`, {
      query: `?api_key=${applicationKey}`,
      headers: { 'X-API-KEY': '', Cookie: `REQUIRE_USER_AUTHENTICATION=1; oauth_token=${token}` },
      body: { user },
    });
    expect(body.user).toMatchObject({ id, username: 'admin', email: 'admin@example.com', owner: true });
    expect((await signIn('admin@example.com', 'the new password')).session.user.id).toBe(id);
  });
});

describe('deleteUser', () => {
  it('#54 the user, once more; then the row, the tokens and the keys are gone', async () => {
    const { db, installation } = mage.house;
    const user = await makeUser({ roles_new: [4] });
    const token = (await decodeToken(mage.house, user.token)) as string;
    const key = { hash: digest('k'.repeat(40)), prefix: 'k', name: 'test', user_id: user.id };
    await db('api_keys').insert({ ...key, account_id: installation.accountId });
    expect(await mage.call('owner', 'DELETE', `/users/${user.id}`)).toEqual({
      user: { ...user, token: null },
      metadata: null,
    });
    expect(await mage.call('owner', 'DELETE', `/users/${user.id}`)).toEqual(notFound);
    expect(await db('users').where({ id: user.id })).toEqual([]);
    expect(await as(token, 'GET', '/users')).toEqual(E(401, 'expired_oauth_token', 'Expired OAuth token.'));
    const { body } = await mage.send('anonymous', 'GET', '/users', { headers: { 'X-API-KEY': 'k'.repeat(40) } });
    expect(body).toEqual(E(401, 'invalid_api_key', 'Invalid API key.'));
    expect((await signIn(user.email, password)).error.code).toBe(404);
  });

  it('#55 E(403) for everybody but owners, of themselves too', async () => {
    const condition = refused('Unauthorized operation delete on users, failed condition.');
    for (const caller of ['viewer', 'editor', 'admin'] as const) {
      for (const id of [mage.users[caller].id, 1])
        expect(await mage.call(caller, 'DELETE', `/users/${id}`)).toEqual(condition);
    }
    expect(await mage.call('roleless', 'DELETE', `/users/${mage.users.roleless.id}`)).toEqual(noRole);
  });

  it('a body is ignored', async () => {
    const { id } = await makeUser();
    const { body } = await mage.send('owner', 'DELETE', `/users/${id}`, { body: { user: { foo: 1 } } });
    expect(body.user.id).toBe(id);
  });

  it('a user of another account too only leaves this one', async () => {
    const { db } = mage.house;
    const user = await makeUser({ roles_new: [4] });
    const [elsewhere] = await db('accounts').insert({ name: 'elsewhere' }).returning('id');
    await db('memberships').insert({ account_id: elsewhere?.id as number, user_id: user.id, role_ids: [1] });
    const there = (await mintToken(mage.house, db, user.id, elsewhere?.id as number)).value;
    const here = (await decodeToken(mage.house, user.token)) as string;
    await mage.call('owner', 'DELETE', `/users/${user.id}`);
    expect((await as(here, 'GET', '/users')).error.type).toBe('expired_oauth_token');
    expect((await as(there, 'GET', '/users')).users.map(({ id }: Body) => id)).toEqual([user.id]);
    expect(await mage.call('owner', 'GET', `/users/${user.id}`)).toEqual(notFound);
  });
});

describe('an account keeps an owner', () => {
  const last = invalid('The last owner of an account cannot be removed.');

  it('the last one is neither deleted nor given other roles', async () => {
    const [owner] = (await account([1], [2])) as [{ id: number; token: string }];
    const path = `/users/${owner.id}`;
    expect(await as(owner.token, 'DELETE', path)).toEqual(last);
    for (const body of [{ roles_new: [] }, { role_ids: [2] }, { roles_new: [2, 3, 4] }]) {
      expect(await as(owner.token, 'PUT', path, body)).toEqual(last);
    }
    expect((await as(owner.token, 'PUT', path, { roles_new: [1, 4] })).user.project_access).toBe(9);
  });

  it('one of two may go', async () => {
    const [one, two] = (await account([1], [1])) as [{ id: number; token: string }, { id: number; token: string }];
    expect((await as(one.token, 'DELETE', `/users/${one.id}`)).user.id).toBe(one.id);
    expect(await as(two.token, 'DELETE', `/users/${two.id}`)).toEqual(last);
  });

  it.each([
    ['delete', (id: number, token: string) => as(token, 'DELETE', `/users/${id}`)],
    ['demote', (id: number, token: string) => as(token, 'PUT', `/users/${id}`, { roles_new: [4] })],
  ])('two owners who %s each other at once leave one', async (_what, remove) => {
    for (let round = 0; round < 5; round++) {
      const [one, two] = (await account([1], [1])) as [{ id: number; token: string }, { id: number; token: string }];
      await Promise.all([remove(one.id, two.token), remove(two.id, one.token)]);
      const left = await mage.house
        .db('memberships')
        .whereIn('user_id', [one.id, two.id])
        .whereRaw('1 = any(role_ids)');
      expect(left).toHaveLength(1);
    }
  });
});

describe("another account's users are not there", () => {
  it('not in the list, not by id: byte for byte as if they did not exist', async () => {
    const [stranger] = (await account([1])) as [{ id: number; token: string }];
    const { users } = await mage.call('owner', 'GET', '/users?_limit=1000');
    expect(users.map(({ id }: Body) => id)).not.toContain(stranger.id);
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const body = { user: { first_name: 'x', roles_new: [4] } };
      const [foreign, absent] = [
        await mage.send('owner', method, `/users/${stranger.id}`, { body }),
        await mage.send('owner', method, '/users/999999', { body }),
      ];
      expect([foreign.status, foreign.text]).toEqual([absent.status, absent.text]);
      expect(foreign.body).toEqual(notFound);
    }
    expect((await as(stranger.token, 'GET', '/users')).users).toMatchObject([{ id: stranger.id, first_name: null }]);
    expect(await as(stranger.token, 'GET', '/users/1')).toEqual(notFound);
  });

  it('new users belong to the account of who makes them', async () => {
    const [stranger] = (await account([1])) as [{ id: number; token: string }];
    const { user } = await as(stranger.token, 'POST', '/users', fields({ roles_new: [4] }));
    expect((await as(stranger.token, 'GET', '/users')).metadata.count).toBe(2);
    expect(await mage.call('owner', 'GET', `/users/${user.id}`)).toEqual(notFound);
    const token = (await decodeToken(mage.house, user.token)) as string;
    expect((await as(token, 'GET', `/users/${user.id}`)).user.email).toBe(user.email);
  });
});
