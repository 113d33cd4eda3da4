import type { IncomingMessage } from 'node:http';

declare module 'http' {
  interface IncomingMessage {
    /** Path and query, clean; none, before they were looked at. */
    address?: string | undefined;
  }
}

/** Cleans the address of a request, once, before anybody reads it: a base URL that ends with a slash doubles the first one. */
export function cleanAddress(request: IncomingMessage): void {
  if (request.address !== undefined) return;
  request.url = (request.url ?? '/')
    .replace(/^\/{2,}/, '/')
    // Paths of files, put behind the server's address as they are (docs/compat/mystic.md: Files).
    .replace(/^\/(?=(?:pipeline|run)_files\/[\da-f]{2}\/[\da-f]{2}\/)/, '/v3/');
  request.address = request.url;
}

/** Path and query of a request as its caller wrote them, clean: what every reader of the whole address reads. */
export function addressOf(request: IncomingMessage): string {
  return request.address ?? request.url ?? '/';
}

/** The path of the same, below a surface's own. */
export function pathBelow(request: IncomingMessage & { baseUrl: string }): string {
  return addressOf(request).slice(request.baseUrl.length).split('?', 1)[0] ?? '';
}
