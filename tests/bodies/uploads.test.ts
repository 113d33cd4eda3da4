import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Everything, openEverything } from '../support/everything.ts';

let all: Everything;
let bearer: Record<string, string>;

beforeAll(async () => {
  all = await openEverything();
  bearer = { Authorization: all.credentials.Authorization as string };
});
afterAll(() => all.close());

const type = 'multipart/form-data; boundary=x';
const part = (disposition: string, content = 'bytes') =>
  Buffer.from(`--x\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n${content}\r\n--x--\r\n`);
const json = async (method: string, path: string, body: unknown) => {
  const { status, text } = await all.tell(
    method,
    path,
    { ...bearer, 'Content-Type': 'application/json' },
    JSON.stringify(body),
  );
  return [status, JSON.parse(text)];
};
const upload = async (body: Buffer, headers: Record<string, string> = {}) => {
  const {
    status,
    text,
    headers: told,
  } = await all.tell('POST', '/v4/files', { ...bearer, 'Content-Type': type, ...headers }, body);
  return { status, body: JSON.parse(text), headers: told };
};
const download = async (address: string, headers: Record<string, string> = {}) => {
  const { pathname, search } = new URL(address);
  return all.tell('GET', pathname + search, headers);
};

describe('B6: of two names of a file, filename* counts', () => {
  it.each([
    [`name="pfile"; filename="a.txt"; filename*=UTF-8''%E6%97%A5.txt`, '日.txt'],
    [`name="pfile"; filename*=UTF-8''%E6%97%A5.txt; filename="a.txt"`, '日.txt'],
    [`filename="a.txt"; filename*=utf-8'en'b%20c.txt; name=pfile`, 'b c.txt'],
    [`name="pfile"; filename="=?utf-8?B?YS50eHQ=?="; filename*=utf-8''na%C3%AFve.txt`, 'naïve.txt'],
    [`name="pfile"; filename*=iso-8859-1''caf%e9.txt`, 'café.txt'],
    [`name="pfile"; filename="a%22b.txt"`, 'a"b.txt'],
    [`name="pfile"; filename="a\\"b.txt"`, 'a"b.txt'],
    [`name="pfile"; filename="C:\\fake\\c.txt"`, 'c.txt'],
    [`name="pfile"; filename="日本.txt"`, '日本.txt'],
  ])('%s', async (disposition, name) => {
    const { status, body } = await upload(part(disposition));
    expect([status, body.name]).toEqual([201, name]);
  });
});

describe('B7: an upload with a Content-Encoding', () => {
  const form = part('name="pfile"; filename="a.txt"', 'the bytes');
  it.each([
    ['gzip', gzipSync(form)],
    ['x-gzip', gzipSync(form)],
    ['GZIP', gzipSync(form)],
    ['deflate', deflateSync(form)],
    ['br', brotliCompressSync(form)],
    ['identity', form],
  ])('%s is kept as what it says', async (encoding, sent) => {
    const { status, body } = await upload(sent, { 'Content-Encoding': encoding });
    expect([status, body.size]).toEqual([201, 9]);
    expect((await download(body.url)).text).toBe('the bytes');
  });

  it.each(['zstd', 'gzip, gzip', 'compress'])('%s is 415, with what is taken', async (encoding) => {
    const { status, headers } = await upload(form, { 'Content-Encoding': encoding });
    expect([status, headers['accept-encoding']]).toEqual([415, 'gzip, deflate, br']);
  });

  it('what is not what it says is 400, and leaves nothing', async () => {
    for (const sent of [form, gzipSync(form).subarray(0, 40)]) {
      expect((await upload(sent, { 'Content-Encoding': 'gzip' })).status).toBe(400);
    }
  });

  it('a part of a large file, and JSON', async () => {
    const [, { file_id, upload_id }] = await json('POST', '/v3/pipeline_files/initiate-multipart-upload', {
      name: 'a',
    });
    const [, { upload_url }] = await json('POST', '/v3/pipeline_files/presigned-url', {
      file_id,
      upload_id,
      part_num: 1,
    });
    const { pathname, search } = new URL(upload_url);
    const sent = await all.tell('PUT', pathname + search, { 'Content-Encoding': 'gzip' }, gzipSync('one'));
    // The hash of what was meant, not of how it came.
    expect(sent.headers.etag).toBe('"7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"');
    const headers = { ...bearer, 'Content-Type': 'application/json', 'Content-Encoding': 'x-gzip' };
    expect((await all.tell('POST', '/api/v1/pipelines/', headers, gzipSync('{"name": "zipped"}'))).status).toBe(201);
    expect((await all.tell('POST', '/api/v1/pipelines/', headers, gzipSync('a'.repeat(2 ** 21)))).status).toBe(413);
  });
});

