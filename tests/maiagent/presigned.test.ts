import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { makeKey } from '../../src/core/api_keys/form.ts';
import { digest } from '../../src/core/credentials/digest.ts';
import { sign } from '../../src/core/files/index.ts';
import { anonymous } from '../../src/core/principal.ts';
import { openSession } from '../../src/core/sign_in/session.ts';
import type { Body } from '../support/mage.ts';
import { type Maiagent, openMaiagent, type Part } from '../support/maiagent.ts';
import { content } from '../support/store.ts';

const most = 200_000;
let mai: Maiagent;
beforeAll(async () => {
  mai = await openMaiagent({ LATCHKEY_MAX_UPLOAD_BYTES: String(most) });
});
afterAll(() => mai.close());
afterEach(async () => expect(await mai.incoming()).toEqual([]));

type Fields = Record<string, string>;
const wish = { filename: 'report.pdf', modelName: 'chatbot-file', fieldName: 'file', fileSize: 10 };
const prepare = async (changes: object = {}, by: 'editor' | 'neighbour' = 'editor'): Promise<Fields> => {
  const { status, body } = await mai.send(by, 'POST', '/upload-presigned-url/', { body: { ...wish, ...changes } });
  expect(status).toBe(200);
  return body.fields;
};
const upload = async (fields: Fields, bytes: string | Buffer = 'ten bytes.', ...more: Part[]) => {
  const parts = Object.entries(fields).map(([name, value]) => ({ name, content: value }));
  const file = { name: 'file', filename: 'ignored.exe', type: 'application/pdf', content: bytes };
  const { status, body } = await mai.form('anonymous', '/upload/', [...parts, file, ...more]);
  return [status, body];
};
const attach = (key: string | undefined, by: 'editor' | 'neighbour' = 'editor') =>
  mai.send(by, 'POST', '/attachments/', { body: { filename: 'mine.pdf', file: key } });
const forbidden = [403, { detail: 'You do not have permission to perform this action.' }];

describe('preparing', () => {
  it('#45 200 with an address and six fields', async () => {
    const { status, body } = await mai.send('editor', 'POST', '/upload-presigned-url/', { body: wish });
    expect([status, body]).toEqual([
      200,
      {
        url: `${mai.url}/upload/`,
        fields: {
          key: expect.stringMatching(/^media\/chatbots\/chatbot-file\/[\da-f-]{36}\/report\.pdf$/),
          'x-amz-algorithm': 'LATCHKEY-HMAC-SHA256',
          'x-amz-credential': expect.stringMatching(/^latchkey\/\d{8}\/upload$/),
          'x-amz-date': expect.stringMatching(/^\d{8}T\d{6}Z$/),
          policy: expect.stringMatching(/^[\w-]+$/),
          'x-amz-signature': expect.stringMatching(/^[\w-]{43}$/),
        },
      },
    ]);
    expect(await mai.count('files')).toBe(0);
  });

  it('#45 in snake_case, as texts, and in the address', async () => {
    const { filename, fileSize, ...rest } = wish;
    const snake = { filename, model_name: 'attachment', field_name: 'file', file_size: ' 10 ' };
    const inQuery = `?filename=${filename}&modelName=batch-qa&fieldName=file`;
    const snakeQuery = `?filename=${filename}&model_name=batch-qa&field_name=file`;
    const tries: [object, string, string][] = [
      [snake, '', 'attachment'],
      [{ fileSize }, inQuery, 'batch-qa'],
      [{ file_size: 10 }, snakeQuery, 'batch-qa'],
      [{ ...rest, fileSize }, inQuery, 'chatbot-file'],
    ];
    for (const [body, query, purpose] of tries) {
      const answer = await mai.send('editor', 'POST', '/upload-presigned-url/', { body, query });
      expect([answer.status, answer.body.fields?.key.split('/')[2]]).toEqual([200, purpose]);
    }
  });

  it.each<[object, object]>([
    [{ fileSize: undefined }, { fileSize: ['This field is required.'] }],
    [{ fileSize: 'abc' }, { fileSize: ['A valid integer is required.'] }],
    [{ fileSize: -1 }, { fileSize: ['Ensure this value is greater than or equal to 0.'] }],
    [{ fileSize: most + 1 }, { fileSize: [`Ensure this value is less than or equal to ${most}.`] }],
    [
      { modelName: 'x', fieldName: '' },
      { modelName: ['"x" is not a valid choice.'], fieldName: ['This field may not be blank.'] },
    ],
    [{ filename: 'a.exe' }, { filename: ['Files of this type are not taken here.'] }],
    [{ filename: '../..' }, { filename: ['Files of this type are not taken here.'] }],
    [{ filename: null, fileSize: 1e300 }, { filename: ['This field may not be null.'] }],
  ])('#46 #47 400 for %j', async (changes, expected) => {
    const { status, body } = await mai.send('editor', 'POST', '/upload-presigned-url/', {
      body: { ...wish, ...changes },
    });
    expect([status, body]).toEqual([400, expect.objectContaining(expected)]);
  });

  it('#46 400 for nothing: every field, in their order', async () => {
    const { text } = await mai.send('editor', 'POST', '/upload-presigned-url/');
    expect(Object.keys(JSON.parse(text))).toEqual(['filename', 'modelName', 'fieldName', 'fileSize']);
  });

  it('401 without a key, 403 for a viewer', async () => {
    expect((await mai.send('anonymous', 'POST', '/upload-presigned-url/', { body: wish })).status).toBe(401);
    expect((await mai.send('viewer', 'POST', '/upload-presigned-url/', { body: wish })).status).toBe(403);
  });
});

