import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sign } from '../../src/core/files/index.ts';
import { opening } from '../../src/core/files/signed_access.ts';
import { sweepUploads } from '../../src/core/pipeline_files/multipart.ts';
import type { Body } from '../support/mage.ts';
import { type Caller, type Mystic, openMystic, refused } from '../support/mystic.ts';

let mystic: Mystic;
const most = 100_000;

beforeAll(async () => {
  mystic = await openMystic({ LATCHKEY_MAX_UPLOAD_BYTES: String(most) });
});
afterAll(() => mystic.close());

const bearer = (caller: Exclude<Caller, 'anonymous'>) => `Bearer ${mystic.people[caller].key}`;
const call: Mystic['call'] = (...asked) => mystic.call(...asked);
/** Sends a file as the client does: its name is the whole local path. */
const upload = (path: string, bytes: Buffer, filename = '/home/ada/data/b.txt', caller = 'owner') =>
  mystic.bare('POST', path, (sent) =>
    sent
      .set('Authorization', bearer(caller as 'owner'))
      .attach('pfile', bytes, { filename, contentType: 'application/octet-stream' }),
  );
const pathOf = (url: string) => url.slice(new URL(url).origin.length);
/** The bytes as text, or the body of a refusal. */
const bytesOf = async (url: string, headers = {}): Promise<[number, unknown]> => {
  const { status, body } = await mystic.bare('GET', url, (sent) =>
    sent
      .set(headers)
      .buffer(true)
      .parse(binary as never),
  );
  return [status, Buffer.isBuffer(body) ? body.toString() : body];
};
const binary = (
  response: NodeJS.ReadableStream & { statusCode: number },
  done: (error: null, body: unknown) => void,
) => {
  const chunks: Buffer[] = [];
  response.on('data', (chunk) => chunks.push(Buffer.from(chunk, 'binary')));
  response.on('end', () => {
    const all = Buffer.concat(chunks);
    done(null, response.statusCode < 300 ? all : JSON.parse(all.toString()));
  });
};
const missing = [404, refused('File not found')];

