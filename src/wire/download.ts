import { pipeline } from 'node:stream/promises';
import { create as contentDisposition } from 'content-disposition';
import type { Request, Response } from 'express';
import rangeParser from 'range-parser';
import { Failure } from '../contract/failure.ts';
import type { FileRow } from '../core/files/file.ts';
import type { House } from '../core/house.ts';

/** The bytes of a kept file as an answer. A handler returns it, having made sure that the caller may have them. */
export class Download {
  constructor(readonly file: FileRow) {}
}

/**
 * Sends a file, or the one range of it that was asked for (RFC 9110 §14): never shown in the browser, never sniffed, with
 * a strong ETag that names the content. 304 where the caller has it, 416 for a range that it does not have. Throws `stale`
 * where the caller wants another content than it has, or none that is newer than it says (§13.1).
 */
export async function sendDownload(
  { file }: Download,
  request: Request,
  response: Response,
  { files }: House,
  isHead: boolean,
): Promise<void> {
  const headers = {
    'Accept-Ranges': 'bytes',
    'Cache-Control': 'private, no-cache',
    'Content-Disposition': contentDisposition(file.name, { type: 'attachment' }),
    'Content-Security-Policy': "default-src 'none'; sandbox",
    ETag: `"${file.sha256}"`,
    'Last-Modified': new Date(file.created_at).toUTCString(),
  };
  if (isStale(request, headers.ETag, Date.parse(headers['Last-Modified']))) {
    throw new Failure('stale', 'The file is another one than the request asks for.');
  }
  response.set(headers).status(200);
  if (request.fresh) return void response.status(304).end();

  const range = isHead ? undefined : rangeOf(request, response, file.size);
  if (range === 'none') {
    response.status(416).set('Content-Range', `bytes */${file.size}`).removeHeader('Content-Disposition');
    return void response.end();
  }
  const { start, end } = range ?? { start: 0, end: file.size - 1 };
  const isEmpty = isHead || end < start;
  const bytes = isEmpty
    ? undefined
    : await files.read(file, range).catch((thrown: unknown) => {
        // What is answered instead is no file.
        for (const name of Object.keys(headers)) response.removeHeader(name);
        response.set('Cache-Control', 'no-store');
        throw thrown;
      });
  if (range) response.status(206).set('Content-Range', `bytes ${start}-${end}/${file.size}`);
  // Past Express, which would say what charset the bytes are in; nobody knows.
  response.setHeader('Content-Type', file.media_type).setHeader('Content-Length', end - start + 1);
  if (bytes) await pipeline(bytes, response);
  else response.end();
}

/** `If-Match`, or in its absence `If-Unmodified-Since` (RFC 9110 §13.2.2); a date that is none says nothing. */
function isStale({ headers }: Request, etag: string, modified: number): boolean {
  const { 'if-match': match, 'if-unmodified-since': since } = headers;
  if (match !== undefined) return match.trim() !== '*' && !match.split(',').some((tag) => tag.trim() === etag);
  return since !== undefined && modified > Date.parse(since);
}

/** The one range that is asked for; undefined for all, also where several are asked for: they may be answered so. */
function rangeOf(
  request: Request,
  response: Response,
  size: number,
): { start: number; end: number } | 'none' | undefined {
  const { range, 'if-range': condition } = request.headers;
  if (range === undefined || (condition !== undefined && condition !== response.get('ETag'))) return undefined;
  // The end of a file that is shorter than that is all of it (RFC 9110 §14.1.2); the parser knows no such thing.
  const wanted = Number(/^bytes=-(\d+)$/.exec(range)?.[1] ?? 0);
  if (size > 0 && wanted > size) return { start: 0, end: size - 1 };
  const ranges = rangeParser(size, range, { combine: true });
  if (ranges === -1) return 'none';
  if (ranges === -2 || ranges.type !== 'bytes' || ranges.length !== 1) return undefined;
  return ranges[0];
}
