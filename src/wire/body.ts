import type { Readable } from 'node:stream';
import type { Request, Response } from 'express';
import type { Operation } from '../contract/contract.ts';
import { Failure } from '../contract/failure.ts';
import { readJson } from '../contract/json.ts';
import { bytesAtHand } from './body_at_hand.ts';
import { atPace, paces } from './body_rate.ts';
import { decoded } from './content_encoding.ts';
import { linesLimit, ndjson, readLines } from './lines.ts';
import type { Envelope } from './surface.ts';
import { decodeText, headerText } from './unicode.ts';

/** The largest JSON body that is read, in bytes. */
const limit = 1024 * 1024;
const json = 'application/json';
const multipart = 'multipart/form-data';
const urlencoded = 'application/x-www-form-urlencoded';

/**
 * Reads a JSON body into `request.body`; no body leaves `empty` there. Undefined: there was nothing to wait for.
 * Throws `invalid`, `too_large`, `too_slow`, `unsupported`.
 */
export type ReadBody = (request: Request, response: Response, operation?: Operation) => Promise<void> | undefined;

/** The reader of one surface: the content types its envelope calls JSON, or else those that the operation declares. */
export function bodyReader(envelope: Envelope): ReadBody {
  const isJson = envelope.json ?? ((type: string) => /^application\/([\w.-]+\+)?json$/.test(type));
  const parse: NonNullable<Envelope['parse']> = envelope.parse ?? readJson;

  const read = async (request: Request, operation: Operation | undefined): Promise<void> => {
    const { headers } = request;
    const type = mediaTypeOf(request);
    const accepts = operation?.accepts ?? [];
    // Bytes and forms with files are streamed later, once the caller is known.
    if (accepts.includes('application/octet-stream')) return;
    if (type === multipart && (accepts.includes(type) || envelope.anyForm)) return;
    const takesJson = accepts.length === 0 || accepts.some(isJson) || (envelope.anyForm ?? false);
    if (!hasBody(request)) {
      // A type without a body means nothing; with one that is taken, the validator says whether a body is missing.
      headers['content-type'] = takesJson && !accepts.includes(multipart) ? json : accepts[0];
      request.body = envelope.empty;
      return;
    }
    const unsupported = () => {
      const sentence = `Unsupported media type "${type}": send ${accepts.join(' or ')}.`;
      return new Failure('unsupported', sentence, { reason: { mediaType: type } });
    };
    const isForm = envelope.forms === true && type === urlencoded && accepts.includes(type);
    const isLines = type === ndjson && accepts.includes(type);
    if (!isJson(type) && !isForm && !isLines) {
      if (!operation || accepts.includes(type)) return;
      throw unsupported();
    }
    const most = isLines ? linesLimit : limit;
    if (Number(headers['content-length'] ?? 0) > most) throw tooLarge(most);
    const bytes = (await bytesAtHand(request)) ?? (await bytesToCome(request, most));
    if (operation?.signed) signed.set(request, bytes);
    if (!takesJson && !isLines) throw unsupported();
    const text = decodeText(bytes, charsetOf(request));
    request.body = text;
    refuseDepth(text);
    if (isLines) {
      request.body = readLines(text);
      return;
    }
    try {
      // Python and the Fetch standard pass over a byte order mark; Django, which asks for any form, does not.
      if (isForm) request.body = Object.fromEntries(new URLSearchParams(text));
      else
        request.body =
          text === '' ? envelope.empty : parse(envelope.anyForm ? text : text.replace(/^\ufeff/, ''), type, operation);
    } catch (thrown) {
      if (thrown instanceof Failure) throw thrown;
      throw new Failure('invalid', 'The body is not valid JSON.', { reason: { json: thrown }, cause: thrown });
    }
    headers['content-type'] = accepts.includes(json) || !accepts.includes(multipart) ? json : multipart;
  };

  return (request, _response, operation) => {
    if (operation ? operation.accepts.length > 0 : mayCarry.has(request.method)) return read(request, operation);
    // What nobody needs is not read (RFC 9110 §9.3.1), so nothing is wrong with it.
    request.headers['content-type'] = json;
    request.body = envelope.empty;
    return undefined;
  };
}

const signed = new WeakMap<Request, Buffer>();

/** The bytes of a signed body, once it was read; none, an empty one. */
export function signedBytes(request: Request): Buffer {
  return signed.get(request) ?? Buffer.alloc(0);
}

/** Methods whose body may say who asks, although nothing is done there. */
const mayCarry: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH']);

/** The media type of a body, in lower case, without its parameters. Throws `invalid` for a header that is no text. */
export function mediaTypeOf({ headers }: Request): string {
  const [type = ''] = headerText(headers['content-type'] ?? '', 'Content-Type').split(';');
  return type.trim().toLowerCase();
}

function charsetOf({ headers }: Request): string | undefined {
  return /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(headers['content-type'] ?? '')?.[1]?.toLowerCase();
}

/** Whether somebody is named at all; whether they are who they say is not known yet. */
function namesSomebody({ headers, query }: Request): boolean {
  const names = ['authorization', 'cookie', 'x-api-key', 'oauth-token', 'apikey'];
  return names.some((name) => headers[name] !== undefined) || query.api_key !== undefined || query.apikey !== undefined;
}

/** All of a body, at the pace that is waited for. */
function bytesToCome(request: Request, most: number): Promise<Buffer> {
  const slowest = paces[namesSomebody(request) ? 'known' : 'anonymous'];
  return atPace(request, slowest, bytesOf(decoded(request), most));
}

/** All of a body. Throws `too_large`, and `invalid` where it breaks off or is not encoded as it says. */
function bytesOf(body: Readable, most: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const broken = (cause?: unknown) => reject(new Failure('invalid', 'The body could not be read.', { cause }));
    const take = (chunk: Buffer) => {
      size += chunk.length;
      if (size <= most) return void chunks.push(chunk);
      body.off('data', take).pause();
      reject(tooLarge(most));
    };
    if (body.readableEnded) return resolve(Buffer.alloc(0));
    if (body.destroyed) return broken();
    const whole = () => {
      body.off('close', broken);
      resolve(Buffer.concat(chunks));
    };
    body.on('error', broken).once('close', broken).once('end', whole).on('data', take);
  });
}

const tooLarge = (most: number) => new Failure('too_large', `The body is larger than ${most} bytes.`);

/** How deep a body may be nested: what walks through it calls itself once a level. */
const deepest = 128;

/** Throws `invalid` for a text whose brackets go deeper than any body of use. */
function refuseDepth(text: string): void {
  let depth = 0;
  let inText = false;
  for (let at = 0; at < text.length && text.length > 2 * deepest; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x22) inText = !inText;
    else if (inText) at += code === 0x5c ? 1 : 0;
    else if (code === 0x5b || code === 0x7b) depth += 1;
    else if (code === 0x5d || code === 0x7d) depth -= 1;
    if (depth > deepest) throw new Failure('invalid', `The body is nested more than ${deepest} levels deep.`);
  }
}

/** Whether anything follows the headers of a request (RFC 9112 §6). */
export function hasBody({ headers }: Request): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}
