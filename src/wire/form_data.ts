import type { Readable } from 'node:stream';
import { Dicer } from '@fastify/busboy';
import { parse as contentDisposition } from 'content-disposition';
import { Failure } from '../contract/failure.ts';
import { decodeText, headerText, refuseBytes } from './unicode.ts';

/** How many fields and files of a form are looked at, and the length of all its values together, in bytes. */
export const limits = { fields: 100, files: 10, fieldSize: 1024 * 1024, headerPairs: 20 };

interface Named {
  /** Of the field. */
  name: string;
  filename: string;
  /** Of the content, as it was said. */
  mediaType: string;
}

/** Whoever reads a form: `file` gets each file as it comes, with the fields before it, and must read it to its end. */
interface Reader {
  field(name: string, value: string): void;
  file(named: Named, bytes: Readable): Promise<void>;
}

/**
 * Reads a multipart/form-data body (RFC 7578) part by part: names, values and file names are UTF-8 and nothing else, and of
 * two names of a file `filename*` counts (RFC 6266 §4.3). Resolves when all of it has been read. Throws `invalid` for a body
 * that is no form, or ends early, and `too_large`.
 */
export async function readForm(body: Readable, contentType: string, reader: Reader): Promise<void> {
  const parser = parserOf(contentType);
  const parts: Readable[] = [];
  const reads: Promise<void>[] = [];
  const count = { fields: 0, files: 0, bytes: 0 };
  try {
    await new Promise<void>((resolve, reject) => {
      const early = () => reject(malformed(new Error('the body ended early')));
      parser.on('part', (given) => {
        const part = given as unknown as Readable;
        // Whoever reads it hears of what is wrong, and maybe nobody does.
        parts.push(part.on('error', () => {}));
        part.once('header', (header: Header) => {
          const read = take(part, header, [...reads], count, reader);
          reads.push(read);
          read.catch(reject);
        });
      });
      parser.once('finish', resolve);
      parser.on('error', (cause) => reject(malformed(cause)));
      body.once('error', (cause) => reject(malformed(cause)));
      body.once('close', () => body.readableEnded || early());
      // Whoever asked may have gone while we looked who it was.
      if (body.destroyed) early();
      body.pipe(parser);
    });
    await Promise.all(reads);
  } catch (thrown) {
    for (const part of parts) part.destroy(thrown as Error);
    await Promise.allSettled(reads);
    throw thrown;
  } finally {
    body.unpipe(parser).resume();
  }
}

type Header = Record<string, string[] | undefined>;

/** Reads one part; a file only once those before it have been read. */
async function take(
  part: Readable,
  header: Header,
  before: readonly Promise<void>[],
  count: Record<'fields' | 'files' | 'bytes', number>,
  reader: Reader,
): Promise<void> {
  const named = namesOf(header);
  if (!named) return void part.resume();
  const { name, filename, mediaType, charset } = named;
  if (filename !== undefined) {
    count.files += 1;
    if (count.files > limits.files) return void part.resume();
    await Promise.all(before);
    return reader.file({ name, filename, mediaType }, part);
  }
  count.fields += 1;
  if (count.fields > limits.fields) return void part.resume();
  const chunks: Buffer[] = [];
  for await (const chunk of part.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    count.bytes += chunk.length;
    if (count.bytes > limits.fieldSize)
      throw new Failure('too_large', `The fields are longer than ${limits.fieldSize} bytes.`);
    chunks.push(chunk);
  }
  reader.field(name, decodeText(Buffer.concat(chunks), charset, name));
}

/** What the headers of a part say; undefined for one that is no field of a form. */
function namesOf(header: Header) {
  const text = headerText(header['content-disposition']?.[0] ?? '', 'The name of a part');
  refuseBytes(/\bfilename\*\s*=\s*"?utf-8'[^']*'([^;\s"]*)/i.exec(text)?.[1] ?? '', 'The name of a file');
  // Browsers escape a quote as `%22` and leave backslashes alone; others write `\"` and `\\`.
  const browsers = text.replace(/\\(["\\])/g, (_, character) => (character === '"' ? '%22' : character));
  const { type, parameters } = contentDisposition(browsers, { multipart: true });
  const { name, filename } = parameters;
  if (type !== 'form-data' || name === undefined) return undefined;
  const mediaType = header['content-type']?.[0] ?? '';
  const charset = /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(mediaType)?.[1]?.toLowerCase();
  // Bytes of no kind are a file, although it has no name.
  const isFile = filename !== undefined || /^application\/octet-stream\b/i.test(mediaType);
  return { name, mediaType, charset, filename: isFile ? (filename ?? '') : undefined };
}

function parserOf(contentType: string): Dicer {
  const [, quoted, plain] = /;\s*boundary\s*=\s*(?:"([^"]+)"|([^\s;"]+))/i.exec(contentType) ?? [];
  const boundary = quoted ?? plain;
  if (boundary === undefined) throw malformed(new Error('there is no boundary'));
  return new Dicer({ boundary, maxHeaderPairs: limits.headerPairs });
}

function malformed(cause: unknown): Failure {
  return new Failure('invalid', 'The body is not valid multipart/form-data.', { cause });
}