describe('whole', () => {
  it('#81 POST /v4/files: 201 with id, path and url; the name is the last segment alone', async () => {
    const { status, body } = await upload('/v4/files', Buffer.from('hello'), '/home/ada/../../etc/my cat.jpg');
    expect([status, body]).toEqual([
      201,
      {
        id: expect.stringMatching(/^file_[0-9a-f]{32}$/),
        name: 'my cat.jpg',
        path: expect.stringMatching(/^pipeline_files\/[0-9a-f]{2}\/[0-9a-f]{2}\/[0-9a-f-]{36}\.jpg$/),
        size: 5,
        url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/v3\/pipeline_files\/download\/file_/),
        file_name: 'my cat.jpg',
        file_url: body.url,
        created_at: expect.any(Number),
        updated_at: expect.any(Number),
      },
    ]);
    expect(await call('GET', `/v4/files/${body.id}`)).toEqual([200, body]);
  });

  it('its url opens the bytes without a token, and nothing else', async () => {
    const first = (await upload('/v4/files', Buffer.from('first'))).body;
    const second = (await upload('/v4/files', Buffer.from('second'))).body;
    expect(await bytesOf(pathOf(first.url))).toEqual([200, 'first']);
    expect((await bytesOf(pathOf(first.url).replace(first.id, second.id)))[0]).toBe(403);
    expect((await bytesOf(pathOf(first.url).replace(/\/\d+-/, '/99999999999-')))[0]).toBe(403);
    expect((await bytesOf(pathOf(first.url).replace(/-[\w-]+\/[^/]+$/, '-x/a.txt')))[0]).toBe(403);
    expect((await bytesOf(`/v3/pipeline_files/download/${first.id}`))[0]).toBe(401);
    expect((await bytesOf(`/v3/pipeline_files/download/${first.id}`, { Authorization: bearer('neighbour') }))[0]).toBe(
      404,
    );
    expect((await bytesOf(`/v3/pipeline_files/download/${first.id}`, { Authorization: bearer('roleless') }))[0]).toBe(
      403,
    );
  });

  it('A9: its url is the same when it is percent-encoded, and ends as the name does', async () => {
    for (const [name, ending] of [
      ['/home/ada/my cat.jpg', '.jpg'],
      ['weights', ''],
      ['ä.tar.gz', '.gz'],
      ['a.%2e%2e', ''],
    ] as const) {
      const { body } = await upload('/v4/files', Buffer.from(name), name);
      const path = pathOf(body.url);
      // What `quote(url, safe="/:")` of the SDK and of the container leaves as it is.
      expect(path).toMatch(/^[\w./-]+$/);
      expect(path.split('/').at(-1)).toBe(
        body.id.slice(5).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-') + ending,
      );
      expect(await bytesOf(path)).toEqual([200, name]);
      expect((await bytesOf(path, { Range: 'bytes=0-1' }))[0]).toBe(206);
      const encoded = [...path].map((one) => (one === '/' ? one : `%${one.charCodeAt(0).toString(16)}`)).join('');
      expect(await bytesOf(encoded.replace('/%76%33/', '/v3/'))).toEqual([200, name]);
      expect((await mystic.bare('HEAD', path)).status).toBe(200);
    }
  });

  it('A9: an address of the older form opens its file until it expires', async () => {
    const { body } = await upload('/v4/files', Buffer.from('old'));
    const uuid = body.path.split('/').at(-1).slice(0, 36);
    const at = `/v3/pipeline_files/download/${body.id}`;
    expect(await bytesOf(`${at}?${opening(mystic.house, uuid)}`)).toEqual([200, 'old']);
    const past = Math.floor(Date.now() / 1000) - 1;
    const late = `expires=${past}&signature=${sign(mystic.house, 'file', uuid, past)}`;
    expect((await bytesOf(`${at}?${late}`))[0]).toBe(403);
    expect((await bytesOf(`${at}/${past}-${sign(mystic.house, 'file', uuid, past)}/x.txt`))[0]).toBe(403);
  });

  it('A11: its path opens the bytes for who may read files, with and without /v3 before it', async () => {
    const { body } = await upload('/v4/files', Buffer.from('by path'));
    const authorized = { Authorization: bearer('viewer') };
    for (const path of [`/${body.path}`, `//${body.path}`, `/v3/${body.path}`, `/${body.path.replace(/\.\w+$/, '')}`])
      expect(await bytesOf(path, authorized), path).toEqual([200, 'by path']);
    expect((await bytesOf(`/${body.path}`))[0]).toBe(401);
    expect((await bytesOf(`/${body.path}`, { Authorization: bearer('roleless') }))[0]).toBe(403);
    expect(await bytesOf(`/${body.path}`, { Authorization: bearer('neighbour') })).toEqual(missing);
    for (const path of ['/pipeline_files/4c/4d/x.jpg', '/run_files/4c/4d/x/y.jpg'])
      expect(await bytesOf(path, authorized)).toEqual(missing);
  });

  it('#54 #57 #58 POST /v3/pipeline_files: exactly 201, then read and downloaded, exactly 200', async () => {
    const { status, body } = await upload('/v3/pipeline_files?name=other.txt', Buffer.from('hello'));
    expect([status, body.name]).toEqual([201, 'other.txt']);
    expect(await call('GET', `/v3/pipeline_files/${body.id}`)).toEqual([200, body]);
    const download = `/v3/pipeline_files/download/${body.id}`;
    expect(await bytesOf(download, { Authorization: bearer('viewer') })).toEqual([200, 'hello']);
    expect(await bytesOf(download, { Authorization: bearer('viewer'), Range: 'bytes=1-2' })).toEqual([206, 'el']);
  });

  it('the field name says it as well, as the client’s -n does', async () => {
    const answer = await mystic.bare('POST', '/v3/pipeline_files', (sent) =>
      sent.set('Authorization', bearer('owner')).field('name', 'a/b/named.bin').attach('pfile', Buffer.from('x'), '/x'),
    );
    expect([answer.status, answer.body.name]).toEqual([201, 'named.bin']);
  });

  it('DELETE /v4/files/{id}: gone with its bytes; 409 for one that something has', async () => {
    const { body } = await upload('/v4/files', Buffer.from('to be deleted'));
    const at = `/v4/files/${body.id}`;
    expect((await call('DELETE', at, undefined, 'editor'))[0]).toBe(403);
    expect(await call('DELETE', at, undefined, 'neighbour')).toEqual(missing);
    expect((await call('DELETE', at))[0]).toBe(204);
    expect(await call('GET', at)).toEqual(missing);
    expect((await bytesOf(pathOf(body.url)))[0]).toBe(404);
    const used = (await upload('/v4/files', Buffer.from('used'))).body;
    const uuid = used.path.split('/').at(-1).slice(0, 36);
    const { accountId } = mystic.people.owner;
    await mystic.house.db('attachments').insert({ account_id: accountId, file_id: uuid, type: 'other', filename: 'x' });
    expect(await call('DELETE', `/v4/files/${used.id}`)).toEqual([409, refused('File is in use')]);
    await mystic.house.db('attachments').delete();
  });

  it('GET /v4/files is a page, newest first; the neighbour’s are not there', async () => {
    const { body } = await upload('/v4/files', Buffer.from('newest'));
    const [status, page] = await call('GET', '/v4/files?limit=1');
    expect([status, page.limit, page.data.map(({ id }: Body) => id)]).toEqual([200, 1, [body.id]]);
    expect((await call('GET', '/v4/files', undefined, 'neighbour'))[1].total).toBe(0);
    expect(await call('GET', `/v4/files/${body.id}`, undefined, 'neighbour')).toEqual(missing);
    for (const id of ['x', `file_${'0'.repeat(32)}`, body.id.slice(5)]) {
      expect(await call('GET', `/v3/pipeline_files/${id}`)).toEqual(missing);
    }
  });

  it('413 for one that is too large, 422 without one, 415 as something else, 403 for a viewer; nothing stays', async () => {
    const [, { total }] = await call('GET', '/v4/files');
    expect((await upload('/v4/files', Buffer.alloc(most + 1))).status).toBe(413);
    const none = await mystic.bare('POST', '/v4/files', (sent) =>
      sent.set('Authorization', bearer('owner')).field('name', 'x'),
    );
    expect([none.status, none.body.detail]).toEqual([
      422,
      [{ loc: ['body', 'pfile'], msg: 'field required', type: 'value_error.missing' }],
    ]);
    const asText = await mystic.bare('POST', '/v4/files', (sent) =>
      sent.set('Authorization', bearer('owner')).field('pfile', 'x'),
    );
    expect([asText.status, asText.body.detail[0].loc]).toEqual([422, ['body', 'pfile']]);
    expect((await call('POST', '/v4/files', { pfile: 'x' }))[0]).toBe(415);
    expect((await upload('/v4/files', Buffer.from('x'), 'x', 'viewer')).status).toBe(403);
    expect((await call('GET', '/v4/files'))[1].total).toBe(total);
  });
});

