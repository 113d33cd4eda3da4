import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeToken } from '../../src/core/credentials/oauth_token.ts';
import { applicationKey, ownerPassword } from '../support/house.ts';
import { type Body, E, type Mage, openMage, refused } from '../support/mage.ts';

let mage: Mage;
beforeAll(async () => {
  mage = await openMage();
});
afterAll(() => mage.close());

const json = { 'Content-Type': 'application/json' };
const call = (method: string, path: string, body?: unknown): Promise<Body> => mage.call('owner', method, path, body);
/** Past the contract checker: for paths that no contract can speak of. */
const raw = (method: 'get' | 'post' | 'put' | 'delete' | 'patch' | 'head' | 'options', path: string) =>
  request(mage.server)
    [method](`/api${path}`)
    .set({ 'X-API-KEY': applicationKey, 'OAUTH-TOKEN': mage.users.owner.token });
const unknown = (name: string, url_parameters: object) => {
  const exception = `No module named 'mage_ai.api.${name}'`;
  return { error: { code: 500, errors: [], exception, message: exception }, url_parameters };
};

describe('the envelope', () => {
  it('a list is under its name, a member under its singular; metadata stands second, and is null for a member', async () => {
    const list = await mage.send('owner', 'GET', '/users', { query: '?_limit=1' });
    expect(list.text).toMatch(/^\{"users":\[.*\],"metadata":\{"count":\d+,"next":true\}\}\n$/);
    const detail = await mage.send('owner', 'GET', '/users/1');
    expect(detail.text).toMatch(/^\{"user":\{.*\},"metadata":null\}\n$/);
  });

  it('#21 an error is {error: {code, message, type}, status: 200}, in this order', async () => {
    const { text } = await mage.send('owner', 'GET', '/users/999999');
    expect(text).toBe('{"error":{"code":404,"message":"Record not found.","type":"record_not_found"},"status":200}\n');
  });

  it('the singular URL works; a list is answered under the name in the URL', async () => {
    expect(Object.keys(await call('GET', '/user'))).toEqual(['user', 'metadata']);
    expect((await call('GET', '/user')).user).toEqual((await call('GET', '/users')).users);
    expect((await call('GET', '/user/1')).user).toEqual((await call('GET', '/users/1')).user);
    expect(Object.keys(await call('GET', '/role'))).toEqual(['role', 'metadata']);
    expect(await call('GET', '/session')).toEqual(refused('The list action is disabled for sessions.'));
  });

  it('what is sent stands under the singular; without it nothing was sent', async () => {
    const missing = E(400, 'record_invalid', 'Missing required values: email, password.');
    for (const body of [undefined, {}, { users: { email: 'a@b.c' } }, { email: 'a@b.c' }]) {
      expect(await call('POST', '/users', body)).toEqual(missing);
    }
  });

  it('§1.6 the headers of every answer', async () => {
    const answers = [await raw('get', '/users'), await raw('get', '/nothing'), await raw('patch', '/users')];
    for (const { headers } of [...answers, await request(mage.server).get('/api/users')]) {
      expect(headers).toMatchObject({
        'access-control-allow-origin': '*',
        'access-control-allow-headers': '*',
        'access-control-allow-methods': 'DELETE, GET, PATCH, POST, PUT, OPTIONS',
        'x-request-id': expect.stringMatching(/^[\da-f-]{36}$/),
      });
      expect(headers).not.toHaveProperty('set-cookie');
      expect(headers).not.toHaveProperty('x-powered-by');
    }
    expect(answers[0]?.headers['content-type']).toMatch(/^application\/json/);
  });

  it("the caller's x-request-id comes back", async () => {
    expect((await raw('get', '/users').set('X-Request-Id', 'mine-1')).headers['x-request-id']).toBe('mine-1');
    expect((await raw('get', '/users').set('X-Request-Id', 'not one')).headers['x-request-id']).not.toBe('not one');
  });
});

