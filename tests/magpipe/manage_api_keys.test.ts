import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { surface } from '../../src/handlers/magpipe/index.ts';
import type { Body } from '../support/mage.ts';
import {
  type Magpipe,
  openMagpipe,
  type Person,
  route,
  unauthorized,
  uncheckedKey,
  unknownKey,
} from '../support/magpipe.ts';

let magpipe: Magpipe;
let person: Person;
let key: string;

beforeAll(async () => {
  magpipe = await openMagpipe();
  person = await magpipe.person();
  key = await magpipe.key(person);
});
afterAll(() => magpipe.close());

/** Somebody new, with one key. */
const somebody = async () => magpipe.key(await magpipe.person());
const manage = async (credential: string, body: unknown): Promise<[number, Body]> => {
  const answer = await magpipe.manage(credential, body);
  return [answer.status, answer.body];
};
const generate = async (credential: string, name = 'CI'): Promise<Body> => {
  const [status, body] = await manage(credential, { action: 'generate', name });
  expect(status).toBe(200);
  return body;
};
const listed = async (credential: string): Promise<Body[]> =>
  (await magpipe.manage(credential, { action: 'list' })).body.keys;
const url = 'https://x.test/h';
const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?\+00:00$/);
const uuid = expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
const whsec = expect.stringMatching(/^whsec_[0-9a-f]{64}$/);
const nobody = '6f1c2d34-8a57-4b1e-9c0d-2f6f0a7b9e11';

describe('who asks', () => {
  /** Asks for a list with this Authorization, undefined for none; every answer is JSON. */
  const ask = async (authorization: string | undefined, headers = {}) => {
    const sent = {
      body: { action: 'list' },
      headers: { ...(authorization !== undefined && { authorization }), ...headers },
    };
    const answer = await magpipe.send('POST', route, sent);
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
    expect(answer.headers['access-control-allow-origin']).toBe('*');
    return answer;
  };

  it('#1 #10 #50 a key, after Bearer, after bearer, alone; and a session token: 200', async () => {
    const { access_token: jwt } = await magpipe.signIn(person);
    for (const credential of [key, jwt]) {
      for (const authorization of [
        `Bearer ${credential}`,
        `bearer ${credential}`,
        `BEARER  ${credential} `,
        credential,
      ]) {
        expect([authorization, (await ask(authorization)).status]).toEqual([authorization, 200]);
      }
    }
  });

  it('#9 a session token of /auth/v1/token generates, uses and revokes a key', async () => {
    const { access_token: jwt } = await magpipe.signIn(person);
    const made = await generate(jwt);
    expect((await magpipe.manage(made.key, { action: 'list' })).status).toBe(200);
    expect(await manage(jwt, { action: 'revoke', key_id: made.id })).toEqual([200, { success: true }]);
    expect((await magpipe.manage(made.key, { action: 'list' })).status).toBe(401);
  });

  /** §1.4, each with the credential that it is about. */
  const refused: Record<string, () => Promise<string | undefined> | string | undefined> = {
    '#2 #33 no Authorization': () => undefined,
    '#7 Bearer and nothing': () => 'Bearer ',
    'an empty Authorization': () => '',
    Basic: () => 'Basic eDp5',
    'another scheme with a good key': () => `Token ${key}`,
    'two keys': () => `Bearer ${key} ${key}`,
    '#3 an unknown key': () => `Bearer ${unknownKey()}`,
    'an unknown key, its checksum broken': () => `Bearer ${uncheckedKey()}`,
    'a key that is too short': () => `Bearer ${key.slice(0, -1)}`,
    'a key that is too long': () => `Bearer ${key}0`,
    'a key in capitals': () => `Bearer ${key.toUpperCase()}`,
    'mgp_ alone': () => 'Bearer mgp_',
    'the application key': () => `Bearer ${magpipe.house.installation.applicationKey}`,
    'a revoked key': async () => `Bearer ${await magpipe.key(person, { revoked_at: new Date() })}`,
    'an expired key': async () => `Bearer ${await magpipe.key(person, { expires_at: new Date(Date.now() - 1000) })}`,
    garbage: () => 'Bearer garbage',
    'garbage in three parts': () => 'Bearer a.b.c',
    '#6 a session token, its signature broken': async () => {
      const { access_token: jwt } = await magpipe.signIn(person);
      return `Bearer ${jwt.slice(0, -10)}${'A'.repeat(10)}`;
    },
    'a session token that was signed out': async () => {
      const { access_token: jwt } = await magpipe.signIn(person);
      await magpipe.house.db('sessions').where({ user_id: person.id }).update({ ended_at: new Date().toISOString() });
      return `Bearer ${jwt}`;
    },
    'a session token of a deleted user': async () => {
      const leaver = await magpipe.person();
      const { access_token: jwt } = await magpipe.signIn(leaver);
      await magpipe.house.db('users').where({ id: leaver.id }).delete();
      return `Bearer ${jwt}`;
    },
    'the key of a deleted user': async () => {
      const leaver = await magpipe.person();
      const left = await magpipe.key(leaver);
      await magpipe.house.db('users').where({ id: leaver.id }).delete();
      return `Bearer ${left}`;
    },
  };

  it.each(Object.keys(refused))('401, the same for each: %s', async (what) => {
    const { status, body, headers } = await ask(await refused[what]?.());
    expect([status, body]).toEqual([401, unauthorized]);
    expect(headers['www-authenticate']).toMatch(/^Bearer( error="invalid_token")?$/);
    expect(headers['x-ratelimit-limit']).toBeUndefined();
  });

  it('401 before the action and the fields are looked at', async () => {
    for (const body of [undefined, '{', {}, { action: 'x' }, { action: 'generate' }]) {
      expect((await magpipe.manage(undefined, body)).body).toEqual(unauthorized);
    }
  });

  it('a key in the URL, a cookie, X-API-Key or the body is none', async () => {
    const answers = [
      await magpipe.send('POST', `${route}?api_key=${key}&apikey=${key}&access_token=${key}`, {
        body: { action: 'list' },
      }),
      await ask(undefined, { cookie: `access_token=${key}; oauth_token=${key}` }),
      await ask(undefined, { 'x-api-key': key, apikey: key }),
      await magpipe.send('POST', route, { body: { action: 'list', api_key: key, access_token: key } }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401]);
  });

  it('headers that tell who somebody is are not believed', async () => {
    const headers = { 'x-user-id': String(person.id), 'x-consumer-id': '1', 'x-forwarded-user': person.email };
    expect((await ask(undefined, headers)).status).toBe(401);
  });
});

