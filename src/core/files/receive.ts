import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { Failure } from '../../contract/failure.ts';
import type { Upload } from './file.ts';
import { cleanName, mediaTypeOf } from './file_name.ts';
import { unavailable } from './storage.ts';

/** See `Files.receive`. */
export async function receive(
  folder: string,
  body: Readable,
  named: { name: string; mediaType: string },
  limit: number,
): Promise<Upload> {
  // Whoever has it may end it after we have turned away; nobody else listens then.
  body.on('error', () => {});
  const path = join(folder, randomUUID());
  const file = await make(folder, path).catch((cause) => {
    throw unavailable(cause);
  });
  try {
    const received = await write(body, file, limit);
    await file.close();
    const name = cleanName(named.name);
    return { path, ...received, name, mediaType: mediaTypeOf(named.mediaType, name) };
  } catch (thrown) {
    await file.close().catch(() => {});
    await rm(path, { force: true });
    if (thrown instanceof Failure) throw thrown;
    throw new Failure('invalid', 'The upload broke off before its end.', { cause: thrown });
  }
}

/** For nobody but us. The folder is made when it is first needed: an installation without files has none. */
async function make(folder: string, path: string): Promise<FileHandle> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return open(path, 'wx', 0o600);
}

async function write(body: Readable, file: FileHandle, limit: number): Promise<Pick<Upload, 'size' | 'sha256'>> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) throw new Failure('too_large', `The file is larger than ${limit} bytes.`);
    hash.update(chunk);
    await file.appendFile(chunk).catch((cause) => {
      throw unavailable(cause);
    });
  }
  return { size, sha256: hash.digest('hex') };
}