describe('sending', () => {
  it('204 without a credential; then the key is a file, under its own name', async () => {
    const fields = await prepare({ filename: '../報告 1.pdf' });
    expect(fields.key).toMatch(/\/報告 1\.pdf$/);
    expect(await upload(fields)).toEqual([204, {}]);
    const { status, body } = await attach(fields.key);
    expect([status, body.filename]).toEqual([201, 'mine.pdf']);
    const download = await fetch(body.file);
    expect(await download.text()).toBe('ten bytes.');
    expect(download.headers.get('content-type')).toBe('application/pdf');
    const [row] = await mai.house.db('files').orderBy('created_at', 'desc').limit(1);
    expect(row).toMatchObject({
      name: '報告 1.pdf',
      account_id: mai.users.editor.accountId,
      user_id: mai.users.editor.id,
    });
  });

  it('before anything was sent, the key is no file', async () => {
    expect((await attach((await prepare()).key)).status).toBe(400);
  });

  it('once: a second time is 400, and the first bytes stay; of ten at once, one', async () => {
    const fields = await prepare();
    expect((await upload(fields, 'first'))[0]).toBe(204);
    expect(await upload(fields, 'second')).toEqual([400, { key: ['A file was sent with this key already.'] }]);
    expect(await (await fetch((await attach(fields.key)).body.file)).text()).toBe('first');
    const race = await prepare();
    const all = await Promise.all(Array.from({ length: 10 }, (_, n) => upload(race, `${n}`)));
    expect(all.map(([status]) => status).sort()).toEqual([204, ...Array(9).fill(400)]);
  });

  it('413 for more than was asked for, 204 for exactly that and for less', async () => {
    expect(await upload(await prepare(), content(11))).toEqual([413, { detail: 'Request entity too large.' }]);
    expect((await upload(await prepare(), content(10)))[0]).toBe(204);
    expect((await upload(await prepare({ fileSize: 0 }), ''))[0]).toBe(204);
  });

  const decode = ({ policy = '' }: Fields): Body => JSON.parse(Buffer.from(policy, 'base64url').toString());
  const encode = (policy: unknown) => Buffer.from(JSON.stringify(policy)).toString('base64url');

  it.each<[string, (fields: Fields) => Fields]>([
    ['another key', (fields) => ({ ...fields, key: String(fields.key).replace('report', 'other') })],
    ['another policy', (fields) => ({ ...fields, policy: encode({ ...decode(fields), size: 1000 }) })],
    [
      'another account',
      (fields) => ({ ...fields, policy: encode({ ...decode(fields), account: mai.users.neighbour.accountId }) }),
    ],
    ['a later end', (fields) => ({ ...fields, policy: encode({ ...decode(fields), expires: 9_999_999_999 }) })],
    ['another signature', (fields) => ({ ...fields, 'x-amz-signature': 'A'.repeat(43) })],
    ['an empty signature', (fields) => ({ ...fields, 'x-amz-signature': '' })],
    ['a policy that is null', (fields) => ({ ...fields, policy: encode(null) })],
    ['a policy that is a list', (fields) => ({ ...fields, policy: encode([]) })],
    ['a policy that is no JSON', (fields) => ({ ...fields, policy: '%%%' })],
    [
      'a signature for downloads',
      (fields) => {
        const { expires } = decode(fields);
        return { ...fields, 'x-amz-signature': sign(mai.house, 'file', String(fields.policy), expires) };
      },
    ],
    [
      'an end that is past',
      (fields) => {
        const policy = encode({ ...decode(fields), expires: Math.floor(Date.now() / 1000) - 1 });
        return { ...fields, policy, 'x-amz-signature': sign(mai.house, 'upload', policy, decode({ policy }).expires) };
      },
    ],
  ])('403 for %s, and no row', async (_what, forge) => {
    const before = await mai.count('files');
    expect(await upload(forge(await prepare()))).toEqual(forbidden);
    expect(await mai.count('files')).toBe(before);
  });

  it('400 for fields that are missing, and for a text where the file should be', async () => {
    const { key, policy, ...rest } = await prepare();
    expect(await upload(rest)).toEqual([
      400,
      { key: ['This field is required.'], policy: ['This field is required.'] },
    ]);
    const fields = Object.entries({ key, policy, ...rest }).map(([name, value]) => ({ name, content: String(value) }));
    expect((await mai.form('anonymous', '/upload/', fields)).body).toEqual({ file: ['No file was submitted.'] });
    const text = { name: 'file', content: 'text' };
    expect((await mai.form('anonymous', '/upload/', [...fields, text])).status).toBe(400);
    expect((await mai.send('anonymous', 'POST', '/upload/', { body: { key } })).status).toBe(400);
  });

  it('#30 the key of another account is no file', async () => {
    const fields = await prepare({}, 'neighbour');
    expect((await upload(fields))[0]).toBe(204);
    expect((await attach(fields.key)).body).toHaveProperty('file');
    expect((await attach(fields.key)).status).toBe(400);
    expect((await attach(fields.key, 'neighbour')).status).toBe(201);
  });
});