describe('generate', () => {
  it('answers once with the whole key, and six fields', async () => {
    const credential = await somebody();
    const { key: made, ...rest } = await generate(credential, 'Production Server');
    expect(made).toMatch(/^mgp_[0-9a-f]{40}$/);
    expect(rest).toEqual({
      id: uuid,
      name: 'Production Server',
      key_prefix: made.slice(0, 8),
      created_at: time,
      webhook_secret: null,
    });
    expect((await magpipe.manage(made, { action: 'list' })).status).toBe(200);
  });

  it('#13 with a webhook_url: a secret of 64 hex digits, and no URL in the answer', async () => {
    const credential = await somebody();
    for (const webhook_url of [url, 'http://x.test', `  ${url}  `]) {
      const [status, body] = await manage(credential, { action: 'generate', name: 'a', webhook_url });
      expect([status, body.webhook_secret]).toEqual([200, whsec]);
      expect(Object.keys(body).sort()).toEqual(['created_at', 'id', 'key', 'key_prefix', 'name', 'webhook_secret']);
    }
    expect((await listed(credential)).map(({ webhook_url }) => webhook_url)).toEqual([url, 'http://x.test', url, null]);
  });

  it('#14 the name is trimmed', async () => {
    const credential = await somebody();
    for (const name of ['  a  ', '\ta\n', '\u3000a\ufeff']) expect((await generate(credential, name)).name).toBe('a');
  });

  const required = [400, { error: 'Key name is required' }];
  it('#15 400 without a name, or one that is empty, blank or no text', async () => {
    const credential = await somebody();
    expect(await manage(credential, { action: 'generate' })).toEqual(required);
    for (const name of ['', '   ', 5, null, true, ['a'], { a: 1 }]) {
      expect(await manage(credential, { action: 'generate', name })).toEqual(required);
    }
  });

  const badUrl = [400, { error: 'Invalid webhook URL. Must be a valid HTTP/HTTPS URL.' }];
  it('400 for a URL that is none, after the name', async () => {
    const credential = await somebody();
    for (const webhook_url of [
      'x',
      'ftp://x.test',
      'javascript:alert(1)',
      '//x.test',
      'https://',
      5,
      true,
      [url],
      { url },
    ]) {
      expect([webhook_url, ...(await manage(credential, { action: 'generate', name: 'a', webhook_url }))]).toEqual([
        webhook_url,
        ...badUrl,
      ]);
    }
    expect(await manage(credential, { action: 'generate', name: ' ', webhook_url: 'x' })).toEqual(required);
    for (const webhook_url of [null, '', '  ']) {
      const [status, body] = await manage(credential, { action: 'generate', name: 'a', webhook_url });
      expect([status, body.webhook_secret]).toEqual([200, null]);
    }
  });

  it('#17 #18 400 for the eleventh active key; after one is revoked there is room again', async () => {
    const credential = await somebody();
    const made: Body[] = [];
    for (let count = 1; count < 10; count += 1) made.push(await generate(credential));
    const full = [400, { error: 'Maximum of 10 active API keys allowed' }];
    expect(await manage(credential, { action: 'generate', name: 'a' })).toEqual(full);
    // The limit is looked at last.
    expect(await manage(credential, { action: 'generate', name: ' ' })).toEqual(required);
    expect(await manage(credential, { action: 'generate', name: 'a', webhook_url: 'x' })).toEqual(badUrl);
    expect(await manage(credential, { action: 'revoke', key_id: made[0].id })).toEqual([200, { success: true }]);
    await generate(credential);
    expect(await manage(credential, { action: 'generate', name: 'a' })).toEqual(full);
  });

  it('names of 1 to 64 characters, whatever the script; 400 for more', async () => {
    const credential = await somebody();
    for (const name of [
      'x',
      'x'.repeat(64),
      'é'.repeat(64),
      '🗝'.repeat(64),
      'ключ',
      '鍵',
      '<b>',
      "'; drop table api_keys; --",
    ]) {
      expect((await generate(credential, name)).name).toBe(name);
    }
    for (const name of ['x'.repeat(65), '🗝'.repeat(65), 'x'.repeat(100_000)]) {
      expect(await manage(credential, { action: 'generate', name })).toEqual([
        400,
        { error: 'Key name must be 64 characters or less' },
      ]);
    }
    expect((await manage(credential, { action: 'generate', name: 'a\u0000b' }))[0]).toBe(400);
  });

  it('takes nothing else from the body', async () => {
    const credential = await somebody();
    const extra = {
      id: nobody,
      user_id: 1,
      account_id: 1,
      key: 'mgp_mine',
      expires_at: '2000-01-01',
      revoked_at: null,
      checksummed: false,
    };
    for (const [name, value] of Object.entries(extra)) {
      const answer = await manage(credential, { action: 'generate', name: 'a', [name]: value });
      expect(answer).toEqual([400, { error: `Unknown field: ${name}` }]);
    }
    expect((await listed(credential)).filter(({ name }) => name === 'a')).toEqual([]);
  });
});

