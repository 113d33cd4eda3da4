import { truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sign } from '../../src/core/files/index.ts';
import { type Maiagent, openMaiagent, type Somebody } from '../support/maiagent.ts';
import { content, hashOf } from '../support/store.ts';

const size = 100_000;
const bytes = content(size);
let mai: Maiagent;
/** A signed address, the same without its signature, and the file's id. */
let link: string;
let plain: string;
let id: string;
beforeAll(async () => {
  mai = await openMaiagent();
  link = await upload('naïve "report".pdf', bytes);
  plain = link.split('?')[0] as string;
  id = plain.split('/').at(-2) as string;
});
afterAll(() => mai.close());

const upload = async (filename: string, sent: Buffer): Promise<string> => {
  const name = filename.replaceAll('"', '\\"');
  return (await mai.form('editor', '/attachments/', [{ name: 'file', filename: name, content: sent }])).body.file;
};
const get = async (url: string, headers: Record<string, string> = {}, method = 'GET') => {
  // With a condition, fetch would ask past every cache unless it is told how.
  const answer = await fetch(url, { headers: { 'Cache-Control': 'max-age=0', ...headers }, method });
  return { status: answer.status, headers: answer.headers, got: Buffer.from(await answer.arrayBuffer()) };
};
const keyOf = (by: Somebody) => ({ Authorization: `Api-Key ${mai.users[by].key}` });
const signed = (expires: number, of = id) =>
  `${plain}?expires=${expires}&signature=${sign(mai.house, 'file', of, expires)}`;
const soon = () => Math.floor(Date.now() / 1000) + 60;

describe('the bytes', () => {
  it('come as an attachment that no browser shows or sniffs, and nobody else keeps', async () => {
    const { status, headers, got } = await get(link);
    expect([status, got.equals(bytes)]).toEqual([200, true]);
    expect(Object.fromEntries(headers)).toMatchObject({
      'accept-ranges': 'bytes',
      'cache-control': expect.stringMatching(/private|no-store/),
      'content-disposition': `attachment; filename="na?ve \\"report\\".pdf"; filename*=UTF-8''na%C3%AFve%20%22report%22.pdf`,
      'content-length': String(size),
      'content-security-policy': "default-src 'none'; sandbox",
      'content-type': 'application/pdf',
      etag: `"${hashOf(bytes)}"`,
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    });
  });

  it('HEAD: the same headers, no bytes; a range is not looked at', async () => {
    for (const headers of [{}, { Range: 'bytes=0-4' }]) {
      const head = await get(link, headers as Record<string, string>, 'HEAD');
      expect([head.status, head.got.length, head.headers.get('content-length')]).toEqual([200, 0, String(size)]);
    }
  });

  it('whatever its name is in the address, with a slash at its end or without', async () => {
    const query = new URL(link).search;
    for (const name of ['x', 'x/', '%2e%2e%2f', '%00', 'naïve']) {
      const { status, got } = await get(`${mai.url}/files/${id}/${name}${query}`);
      expect([name, status, got.length]).toEqual([name, 200, size]);
    }
  });

  it('of an empty file', async () => {
    const { body } = await mai.send('editor', 'POST', '/upload-presigned-url/', {
      body: { filename: 'empty.txt', modelName: 'attachment', fieldName: 'file', fileSize: 0 },
    });
    const parts = Object.entries(body.fields as Record<string, string>).map(([name, value]) => ({
      name,
      content: value,
    }));
    await mai.form('anonymous', '/upload/', [...parts, { name: 'file', filename: 'x', content: '' }]);
    const [row] = await mai.house.db('files').where({ size: 0 });
    const { status, got } = await get(`${mai.url}/files/${row?.id}/x/`, keyOf('viewer'));
    expect([status, got.length]).toEqual([200, 0]);
    expect((await get(`${mai.url}/files/${row?.id}/x/`, { ...keyOf('viewer'), Range: 'bytes=0-' })).status).toBe(416);
  });
});

describe('ranges', () => {
  it.each([
    ['bytes=0-0', 0, 0],
    ['bytes=5-9', 5, 9],
    ['bytes=99999-', 99_999, 99_999],
    ['bytes=99000-200000', 99_000, 99_999],
    ['bytes=-1', 99_999, 99_999],
    ['bytes=-500', 99_500, 99_999],
    ['bytes=-200000', 0, 99_999],
    ['bytes=0-', 0, 99_999],
  ])('%s: 206', async (Range, start, end) => {
    const { status, headers, got } = await get(link, { Range });
    expect([status, headers.get('content-range')]).toEqual([206, `bytes ${start}-${end}/${size}`]);
    expect(headers.get('content-length')).toBe(String(end - start + 1));
    expect(got.equals(bytes.subarray(start, end + 1))).toBe(true);
  });

  it.each(['bytes=100000-', 'bytes=200000-300000', 'bytes=-0'])('%s: 416', async (Range) => {
    const { status, headers, got } = await get(link, { Range });
    expect([status, headers.get('content-range'), got.length]).toEqual([416, `bytes */${size}`, 0]);
    expect(headers.get('content-disposition')).toBeNull();
  });

  it.each(['bytes=0-1,5-6', 'bytes=5-1', 'lines=0-1', 'bytes=a-b', 'bytes', 'bytes='])(
    '%s: nothing that is answered in part',
    async (Range) => {
      const { status, got } = await get(link, { Range });
      expect([200, 416]).toContain(status);
      if (status === 200) expect(got.equals(bytes)).toBe(true);
    },
  );

  it('If-Range: the part where it is the same file, else all of it', async () => {
    const Range = 'bytes=0-9';
    expect((await get(link, { Range, 'If-Range': `"${hashOf(bytes)}"` })).status).toBe(206);
    for (const other of ['"other"', `W/"${hashOf(bytes)}"`, 'yesterday']) {
      expect((await get(link, { Range, 'If-Range': other })).got.length).toBe(size);
    }
  });

  it('If-None-Match: 304 without bytes where it is the same file', async () => {
    for (const tag of [`"${hashOf(bytes)}"`, `"x", "${hashOf(bytes)}"`, '*']) {
      const { status, got, headers } = await get(link, { 'If-None-Match': tag });
      expect([status, got.length, headers.get('etag')]).toEqual([304, 0, `"${hashOf(bytes)}"`]);
    }
    expect((await get(link, { 'If-None-Match': '"other"' })).status).toBe(200);
    const later = new Date(Date.now() + 60_000).toUTCString();
    expect((await get(link, { 'If-Modified-Since': later })).status).toBe(304);
  });
});

