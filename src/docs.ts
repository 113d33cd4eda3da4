import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Request, type RequestHandler, type Response, Router } from 'express';

// This file is src/docs.ts, or dist/src/docs.js when built.
const folders = ['../dist/docs', '../docs'].map((path) => fileURLToPath(new URL(path, import.meta.url)));

/** Nothing comes from elsewhere, no script writes html, and nobody may frame the pages. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

/** Bytes that a browser shows as what they are, whatever it makes of their extension. */
const types: Record<string, string> = {
  md: 'text/markdown; charset=utf-8',
  txt: 'text/plain; charset=utf-8',
  yaml: 'application/yaml',
};

/**
 * The site that `npm run docs` builds, at `/docs`: `<address>` is `<address>.html` there. What is beside a file as `.gz` is sent to
 * whoever takes gzip.
 */
export function docs(places: readonly string[] = folders): RequestHandler {
  const built = places.find((path) => existsSync(join(path, 'index.html')));
  const router = Router({ strict: true });
  router.use((request, response) => {
    response.set({ 'Content-Security-Policy': policy, 'Cache-Control': 'no-cache' });
    if (!built) return void response.status(404).type('text').send('The docs are not built: npm run docs\n');
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return void response.status(405).set('Allow', 'GET, HEAD').type('text').send('Pages are read.\n');
    // Relative links of the first page start from a folder.
    if (request.originalUrl.split('?')[0] === '/docs') return response.redirect(301, '/docs/');
    const name = fileOf(built, request.path);
    if (name === undefined) response.status(404);
    // A name with a hash of what is in it.
    if (/^assets\/.*-\w{8}\.\w+$/.test(name ?? ''))
      response.set('Cache-Control', 'public, max-age=31536000, immutable');
    sendFrom(built, name ?? '404.html', request, response);
  });
  return router;
}

/** The file of a path; undefined where there is none. */
function fileOf(folder: string, path: string): string | undefined {
  const name = path.slice(1);
  if (!/^[\w@./-]*$/.test(name) || name.split('/').some((part) => part.startsWith('.'))) return undefined;
  const names = name === '' ? ['index.html'] : [`${name}.html`, name];
  return names.find((one) => basename(one).includes('.') && existsSync(join(folder, one)));
}

function sendFrom(root: string, name: string, request: Request, response: Response): void {
  const packed = request.acceptsEncodings('gzip', 'identity') === 'gzip' && existsSync(join(root, `${name}.gz`));
  const extension = name.split('.').at(-1) ?? '';
  response.vary('Accept-Encoding').type(types[extension] ?? extension);
  if (packed) response.set('Content-Encoding', 'gzip');
  response.sendFile(packed ? `${name}.gz` : name, { root, cacheControl: false });
}