describe('list', () => {
  it('#19 all keys, revoked and expired ones too, newest first, with 8 fields each and never the key', async () => {
    const credential = await somebody();
    const first = await generate(credential, 'first');
    const { body: second } = await magpipe.manage(credential, { action: 'generate', name: 'second', webhook_url: url });
    await manage(credential, { action: 'revoke', key_id: first.id });
    await magpipe.house
      .db('api_keys')
      .where({ uuid: second.id })
      .update({ expires_at: new Date(Date.now() - 1000).toISOString() });
    const answer = await magpipe.manage(credential, { action: 'list' });
    expect(answer.body).toEqual({
      keys: [
        {
          id: second.id,
          name: 'second',
          key_prefix: second.key_prefix,
          created_at: second.created_at,
          last_used_at: null,
          is_active: false,
          webhook_url: url,
          webhook_secret: second.webhook_secret,
        },
        {
          id: first.id,
          name: 'first',
          key_prefix: first.key_prefix,
          created_at: first.created_at,
          last_used_at: null,
          is_active: false,
          webhook_url: null,
          webhook_secret: null,
        },
        {
          id: uuid,
          name: 'written',
          key_prefix: credential.slice(0, 8),
          created_at: time,
          last_used_at: time,
          is_active: true,
          webhook_url: null,
          webhook_secret: null,
        },
      ],
    });
    for (const secret of [first.key, second.key, credential]) expect(answer.text).not.toContain(secret);
    expect(answer.headers['cache-control']).toBe('no-store');
  });

  it('#21 #22 last_used_at is null until the first call, and there in the next list', async () => {
    const credential = await somebody();
    const made = await generate(credential);
    const shown = async () => (await listed(credential)).find(({ id }) => id === made.id).last_used_at;
    expect(await shown()).toBeNull();
    const before = Date.now();
    await magpipe.manage(made.key, { action: 'list' });
    const used = Date.parse(await shown());
    expect(used).toBeGreaterThanOrEqual(before);
    expect(used).toBeLessThanOrEqual(Date.now());
  });

  it("holds nobody else's keys", async () => {
    const stranger = await magpipe.key(await magpipe.person({ accountId: await magpipe.account() }));
    const colleague = await somebody();
    await generate(stranger);
    await generate(colleague);
    expect(await listed(await somebody())).toHaveLength(1);
  });
});

