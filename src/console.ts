import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Request, type RequestHandler, type Response, Router } from 'express';
import { consolePaths } from './console_paths.ts';

// This file is src/console.ts, or dist/src/console.js when built.
const folders = ['../dist/console', '../console'].map((path) => fileURLToPath(new URL(path, import.meta.url)));

/** Nothing comes from elsewhere and nothing is written as HTML by a script: there is no sink left for what people typed. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "frame-ancestors 'none'",
  "form-action 'self'",
  "base-uri 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

/** What a program finds at `/`: where everything is. */
export interface ServerMap {
  name: string;
  version: string;
  docs: string;
  surfaces: { name: string; url: string; docs: string }[];
}

interface About {
  /** How many active keys a user may have: the page says so before they are spent. */
  keysPerUser: number;
  /** How many characters a new password has at least. */
  passwordLength: number;
  map(request: Request): ServerMap;
  /** Whether the browser says that it is signed in; whether it is, `/v1` says. */
  hasCookie(request: Request): boolean;
}

/**
 * The console that `npm run build` makes: a page for whoever takes HTML before JSON, at the paths that are pages and at no
 * others, and what the page loads. It stands behind the surfaces and is read once, so that a build beside a running server
 * takes nothing from its pages.
 */
export function consolePages(about: About, places: readonly string[] = folders): RequestHandler {
  const files = places.map(readBuild).find((found) => found !== undefined);
  const router = Router({ caseSensitive: true, strict: true });
  router.get([...consolePaths], (request, response, next) => {
    response.vary('Accept');
    const wantsPage = request.accepts(['json', 'html']) === 'html';
    if (wantsPage) return sendPage(response, files?.get('index.html')?.plain, about, about.hasCookie(request));
    return request.path === '/' ? response.json(about.map(request)) : next();
  });
  router.get('/assets/:name', (request, response, next) => {
    const file = files?.get(`assets/${request.params.name}`);
    return file ? sendAsset(request, response, file) : next();
  });
  return router;
}

function sendPage(
  response: Response,
  page: Buffer | undefined,
  { keysPerUser, passwordLength }: About,
  hasCookie: boolean,
) {
  response.set({ 'Content-Security-Policy': policy, 'Cache-Control': 'no-cache' }).vary('Cookie');
  if (!page) return response.status(404).type('text').send('The console is not built: npm run build\n');
  const said = JSON.stringify({ hasCookie, keysPerUser, passwordLength }).replaceAll('"', '&quot;');
  return response.type('html').send(page.toString().replace('data-server="{}"', `data-server="${said}"`));
}

/** A name has a hash of what is in it: whoever holds the file never asks for it again. */
function sendAsset(request: Request, response: Response, { name, plain, br, gz }: Built) {
  response.set('Cache-Control', 'public, max-age=31536000, immutable').vary('Accept-Encoding').type(name);
  const taken = Object.entries({ br, gzip: gz }).find(([coding, body]) => body && request.acceptsEncodings(coding));
  if (taken) response.set('Content-Encoding', taken[0]);
  return response.send(taken?.[1] ?? plain);
}

interface Built {
  name: string;
  plain: Buffer;
  br?: Buffer | undefined;
  gz?: Buffer | undefined;
}

/** The files of a build by their names, `index.html` among them; undefined where none was made. */
function readBuild(folder: string): Map<string, Built> | undefined {
  const found = new Map<string, Built>();
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
      if (!entry.isFile()) continue;
      const path = `${entry.parentPath}/${entry.name}`;
      found.set(path.slice(folder.replace(/\/$/, '').length + 1), { name: entry.name, plain: readFileSync(path) });
    }
  } catch {
    return undefined;
  }
  for (const [name, file] of found) {
    file.br = found.get(`${name}.br`)?.plain;
    file.gz = found.get(`${name}.gz`)?.plain;
  }
  return found.has('index.html') ? found : undefined;
}
