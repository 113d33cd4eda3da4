import { createHash } from 'node:crypto';
import request, { type Response } from 'supertest';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Body, type Latchkey, openLatchkey } from '../support/latchkey.ts';

let latchkey: Latchkey;
let session: string;
beforeAll(async () => {
  latchkey = await openLatchkey({ LATCHKEY_MAX_UPLOAD_BYTES: '65536' });
  session = await latchkey.session();
});
afterAll(() => latchkey.close());

const bytes = Buffer.from('the bytes of a cat\0\xff', 'latin1');
const sha256 = (of: Buffer) => createHash('sha256').update(of).digest('hex');
const ask = (method: string, path: string, headers = {}) => latchkey.ask(session, method, path, undefined, headers);
const upload = (content = bytes, name = 'cat.jpg', headers = {}, credential = session): Promise<Response> =>
  request(latchkey.server)
    .post('/v1/files')
    .set({ Authorization: `Bearer ${credential}`, ...headers })
    .attach('file', content, name) as unknown as Promise<Response>;
const download = (id: string, headers = {}) =>
  request(latchkey.server)
    .get(`/v1/files/${id}/content`)
    .set({ Authorization: `Bearer ${session}`, ...headers })
    .buffer(true)
    .parse((response, done) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => done(null, Buffer.concat(chunks)));
    });

it('201 what was kept; it is listed, looked at and read, whole and in parts', async () => {
  const { status, body } = await upload();
  expect([status, body]).toEqual([
    201,
    {
      ...{ id: expect.stringMatching(/^file_[\da-f]{32}$/), name: 'cat.jpg', size: bytes.length, type: 'image/jpeg' },
      ...{ sha256: sha256(bytes), created_at: expect.stringMatching(/Z$/) },
      user: { id: expect.stringMatching(/^usr_[\da-f]{32}$/), name: expect.any(String) },
    },
  ]);
  expect((await ask('GET', `/files/${body.id}`)).body).toEqual(body);
  expect((await ask('GET', '/files?name=CAT')).body.results).toEqual([body]);
  expect((await ask('GET', '/files?name=dog')).body.count).toBe(0);
  const whole = await download(body.id);
  expect([whole.status, whole.body, whole.headers.etag]).toEqual([200, bytes, `"${sha256(bytes)}"`]);
  const part = await download(body.id, { Range: 'bytes=4-8' });
  expect([part.status, part.headers['content-range'], String(part.body)]).toEqual([
    206,
    `bytes 4-8/${bytes.length}`,
    'bytes',
  ]);
  expect((await download(body.id, { Range: 'bytes=99-' })).status).toBe(416);
  expect((await download(body.id, { 'If-None-Match': whole.headers.etag })).status).toBe(304);
  expect((await download(body.id, { 'If-Match': '"other"' })).status).toBe(412);
});

it('the same rows as on Mystic’s surface, there and back', async () => {
  const { body } = await upload(bytes, 'shared.txt');
  const headers = { authorization: `Bearer ${session}` };
  const theirs = await latchkey.send('GET', `/v4/files/${body.id}`, { headers });
  expect(theirs.body).toMatchObject({ id: body.id, name: 'shared.txt', size: bytes.length });
  expect((await latchkey.send('DELETE', `/v4/files/${body.id}`, { headers })).status).toBe(204);
  expect((await ask('GET', `/files/${body.id}`)).status).toBe(404);
});

it('check 116, 117: the same upload with one Idempotency-Key is kept once; another name, length or content is 422', async () => {
  const key = { 'Idempotency-Key': 'upload' };
  const first = await upload(bytes, 'once.bin', key);
  const again = await upload(bytes, 'once.bin', key);
  expect([again.status, again.headers['idempotency-replayed'], again.body]).toEqual([201, 'true', first.body]);
  expect((await ask('GET', '/files?name=once.bin')).body.count).toBe(1);
  const changed = Buffer.from(bytes);
  changed[0] = 0;
  for (const [content, name] of [
    [bytes, 'other.bin'],
    [changed, 'once.bin'],
    [bytes.subarray(1), 'once.bin'],
  ] as const) {
    expect((await upload(content, name, key)).status).toBe(422);
  }
});

it('400 without a file, 413 for one that is too large, and nothing is read of who may not', async () => {
  const none = await request(latchkey.server)
    .post('/v1/files')
    .set('Authorization', `Bearer ${session}`)
    .field('name', 'x');
  expect([none.status, none.body.file]).toEqual([400, ['This field is required.']]);
  expect((await upload(Buffer.alloc(65_537))).status).toBe(413);
  const viewer = await latchkey.session(await latchkey.person({ roleIds: [4] }));
  expect((await upload(bytes, 'x', {}, viewer)).status).toBe(403);
});

it('204, and then it is gone; 409 where something refers to it; check 26: another account’s is absent', async () => {
  const { id } = (await upload(bytes, 'kept.txt')).body;
  const { db, installation } = latchkey.house;
  const file_id = id.replace('file_', '');
  const [attached] = await db('attachments')
    .insert({ account_id: installation.accountId, file_id, type: 'other', filename: 'kept.txt' })
    .returning('id');
  const used = await ask('DELETE', `/files/${id}`);
  expect([used.status, used.body]).toEqual([409, { detail: 'File is in use' }]);
  await db('attachments')
    .where({ id: attached?.id as string })
    .delete();
  const stranger = await latchkey.session(await latchkey.person({ accountId: await latchkey.account() }));
  const absent = await latchkey.ask(stranger, 'GET', `/files/file_${'0'.repeat(32)}`);
  for (const [method, path] of [
    ['GET', ''],
    ['GET', '/content'],
    ['DELETE', ''],
  ] as const) {
    const theirs = await latchkey.ask(stranger, method, `/files/${id}${path}`);
    expect([theirs.status, theirs.text]).toEqual([404, absent.text]);
  }
  expect((await ask('DELETE', `/files/${id}`)).status).toBe(204);
  expect((await ask('GET', `/files/${id}`)).status).toBe(404);
});

it('check 109: pages by cursors, without a gap', async () => {
  for (let n = 0; n < 5; n += 1) await upload(bytes, `page ${n}.txt`);
  const seen: string[] = [];
  let at: string | undefined = '/files?name=page&limit=2';
  while (at) {
    const { body } = await ask('GET', at);
    seen.push(...body.results.map(({ name }: Body) => name));
    at = body.next?.split('/v1')[1];
  }
  expect(seen).toEqual([4, 3, 2, 1, 0].map((n) => `page ${n}.txt`));
});
