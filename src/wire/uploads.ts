import type { Request } from 'express';
import type { Operation } from '../contract/contract.ts';
import { Failure } from '../contract/failure.ts';
import type { Upload } from '../core/files/file.ts';
import type { House } from '../core/house.ts';
import type { Principal } from '../core/principal.ts';
import { hasBody, mediaTypeOf } from './body.ts';
import { atPace, paces } from './body_rate.ts';
import { decoded } from './content_encoding.ts';
import { limits, readForm } from './form_data.ts';

/** What came with a request, by the name of its field; a body that is nothing but a file is called `body`. */
export type Uploads = Record<string, Upload>;

interface Wanted {
  house: House;
  operation: Operation;
  /** Who sends it: for nobody in particular, less is waited for. */
  principal: Principal;
  /** How large a file may be, by the fields before it, where that is less than the setting says. */
  takes(fields: Record<string, string>): number | undefined;
}

/**
 * Streams the files of a request to where they wait to be kept, and leaves the other fields in `request.body`, with each
 * file's name where the file was: that much the validator sees. A body that has been read already is left alone. Throws
 * `too_large` (before anything is read, where the request says how long it is), `too_slow`, `unsupported`, `invalid` for a
 * body that is no multipart, or that ends early.
 */
export async function readUploads(request: Request, wanted: Wanted): Promise<Uploads> {
  const { house, operation, principal } = wanted;
  const type = mediaTypeOf(request);
  const isForm = type === 'multipart/form-data';
  const isRaw = !isForm && operation.accepts.includes(octets);
  if (request.body !== undefined) {
    if (isForm) refuseText(new Map(Object.entries(request.body ?? {})), {}, operation);
    return {};
  }
  if (!isForm && !isRaw) return {};
  const most = house.config.maxUploadBytes;
  // The parts have headers of their own; the exact limit holds for each file as it arrives.
  const slack = isForm ? limits.fields * 1024 : 0;
  if (Number(request.headers['content-length'] ?? 0) > most + slack) {
    throw new Failure('too_large', `The file is larger than ${most} bytes.`);
  }
  const pace = paces[principal.kind === 'anonymous' ? 'anonymous' : 'known'];
  const reading = isForm ? readFields(request, wanted) : readRaw(request, house, type);
  return atPace(request, pace, reading).catch(async (thrown) => {
    // What was too slow may come to its end yet.
    reading.then((uploads) => discardUploads(uploads, house)).catch(() => {});
    throw thrown;
  });
}

/** Drops what no handler has kept. */
export async function discardUploads(uploads: Uploads, { files }: House): Promise<void> {
  await Promise.all(Object.values(uploads).map((upload) => files.discard(upload)));
}

const octets = 'application/octet-stream';

async function readRaw(request: Request, house: House, type: string): Promise<Uploads> {
  const body = await house.files.receive(decoded(request), { name: 'body', mediaType: type || octets });
  request.headers['content-type'] = octets;
  request.body = '';
  return { body };
}

async function readFields(request: Request, { house, operation, takes }: Wanted): Promise<Uploads> {
  const fields = new Map<string, string>();
  const taken: [name: string, upload: Upload][] = [];
  const discard = (all: [string, Upload][]) => Promise.all(all.map(([, upload]) => house.files.discard(upload)));
  const isForm = operation.form !== undefined;
  try {
    if (hasBody(request)) {
      await readForm(decoded(request), String(request.headers['content-type']), {
        field: (name, value) => void fields.set(name, value),
        async file({ name, filename, mediaType }, bytes) {
          // A form that is sent with no file chosen has a file without a name.
          if (!operation.files.includes(name) || filename === '') return void bytes.resume();
          const named = { name: filename, mediaType: silent.test(mediaType) ? '' : mediaType };
          taken.push([name, await house.files.receive(bytes, named, takes(Object.fromEntries(fields)))]);
        },
      });
    }
    // Bytes in which there is no part are no form (RFC 2046 §5.1.1).
    if (!isForm && fields.size === 0) throw new Failure('invalid', 'The body is not valid multipart/form-data.');
    const uploads = new Map(taken);
    for (const [name, { name: filename }] of uploads) fields.set(name, filename);
    refuseText(fields, Object.fromEntries(uploads), operation);
    // Of several files in one field, the last one counts.
    await discard(taken.filter(([name, upload]) => uploads.get(name) !== upload));
    request.body = Object.fromEntries(fields);
    if (!isForm) request.headers['content-type'] = 'application/json';
    return Object.fromEntries(uploads);
  } catch (thrown) {
    await discard(taken);
    throw thrown;
  }
}

/** What says nothing of a file: text without more, and any bytes. Its name may say more. */
const silent = /^(text\/plain|application\/octet-stream)?\s*(;|$)/i;

/** A field that the contract has a file in, and the caller a text. */
function refuseText(fields: Map<string, unknown>, uploads: Uploads, { files }: Operation): void {
  const name = files.find((file) => (fields.get(file) ?? undefined) !== undefined && !Object.hasOwn(uploads, file));
  if (name === undefined) return;
  const message = 'must be a file';
  const faults = [{ path: ['body', name], keyword: 'multipart', message }];
  throw new Failure('invalid', `${name} ${message}.`, { fields: { [name]: [message] }, reason: { faults } });
}
