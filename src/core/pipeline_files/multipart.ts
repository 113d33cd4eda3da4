import { Readable } from 'node:stream';
import type { Knex } from 'knex';
import type { MultipartUpload } from '../../../generated/tables.ts';
import { Failure } from '../../contract/failure.ts';
import type { Context } from '../context.ts';
import type { FileRow, Upload } from '../files/file.ts';
import { cleanName } from '../files/file_name.ts';
import { dropFile, keepFile } from '../files/index.ts';
import type { House } from '../house.ts';
import { uuidOf } from '../ids.ts';
import { accountOf } from '../rules.ts';

/** How long an upload is good. */
const lifetime = '1 day';

/** A part, as whoever sent it names it. */
export interface NamedPart {
  ETag: string;
  PartNumber: number;
}

type Part = FileRow & { number: number };

/** Opens an upload of a file that is sent in parts. The id of the file is known from now on. */
export async function openUpload(context: Context, name = 'file'): Promise<MultipartUpload> {
  const { principal } = context;
  const [row] = await context
    .db('multipart_uploads')
    .insert({
      account_id: accountOf(context),
      user_id: principal.kind === 'user' ? principal.userId : null,
      name: cleanName(name),
    })
    .returning('*');
  return row as MultipartUpload;
}

/** An upload of the caller's account by its id and that of its file. Throws `not_found`. */
export async function uploadOf(context: Context, id: string, fileId: string): Promise<MultipartUpload> {
  const [upload, file] = [uuidOf('upload', id), uuidOf('file', fileId)];
  const where = { id: upload ?? '', file_id: file ?? '', account_id: accountOf(context) };
  const found = upload && file && (await context.db('multipart_uploads').where(where).first());
  if (found) return found;
  throw missing();
}

/**
 * Keeps a part, in the place of an earlier one of its number; gives its ETag. Whoever calls has made sure that the caller
 * may. Throws `not_found` for an upload that is over, `too_large` where the parts are more than one file may be.
 */
export async function keepPart(context: Context, id: string, number: number, upload: Upload): Promise<string> {
  return context.db.transaction(async (db) => {
    const row = await db('multipart_uploads').where({ id }).forUpdate().first();
    if (!row) throw missing();
    const within = inAccount({ ...context, db }, row);
    const others = (await partsOf(db, id)).filter((part) => part.number !== number);
    checkSize(context.house, others, upload.size);
    const [old] = await db('multipart_parts').where({ upload_id: id, number }).delete().returning('file_id');
    if (old) await dropFile(within, old.file_id);
    const { id: file_id, sha256 } = await keepFile(within, upload, { name: `${row.name.slice(0, 200)}.part` });
    await db('multipart_parts').insert({ upload_id: id, number, file_id });
    return etag(sha256);
  });
}

/**
 * Makes the file of the parts that are named, in the order of their numbers, without holding more than a piece of one; the
 * upload is over then. Throws `invalid` for a part that is not there or is another one, `not_found` where it was over.
 */
export async function finishUpload(context: Context, upload: MultipartUpload, named: readonly NamedPart[]) {
  const { house } = context;
  const sent = await partsOf(context.db, upload.id);
  // Its parts go with it: asked in this order, one that is still there had all of them.
  if (!(await context.db('multipart_uploads').where({ id: upload.id }).first('id'))) throw missing();
  // An empty file has no part: its client sends none and names none.
  if (named.length === 0 && sent.length > 0) {
    const sentence = 'Name the parts that were sent';
    throw new Failure('invalid', sentence, { fields: { multipart_metadata: [sentence] } });
  }
  const parts = chosen(sent, named);
  checkSize(house, parts, 0);
  const whole = await house.files.receive(Readable.from(bytesOf(house, parts)), { name: upload.name, mediaType: '' });
  try {
    return await context.db.transaction(async (db) => {
      const within = { ...context, db };
      // Two who finish at once: the second finds nothing here any more.
      if (!(await db('multipart_uploads').where({ id: upload.id }).forUpdate().first('id'))) throw missing();
      const file = await keepFile(within, whole, { id: upload.file_id, pinned: true });
      await drop(within, upload.id);
      return file;
    });
  } finally {
    await house.files.discard(whole);
  }
}

/** Drops what nobody finished within a day. */
export async function sweepUploads(house: House): Promise<void> {
  const asker = { address: '', requestId: '', origin: '' };
  const old = await house
    .db('multipart_uploads')
    .whereRaw('created_at < now() - ?::interval', [lifetime])
    .select('id', 'account_id');
  for (const row of old) {
    await house.db.transaction(async (db) => {
      // Whoever finishes it at this moment has it.
      const mine = await db('multipart_uploads').where({ id: row.id }).forUpdate().skipLocked().first('id');
      const context = { house, db, principal: { kind: 'open', accountId: row.account_id }, asker } as const;
      if (mine) await drop(context, row.id);
    });
  }
}

async function drop(context: Context, id: string): Promise<void> {
  const parts = await context.db('multipart_parts').where({ upload_id: id }).delete().returning('file_id');
  for (const { file_id } of parts) await dropFile(context, file_id);
  await context.db('multipart_uploads').where({ id }).delete();
}

function partsOf(db: Knex, id: string): Promise<Part[]> {
  return db('multipart_parts as p')
    .join('files as f', 'f.id', 'p.file_id')
    .where('p.upload_id', id)
    .orderBy('p.number')
    .select('f.*', 'p.number');
}

function chosen(parts: Part[], named: readonly NamedPart[]): Part[] {
  const byNumber = new Map(parts.map((part) => [part.number, part]));
  const found = named.map(({ ETag, PartNumber }) => {
    const part = byNumber.get(PartNumber);
    if (part && part.sha256 === ETag.replace(/^"(.*)"$/, '$1') && byNumber.delete(PartNumber)) return part;
    const sentence = `Part ${PartNumber} is not there, or is another one than its ETag says`;
    throw new Failure('invalid', sentence, { fields: { multipart_metadata: [sentence] } });
  });
  return found.sort((a, b) => a.number - b.number);
}

async function* bytesOf({ files }: House, parts: readonly Part[]): AsyncGenerator<Buffer> {
  for (const part of parts) yield* (await files.read(part)) as AsyncIterable<Buffer>;
}

function checkSize({ config: { maxUploadBytes } }: House, parts: readonly Part[], more: number): void {
  const size = parts.reduce((sum, part) => sum + part.size, more);
  if (size > maxUploadBytes) throw new Failure('too_large', `The file is larger than ${maxUploadBytes} bytes.`);
}

/** Of the content, so that the bytes that were asked for are the bytes that are put together. */
function etag(sha256: string): string {
  return `"${sha256}"`;
}

/** The part was signed for: its sender acts for whoever opened the upload. */
function inAccount(context: Context, { account_id, user_id }: MultipartUpload): Context {
  if (user_id === null) return { ...context, principal: { kind: 'open', accountId: account_id } };
  return { ...context, principal: { kind: 'user', userId: user_id, accountId: account_id, roles: [] } };
}

function missing(): Failure {
  return new Failure('not_found', 'Upload not found', { reason: { missing: 'record' } });
}