describe('update', () => {
  it('#27 sets a URL: a secret with the first, the same with the next', async () => {
    const credential = await somebody();
    const { id } = await generate(credential);
    const [status, first] = await manage(credential, { action: 'update', key_id: id, webhook_url: url });
    expect([status, first]).toEqual([200, { success: true, webhook_url: url, webhook_secret: whsec }]);
    const [, next] = await manage(credential, { action: 'update', key_id: id, webhook_url: 'http://y.test/' });
    expect(next).toEqual({ ...first, webhook_url: 'http://y.test/' });
    expect((await listed(credential)).find((one) => one.id === id)).toMatchObject({
      webhook_url: 'http://y.test/',
      webhook_secret: first.webhook_secret,
    });
  });

  it('#29 null, nothing and no URL at all clear both; a later URL gets another secret', async () => {
    const credential = await somebody();
    const { id } = await generate(credential);
    const secrets = new Set();
    for (const cleared of [{ webhook_url: null }, { webhook_url: '' }, {}]) {
      secrets.add((await manage(credential, { action: 'update', key_id: id, webhook_url: url }))[1].webhook_secret);
      expect(await manage(credential, { action: 'update', key_id: id, ...cleared })).toEqual([
        200,
        { success: true, webhook_url: null, webhook_secret: null },
      ]);
    }
    expect(secrets.size).toBe(3);
  });

  it('#30 400 for a bad URL, and nothing is changed', async () => {
    const credential = await somebody();
    const { id } = await generate(credential);
    await manage(credential, { action: 'update', key_id: id, webhook_url: url });
    for (const webhook_url of ['x', 'ftp://x.test', 5, `https://x.test/${'x'.repeat(2048)}`]) {
      expect(await manage(credential, { action: 'update', key_id: id, webhook_url })).toEqual([
        400,
        { error: 'Invalid webhook URL. Must be a valid HTTP/HTTPS URL.' },
      ]);
    }
    expect((await listed(credential))[0].webhook_url).toBe(url);
  });

  it("#31 404 for an unknown key, another user's, another account's, and what is no id", async () => {
    const credential = await somebody();
    for (const key_id of await strangers()) {
      expect([key_id, ...(await manage(credential, { action: 'update', key_id, webhook_url: url }))]).toEqual([
        key_id,
        404,
        { error: 'API key not found' },
      ]);
    }
  });

  it('400 without a key_id; the name of a key stays; a revoked key may be changed', async () => {
    const credential = await somebody();
    for (const key_id of [undefined, '', null, 5, [nobody]]) {
      expect(await manage(credential, { action: 'update', key_id, webhook_url: url })).toEqual([
        400,
        { error: 'key_id is required' },
      ]);
    }
    const { id } = await generate(credential, 'kept');
    await manage(credential, { action: 'revoke', key_id: id });
    expect(
      (await manage(credential, { action: 'update', key_id: id.toUpperCase(), webhook_url: url, name: 'other' }))[0],
    ).toBe(200);
    expect((await listed(credential))[0]).toMatchObject({ name: 'kept', is_active: false, webhook_url: url });
  });
});