describe('C: the parts of a large file', () => {
  const begin = async () => {
    const [, { file_id, upload_id }] = await json('POST', '/v3/pipeline_files/initiate-multipart-upload', {
      name: 'a',
    });
    const [, { upload_url }] = await json('POST', '/v3/pipeline_files/presigned-url', {
      file_id,
      upload_id,
      part_num: 1,
    });
    const { pathname, search } = new URL(upload_url);
    const { headers } = await all.tell('PUT', pathname + search, {}, 'one');
    const end = (multipart_metadata: unknown) =>
      json('POST', '/v3/pipeline_files/finalise-multipart-upload', { file_id, upload_id, multipart_metadata });
    return { etag: headers.etag as string, end };
  };

  it('ETags with their quotes or without, and at least one', async () => {
    for (const unquote of [false, true]) {
      const { etag, end } = await begin();
      expect((await end([]))[0]).toBe(400);
      expect((await end([{ ETag: `${etag}x`, PartNumber: 1 }]))[0]).toBe(400);
      const [status, { size }] = await end([{ ETag: unquote ? etag.slice(1, -1) : etag, PartNumber: 1 }]);
      expect([status, size]).toEqual([200, 3]);
    }
  });
});

describe('C: preconditions of a download (RFC 9110 §13)', () => {
  it('If-Match, and If-Unmodified-Since where there is none', async () => {
    const { body } = await upload(part('name="pfile"; filename="a.txt"'));
    const { headers } = await download(body.url);
    const [etag, modified] = [headers.etag as string, headers['last-modified'] as string];
    const old = new Date(Date.parse(modified) - 60_000).toUTCString();
    for (const [status, sent] of [
      [200, { 'If-Match': etag }],
      [200, { 'If-Match': `"x", ${etag}` }],
      [200, { 'If-Match': '*' }],
      [412, { 'If-Match': '"x"' }],
      [412, { 'If-Match': `W/${etag}` }],
      [412, { 'If-Match': '"x"', Range: 'bytes=0-1' }],
      [412, { 'If-Match': '"x"', 'If-None-Match': etag }],
      [200, { 'If-Unmodified-Since': modified }],
      [412, { 'If-Unmodified-Since': old }],
      [200, { 'If-Unmodified-Since': 'whenever' }],
      [200, { 'If-Match': etag, 'If-Unmodified-Since': old }],
      [206, { 'If-Match': etag, Range: 'bytes=0-1' }],
    ] as [number, Record<string, string>][]) {
      const answer = await download(body.url, sent);
      expect([sent, answer.status]).toEqual([sent, status]);
      if (status !== 412) continue;
      expect(answer.headers).not.toHaveProperty('content-disposition');
      expect(JSON.parse(answer.text).detail.message).toBe('The file is another one than the request asks for.');
    }
  });
});

describe('B24: UUIDs in any form that Python reads', () => {
  it('in a body, and in an address', async () => {
    const id = '7F1C2F34-9F3A-4B52-A3DF-6C2A4D1A9E10';
    const canonical = id.toLowerCase();
    const hex = canonical.replaceAll('-', '');
    const models = { rerankerModel: canonical };
    for (const embeddingModel of [id, hex, `{${id}}`, `urn:uuid:${canonical}`]) {
      const [status, made] = await json('POST', '/api/v1/knowledge-bases/', { name: 'x', ...models, embeddingModel });
      expect([embeddingModel, status]).toEqual([embeddingModel, 201]);
      const { text } = await all.tell(
        'GET',
        `/api/v1/knowledge-bases/${made.id.replaceAll('-', '').toUpperCase()}/`,
        bearer,
      );
      expect(JSON.parse(text).id).toBe(made.id);
      expect(text).toContain(canonical);
    }
    const number = BigInt(`0x${hex}`).toString();
    const headers = { ...bearer, 'Content-Type': 'application/json' };
    const body = `{"name": "x", "rerankerModel": "${hex}", "embeddingModel": ${number}}`;
    expect((await all.tell('POST', '/api/v1/knowledge-bases/', headers, body)).text).toContain(canonical);
    for (const embeddingModel of ['x', `${hex}0`, ['a'], -1, 1.5]) {
      const [status, told] = await json('POST', '/api/v1/knowledge-bases/', { name: 'x', ...models, embeddingModel });
      expect([embeddingModel, status, told]).toEqual([
        embeddingModel,
        400,
        { embeddingModel: ['Must be a valid UUID.'] },
      ]);
    }
  });
});
