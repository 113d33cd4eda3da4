import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import type { IncomingMessage, Server } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import S3rver from 's3rver';
import { inject } from 'vitest';
import type { Context } from '../../src/core/context.ts';
import type { FileRow, Upload } from '../../src/core/files/file.ts';
import { keepFile } from '../../src/core/files/index.ts';
import { collectFile, sweepFiles } from '../../src/core/files/sweep.ts';
import { openHouse, type TestHouse } from './house.ts';

export type Kind = 'disk' | 's3';
export const kinds: Kind[] = ['disk', 's3'];

/** A house with a file store of one kind; the S3 one is a real server that keeps its objects in a temporary folder. */
export interface Store extends TestHouse {
  /** What another process needs to work on the same store. */
  env: Record<string, string>;
  /** A call of the owner, or of another account's. */
  context: Context;
  foreign: Context;
  /** Uploads that are not kept. */
  incoming(): Promise<string[]>;
  /** The hashes of all bytes that are kept. */
  kept(): Promise<string[]>;
  /** Receives bytes and keeps them. */
  keep(bytes: Buffer, name?: string): Promise<FileRow>;
  receive(bytes: Buffer, name?: string): Promise<Upload>;
  bytesOf(file: FileRow, range?: { start: number; end: number }): Promise<Buffer>;
  /** Runs the jobs that were queued, as the worker does. */
  collect(): Promise<void>;
  /** Removes whatever nobody refers to, however young. */
  sweep(): Promise<void>;
  /** The S3 server's, for whoever wants to see what is asked of it, or to take it away. */
  s3: Server | undefined;
  requests: IncomingMessage[];
}

export const secretKey = 'S3RVER';

export async function openStore(kind: Kind, settings: Record<string, string> = {}): Promise<Store> {
  const requests: IncomingMessage[] = [];
  const s3 = kind === 's3' ? await openS3(requests) : undefined;
  const opened = await openHouse({ ...s3?.env, ...settings });
  const { house } = opened;
  const { accountId } = house.installation;
  const owner = await house.db('users').orderBy('id').first('id');
  const [neighbour] = await house.db('accounts').insert({ name: 'neighbour' }).returning('id');
  const principal = { kind: 'user', userId: owner?.id as number, accountId, roles: ['owner'] } as const;
  const context = {
    house,
    db: house.db,
    principal,
    asker: { address: '127.0.0.1', requestId: 'test', origin: 'http://localhost' },
  };
  const foreign = { ...context, principal: { ...principal, accountId: neighbour?.id as number } };

  const receive: Store['receive'] = (bytes, name = 'a.txt') =>
    house.files.receive(Readable.from(slices(bytes)), { name, mediaType: '' });
  return {
    ...opened,
    env: {
      LATCHKEY_DATA: house.config.data,
      DATABASE_URL: house.db.client.connectionSettings.connectionString,
      ...s3?.env,
    },
    context,
    foreign,
    receive,
    incoming: () => readdir(house.files.incoming).catch(() => []),
    async kept() {
      const all = [];
      for await (const some of house.files.storage.list(new Date(Date.now() + 60_000))) all.push(...some);
      return all.sort();
    },
    keep: async (bytes, name) => keepFile(context, await receive(bytes, name)),
    bytesOf: async (file, range) => buffer(await house.files.read(file, range)),
    async collect() {
      const jobs = await house.db.raw('select id, payload from graphile_worker._private_jobs');
      for (const { payload } of jobs.rows) await collectFile(house, payload.sha256);
      await house.db.raw('delete from graphile_worker._private_jobs where id = any(?)', [
        jobs.rows.map(({ id }: { id: number }) => id),
      ]);
    },
    sweep: () => sweepFiles(house, new AbortController().signal, -60_000),
    s3: s3?.server,
    requests,
    async close() {
      await opened.close();
      await s3?.close();
    },
  };
}

/** A random content of a size. */
export const content = (size: number) => randomBytes(size);
export const hashOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/** Bytes as a network brings them. */
export function* slices(bytes: Buffer, size = 65_536) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function openS3(requests: IncomingMessage[]) {
  const directory = await mkdtemp(join(inject('folder'), 's3-'));
  const configureBuckets = [{ name: 'files', configs: [] }];
  const s3 = new S3rver({ address: '127.0.0.1', port: 0, silent: true, directory, configureBuckets });
  const { port } = await s3.run();
  const server = s3.httpServer;
  server.on('request', (request) => void requests.push(request));
  const env = {
    LATCHKEY_S3_BUCKET: 'files',
    LATCHKEY_S3_ENDPOINT: `http://127.0.0.1:${port}`,
    LATCHKEY_S3_ACCESS_KEY_ID: 'S3RVER',
    LATCHKEY_S3_SECRET_ACCESS_KEY: secretKey,
  };
  return {
    env,
    server,
    async close() {
      if (server.listening) {
        const closed = once(server, 'close');
        server.close();
        server.closeAllConnections();
        await closed;
      }
      await rm(directory, { recursive: true, force: true });
    },
  };
}
