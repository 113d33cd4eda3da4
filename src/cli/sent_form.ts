import { randomUUID } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { Readable } from 'node:stream';
import { Stop } from './stop.ts';

/** A field of a form: its text, or a file and the name that it is sent under. */
export type Field = { name: string } & ({ text: string } | { path: string; filename: string });

/** A form, as it is sent. */
export interface SentForm {
  headers: Record<string, string>;
  /** Its bytes, once; `to` hears how many bytes of the files are sent. */
  body(to?: (done: number) => void): Readable;
  /** Bytes of all its files. */
  size: number;
}

/** A form whose files are read as they are sent. Throws a `Stop` for what is no file, and for names that no form may have. */
export function sentForm(fields: Field[]): SentForm {
  const boundary = `latchkey-${randomUUID()}`;
  const parts = fields.map((field) => {
    const file = 'path' in field ? { path: field.path, size: sizeOf(field.path) } : undefined;
    return { head: Buffer.from(`--${boundary}\r\n${headOf(field)}`), file };
  });
  const tail = Buffer.from(`--${boundary}--\r\n`);
  const size = parts.reduce((sum, { file }) => sum + (file?.size ?? 0), 0);
  const ends = parts.reduce((sum, { head, file }) => sum + head.length + (file ? 2 : 0), tail.length);
  return {
    headers: { 'Content-Type': `multipart/form-data; boundary=${boundary}`, 'Content-Length': String(ends + size) },
    body: (to = () => undefined) => Readable.from(bytesOf(parts, tail, to), { objectMode: false }),
    size,
  };
}

/** What stands before the bytes of a file; of a text, all of it. */
function headOf(field: Field): string {
  const named = [field.name, 'path' in field ? field.filename : ''];
  if (named.some((name) => /["\r\n]/.test(name)))
    throw new Stop('usage', 'A form has no quotes and no line ends in names.');
  const about = `Content-Disposition: form-data; name="${field.name}"`;
  if ('text' in field) return `${about}\r\n\r\n${field.text}\r\n`;
  return `${about}; filename="${field.filename}"\r\nContent-Type: application/octet-stream\r\n\r\n`;
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

interface Part {
  head: Buffer;
  file: { path: string; size: number } | undefined;
}

/** The sizes are promised: what is written to a file meanwhile is not sent. */
async function* bytesOf(parts: Part[], tail: Buffer, to: (done: number) => void) {
  let done = 0;
  for (const { head, file } of parts) {
    yield head;
    if (!file) continue;
    let left = file.size;
    if (left > 0)
      for await (const chunk of createReadStream(file.path, { end: left - 1, highWaterMark: 1 << 18 })) {
        yield chunk;
        left -= chunk.length;
        done += chunk.length;
        to(done);
      }
    if (left > 0) throw new Error(`${file.path} became shorter while it was read`);
    yield Buffer.from('\r\n');
  }
  yield tail;
}
