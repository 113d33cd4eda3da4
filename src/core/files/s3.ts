import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import type { S3ClientConfig, S3ServiceException } from '@aws-sdk/client-s3';
import type { S3Settings } from '../../config.ts';
import { gone, type Storage, unavailable } from './storage.ts';

/**
 * A bucket of S3, or of what speaks like it. The client library is loaded at the first use: who does not choose S3 does
 * not wait for it.
 * @param folder what the keys of this installation begin with
 */
export function s3Storage({ bucket: Bucket, ...settings }: S3Settings, folder: string): Storage {
  let opened: ReturnType<typeof load> | undefined;
  const open = () => {
    opened ??= load(settings);
    return opened;
  };
  const named = (sha256: string) => ({ Bucket, Key: `${folder}/${sha256}` });
  return {
    async put(sha256, path, size) {
      const { client, sdk, Upload } = await open();
      const there = await client.send(new sdk.HeadObjectCommand(named(sha256))).catch((error) => {
        if (!isMissing(error)) throw error;
      });
      if (there?.ContentLength !== size) {
        const params = { ...named(sha256), Body: createReadStream(path) };
        // Two parts of 5 MiB in memory; an object is there when all of its parts are, and not before.
        await new Upload({ client, params, queueSize: 2 }).done();
      }
      await rm(path, { force: true });
    },

    async read(sha256, size, range) {
      const { client, sdk } = await open();
      const part = range && { Range: `bytes=${range.start}-${range.end}` };
      const got = await client.send(new sdk.GetObjectCommand({ ...named(sha256), ...part })).catch((error) => {
        throw isMissing(error) ? gone(error) : unavailable(error);
      });
      const body = got.Body as Readable;
      // Some servers misread a range: better none than the wrong bytes.
      const there = range ? got.ContentRange : got.ContentLength;
      if (there === (range ? `bytes ${range.start}-${range.end}/${size}` : size)) return body;
      body.destroy();
      throw unavailable(new Error(`of ${size} bytes, ${there} came`));
    },

    async remove(sha256) {
      const { client, sdk } = await open();
      await client.send(new sdk.DeleteObjectCommand(named(sha256)));
    },

    async *list(before) {
      const { client, sdk } = await open();
      for await (const { Contents = [] } of sdk.paginateListObjectsV2({ client }, { Bucket, Prefix: `${folder}/` })) {
        const old = Contents.filter(({ LastModified }) => LastModified && LastModified < before);
        yield old.map(({ Key = '' }) => Key.slice(folder.length + 1)).filter((name) => /^[\da-f]{64}$/.test(name));
      }
    },

    close() {
      opened?.then(({ client }) => client.destroy());
    },
  };
}

async function load({ endpoint, region, credentials }: Omit<S3Settings, 'bucket'>) {
  const [sdk, { Upload }] = await Promise.all([import('@aws-sdk/client-s3'), import('@aws-sdk/lib-storage')]);
  const config: S3ClientConfig = {
    region,
    // Names of buckets are no names of hosts elsewhere.
    ...(endpoint && { endpoint, forcePathStyle: true }),
    // Where there are none, those of the machine.
    ...(credentials && { credentials }),
    // Many that speak like S3 do not know the checksums that it adds unasked.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: 5_000,
      requestTimeout: 60_000,
      throwOnRequestTimeout: true,
      // A download holds one for as long as its reader takes.
      httpAgent: { maxSockets: 500 },
      httpsAgent: { maxSockets: 500 },
    },
  };
  return { sdk, Upload, client: new sdk.S3Client(config) };
}

function isMissing(error: S3ServiceException): boolean {
  return error.$metadata?.httpStatusCode === 404 && error.name !== 'NoSuchBucket';
}