describe('A16: who prepared an upload is asked again when the bytes come', () => {
  let made = 0;
  /** A new editor, with what they have signed in with. */
  const newcomer = async () => {
    made += 1;
    const { db } = mai.house;
    const account_id = mai.users.editor.accountId;
    const [user] = await db('users')
      .insert({ email: `new${made}@mai.test`, username: `new${made}` })
      .returning('id');
    const user_id = user?.id as number;
    await db('memberships').insert({ account_id, user_id, role_ids: [3] });
    const asker = { address: '192.0.2.1', requestId: 'test', origin: '' };
    const context = { house: mai.house, db, principal: anonymous, asker };
    const { accessToken } = await openSession(context, { user_id, account_id });
    const key = makeKey();
    const row = { hash: digest(key), prefix: key.slice(0, 8), name: 'k', checksummed: true };
    await db('api_keys').insert({ ...row, user_id, account_id });
    return { user_id, account_id, key: `Api-Key ${key}`, session: `Bearer ${accessToken}` };
  };
  const prepareWith = async (Authorization: string): Promise<Fields> => {
    const sent = { body: wish, headers: { Authorization } };
    const { status, body } = await mai.send('anonymous', 'POST', '/upload-presigned-url/', sent);
    expect(status).toBe(200);
    return body.fields;
  };
  type Newcomer = Awaited<ReturnType<typeof newcomer>>;
  const changes: [what: string, credential: 'key' | 'session', change: (who: Newcomer) => PromiseLike<unknown>][] = [
    [
      'the key was revoked',
      'key',
      ({ user_id }) => db()('api_keys').where({ user_id }).update('revoked_at', db().fn.now()),
    ],
    [
      'the key was switched off',
      'key',
      ({ user_id }) => db()('api_keys').where({ user_id }).update({ is_enabled: false }),
    ],
    [
      'the key expired',
      'key',
      ({ user_id }) => db()('api_keys').where({ user_id }).update('expires_at', db().fn.now()),
    ],
    [
      'they signed out',
      'session',
      ({ user_id }) => db()('sessions').where({ user_id }).update('ended_at', db().fn.now()),
    ],
    ...(['key', 'session'] as const).flatMap((credential): typeof changes => [
      [
        'they may only look',
        credential,
        ({ user_id }) =>
          db()('memberships')
            .where({ user_id })
            .update({ role_ids: [4] }),
      ],
      [
        'they have no role',
        credential,
        ({ user_id }) => db()('memberships').where({ user_id }).update({ role_ids: [] }),
      ],
      ['they left the account', credential, ({ user_id }) => db()('memberships').where({ user_id }).delete()],
      ['they were deleted', credential, ({ user_id }) => db()('users').where({ id: user_id }).delete()],
    ]),
  ];
  const db = () => mai.house.db;

  it.each(changes)('403 once %s (%s)', async (_what, credential, change) => {
    const who = await newcomer();
    const before = await prepareWith(who[credential]);
    const after = await prepareWith(who[credential]);
    expect(await upload(before)).toEqual([204, {}]);
    await change(who);
    const files = await mai.count('files');
    expect(await upload(after)).toEqual(forbidden);
    expect(await mai.count('files')).toBe(files);
  });
});
