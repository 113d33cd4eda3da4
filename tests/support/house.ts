import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { join } from 'node:path';
import pino from 'pino';
import { inject } from 'vitest';
import { createApp } from '../../src/app.ts';
import { type Config, readConfig } from '../../src/config.ts';
import { type House, makeHouse } from '../../src/core/house.ts';
import { openInstallation } from '../../src/core/installation/index.ts';
import { openTestDatabase } from './database.ts';
import { tellWhenFailed } from './failing.ts';
import './lean.ts';

export interface TestHouse {
  house: House;
  app: RequestListener;
  /** It, listening: supertest would open a server of its own for each request to a bare listener. */
  server: Server;
  /** Every line of the log so far. */
  log: string[];
  close(): Promise<void>;
}

export const applicationKey = 'testapplicationkey0000000000000000000000';
export const ownerPassword = 'correct horse battery staple';

const settings = {
  LATCHKEY_OWNER_EMAIL: 'owner@example.com',
  LATCHKEY_OWNER_PASSWORD: ownerPassword,
  LATCHKEY_APPLICATION_KEY: applicationKey,
};

/** A whole house on a database and a folder of its own: real Postgres, real app, every answer held against its contract. */
export async function openHouse(env: Record<string, string> = {}, changes: Partial<Config> = {}): Promise<TestHouse> {
  const { db, url, close } = await openTestDatabase();
  const lines: string[] = [];
  const write = (line: string) => {
    lines.push(line);
    tellWhenFailed(line);
  };
  const log = pino({ level: 'info' }, { write });
  const data = await mkdtemp(join(inject('folder'), 'house-'));
  const config = { ...readConfig({ ...settings, LATCHKEY_DATA: data, ...env }), ...changes };
  const installation = await openInstallation(db, config);
  const house = makeHouse({ config, db, log, installation }, true);
  await house.exact.join(url);
  const app = await createApp(house);
  const server = await listening(app);
  const closeAll = async () => {
    hangUp(server);
    await house.underWay.close();
    await house.exact.close();
    await house.usedKeys.close();
    await house.usedSessions.close();
    await house.usage.close();
    await house.files.close();
    await close();
    await rm(data, { recursive: true, force: true });
  };
  return { house, app, server, log: lines, close: closeAll };
}

/** A server of an app on a free port of this machine. */
export async function listening(app: RequestListener): Promise<Server> {
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

/** Ends a server and whatever still talks to it. */
export function hangUp(server: Server): void {
  server.close();
  server.closeAllConnections();
}
