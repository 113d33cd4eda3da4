import express, { type Request, type Response } from 'express';
import type { Operation } from './contract.ts';
import { Failure } from './failure.ts';
import { run } from './run.ts';
import type { Envelope } from './surface.ts';

/** The largest JSON body that is read, in bytes, and how long it may take to come, in milliseconds. */
const limit = 1024 * 1024;
const deadline = 120_000;
const json = 'application/json';

/** Reads a JSON body into `request.body`; no body leaves `empty` there. Throws `invalid`, `too_large`, `unsupported`. */
export type ReadBody = (request: Request, response: Response, operation?: Operation) => Promise<void>;

/** The reader of one surface: the content types its envelope calls JSON, or else those that the operation declares. */
export function bodyReader(envelope: Envelope): ReadBody {
  const read = express.text({ type: () => true, limit, defaultCharset: 'utf-8' });
  const isJson = envelope.json ?? ((type: string) => /^application\/([\w.-]+\+)?json$/.test(type));
  const parse = envelope.parse ?? ((text: string) => JSON.parse(text) as unknown);

  return async (request, response, operation) => {
    const { headers } = request;
    const type = (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
    const accepts = operation?.accepts ?? [];
    // Bytes and forms with files are streamed later, once the caller is known.
    if (accepts.includes('application/octet-stream') || (type === 'multipart/form-data' && accepts.includes(type)))
      return;
    const takesJson = accepts.length === 0 || accepts.some(isJson);
    if (!hasBody(request)) {
      // A type without a body means nothing; with one that is taken, the validator says whether a body is missing.
      headers['content-type'] = takesJson ? json : accepts[0];
      request.body = envelope.empty;
      return;
    }
    const unsupported = () => {
      const wanted = accepts.length > 0 ? accepts.join(' or ') : 'no body';
      const sentence = `Unsupported media type "${type}": send ${wanted}.`;
      return new Failure('unsupported', sentence, { reason: { mediaType: type } });
    };
    if (!isJson(type)) {
      if (!operation || accepts.includes(type)) return;
      throw unsupported();
    }
    const late = setTimeout(() => request.socket.destroy(), deadline);
    try {
      await run([read], request, response);
    } catch (thrown) {
      throw fromParser(thrown);
    } finally {
      clearTimeout(late);
    }
    if (!takesJson) throw unsupported();
    if (typeof request.body !== 'string') return;
    refuseDepth(request.body);
    try {
      request.body = request.body === '' ? envelope.empty : parse(request.body, type);
    } catch (thrown) {
      if (thrown instanceof Failure) throw thrown;
      throw new Failure('invalid', 'The body is not valid JSON.', { reason: { json: thrown }, cause: thrown });
    }
    headers['content-type'] = json;
  };
}

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

function fromParser(thrown: unknown): unknown {
  const { status } = thrown as { status?: number };
  if (status === 413) return new Failure('too_large', `The body is larger than ${limit} bytes.`, { cause: thrown });
  if (status === 415) return new Failure('unsupported', 'Unsupported charset or content encoding.', { cause: thrown });
  if (status === 400) return new Failure('invalid', 'The body could not be read.', { cause: thrown });
  return thrown;
}
