import { randomUUID } from 'node:crypto';
import { stat, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { dropFile, fileOf, keepFile } from '../../src/core/files/index.ts';
import { collectFile, sweepFiles } from '../../src/core/files/sweep.ts';
import { startWorker } from '../../src/core/worker.ts';
import { content, hashOf, kinds, openStore, type Store, secretKey, slices } from '../support/store.ts';

const notFound = { kind: 'not_found', message: 'There is no such file.' };
const never = new AbortController().signal;

/** Bytes that no row refers to. */
const putMany = (store: Store, count: number) =>
  Promise.all(
    Array.from({ length: count }, async () => {
      const { sha256, path, size } = await store.receive(content(8));
      await store.house.files.storage.put(sha256, path, size);
    }),
  );

describe.each(kinds)('files in %s', (kind) => {
  let store: Store;
  beforeAll(async () => {
    store = await openStore(kind);
  });
  afterAll(() => store.close());
  afterEach(async () => {
    await store.house.db('files').delete();
    await store.house.db.raw('delete from graphile_worker._private_jobs');
    await store.sweep();
    expect([await store.kept(), await store.incoming()]).toEqual([[], []]);
  });
  const rows = () => store.house.db('files').orderBy('created_at');
  const drop = ({ id }: { id: string }) => dropFile(store.context, id);

  describe('receiving', () => {
    it.each([0, 1, 65_537, 20_000_000])('%i bytes: hash and size are theirs, and they come back', async (size) => {
      const bytes = content(size);
      const upload = await store.receive(bytes, '/tmp/résumé.pdf');
      expect(upload).toMatchObject({ size, sha256: hashOf(bytes), name: 'résumé.pdf', mediaType: 'application/pdf' });
      const row = await keepFile(store.context, upload);
      expect(row).toEqual({
        id: expect.stringMatching(/^[\da-f-]{36}$/),
        account_id: store.house.installation.accountId,
        user_id: expect.any(Number),
        name: 'résumé.pdf',
        media_type: 'application/pdf',
        size,
        sha256: hashOf(bytes),
        pinned: false,
        created_at: expect.stringMatching(/T.*\+00:00$/),
        updated_at: row.created_at,
      });
      expect(hashOf(await store.bytesOf(row))).toBe(hashOf(bytes));
      expect(await fileOf(store.context, row.id)).toEqual(row);
      expect([await store.kept(), await store.incoming()]).toEqual([[row.sha256], []]);
    });

    it('over the limit: too_large, and nothing is left; the body stays, for the answer on its connection', async () => {
      const exact = await store.house.files.receive(
        Readable.from(slices(content(1000), 10)),
        { name: 'a', mediaType: '' },
        1000,
      );
      await store.house.files.discard(exact);
      const body = Readable.from(slices(content(100_000), 10));
      const refused = store.house.files.receive(body, { name: 'a', mediaType: '' }, 1000);
      await expect(refused).rejects.toMatchObject({
        kind: 'too_large',
        message: 'The file is larger than 1000 bytes.',
      });
      expect(await store.incoming()).toEqual([]);
      expect(body.destroyed).toBe(false);
      body.destroy(new Error('nobody hears this'));
      await new Promise(setImmediate);
    });

    it('the limit is LATCHKEY_MAX_UPLOAD_BYTES where none is said', async () => {
      const small = await openStore('disk', { LATCHKEY_MAX_UPLOAD_BYTES: '10' });
      await expect(small.receive(content(11))).rejects.toMatchObject({ kind: 'too_large' });
      expect((await small.receive(content(10))).size).toBe(10);
      await small.close();
    });

    it.each([
      ['an error', (body: PassThrough) => body.destroy(new Error('aborted'))],
      ['no error', (body: PassThrough) => body.destroy()],
    ])('a body that breaks off with %s: invalid, and nothing is left', async (_how, end) => {
      const body = new PassThrough();
      const received = store.house.files.receive(body, { name: 'a', mediaType: '' });
      body.write(content(100_000));
      await vi.waitFor(async () => expect(await store.incoming()).toHaveLength(1));
      end(body);
      await expect(received).rejects.toMatchObject({
        kind: 'invalid',
        message: 'The upload broke off before its end.',
      });
      expect(await store.incoming()).toEqual([]);
    });

    it('a body that was gone before: invalid', async () => {
      const body = new PassThrough();
      body.destroy();
      const received = store.house.files.receive(body, { name: 'a', mediaType: '' });
      await expect(received).rejects.toMatchObject({ kind: 'invalid' });
      expect(await store.incoming()).toEqual([]);
    });

    it('no room to write: unavailable', async () => {
      const bad = await openStore('disk');
      await writeFile(join(bad.house.config.data, 'files'), 'a file, and no folder');
      await expect(bad.receive(content(10))).rejects.toMatchObject({ kind: 'unavailable' });
      await bad.close();
    });

    it('what is discarded is gone; what was kept stays; twice is no error', async () => {
      const dropped = await store.receive(content(10));
      await store.house.files.discard(dropped);
      await store.house.files.discard(dropped);
      const upload = await store.receive(content(10));
      const row = await keepFile(store.context, upload);
      await store.house.files.discard(upload);
      expect(await store.bytesOf(row)).toHaveLength(10);
    });
  });

  describe('keeping', () => {
    it('other words for it, cleaned as well', async () => {
      const upload = await store.receive(content(1), 'a.txt');
      const row = await keepFile(store.context, upload, { name: '../b\0.PNG', mediaType: 'image/PNG' });
      expect(row).toMatchObject({ name: 'b.PNG', media_type: 'image/png' });
    });

    it('the same content twice is kept once, and has two rows; it goes with the second', async () => {
      const bytes = content(100);
      const [one, two] = [await store.keep(bytes, 'one.txt'), await store.keep(bytes, 'two.txt')];
      expect(one.id).not.toBe(two.id);
      expect([await store.kept(), (await rows()).length]).toEqual([[hashOf(bytes)], 2]);
      await drop(one);
      await store.collect();
      expect(await store.bytesOf(two)).toEqual(bytes);
      await drop(two);
      expect(await store.kept()).toHaveLength(1);
      await store.collect();
      expect(await store.kept()).toEqual([]);
    });

    it('one upload may be kept twice', async () => {
      const upload = await store.receive(content(10));
      const [one, two] = [await keepFile(store.context, upload), await keepFile(store.context, upload)];
      expect([one.sha256, one.id === two.id]).toEqual([two.sha256, false]);
    });

    it('the same content by 20 at once', async () => {
      const bytes = content(300_000);
      const all = await Promise.all(Array.from({ length: 20 }, () => store.keep(bytes)));
      expect(new Set(all.map(({ id }) => id)).size).toBe(20);
      expect([await store.kept(), await store.incoming()]).toEqual([[hashOf(bytes)], []]);
      expect(await store.bytesOf(all[7] as never)).toEqual(bytes);
    });

    it('rolled back: no row; the bytes are swept', async () => {
      const upload = await store.receive(content(10));
      const undone = store.house.db.transaction(async (db) => {
        await keepFile({ ...store.context, db }, upload);
        throw new Error('undone');
      });
      await expect(undone).rejects.toThrow('undone');
      expect([await rows(), await store.kept()]).toEqual([[], [upload.sha256]]);
      await store.sweep();
      expect(await store.kept()).toEqual([]);
    });

    it('two files in one transaction, in either order, do not wait in a circle', async () => {
      const contents = [content(10), content(10)];
      const both = (order: Buffer[]) =>
        store.house.db.transaction(async (db) => {
          for (const bytes of order) await keepFile({ ...store.context, db }, await store.receive(bytes));
        });
      await Promise.all([both(contents), both(contents.toReversed()), both(contents), both(contents.toReversed())]);
      expect([(await rows()).length, (await store.kept()).length]).toEqual([8, 2]);
    });

    it('a user who goes leaves the file; the account takes it along', async () => {
      const [user] = await store.house
        .db('users')
        .insert({ email: `${randomUUID()}@files.test` })
        .returning('id');
      const [account] = await store.house.db('accounts').insert({ name: 'passing' }).returning('id');
      const [userId, accountId] = [user?.id as number, account?.id as number];
      const context = { ...store.context, principal: { kind: 'user', userId, accountId, roles: ['owner'] } as const };
      const { id } = await keepFile(context, await store.receive(content(1)));
      await store.house.db('users').where({ id: userId }).delete();
      expect(await fileOf(context, id)).toMatchObject({ user_id: null });
      await store.house.db('accounts').where({ id: accountId }).delete();
      expect(await rows()).toEqual([]);
    });
  });

  describe('reading', () => {
    it.each([
      [0, 1],
      [1, 1],
      [0, 99_999],
      [5, 9],
      [70_000, 99_999],
      [99_999, 99_999],
    ])('bytes %i to %i', async (start, end) => {
      const bytes = content(100_000);
      const row = await store.keep(bytes);
      expect(hashOf(await store.bytesOf(row, { start, end }))).toBe(hashOf(bytes.subarray(start, end + 1)));
    });

    it('bytes that are gone: not_found, before anything is sent', async () => {
      const row = await store.keep(content(10));
      await store.house.files.storage.remove(row.sha256);
      const failure = { kind: 'not_found', message: 'The bytes of this file are gone.' };
      await expect(store.house.files.read(row)).rejects.toMatchObject(failure);
      await expect(store.house.files.read(row, { start: 0, end: 1 })).rejects.toMatchObject(failure);
    });

    it('bytes of another length than the row says are not served', async () => {
      const row = await store.keep(content(10));
      for (const range of [undefined, { start: 0, end: 1 }]) {
        await expect(store.house.files.read({ ...row, size: 11 }, range)).rejects.toMatchObject({
          kind: 'unavailable',
        });
      }
    });

    it('a reader that leaves early', async () => {
      const row = await store.keep(content(5_000_000));
      for (let n = 0; n < 60; n += 1) (await store.house.files.read(row)).destroy();
      expect(await store.bytesOf(row)).toHaveLength(5_000_000);
    });

    it('60 readers at once', async () => {
      const bytes = content(200_000);
      const row = await store.keep(bytes);
      const all = await Promise.all(Array.from({ length: 60 }, () => store.bytesOf(row)));
      expect(all.every((one) => one.equals(bytes))).toBe(true);
    });
  });

  describe('who may', () => {
    it.each(['', 'x', '../../etc/passwd', '1', '0'.repeat(36), `${randomUUID()}\0`, randomUUID()])(
      'there is no file %j, and the transaction goes on',
      async (id) => {
        await store.house.db.transaction(async (db) => {
          const context = { ...store.context, db };
          await expect(fileOf(context, id)).rejects.toMatchObject(notFound);
          await expect(dropFile(context, id)).rejects.toMatchObject(notFound);
          expect((await db.raw('select 1 as one')).rows).toEqual([{ one: 1 }]);
        });
      },
    );

    it('a file of another account is not there, and cannot be dropped', async () => {
      const { id } = await store.keep(content(10));
      await expect(fileOf(store.foreign, id)).rejects.toMatchObject(notFound);
      await expect(dropFile(store.foreign, id)).rejects.toMatchObject(notFound);
      expect(await rows()).toHaveLength(1);
    });
  });

  describe('collecting', () => {
    it('a drop that is rolled back collects nothing', async () => {
      const row = await store.keep(content(10));
      const undone = store.house.db.transaction(async (db) => {
        await dropFile({ ...store.context, db }, row.id);
        throw new Error('undone');
      });
      await expect(undone).rejects.toThrow('undone');
      await store.collect();
      expect(await store.bytesOf(row)).toHaveLength(10);
    });

    it('the worker collects what was dropped', async () => {
      const url = store.env.DATABASE_URL as string;
      const worker = await startWorker(store.house, url);
      try {
        const [one, two] = [await store.keep(content(10)), await store.keep(content(11))];
        await Promise.all([drop(one), drop(two)]);
        await vi.waitFor(async () => expect(await store.kept()).toEqual([]), { timeout: 5000, interval: 20 });
        expect(await rows()).toEqual([]);
      } finally {
        await worker.stop();
      }
    });

    it('a content that somebody is about to refer to is left', async () => {
      const bytes = content(10);
      let [isPut, release] = [() => {}, () => {}];
      const [put, held] = [new Promise<void>((done) => (isPut = done)), new Promise<void>((done) => (release = done))];
      const keeping = store.house.db.transaction(async (db) => {
        const row = await keepFile({ ...store.context, db }, await store.receive(bytes));
        isPut();
        await held;
        return row;
      });
      await put;
      await collectFile(store.house, hashOf(bytes));
      await store.sweep();
      release();
      expect(await store.bytesOf(await keeping)).toEqual(bytes);
    });

    it('keeping against collecting and sweeping, 50 times: a row always has its bytes', async () => {
      const bytes = content(5000);
      let row = await store.keep(bytes);
      for (let n = 0; n < 50; n += 1) {
        const dropped = row;
        const [kept] = await Promise.all([
          store.keep(bytes),
          drop(dropped).then(() => Promise.all([collectFile(store.house, dropped.sha256), store.collect()])),
          collectFile(store.house, dropped.sha256),
          ...(n % 10 === 0 ? [sweepFiles(store.house, never, -60_000)].map((sweep) => sweep.catch(() => {})) : []),
        ]);
        row = kept;
        expect(await store.bytesOf(row)).toEqual(bytes);
      }
      expect(await rows()).toHaveLength(1);
    });

    it('what is young is not swept, nor what is referred to, however old', async () => {
      const row = await store.keep(content(10));
      const young = await store.receive(content(11));
      const upload = await store.receive(content(12));
      const context = store.context;
      await store.house.db
        .transaction(async (db) => Promise.reject(await keepFile({ ...context, db }, upload)))
        .catch(() => {});
      await sweepFiles(store.house, never);
      expect([await store.kept(), await store.incoming()].map(({ length }) => length)).toEqual([2, 1]);
      await store.sweep();
      expect([await store.kept(), await store.incoming()]).toEqual([[row.sha256], []]);
      await expect(keepFile(context, young)).rejects.toMatchObject({ kind: 'unavailable' });
      expect(await rows()).toEqual([row]);
    });

    it('an upload that nobody finished within a day is swept', async () => {
      const [old, young] = [await store.receive(content(10)), await store.receive(content(10))];
      const yesterday = new Date(Date.now() - 86_500_000);
      await utimes(old.path, yesterday, yesterday);
      await sweepFiles(store.house, never);
      expect(await store.incoming()).toEqual([young.path.split('/').at(-1)]);
    });

    it('30 contents without a row, and one with', async () => {
      const row = await store.keep(content(10));
      await putMany(store, 30);
      expect(await store.kept()).toHaveLength(31);
      await store.sweep();
      expect(await store.kept()).toEqual([row.sha256]);
    });

    it('another installation on the same store is left alone', async () => {
      const settings = kind === 's3' ? { ...store.env } : { LATCHKEY_DATA: store.house.config.data };
      const other = await openStore('disk', { ...settings, DATABASE_URL: '' });
      try {
        const bytes = content(10);
        const [here, there] = [await store.keep(bytes), await other.keep(bytes)];
        await other.sweep();
        await store.sweep();
        expect([await store.bytesOf(here), await other.bytesOf(there)]).toEqual([bytes, bytes]);
        await dropFile(other.context, there.id);
        await other.collect();
        expect([await store.bytesOf(here), await other.kept()]).toEqual([bytes, []]);
      } finally {
        await other.close();
      }
    });
  });
});

describe('the disk', () => {
  let store: Store;
  beforeAll(async () => {
    store = await openStore('disk');
  });
  afterAll(() => store.close());

  it('is nobody else’s: folders 0700, files 0600, by the hash under two folders', async () => {
    const waiting = await store.receive(content(10));
    const { sha256 } = await store.keep(content(10));
    const folder = join(store.house.files.incoming, '..');
    const place = [sha256.slice(0, 2), sha256.slice(2, 4), sha256];
    const modes = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);
    for (const depth of [0, 1, 2]) expect(await modes(join(folder, ...place.slice(0, depth)))).toBe('700');
    expect([await modes(join(folder, '..')), await modes(store.house.files.incoming)]).toEqual(['700', '700']);
    expect([await modes(join(folder, ...place)), await modes(waiting.path)]).toEqual(['600', '600']);
    await store.house.files.discard(waiting);
  });

  it('the first byte alone', async () => {
    const bytes = content(10);
    expect(await store.bytesOf(await store.keep(bytes), { start: 0, end: 0 })).toEqual(bytes.subarray(0, 1));
  });

  it('a content that was cut is not served, and the next upload mends it', async () => {
    const bytes = content(1000);
    const row = await store.keep(bytes);
    const { sha256 } = row;
    await truncate(join(store.house.files.incoming, '..', sha256.slice(0, 2), sha256.slice(2, 4), sha256), 500);
    await expect(store.house.files.read(row)).rejects.toMatchObject({ kind: 'unavailable' });
    await store.keep(bytes);
    expect(await store.bytesOf(row)).toEqual(bytes);
  });

  it('what else lies there is not swept', async () => {
    const folder = join(store.house.files.incoming, '..');
    await writeFile(join(folder, 'README'), 'x');
    await symlink('/etc', join(folder, 'zz'));
    await store.sweep();
    expect((await stat(join(folder, 'README'))).size).toBe(1);
  });
});