describe('_http_error_codes', () => {
  const cases: [what: string, method: string, path: string, body: object, code: number][] = [
    ['E(400)', 'POST', '/users', {}, 400],
    ['E(400) of the contract', 'GET', '/users?_limit=0', {}, 400],
    ['E(403)', 'GET', '/sessions', {}, 403],
    ['E(404)', 'GET', '/users/999999', {}, 404],
  ];

  it.each(cases)('%s: %s %s', async (_what, method, path, body, code) => {
    const [plain = '', query = ''] = path.split('?');
    const send = (codes: string) => mage.send('owner', method, plain, { query: `?${query}&${codes}`, body });
    const without = await send('');
    expect([without.status, without.body.status, without.body.error.code]).toEqual([200, 200, code]);
    for (const value of ['true', '1', '0', 'false', 'no']) {
      const { status, body } = await send(`_http_error_codes=${value}`);
      expect([status, body]).toEqual([code, { ...without.body, status: code }]);
    }
    for (const off of ['_http_error_codes=', '_HTTP_ERROR_CODES=true', 'http_error_codes=true']) {
      expect([off, (await send(off)).status]).toEqual([off, 200]);
    }
  });

  it('#19 401 is 401 without it, and in the body with it', async () => {
    const invalid = E(401, 'invalid_api_key', 'Invalid API key.');
    for (const [query, status] of [
      ['', 200],
      ['?_http_error_codes=true', 401],
    ] as const) {
      const answer = await request(mage.server).get(`/api/users${query}`);
      expect([answer.status, answer.body]).toEqual([401, { ...invalid, status }]);
    }
  });

  it('changes neither a success, nor an exception, nor the wrapper of code 200', async () => {
    const codes = '_http_error_codes=true';
    expect((await raw('get', `/users?${codes}`)).status).toBe(200);
    const exception = await raw('get', `/fires?${codes}`);
    expect([exception.status, exception.body]).toEqual([200, unknown('policies.FirePolicy', { resource: 'fires' })]);
    const user = { email: 'foo', password: ownerPassword, password_confirmation: ownerPassword };
    const wrapped = await raw('post', `/users?${codes}`).send({ user });
    expect([wrapped.status, wrapped.body.status, wrapped.body.error.code]).toEqual([200, 200, 200]);
  });
});

