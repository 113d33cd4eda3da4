import { type FileHandle, open, rm } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import type { S3Settings } from '../../s3_settings.ts';
import { type Ask, Refused, s3Client } from './s3_client.ts';
import { inside } from './s3_xml.ts';
import { gone, type Storage, unavailable } from './storage.ts';

/** The smallest part that S3 takes, and how many parts it takes at most. */
const smallest = 5 * 1024 * 1024;
const mostParts = 10_000;
/** Parts that are in memory at once. */
const atOnce = 2;

/**
 * A bucket of S3, or of what speaks like it.
 * @param folder what the keys of this installation begin with
 */
export function s3Storage(settings: S3Settings, folder: string): Storage {
  const client = s3Client(settings);
  const keyOf = (sha256: string) => `${folder}/${sha256}`;
  const tell = async (ask: Ask) => text((await client.send(ask)).body);

  /** An object is there when all of its parts are, and not before. */
  const putParts = async (key: string, file: FileHandle, size: number) => {
    const begun = await tell({ method: 'POST', key, query: { uploads: '' } });
    const uploadId = inside(begun, 'UploadId');
    if (!uploadId) throw new Error('S3 named no upload');
    try {
      const length = Math.max(smallest, Math.ceil(size / mostParts));
      const tags: string[] = [];
      const numbers = Array.from({ length: Math.ceil(size / length) }, (_, index) => index).values();
      const work = async () => {
        for (const index of numbers) {
          const body = await slice(file, index * length, Math.min(length, size - index * length));
          const query = { partNumber: String(index + 1), uploadId };
          const { headers, body: said } = await client.send({ method: 'PUT', key, query, body });
          said.resume();
          tags[index] = headers.etag ?? '';
        }
      };
      await Promise.all(Array.from({ length: atOnce }, work));
      const parts = tags.map((tag, at) => `<Part><PartNumber>${at + 1}</PartNumber><ETag>${tag}</ETag></Part>`);
      const body = Buffer.from(`<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`);
      const done = await tell({ method: 'POST', key, query: { uploadId }, body });
      // It may fail after it has answered 200.
      if (inside(done, 'Code') !== undefined) throw new Refused(200, done);
    } catch (error) {
      await tell({ method: 'DELETE', key, query: { uploadId } }).catch(() => {});
      throw error;
    }
  };

  return {
    async put(sha256, path, size) {
      const key = keyOf(sha256);
      const there = await client.send({ method: 'HEAD', key }).catch((error) => {
        if (!isMissing(error)) throw error;
      });
      there?.body.resume();
      if (Number(there?.headers['content-length'] ?? -1) !== size) {
        const file = await open(path);
        try {
          if (size > smallest) await putParts(key, file, size);
          else await tell({ method: 'PUT', key, body: await slice(file, 0, size) });
        } finally {
          await file.close();
        }
      }
      await rm(path, { force: true });
    },

    async read(sha256, size, range) {
      const part = range && { headers: { Range: `bytes=${range.start}-${range.end}` } };
      const { headers, body } = await client
        .send({ method: 'GET', key: keyOf(sha256), ...part })
        .catch((error: unknown) => {
          throw isMissing(error) ? gone(error) : unavailable(error);
        });
      // Some servers misread a range: better none than the wrong bytes.
      const there = range ? headers['content-range'] : Number(headers['content-length']);
      if (there === (range ? `bytes ${range.start}-${range.end}/${size}` : size)) return body;
      body.destroy();
      throw unavailable(new Error(`of ${size} bytes, ${there} came`));
    },

    async remove(sha256) {
      await tell({ method: 'DELETE', key: keyOf(sha256) });
    },

    async *list(before) {
      for (let next: string | undefined = ''; next !== undefined; ) {
        const query = { 'list-type': '2', prefix: `${folder}/`, ...(next && { 'continuation-token': next }) };
        const page = await tell({ method: 'GET', query });
        const all = page.split('<Contents>').slice(1);
        const old = all.filter((one) => Date.parse(inside(one, 'LastModified') ?? '') < before.getTime());
        yield old
          .map((one) => (inside(one, 'Key') ?? '').slice(folder.length + 1))
          .filter((name) => /^[\da-f]{64}$/.test(name));
        next = inside(page, 'NextContinuationToken');
      }
    },

    close: () => client.close(),
  };
}

/** Bytes of a file, or as many as there are: S3 refuses a body that is shorter than it was said to be. */
async function slice(file: FileHandle, from: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(length);
  let at = 0;
  while (at < length) {
    const { bytesRead } = await file.read(bytes, at, length - at, from + at);
    if (bytesRead === 0) throw new Error('the upload is shorter than it was');
    at += bytesRead;
  }
  return bytes;
}

function isMissing(error: unknown): boolean {
  return error instanceof Refused && error.status === 404 && error.code !== 'NoSuchBucket';
}
