import { pipeline } from 'node:stream/promises';
import { create as contentDisposition } from 'content-disposition';
import type { Request, Response } from 'express';
import rangeParser from 'range-parser';
import type { FileRow } from './core/files/index.ts';
import type { House } from './house.ts';

/** The bytes of a kept file as an answer. A handler returns it, having made sure that the caller may have them. */
export class Download {
  constructor(readonly file: FileRow) {}
}

/**
 * Sends a file, or the one range of it that was asked for (RFC 9110 §14): never shown in the browser, never sniffed, with
 * a strong ETag that names the content. 304 where the caller has it, 416 for a range that it does not have.
 */
export async function sendDownload(
  { file }: Download,
  request: Request,
  response: Response,
  { files }: House,
  isHead: boolean,
): Promise<void> {
  response.set({
    'Accept-Ranges': 'bytes',
    'Cache-Control': 'private, no-cache',
    'Content-Disposition': contentDisposition(file.name, { type: 'attachment' }),
    'Content-Type': file.media_type,
    'Content-Security-Policy': "default-src 'none'; sandbox",
    ETag: `"${file.sha256}"`,
    'Last-Modified': new Date(file.created_at).toUTCString(),
  });
  response.status(200);
  if (request.fresh) {
    response.status(304).removeHeader('Content-Type');
    return void response.end();
  }

  const range = rangeOf(request, response, file.size);
  if (range === 'none') {
    response.status(416).set('Content-Range', `bytes */${file.size}`).removeHeader('Content-Disposition');
    response.removeHeader('Content-Type');
    return void response.end();
  }
  const { start, end } = range ?? { start: 0, end: file.size - 1 };
  if (range) response.status(206).set('Content-Range', `bytes ${start}-${end}/${file.size}`);
  response.set('Content-Length', String(end - start + 1));
  if (isHead || end < start) return void response.end();
  await pipeline(await files.read(file, range), response);
}

/** The one range that is asked for; undefined for all, also where several are asked for: they may be answered so. */
function rangeOf(
  request: Request,
  response: Response,
  size: number,
): { start: number; end: number } | 'none' | undefined {
  const { range, 'if-range': condition } = request.headers;
  if (range === undefined || (condition !== undefined && condition !== response.get('ETag'))) return undefined;
  const ranges = rangeParser(size, range, { combine: true });
  if (ranges === -1) return 'none';
  if (ranges === -2 || ranges.type !== 'bytes' || ranges.length !== 1) return undefined;
  return ranges[0];
}
