import type { IncomingMessage } from 'node:http';

const addresses = new WeakMap<IncomingMessage, string>();

/** Cleans the address of a request, once, before anybody reads it: a base URL that ends with a slash doubles the first one. */
export function cleanAddress(request: IncomingMessage): void {
  if (addresses.has(request)) return;
  request.url = (request.url ?? '/')
    .replace(/^\/{2,}/, '/')
    // Paths of files, put behind the server's address as they are (docs/compat/mystic.md: Files).
    .replace(/^\/(?=(?:pipeline|run)_files\/[\da-f]{2}\/[\da-f]{2}\/)/, '/v3/');
  addresses.set(request, request.url);
}

/** Path and query of a request as its caller wrote them, clean: what every reader of the whole address reads. */
export function addressOf(request: IncomingMessage): string {
  return addresses.get(request) ?? request.url ?? '/';
}

/** The path of the same, below a surface's own. */
export function pathBelow(request: IncomingMessage & { baseUrl: string }): string {
  return addressOf(request).slice(request.baseUrl.length).split('?', 1)[0] ?? '';
}