describe('a resource that is not there', () => {
  it.each([
    ['get', '/powers', 'policies.PowerPolicy', { resource: 'powers' }],
    ['get', '/power', 'policies.PowerPolicy', { resource: 'power' }],
    ['post', '/magic_powers', 'resources.MagicPowerResource', { resource: 'magic_powers' }],
    ['get', '/powers/1', 'resources.PowerResource', { resource: 'powers', pk: '1' }],
    ['put', '/powers/1', 'resources.PowerResource', { resource: 'powers', pk: '1' }],
    ['delete', '/powers/a%2Fb', 'resources.PowerResource', { resource: 'powers', pk: 'a/b' }],
    ['get', '/powers/1/spells', 'policies.SpellPolicy', { resource: 'powers', pk: '1', child: 'spells' }],
    ['post', '/powers/1/spells', 'resources.SpellResource', { resource: 'powers', pk: '1', child: 'spells' }],
    ['get', '/users/1/spells', 'policies.SpellPolicy', { resource: 'users', pk: '1', child: 'spells' }],
  ] as const)('%s %s is the exception of Mage', async (method, path, name, parameters) => {
    const answer = await raw(method, path);
    expect([answer.status, answer.body]).toEqual([200, unknown(name, parameters)]);
  });

  it('#25 a member of a child: its resource and its four parts', async () => {
    const parameters = { resource: 'powers', pk: '1', child: 'spells', child_pk: '2' };
    for (const method of ['get', 'put', 'delete'] as const) {
      const { body } = await raw(method, '/powers/1/spells/2');
      expect(body).toEqual(unknown('resources.SpellResource', parameters));
    }
  });

  const notServed = (name: string) => {
    const sentence = `Latchkey does not serve ${name}. What it serves of Mage is listed at /docs/reference/mage, and what it does not at /docs/compat/mage.`;
    return [
      404,
      { error: { code: 404, message: sentence, type: 'record_not_found', exception: sentence }, status: 404 },
    ];
  };
  it.each([...['oauths', 'user_roles', 'seeds'], ...['projects', 'git_branches', 'kernels', 'tags']])(
    'B21: %s are of Mage and not served: 404, in words of ours',
    async (resource) => {
      for (const path of [`/${resource}`, `/${resource}/5`, `/pipelines/x/${resource}`, `/pipelines/x/${resource}/5`]) {
        const { status, body } = await raw('get', path);
        expect([path, status, body]).toEqual([path, ...notServed(resource)]);
      }
      for (const [method, path] of [
        ['post', `/${resource}`],
        ['put', `/${resource}/5`],
        ['delete', `/${resource}/5?_http_error_codes=true`],
        ['head', `/${resource}`],
      ] as const) {
        expect([method, (await raw(method, path)).status]).toEqual([method, 404]);
      }
      expect((await raw('patch', `/${resource}/5`)).status).toBe(405);
    },
  );

  it.each([['/events', 'events']])('B21: POST %s, which takes no key, asks for none', async (path, name) => {
    const { status, body } = await request(mage.server).post(`/api${path}`).send({});
    expect([status, body]).toEqual(notServed(name));
  });

  it('an action that a resource does not have is disabled, as in Mage', async () => {
    const disabled = (action: string, name: string) => [200, refused(`The ${action} action is disabled for ${name}.`)];
    for (const [method, path, action, name] of [
      ['get', '/statuses/1', 'detail', 'statuses'],
      ['put', '/statuses/1', 'update', 'statuses'],
      ['get', '/oauth_access_tokens/1', 'detail', 'oauth_access_tokens'],
      ['delete', '/oauth_access_tokens/1', 'delete', 'oauth_access_tokens'],
    ] as const) {
      const answer = await raw(method, path);
      expect([path, answer.status, answer.body]).toEqual([path, ...disabled(action, name)]);
    }
  });

  it('401 comes first', async () => {
    for (const path of ['/powers', '/powers/1', '/blocks', '/', '/users/', '/a/b/c/d/e']) {
      const answer = await request(mage.server).get(`/api${path}`);
      expect([path, answer.status, answer.body.error.type]).toEqual([path, 401, 'invalid_api_key']);
    }
  });

  it('404 for a path of no form: a trailing slash, no resource, too many parts', async () => {
    for (const path of ['/', '/users/', '/users/1/', '//users', '/a/b/c/d/e', '/not-a-word', '/users%2F1']) {
      const { status, body } = await raw('get', path);
      expect([path, status, body]).toEqual([path, 404, E(404, 'record_not_found', 'Not found.')]);
    }
  });

  it('names of the language itself are resources like any other', async () => {
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      const { status, body } = await raw('get', `/${name}`);
      expect([status, body.error.exception]).toEqual([200, expect.stringMatching(/^No module named/)]);
      expect(body.url_parameters).toEqual({ resource: name });
    }
  });
});

describe('what a path may not hold', () => {
  const climbs = (sentence: string) => E(400, 'record_invalid', `Error: ${sentence} (path traversal detected)`);

  it.each(['/users/..%2Fetc', '/users/..%5Cetc', '/pipelines/%2E%2E%2Fx', '/x/..%2F..%2Fy', '/pipelines/a..%2Fb'])(
    '400 for %s, before any key is asked for',
    async (path) => {
      for (const answer of [await raw('get', path), await request(mage.server).get(`/api${path}`)]) {
        expect([answer.status, answer.body]).toEqual([400, climbs('Invalid path')]);
        expect(answer.headers['content-type']).toMatch(/^application\/json/);
      }
    },
  );

  it('400 for a query value that climbs, the first of a name alone', async () => {
    for (const query of ['search=../x', 'x=a..%5Cb', '_format=..%2f', 'tag[]=..%2Fx&tag[]=y']) {
      const { status, body } = await raw('get', `/pipelines?${query}`);
      const name = query.split('=')[0];
      expect([status, body]).toEqual([400, climbs(`Invalid parameter value for '${name}'`)]);
    }
    expect((await raw('get', '/pipelines?tag[]=y&tag[]=..%2Fx')).status).toBe(200);
    expect((await raw('get', '/users/a..b')).body).toEqual(E(404, 'record_not_found', 'Record not found.'));
  });
});

