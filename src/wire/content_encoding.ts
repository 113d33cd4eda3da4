import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { Failure } from '../contract/failure.ts';

const decoders = new Map([
  ['gzip', createGunzip],
  // The older name of the same (RFC 9110 §8.4.1.3).
  ['x-gzip', createGunzip],
  ['deflate', createInflate],
  ['br', createBrotliDecompress],
] as const);

/**
 * The body of a request without its Content-Encoding. Throws `unsupported`, with `Accept-Encoding`, for one that is not
 * known here (RFC 9110 §15.5.16). A body that is not what it says ends in an error; the request itself is left open.
 */
export function decoded(request: IncomingMessage): Readable {
  const coding = (request.headers['content-encoding'] ?? '').trim().toLowerCase();
  if (coding === '' || coding === 'identity') return request;
  const make = decoders.get(coding as 'gzip');
  if (!make) {
    const headers = { 'Accept-Encoding': 'gzip, deflate, br' };
    throw new Failure('unsupported', `Content-Encoding "${coding}" is not known here.`, { headers });
  }
  const decoder: Readable & NodeJS.WritableStream = make();
  const early = () => request.complete || decoder.destroy(new Error('the body ended early'));
  request.once('close', early);
  if (request.destroyed) early();
  decoder.once('close', () => request.unpipe(decoder).resume());
  decoder.on('error', () => {});
  request.pipe(decoder);
  return decoder;
}
