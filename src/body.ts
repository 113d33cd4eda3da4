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
    if (!headers['transfer-encoding'] && !Number(headers['content-length'] ?? 0)) {
      // A type without a body means nothing; as JSON, the validator says whether a body is missing.
      headers['content-type'] = json;
      request.body = envelope.empty;
      return;
    }
    if (!isJson(type)) {
      if (!operation || accepts.includes(type)) return;
      const wanted = accepts.length > 0 ? accepts.join(' or ') : 'no body';
      throw new Failure('unsupported', `Unsupported media type "${type}": send ${wanted}.`, {
        reason: { mediaType: type },
      });
    }
    const late = setTimeout(() => request.socket.destroy(), deadline);
    try {
      await run([read], request, response);
    } catch (thrown) {
      throw fromParser(thrown);
    } finally {
      clearTimeout(late);
    }
    if (typeof request.body !== 'string') return;
    try {
      request.body = request.body === '' ? envelope.empty : parse(request.body, type);
    } catch (thrown) {
      if (thrown instanceof Failure) throw thrown;
      throw new Failure('invalid', 'The body is not valid JSON.', { reason: { json: thrown }, cause: thrown });
    }
    headers['content-type'] = json;
  };
}

function fromParser(thrown: unknown): unknown {
  const { status } = thrown as { status?: number };
  if (status === 413) return new Failure('too_large', `The body is larger than ${limit} bytes.`, { cause: thrown });
  if (status === 415) return new Failure('unsupported', 'Unsupported charset or content encoding.', { cause: thrown });
  if (status === 400) return new Failure('invalid', 'The body could not be read.', { cause: thrown });
  return thrown;
}