describe('a body that is none', () => {
  const exception = (resource: object) => {
    const sentence = 'The body is not a JSON object.';
    return { error: { code: 500, errors: [], exception: sentence, message: sentence }, url_parameters: resource };
  };

  it.each(['{"user":', '{', 'user', '[]', '[{"user":{}}]', 'null', '1', '"user"', 'true', '{}{}', "{'user': {}}"])(
    '§1.2 %s is the exception shape, with its own sentence',
    async (body) => {
      for (const type of ['application/json', 'text/plain', 'application/vnd.x+json']) {
        const answer = await mage.send('owner', 'POST', '/users', { body, headers: { 'Content-Type': type } });
        expect([answer.status, answer.body]).toEqual([200, exception({ resource: 'users' })]);
      }
      const put = await mage.send('owner', 'PUT', '/users/1', { body, headers: json });
      expect(put.body).toEqual(exception({ resource: 'users', pk: '1' }));
    },
  );

  it('E(400) for wrong types of known attributes, with every field, and the sentence twice', async () => {
    const user = { email: 1, first_name: [], last_name: {}, password: null, roles_new: ['x', 1.5], username: true };
    const { error, status } = await call('POST', '/users', { user });
    expect([error.code, error.type, status]).toEqual([400, 'record_invalid', 200]);
    expect(error.errors).toEqual({
      email: ['must be string'],
      first_name: ['must be string or null'],
      last_name: ['must be string or null'],
      password: ['must be string'],
      'roles_new.0': ['must be integer'],
      'roles_new.1': ['must be integer'],
      username: ['must be string or null'],
    });
    expect(error.exception).toBe(error.message);
    expect(error.message).toContain('email must be string; ');
  });

  it('E(400) for a resource that is no object', async () => {
    for (const user of [[], null, 'x', 1]) {
      const { error } = await call('POST', '/users', { user });
      expect([error.code, error.errors]).toEqual([400, { user: ['must be object'] }]);
    }
  });

  it('413 for more than a mebibyte', async () => {
    const body = JSON.stringify({ user: { first_name: 'x'.repeat(1024 * 1024) } });
    const answer = await mage.send('owner', 'POST', '/users', { body, headers: json });
    expect([answer.status, answer.body]).toEqual([
      413,
      E(413, 'api_resource_error', 'The body is larger than 1048576 bytes.'),
    ]);
  });

  it('415 for multipart, and for a charset that nobody knows', async () => {
    const multipart = await raw('post', '/users').field('json_root_body', '{}');
    expect(multipart.status).toBe(415);
    const sentence = 'Unsupported media type "multipart/form-data": send application/json.';
    expect(multipart.body).toEqual(E(415, 'api_resource_error', sentence));
    const headers = { 'Content-Type': 'application/json; charset=klingon' };
    expect((await mage.send('owner', 'POST', '/users', { body: '{}', headers })).status).toBe(415);
  });

  it('406 for an Accept that excludes JSON', async () => {
    const answer = await mage.send('owner', 'GET', '/users', { headers: { Accept: 'text/csv' } });
    const sentence = 'This is answered as application/json only.';
    expect([answer.status, answer.body]).toEqual([406, E(406, 'api_resource_error', sentence)]);
    for (const Accept of ['text/html, */*;q=0.1', 'text/html', '*/*;q=0', 'application/json; charset=utf-8']) {
      expect((await mage.send('owner', 'GET', '/users', { headers: { Accept } })).status).toBe(200);
    }
  });
});

