import { randomUUID } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { showProgress } from './output.ts';
import { call } from './server.ts';
import { Stop } from './stop.ts';

/** Uploads a file as it is read, and gives the answer. Throws a `Stop` for what is no file. */
export async function upload(path: string): Promise<string> {
  const size = sizeOf(path);
  const boundary = `latchkey-${randomUUID()}`;
  // The name is a field of its own, as no two servers read quotes in a file name alike.
  const head = Buffer.from(
    `--${boundary}\r\nContent-Disposition: form-data; name="name"\r\n\r\n${basename(path)}\r\n` +
      `--${boundary}\r\nContent-Disposition: form-data; name="pfile"; filename="file"\r\n` +
      'Content-Type: application/octet-stream\r\n\r\n',
  );
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  const progress = showProgress('{bar} {percentage}% | {eta_formatted} left', size);
  const body = Readable.from(parts(head, path, size, tail, progress.to), { objectMode: false });
  const headers = {
    'Content-Type': `multipart/form-data; boundary=${boundary}`,
    'Content-Length': String(head.length + size + tail.length),
  };
  try {
    return (await call('createFile', { body, headers })).text;
  } finally {
    progress.end();
  }
}

function sizeOf(path: string): number {
  try {
    const stats = statSync(path);
    if (stats.isFile()) return stats.size;
  } catch (error) {
    throw new Stop('usage', `${path} cannot be read: ${(error as NodeJS.ErrnoException).code}.`, { cause: error });
  }
  throw new Stop('usage', `${path} is no file.`);
}

/** The size is promised: what is written to the file meanwhile is not sent. */
async function* parts(head: Buffer, path: string, size: number, tail: Buffer, to: (done: number) => void) {
  yield head;
  let done = 0;
  if (size > 0) {
    for await (const chunk of createReadStream(path, { end: size - 1, highWaterMark: 1 << 18 })) {
      yield chunk;
      done += chunk.length;
      to(done);
    }
  }
  if (done < size) throw new Error(`${path} became shorter while it was read`);
  yield tail;
}