/** Ids that name no key of whoever asks. */
async function strangers(): Promise<string[]> {
  const neighbour = await magpipe.key(await magpipe.person({ accountId: await magpipe.account() }));
  const others = [await generate(await somebody()), await generate(neighbour)].map(({ id }) => id);
  return [
    nobody,
    'x',
    '5',
    "' or 1=1 --",
    'a\u0000b',
    `${others[0]} `,
    '00000000-0000-0000-0000-000000000000',
    ...others,
  ];
}

describe('revoke', () => {
  const gone = [404, { error: 'API key not found or already revoked' }];

  it('#23 answers success, and the next call with that key is 401', async () => {
    const credential = await somebody();
    const made = await generate(credential);
    expect((await magpipe.manage(made.key, { action: 'list' })).status).toBe(200);
    expect(await manage(credential, { action: 'revoke', key_id: made.id })).toEqual([200, { success: true }]);
    expect(await manage(made.key, { action: 'list' })).toEqual([401, unauthorized]);
  });

  it('a key may revoke itself', async () => {
    const made = await generate(await somebody());
    expect(await manage(made.key, { action: 'revoke', key_id: made.id })).toEqual([200, { success: true }]);
    expect(await manage(made.key, { action: 'list' })).toEqual([401, unauthorized]);
  });

  it("#25 404 for an unknown key, another user's, another account's, and what is no id; they go on working", async () => {
    const credential = await somebody();
    const ids = await strangers();
    for (const key_id of ids) {
      expect([key_id, ...(await manage(credential, { action: 'revoke', key_id }))]).toEqual([key_id, ...gone]);
    }
    const rows = await magpipe.house.db('api_keys').whereIn('uuid', ids.slice(-2));
    expect(rows.map(({ revoked_at }) => revoked_at)).toEqual([null, null]);
  });

  it('#26 404 a second time, and when two do so at once exactly one succeeds', async () => {
    const credential = await somebody();
    const { id } = await generate(credential);
    const both = await Promise.all([1, 2].map(() => manage(credential, { action: 'revoke', key_id: id })));
    expect(both.map(([status]) => status).sort()).toEqual([200, 404]);
    expect(await manage(credential, { action: 'revoke', key_id: id })).toEqual(gone);
  });

  it('400 without a key_id', async () => {
    for (const key_id of [undefined, '', null, 5, {}]) {
      expect(await manage(key, { action: 'revoke', key_id })).toEqual([400, { error: 'key_id is required' }]);
    }
  });
});

