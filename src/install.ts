import { fileURLToPath } from 'node:url';
import express, { type RequestHandler, Router } from 'express';

// This file is src/install.ts, or dist/src/install.js when built.
const folders = ['../dist/install', '../install'].map((path) => fileURLToPath(new URL(path, import.meta.url)));

/** What `npm run build` packs, at `/install`: `npm install http://…/install/client.tgz`. */
export function install(): RequestHandler {
  const router = Router();
  router.use((_request, response, next) => {
    response.set('Cache-Control', 'no-cache');
    next();
  });
  for (const folder of folders) router.use(express.static(folder, { index: false, redirect: false }));
  router.use((_request, response) => void response.status(404).type('text').send('Not packed: npm run build\n'));
  return router;
}