describe('who may', () => {
  it('whoever has a key of the account, or its address', async () => {
    for (const by of ['owner', 'viewer'] as const) expect((await get(plain, keyOf(by))).status).toBe(200);
    const { access } = await mai.signIn();
    expect((await get(plain, { Authorization: `Bearer ${access}` })).status).toBe(200);
    expect((await get(signed(soon()))).status).toBe(200);
  });

  it('#2 #4 401 without either, 404 for another account: the same as for none', async () => {
    expect((await get(plain)).status).toBe(401);
    expect((await get(plain, { Authorization: 'Bearer x' })).got.toString()).toBe(
      '{"detail":"Invalid API key format."}\n',
    );
    const foreign = await get(plain, keyOf('neighbour'));
    const none = await get(
      plain.replace(/[\da-f](?=\/[^/]*$)/, (digit) => (digit === '0' ? '1' : '0')),
      keyOf('neighbour'),
    );
    for (const { status, got } of [foreign, none, await get(`${mai.url}/files/x/y/`, keyOf('owner'))]) {
      expect([status, got.toString()]).toEqual([404, '{"detail":"Not found."}\n']);
    }
  });

  it('a signature opens this file, until its end, and nothing else', async () => {
    const other = await upload('other.pdf', content(10));
    const { searchParams } = new URL(link);
    const [expires, signature] = [searchParams.get('expires'), searchParams.get('signature')];
    const forged = [
      signed(soon() - 61),
      signed(0),
      `${other.split('?')[0]}?expires=${expires}&signature=${signature}`,
      `${plain}?expires=${Number(expires) + 1}&signature=${signature}`,
      `${plain}?signature=${signature}`,
      `${plain}?expires=${expires}&signature=`,
      `${plain}?expires=${expires}&signature=${'A'.repeat(43)}`,
      `${plain}?expires=${expires}x&signature=${signature}`,
      `${plain}?expires=-1&signature=${sign(mai.house, 'file', id, -1)}`,
      `${plain}?expires=1e400&signature=${sign(mai.house, 'file', id, Number.POSITIVE_INFINITY)}`,
      `${plain}?expires=${soon()}&signature=${sign(mai.house, 'upload', id, soon())}`,
      `${plain.replace(id, id.toUpperCase())}?expires=${expires}&signature=${signature}`,
    ];
    for (const url of forged) expect([url, (await get(url)).status]).toEqual([url, 403]);
    const elsewhere = `${mai.url}/pipelines/?expires=${expires}&signature=${signature}`;
    expect((await get(elsewhere)).status).toBe(401);
    expect((await get(plain.replace(id, 'x'), {})).status).toBe(401);
  });

  it('the link of an answer expires after one to two hours', () => {
    const seconds = Number(new URL(link).searchParams.get('expires')) - Date.now() / 1000;
    expect(seconds).toBeGreaterThan(3590);
    expect(seconds).toBeLessThanOrEqual(7200);
  });

  it('no signature is written to the log', () => {
    const { searchParams } = new URL(link);
    expect(mai.log.length).toBeGreaterThan(10);
    expect(mai.log.join('\n')).not.toContain(searchParams.get('signature'));
  });
});

describe('bytes that are not what the row says', () => {
  it('404, and 503, as JSON that is no attachment', async () => {
    const lost = await upload('lost.pdf', content(100));
    const cut = await upload('cut.pdf', content(101));
    const rows = await mai.house.db('files').whereIn('size', [100, 101]).orderBy('size');
    const [gone = '', half = ''] = rows.map(({ sha256 }) => sha256);
    await mai.house.files.storage.remove(gone);
    await truncate(join(mai.house.files.incoming, '..', half.slice(0, 2), half.slice(2, 4), half), 50);
    for (const [url, status] of [
      [lost, 404],
      [cut, 503],
    ] as const) {
      for (const headers of [{}, { Range: 'bytes=0-1' }] as Record<string, string>[]) {
        const answer = await get(url, headers);
        expect(answer.status).toBe(status);
        expect(Object.keys(JSON.parse(answer.got.toString()))).toEqual(['detail']);
        expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
        expect(answer.headers.get('cache-control')).toBe('no-store');
        for (const name of ['content-disposition', 'content-range', 'accept-ranges'])
          expect(answer.headers.get(name)).toBeNull();
      }
    }
  });

  it('a reader that leaves early disturbs nobody', async () => {
    for (let n = 0; n < 20; n += 1) {
      const leaving = new AbortController();
      const answer = await fetch(link, { signal: leaving.signal });
      leaving.abort();
      await answer.arrayBuffer().catch(() => undefined);
    }
    expect((await get(link)).got.equals(bytes)).toBe(true);
    expect(mai.log.filter((line) => JSON.parse(line).kind === 'internal')).toEqual([]);
  });
});