describe('hostile values', () => {
  const deep = (open: string, close: string, times: number) => open.repeat(times) + close.repeat(times);
  const passwords = '"password": "12345678\\ud800", "password_confirmation": "12345678\\ud800"';
  const bodies: Record<string, string> = {
    'NUL in every attribute':
      '{"user": {"email": "\\u0000@b.c", "username": "\\u0000", "first_name": "\\u0000", "avatar": "\\u0000"}}',
    'NUL in one that is stored': `{"user": {"email": "nul@b.c", "first_name": "a\\u0000b", ${passwords}}}`,
    'NUL in a name': '{"user": {"a\\u0000b": 1}, "\\u0000": 1}',
    'lone surrogates': `{"user": {"email": "\\ud800@b.c", "first_name": "\\udfff", "avatar": "\\ud83d", ${passwords}}}`,
    prototypes:
      '{"__proto__": {"user": {}}, "user": {"__proto__": {"email": "a@b.c"}, "constructor": {"prototype": {"polluted": 1}}}}',
    'a number beyond numbers': '{"user": {"roles_new": [1e400, -1e400], "roles": 1e400, "foo": 1e400}}',
    'a large whole number': '{"user": {"roles_new": [9007199254740993, 2147483648], "roles": 99999999999999999999}}',
    'minus zero': '{"user": {"roles_new": [-0], "roles": -0}}',
    'deep lists': `{"user": {"email": ${deep('[', ']', 50_000)}, "foo": ${deep('[', ']', 50_000)}}}`,
    'deep objects': `{"user": {"foo": ${deep('{"a":', '}', 50_000).replace(':}', ':1}')}}}`,
    'many names': `{"user": {${Array.from({ length: 10_000 }, (_, n) => `"a${n}": 1`).join(',')}}}`,
    'a name twice': '{"user": {"email": "a@b.c", "email": 1, "email": "x"}}',
  };

  it.each(Object.keys(bodies))('%s: an answer, and never an uncaught error', async (what) => {
    for (const [method, path] of [
      ['POST', '/users'],
      ['PUT', `/users/${mage.users.viewer.id}`],
      ['POST', '/sessions'],
      ['PUT', '/roles/1'],
    ] as const) {
      for (const caller of ['anonymous', 'admin', 'owner'] as const) {
        const body = path === '/sessions' ? bodies[what]?.replaceAll('"user"', '"session"') : bodies[what];
        const answer = await mage.send(caller, method, path, { body, headers: json });
        expect(answer.status).toBe(200);
        expect(answer.text).not.toContain('Something went wrong');
      }
    }
    expect({}).not.toHaveProperty('polluted');
  });

  it('in paths, queries and headers too', async () => {
    const long = 'x'.repeat(8000);
    const paths = [
      ...[
        '/users/%00',
        '/users/%F0%9F%92%A9',
        '/users/%E0%A4%A',
        '/users/%',
        '/users/1e400',
        `/users/${long}`,
        `/${long}`,
      ],
      ...[
        '/users?_limit=1e400',
        '/users?_offset=1e400',
        '/users?_format=%00',
        '/users?%00=%00',
        '/users?a[b][c]=1&%ff=%ff',
      ],
      ...['/users?__proto__=1&constructor=1', '/roles?entity=%00', '/roles/%00', `/users?${'a=1&'.repeat(2000)}`],
    ];
    for (const path of paths) {
      const { status, text } = await raw('get', path);
      expect([path, status]).toEqual([path, 200]);
      expect(text).not.toContain('Something went wrong');
    }
    const headers = [
      { Cookie: `oauth_token=${encodeURIComponent('\0')}` },
      { Authorization: 'Bearer \xff' },
      { 'X-API-KEY': '\xff' },
    ];
    for (const header of headers as Record<string, string>[]) {
      const answer = await request(mage.server).get(`/api/users?api_key=${applicationKey}`).set(header);
      expect(answer.status).toBe(401);
    }
  });
});

