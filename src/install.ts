import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import express, { type RequestHandler, Router } from 'express';
import { installPage } from './install_page.ts';
import { callerOf } from './wire/caller.ts';

// This file is src/install.ts, or dist/src/install.js when built.
const folders = ['../dist/install', '../install'].map((path) => fileURLToPath(new URL(path, import.meta.url)));

/**
 * What `npm run build` packs, at `/install`: `npm install http://…/install/client.tgz`; and `/install/`, a page that says what is there.
 * @param from where the packages lie
 */
export function install(from: readonly string[] = folders): RequestHandler {
  const router = Router();
  router.use((_request, response, next) => {
    response.set('Cache-Control', 'no-cache');
    next();
  });
  router.get('/', (request, response) => {
    const names = from.filter(existsSync).flatMap((folder) => readdirSync(folder));
    response.set('Content-Security-Policy', "default-src 'none'");
    response.type('html').send(installPage([...new Set(names)], `${callerOf(request).origin}/install`));
  });
  for (const folder of from) router.use(express.static(folder, { index: false, redirect: false }));
  router.use((_request, response) => void response.status(404).type('text').send('Not packed: npm run build\n'));
  return router;
}
