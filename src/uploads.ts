import type { Readable } from 'node:stream';
import { Busboy, type BusboyHeaders } from '@fastify/busboy';
import type { Request } from 'express';
import { hasBody } from './body.ts';
import type { Operation } from './contract.ts';
import type { Upload } from './core/files/index.ts';
import { Failure } from './failure.ts';
import type { House } from './house.ts';

/** What came with a request, by the name of its field; a body that is nothing but a file is called `body`. */
export type Uploads = Record<string, Upload>;

/** What a multipart body may have besides its files, and the length of all their values together, in bytes. */
const limits = { fields: 100, parts: 120, files: 10, fieldSize: 1024 * 1024, headerPairs: 20 };

/**
 * Streams the files of a request to where they wait to be kept, and leaves the other fields in `request.body`, with each
 * file's name where the file was: that much the validator sees. Throws `too_large` (before anything is read, where the
 * request says how long it is), `invalid` for a body that is no multipart, or that ends early.
 * @param takes how large a file may be, by the fields before it, where that is less than the setting says
 */
export async function readUploads(
  request: Request,
  house: House,
  operation: Operation,
  takes: (fields: Record<string, string>) => number | undefined,
): Promise<Uploads> {
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  const isForm = type === 'multipart/form-data' && operation.accepts.includes(type);
  const isRaw = !isForm && operation.accepts.includes(octets);
  if (!isForm && !isRaw) return {};
  const most = house.config.maxUploadBytes;
  // The parts have headers of their own; the exact limit holds for each file as it arrives.
  const slack = isForm ? limits.fields * 1024 : 0;
  if (Number(request.headers['content-length'] ?? 0) > most + slack) {
    throw new Failure('too_large', `The file is larger than ${most} bytes.`);
  }
  if (isForm) return readForm(request, house, operation, takes);
  request.headers['content-type'] = octets;
  request.body = '';
  return { body: await house.files.receive(request, { name: 'body', mediaType: type || octets }) };
}

/** Drops what no handler has kept. */
export async function discardUploads(uploads: Uploads, { files }: House): Promise<void> {
  await Promise.all(Object.values(uploads).map((upload) => files.discard(upload)));
}

const octets = 'application/octet-stream';

async function readForm(
  request: Request,
  house: House,
  operation: Operation,
  takes: (fields: Record<string, string>) => number | undefined,
): Promise<Uploads> {
  request.body = {};
  if (!hasBody(request)) return {};
  const fields = new Map<string, string>();
  const open: Readable[] = [];
  const work: Promise<readonly [name: string, upload: Upload]>[] = [];
  const discard = (all: Upload[]) => Promise.all(all.map((upload) => house.files.discard(upload)));
  try {
    const parser = parserOf(request);
    await new Promise<void>((resolve, reject) => {
      let held = 0;
      parser.on('field', (name, value, _nameCut, isCut) => {
        held += value.length;
        if (isCut || held > limits.fieldSize)
          reject(new Failure('too_large', `The fields are longer than ${limits.fieldSize} bytes.`));
        else fields.set(name, value);
      });
      parser.on('file', (name, stream, filename, _encoding, said) => {
        // A form that is sent with no file chosen has a file without a name.
        if (!operation.files.includes(name) || filename === '') return void stream.resume();
        // Ended below when something is wrong; whoever reads it hears of that, and maybe nobody does.
        open.push(stream.on('error', () => {}));
        const named = { name: filename ?? '', mediaType: silent.has(said) ? '' : said };
        const take = async () => house.files.receive(stream, named, takes(Object.fromEntries(fields)));
        const taken = take().then((upload) => [name, upload] as const);
        work.push(taken);
        taken.catch(reject);
      });
      const early = () => reject(malformed(new Error('the body ended early')));
      parser.once('finish', resolve);
      parser.once('error', (cause) => reject(malformed(cause)));
      request.once('close', () => request.complete || early());
      // Whoever asked may have gone while we looked who it was.
      if (request.destroyed) early();
      request.pipe(parser);
    }).finally(() => request.unpipe(parser).resume());
    const taken = await Promise.all(work);
    const uploads = new Map(taken);
    for (const [name, { name: filename }] of uploads) fields.set(name, filename);
    refuseText(fields, uploads, operation);
    // Of several files in one field, the last one counts.
    await discard(taken.filter(([name, upload]) => uploads.get(name) !== upload).map(([, upload]) => upload));
    request.body = Object.fromEntries(fields);
    return Object.fromEntries(uploads);
  } catch (thrown) {
    for (const stream of open) stream.destroy(thrown as Error);
    const settled = await Promise.allSettled(work);
    await discard(settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value[1]] : [])));
    throw thrown;
  }
}

/** What says nothing of a file: what the parser takes for a part without a type, and any bytes. Its name may say more. */
const silent = new Set(['text/plain', octets]);

function parserOf(request: Request) {
  try {
    return new Busboy({ headers: request.headers as BusboyHeaders, limits });
  } catch (cause) {
    throw malformed(cause);
  }
}

/** A field that the contract has a file in, and the caller a text. */
function refuseText(fields: Map<string, string>, uploads: Map<string, Upload>, { files }: Operation): void {
  const name = files.find((file) => fields.has(file) && !uploads.has(file));
  if (name === undefined) return;
  const message = 'must be a file';
  const faults = [{ path: ['body', name], keyword: 'multipart', message }];
  throw new Failure('invalid', `${name} ${message}.`, { fields: { [name]: [message] }, reason: { faults } });
}

function malformed(cause: unknown): Failure {
  return new Failure('invalid', 'The body is not valid multipart/form-data.', { cause });
}
