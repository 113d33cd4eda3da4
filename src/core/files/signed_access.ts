import { Failure } from '../../contract/failure.ts';
import type { Context } from '../context.ts';
import type { House } from '../house.ts';
import { isUuid } from '../uuid.ts';
import type { FileRow } from './file.ts';
import { checkSignature, fileOf, sign } from './index.ts';

/** Signatures are good for one to two hours; seconds. They are the same within an hour, so that answers can be cached. */
const hour = 3600;

const soon = () => (Math.ceil(Date.now() / 1000 / hour) + 1) * hour;

/** What opens a file's bytes without a credential, as the query of an address: until when, and the signature. */
export function opening(house: House, id: string): string {
  const expires = soon();
  return `expires=${expires}&signature=${sign(house, 'file', id, expires)}`;
}

/** The same as one segment of a path, of characters that nobody percent-encodes (RFC 3986 §2.3). */
export function passOf(house: House, id: string): string {
  const expires = soon();
  return `${expires}-${sign(house, 'file', id, expires)}`;
}

/** Whether such a segment opens this file now. */
export function passes(house: House, id: string, pass: string): boolean {
  const [, expires = '', signature = ''] = /^(\d+)-(.*)$/.exec(pass) ?? [];
  return opensFile(house, id, expires, signature);
}

/** Whether a signature opens this file now. */
export function opensFile(house: House, id: string, expires: string, signature: string): boolean {
  return /^\d{1,12}$/.test(expires) && checkSignature(house, 'file', id, Number(expires), signature);
}

/** A file for its bytes: of the caller's account, or any where a signature has opened it. Throws `not_found`. */
export async function fileToRead(context: Context, id: string): Promise<FileRow> {
  if (context.principal.kind !== 'anonymous') return fileOf(context, id);
  const file = isUuid(id) && (await context.db('files').where({ id }).first());
  if (file) return file;
  throw new Failure('not_found', 'There is no such file.', { reason: { missing: 'record' } });
}