describe('the route', () => {
  const invalid = [400, { error: 'Invalid action. Use: generate, list, revoke, update' }];

  it('400 for an action that is unknown or missing, and for a body that is no JSON object, whatever its type', async () => {
    for (const action of [undefined, '', 'LIST', 'constructor', '__proto__', 'toString', 5, null, ['list']]) {
      expect([action, ...(await manage(key, { action }))]).toEqual([action, ...invalid]);
    }
    for (const body of [
      undefined,
      '',
      '{',
      'null',
      '5',
      '"list"',
      '[{"action":"list"}]',
      'action=list',
      '{"action": "list"',
    ]) {
      expect([body, ...(await manage(key, body))]).toEqual([body, ...invalid]);
    }
  });

  it('reads JSON under any content type', async () => {
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'x',
      '',
    ]) {
      const headers = { authorization: `Bearer ${key}`, 'content-type': type };
      expect([type, (await magpipe.send('POST', route, { headers, body: '{"action":"list"}' })).status]).toEqual([
        type,
        200,
      ]);
    }
  });

  it('of two equal members of a body, the last one counts; deep and large bodies are no fault of ours', async () => {
    expect((await manage(key, '{"action":"x","action":"list"}'))[0]).toBe(200);
    expect((await manage(key, `{"action":"list","x":${'['.repeat(100)}${']'.repeat(100)}}`))[0]).toBe(200);
    expect((await manage(key, `{"action":"list","x":${'['.repeat(50_000)}${']'.repeat(50_000)}}`))[0]).toBe(400);
    expect(await manage(key, { action: 'list', x: 'x'.repeat(1024 * 1024) })).toEqual([
      413,
      { error: expect.any(String) },
    ]);
    expect((await manage(key, '{"__proto__":{"action":"list"}}'))[0]).toBe(400);
    expect(({} as { action?: string }).action).toBeUndefined();
  });

  it('#11 OPTIONS without credentials: 200 `ok` and CORS for everybody', async () => {
    const headers = { origin: 'https://app.test', 'access-control-request-method': 'POST' };
    const answer = await magpipe.send('OPTIONS', route, { headers });
    expect([answer.status, answer.text]).toEqual([200, 'ok']);
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-headers': 'authorization, x-client-info, apikey, content-type',
      'access-control-allow-methods': 'GET, POST, PUT, PATCH, DELETE, OPTIONS',
    });
    expect(answer.headers['access-control-allow-credentials']).toBeUndefined();
  });

  it('405 for other methods, with Allow', async () => {
    for (const method of ['GET', 'PUT', 'PATCH', 'DELETE']) {
      const { status, body, headers } = await magpipe.send(method, route, {
        headers: { authorization: `Bearer ${key}` },
      });
      expect([status, body]).toEqual([405, { error: { code: 'method_not_allowed', message: 'Method not allowed' } }]);
      expect(headers.allow).toBe('POST, OPTIONS');
    }
  });

  it('404 for a function that is not there, once somebody is known', async () => {
    const at = `${surface.contract.servers[0]?.url}/list-nothing`;
    expect((await magpipe.send('POST', at)).body).toEqual(unauthorized);
    const { status, body } = await magpipe.send('POST', at, { headers: { authorization: `Bearer ${key}` } });
    expect([status, body]).toEqual([404, { code: 'NOT_FOUND', message: 'Requested function was not found' }]);
  });

  it('500 says which action failed and nothing of why', async () => {
    const broken = await openMagpipe();
    const one = await broken.key(await broken.person());
    await broken.house.db.raw(
      `create function deny() returns trigger language plpgsql as $$ begin raise 'secret cause'; end $$`,
    );
    await broken.house.db.raw('create trigger deny before insert on api_keys execute function deny()');
    const made = await broken.manage(one, { action: 'generate', name: 'a' });
    expect([made.status, made.body]).toEqual([500, { error: 'Failed to create API key' }]);
    await broken.house.db.raw('alter table api_keys rename column name to title');
    const list = await broken.manage(one, { action: 'list' });
    expect(list.status).toBe(500);
    expect(`${made.text}${list.text}`).not.toMatch(/secret|column|api_keys/);
    expect(broken.log.join()).toContain('secret cause');
    await broken.close();
  });
});

describe('B19: the webhook of a user without a role', () => {
  it('is refused when it is set, by generate and by update: nothing would ever be sent to it', async () => {
    const credential = await magpipe.key(await magpipe.person({ roleIds: [] }));
    const hook = { webhook_url: 'https://example.com/hook' };
    const refused = [403, { error: 'A webhook needs a role in the account: without one, nothing would be sent to it' }];
    expect(await manage(credential, { action: 'generate', name: 'a', ...hook })).toEqual(refused);
    const [status, { id: key_id }] = await manage(credential, { action: 'generate', name: 'a' });
    expect(status).toBe(200);
    expect(await manage(credential, { action: 'update', key_id, ...hook })).toEqual(refused);
    expect(await manage(credential, { action: 'update', key_id, webhook_url: null })).toMatchObject([200, {}]);
    expect((await listed(credential)).map(({ webhook_url }) => webhook_url)).toEqual([null, null]);
  });
});
