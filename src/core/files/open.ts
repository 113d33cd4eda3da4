import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../../config.ts';
import type { Installation } from '../installation/index.ts';
import { diskStorage } from './disk.ts';
import type { Files } from './file.ts';
import { receive } from './receive.ts';
import { s3Storage } from './s3.ts';

/**
 * The files of an installation: on the disk, or in S3 where the operator chose it. What arrives waits on the disk either
 * way. Each installation has a folder of its own in what may be shared: what one does not refer to, another may.
 */
export function openFiles(config: Config, { fileStore }: Pick<Installation, 'fileStore'>): Files {
  const folder = join(config.data, 'files', fileStore);
  const storage = config.s3 ? s3Storage(config.s3, `latchkey/${fileStore}`) : diskStorage(folder);
  const incoming = join(folder, 'incoming');
  return {
    storage,
    incoming,
    receive: (body, named, limit = config.maxUploadBytes) => receive(incoming, body, named, limit),
    discard: ({ path }) => rm(path, { force: true }),
    read: ({ sha256, size }, range) => storage.read(sha256, size, range),
    close: async () => storage.close(),
  };
}