describe('S3', () => {
  it('is spoken to without checksums that it may not know, path-style, and only when it is needed', async () => {
    const store = await openStore('s3');
    try {
      expect(store.requests).toEqual([]);
      const row = await store.keep(content(12_000_000));
      await store.keep(content(10));
      await store.bytesOf(row);
      expect(store.requests.length).toBeGreaterThan(5);
      for (const { url, headers } of store.requests) {
        expect(url).toMatch(/^\/files\/latchkey\/[\da-f]{16}\/[\da-f]{64}/);
        const names = Object.keys(headers).filter((name) => /checksum|trailer/.test(name));
        expect([names, headers['x-amz-content-sha256']]).toEqual([[], expect.not.stringContaining('TRAILER')]);
      }
    } finally {
      await store.close();
    }
  });

  it('away: unavailable, without a row, and without its secret in any message; back: as before', async () => {
    const store = await openStore('s3');
    try {
      const row = await store.keep(content(10));
      const server = store.s3 as Server;
      const refuse = (socket: Socket) => void socket.destroy();
      server.on('connection', refuse).closeAllConnections();
      const upload = await store.receive(content(11));
      const failures = await Promise.all([
        keepFile(store.context, upload).catch((failure) => failure),
        store.house.files.read(row).catch((failure) => failure),
      ]);
      for (const failure of failures) {
        expect(failure).toMatchObject({ kind: 'unavailable' });
        store.house.log.error({ err: failure.cause }, 'seen');
      }
      expect(store.log.join('')).not.toContain(secretKey);
      expect(await store.house.db('files')).toEqual([row]);
      server.off('connection', refuse);
      expect(await keepFile(store.context, upload)).toMatchObject({ size: 11 });
    } finally {
      await store.close();
    }
  });

  it('an answer with other bytes than were asked for is not passed on', async () => {
    const store = await openStore('s3');
    try {
      // This server takes `bytes=0-0` for `bytes=0-`.
      const first = store.house.files.read(await store.keep(content(10)), { start: 0, end: 0 });
      await expect(first).rejects.toMatchObject({ kind: 'unavailable' });
    } finally {
      await store.close();
    }
  });

  it('without the bucket: unavailable, and not as if the file were gone', async () => {
    const store = await openStore('s3', { LATCHKEY_S3_BUCKET: 'elsewhere' });
    try {
      const upload = await store.receive(content(11));
      await expect(keepFile(store.context, upload)).rejects.toMatchObject({ kind: 'unavailable' });
      await expect(store.house.files.read(upload)).rejects.toMatchObject({ kind: 'unavailable' });
    } finally {
      await store.close();
    }
  });
});
