import type { IncomingMessage } from 'node:http';

/** What is longer is nothing that is answered at once; bytes. */
const most = 4096;

/**
 * Reads the JSON of a request, if all of it came with its headers and it is plain ASCII; undefined otherwise. To be asked on the next
 * tick after the headers came. It stays there for whoever reads it after us.
 */
export function bodyAtHand(request: IncomingMessage): unknown {
  if (request.readableLength !== Number(request.headers['content-length'])) return undefined;
  const bytes = request.read() as Buffer;
  request.unshift(bytes);
  const text = bytes.toString('latin1');
  if (!/^[\t\n\r -~]*$/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * All of a body that came with its headers, as it is; undefined for one that has still to come, or to be decoded. To be asked
 * before anything was waited for.
 */
export async function bytesAtHand(request: IncomingMessage): Promise<Buffer | undefined> {
  const { 'content-length': length, 'content-encoding': coding } = request.headers;
  if (length === undefined || coding !== undefined) return undefined;
  await new Promise<void>(process.nextTick);
  return request.readableLength === Number(length) ? (request.read() as Buffer) : undefined;
}

/** Whether that may be: JSON of a known and small size, as it is. */
export function mayBeAtHand({ headers }: IncomingMessage): boolean {
  const { 'content-length': length, 'content-type': type } = headers;
  if (headers['transfer-encoding'] !== undefined || headers['content-encoding'] !== undefined) return false;
  return type === 'application/json' && length !== undefined && /^[1-9]\d{0,3}$/.test(length) && Number(length) <= most;
}