describe('in parts', () => {
  const initiate = async (name: string | null = 'f.txt'): Promise<Body> => {
    const [status, body] = await call('POST', '/v3/pipeline_files/initiate-multipart-upload', { name });
    expect(status).toBe(200);
    return body;
  };
  const addressOf = async (ids: Body, part_num: number): Promise<string> => {
    const [status, body] = await call('POST', '/v3/pipeline_files/presigned-url', { ...ids, part_num });
    expect(status).toBe(200);
    return pathOf(body.upload_url);
  };
  const put = (path: string, bytes: Buffer) =>
    mystic.bare('PUT', path, (sent) => sent.type('application/octet-stream').send(bytes));
  const part = async (ids: Body, PartNumber: number, bytes: Buffer) => {
    const answer = await put(await addressOf(ids, PartNumber), bytes);
    expect(answer.status).toBe(200);
    return { ETag: answer.headers.etag as string, PartNumber };
  };
  const finalise = (ids: Body, multipart_metadata: object[]) =>
    call('POST', '/v3/pipeline_files/finalise-multipart-upload', { ...ids, multipart_metadata });

  it('#82 six bytes: initiate, presigned-url, PUT with an ETag, finalise with its quotes: FileGet', async () => {
    const ids = await initiate();
    const sent = await part(ids, 1, Buffer.from('abcdef'));
    expect(sent.ETag).toMatch(/^"[^"]+"$/);
    const [status, file] = await finalise(ids, [sent]);
    expect([status, file]).toEqual([200, expect.objectContaining({ id: ids.file_id, name: 'f.txt', size: 6 })]);
    expect(await bytesOf(pathOf(file.url))).toEqual([200, 'abcdef']);
  });

  it('many parts, sent and named in any order, are put together in the order of their numbers', async () => {
    const ids = await initiate();
    const pieces = [randomBytes(30_000), randomBytes(1), randomBytes(20_000)];
    const sent = [];
    for (const number of [3, 1, 2]) sent.push(await part(ids, number, pieces[number - 1] as Buffer));
    const [status, { id, size }] = await finalise(ids, sent);
    expect([status, size]).toEqual([200, 50_001]);
    const { body } = await mystic.bare('GET', `/v3/pipeline_files/download/${id}`, (asked) =>
      asked
        .set('Authorization', bearer('owner'))
        .buffer(true)
        .parse(binary as never),
    );
    expect(Buffer.compare(body, Buffer.concat(pieces))).toBe(0);
    expect((await mystic.house.db('multipart_parts').count())[0]?.count).toBe(0);
    expect(
      (await call('GET', '/v4/files?limit=1000'))[1].data.filter((one: Body) => one.name.endsWith('.part')),
    ).toEqual([]);
  });

  it('C: an empty file has an empty part or none, and parts that were sent must be named; without a name it is called file', async () => {
    const ids = await initiate(null);
    const sent = await part(ids, 1, Buffer.alloc(0));
    expect((await finalise(ids, []))[0]).toBe(400);
    const [status, file] = await finalise(ids, [sent]);
    const [none, empty] = await finalise(await initiate(), []);
    expect([none, empty.size]).toEqual([200, 0]);
    expect([status, file.size, file.name]).toEqual([200, 0, 'file']);
    expect(await bytesOf(pathOf(file.url))).toEqual([200, '']);
  });

  it('a part that is sent again takes the place of itself, and its old ETag is refused', async () => {
    const ids = await initiate();
    const old = await part(ids, 1, Buffer.from('old'));
    const sent = await part(ids, 1, Buffer.from('new'));
    const [status, body] = await finalise(ids, [old]);
    const sentence = 'Part 1 is not there, or is another one than its ETag says';
    expect([status, body]).toEqual([400, refused(sentence, 'multipart_metadata')]);
    expect((await finalise(ids, [sent, { ETag: '"x"', PartNumber: 2 }]))[0]).toBe(400);
    expect((await finalise(ids, [sent, sent]))[0]).toBe(400);
    expect((await finalise(ids, [sent]))[0]).toBe(200);
    expect((await finalise(ids, [sent]))[0]).toBe(404);
  });

  it('two who finalise at once make one file', async () => {
    const ids = await initiate();
    const sent = await part(ids, 1, Buffer.from('once'));
    const both = await Promise.all([finalise(ids, [sent]), finalise(ids, [sent])]);
    expect(both.map(([status]) => status).sort()).toEqual([200, 404]);
  });

  it('an address takes its one part, until it expires', async () => {
    const ids = await initiate();
    const address = await addressOf(ids, 1);
    for (const wrong of [
      address.replace('part_num=1', 'part_num=2'),
      address.replace(/upload_[0-9a-f]+/, `upload_${'0'.repeat(32)}`),
      address.replace(/expires=\d+/, `expires=${Math.floor(Date.now() / 1000) + 90_000}`),
      address.replace(/signature=.*/, 'signature='),
    ]) {
      expect([wrong, (await put(wrong, Buffer.from('x'))).status]).toEqual([wrong, 403]);
    }
    expect((await put(address.split('?')[0] as string, Buffer.from('x'))).status).toBe(401);
    expect(await finalise(ids, [await part(ids, 1, Buffer.alloc(0))])).toEqual([
      200,
      expect.objectContaining({ size: 0 }),
    ]);
    expect((await put(address, Buffer.from('x'))).status).toBe(404);
  });

  it('A16: 403 once whoever asked for the address may not upload any more; nothing of it is kept', async () => {
    const { db } = mystic.house;
    const { id } = mystic.people.editor;
    const as = async (path: string, body: object) => {
      const [status, answer] = await call('POST', `/v3/pipeline_files/${path}`, body, 'editor');
      expect(status).toBe(200);
      return answer;
    };
    const ids = await as('initiate-multipart-upload', { name: 'a' });
    const address = pathOf((await as('presigned-url', { ...ids, part_num: 1 })).upload_url);
    const status = async (path = address) => (await put(path, Buffer.from('x'))).status;
    expect(await status()).toBe(200);
    expect(await status(address.replace(/by=key-\d+/, 'by=key-1'))).toBe(403);

    const member = () => db('memberships').where({ user_id: id });
    await member().update({ role_ids: [4] });
    expect(await status()).toBe(403);
    await member().update({ role_ids: [3] });
    expect(await status()).toBe(200);
    const keys = () => db('api_keys').where({ user_id: id });
    await keys().update({ revoked_at: db.fn.now() as never });
    expect(await status()).toBe(403);
    await keys().update({ revoked_at: null });
    const { account_id } = (await member().first('account_id')) as { account_id: number };
    await member().delete();
    expect(await status()).toBe(403);
    await db('memberships').insert({ user_id: id, account_id, role_ids: [3] });
  });

  it('413 for a part, or parts together, that are too large; what was there before stays', async () => {
    const ids = await initiate();
    expect((await put(await addressOf(ids, 1), Buffer.alloc(most + 1))).status).toBe(413);
    const sent = await part(ids, 1, Buffer.alloc(most - 10));
    expect((await put(await addressOf(ids, 2), Buffer.alloc(11))).status).toBe(413);
    const two = await part(ids, 2, Buffer.alloc(10));
    expect((await finalise(ids, [sent, two]))[1].size).toBe(most);
  });

  it('the neighbour’s upload is not there; a viewer may not', async () => {
    const ids = await initiate();
    for (const path of ['presigned-url', 'finalise-multipart-upload']) {
      const body = { ...ids, part_num: 1, multipart_metadata: [] };
      expect((await call('POST', `/v3/pipeline_files/${path}`, body, 'neighbour'))[0]).toBe(404);
      expect((await call('POST', `/v3/pipeline_files/${path}`, body, 'viewer'))[0]).toBe(403);
      expect(
        (await call('POST', `/v3/pipeline_files/${path}`, { ...body, file_id: `file_${'0'.repeat(32)}` }))[0],
      ).toBe(404);
    }
    expect((await call('POST', '/v3/pipeline_files/initiate-multipart-upload', {}, 'viewer'))[0]).toBe(403);
    expect((await call('POST', '/v3/pipeline_files/presigned-url', { ...ids, part_num: 0 }))[0]).toBe(422);
  });

  it('what nobody finished within a day is swept, with its parts', async () => {
    const { db } = mystic.house;
    const [old, young] = [await initiate(), await initiate()];
    for (const ids of [old, young]) await part(ids, 1, Buffer.from('x'));
    const uuids = () => db('multipart_uploads').pluck('file_id');
    const oldest = await db('multipart_uploads').orderBy('created_at').pluck('id');
    await db('multipart_uploads').whereIn('id', oldest.slice(0, -1)).update({ created_at: '2020-01-01' });
    await sweepUploads(mystic.house);
    expect((await uuids()).map((uuid: string) => `file_${uuid.replaceAll('-', '')}`)).toEqual([young.file_id]);
    expect(await db('files').whereLike('name', '%.part')).toHaveLength(1);
  });
});

it('a file stays when an attachment of it on another surface goes', async () => {
  const { body } = await upload('/v4/files', Buffer.from('stays'));
  const file = body.id.replace('file_', '').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  const key = { Authorization: `Api-Key ${mystic.people.owner.key}` };
  const at = '/api/v1/attachments/';
  const made = await mystic.bare('POST', at, (sent) => sent.set(key).send({ filename: 'b.txt', file }));
  expect(made.status).toBe(201);
  const gone = await mystic.bare('DELETE', `${at}${made.body.id}/`, (sent) => sent.set(key));
  expect(gone.status).toBe(204);
  expect(await bytesOf(pathOf(body.url))).toEqual([200, 'stays']);
});