describe('methods', () => {
  it.each([
    ['patch', '/users', 'GET, POST, HEAD, OPTIONS'],
    ['put', '/users', 'GET, POST, HEAD, OPTIONS'],
    ['delete', '/users', 'GET, POST, HEAD, OPTIONS'],
    ['post', '/users/1', 'GET, PUT, DELETE, HEAD, OPTIONS'],
    ['patch', '/users/1', 'GET, PUT, DELETE, HEAD, OPTIONS'],
    ['patch', '/pipelines/x', 'GET, PUT, DELETE, HEAD, OPTIONS'],
    ['patch', '/user/1', 'GET, PUT, DELETE, HEAD, OPTIONS'],
  ] as const)('#27 %s %s is 405, empty, with Allow', async (method, path, allow) => {
    const answer = await raw(method, path);
    expect([answer.status, answer.text]).toEqual([405, '']);
    expect(String(answer.headers.allow).split(', ').sort()).toEqual(allow.split(', ').sort());
  });

  it('a method in a header changes nothing', async () => {
    const override = { 'X-HTTP-Method-Override': 'DELETE', 'X-HTTP-Method': 'DELETE', 'X-Method-Override': 'DELETE' };
    expect((await raw('post', `/users/${mage.users.editor.id}`).set(override)).status).toBe(405);
    expect((await raw('get', `/users/${mage.users.editor.id}`).set(override)).body).toHaveProperty('user');
    expect((await raw('get', `/users/${mage.users.editor.id}?_method=DELETE`)).body).toHaveProperty('user');
    expect((await raw('get', `/users/${mage.users.editor.id}`)).body).toHaveProperty('user');
  });

  it.each(['/users', '/user', '/users/1', '/pipelines', '/nothing'])(
    '#26 OPTIONS %s is 204, empty, without a key',
    async (path) => {
      const answer = await request(mage.server).options(`/api${path}`).set('Origin', 'https://example.com');
      expect([answer.status, answer.text]).toEqual([204, '']);
      expect(answer.headers).toMatchObject({
        'access-control-allow-origin': '*',
        'access-control-allow-headers': '*',
        'access-control-allow-methods': 'DELETE, GET, PATCH, POST, PUT, OPTIONS',
      });
    },
  );

  it('HEAD is GET without a body', async () => {
    const [head, get] = [await raw('head', '/users'), await raw('get', '/users')];
    expect([head.status, head.text, head.headers['content-length']]).toEqual([
      200,
      undefined,
      get.headers['content-length'],
    ]);
    expect((await request(mage.server).head('/api/users')).status).toBe(401);
  });

  it('304 for what the caller has already', async () => {
    const { etag } = (await raw('get', '/roles')).headers;
    const answer = await raw('get', '/roles').set('If-None-Match', String(etag));
    expect([answer.status, answer.text]).toEqual([304, '']);
  });
});

describe('the log', () => {
  it('says one line a request, and no key, no token, no cookie and no password in any of them', async () => {
    const { users, house } = mage;
    const { token } = users.owner;
    const cookie = await encodeToken(house, token, '2030-01-01T00:00:00Z');
    const guess = 'guessed-password-1';
    const session = { email: 'owner@example.com', password: ownerPassword };
    const user = { email: 'x', password: guess, password_confirmation: guess, password_current: guess };
    const key = { 'X-API-KEY': applicationKey };
    const app = () => request(mage.server);
    mage.log.length = 0;

    const answers = [
      await app().post('/api/sessions').send({ api_key: applicationKey, session }),
      await app()
        .post('/api/sessions')
        .send(JSON.stringify({ api_key: applicationKey, session: { ...session, password: guess } })),
      await app()
        .post(`/api/sessions?api_key=${applicationKey}&password=${guess}`)
        .type('text/plain')
        .send(`{"password":"${guess}"`),
      await app().get(`/api/users?api_key=${applicationKey}&token=${token}`).set('OAUTH-TOKEN', token),
      await app()
        .get('/api/users')
        .set({ ...key, Authorization: `Bearer ${token}` }),
      await app()
        .get('/api/users')
        .set({ ...key, Cookie: `oauth_token=${cookie}` }),
      await app()
        .get('/api/users')
        .set({ ...key, Authorization: `Bearer ${token}x` }),
      await app().get(`/api/users/${token}`).set(key),
      await app()
        .get(`/api/${applicationKey}/${cookie}`)
        .set({ ...key, Cookie: `oauth_token=${cookie}` }),
      await app()
        .post('/api/users')
        .set({ ...key, 'OAUTH-TOKEN': token })
        .send({ user }),
      await app()
        .put('/api/users/1')
        .set({ ...key, 'OAUTH-TOKEN': token })
        .send({ user }),
      await app().get(`/api/users/..%2F${token}`).set(key),
      await app().patch(`/api/users?api_key=${applicationKey}`),
      await app().options(`/api/users?api_key=${applicationKey}`),
    ];

    const lines = mage.log.map((line) => JSON.parse(line) as Body);
    expect(lines.map(({ method, status }) => [method, status])).toEqual(
      answers.map(({ status }, index) => [answers[index]?.request.method, status]),
    );
    const ids = answers.map(({ headers }) => headers['x-request-id']);
    expect(new Set(ids).size).toBe(answers.length);
    expect(lines.map(({ request_id }) => request_id)).toEqual(ids);
    const text = mage.log.join('\n');
    const made: string = answers[0]?.body.session.token;
    for (const secret of [applicationKey, token, cookie, guess, ownerPassword, made, ...cookie.split('.')]) {
      expect(text.includes(secret)).toBe(false);
    }
  });
});
