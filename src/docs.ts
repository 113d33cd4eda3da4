import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import express, { type RequestHandler, Router } from 'express';

// This file is src/docs.ts, or dist/src/docs.js when built.
const folder = ['../dist/docs', '../docs'].map((path) => fileURLToPath(new URL(path, import.meta.url)));

/** The pages are whole in themselves: nothing is loaded from elsewhere, and nobody may frame them. */
const policy = [
  "default-src 'none'",
  "script-src 'unsafe-inline'",
  "style-src 'unsafe-inline'",
  'img-src data: blob:',
  'font-src data:',
  'worker-src blob:',
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The reference that `npm run docs` builds, at `/docs`. */
export function docs(): RequestHandler {
  const built = folder.find((path) => existsSync(`${path}/index.html`));
  const router = Router();
  router.use((_request, response, next) => {
    response.set({ 'Content-Security-Policy': policy, 'Cache-Control': 'no-cache' });
    next();
  });
  if (built) router.use(express.static(built, { extensions: ['html'] }));
  router.use((_request, response) => {
    response
      .status(404)
      .type('text')
      .send(built ? 'No such page.\n' : 'The reference is not built: npm run docs\n');
  });
  return router;
}
