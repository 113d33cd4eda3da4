import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { makeKey } from '../../src/core/api_keys/form.ts';
import { digest } from '../../src/core/credentials/digest.ts';
import { mintToken } from '../../src/core/credentials/oauth_token.ts';
import { type House, makeHouse } from '../../src/core/house.ts';
import { openInstallation } from '../../src/core/installation/index.ts';
import { connect, openDatabase } from '../../src/database/database.ts';
import { type Program, startProgram } from '../support/process.ts';
import { silent } from '../support/silent.ts';

// A Postgres of its own, in a process of its own, for it is stopped, filled and killed.
const applicationKey = 'testapplicationkey0000000000000000000000';
let folder: string;
let postgres: Program;
let url: string;
let house: House;
let server: Server;
let base: string;
let close: () => Promise<void>;
const key = makeKey();
let token: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-outage-'));
  postgres = startProgram('tests/slow/postgres-program.ts', { PATH: process.env.PATH ?? '' }, [folder]);
  url = (await postgres.said(/^\d+ (postgres:\S+)/m))[1] as string;
  const settings = { LATCHKEY_DATA: folder, LATCHKEY_APPLICATION_KEY: applicationKey, LATCHKEY_STATEMENT_SECONDS: '1' };
  const config = readConfig({ ...settings, LATCHKEY_OWNER_PASSWORD: 'correct horse battery' });
  // Not as a superuser: those are let in when there is no connection left.
  const admin = connect(url);
  await admin.raw(`create role app login password 'app'`);
  await admin.raw('create database app owner app');
  await admin.destroy();
  const databaseUrl = Object.assign(new URL(url), { username: 'app', password: 'app', pathname: '/app' }).href;
  const database = await openDatabase({ ...config, databaseUrl }, silent);
  const { db } = database;
  const installation = await openInstallation(db, config);
  house = makeHouse({ config, db, log: pino({ level: 'silent' }), installation });
  const mine = { account_id: installation.accountId, user_id: 1 };
  await db('api_keys').insert({ ...mine, hash: digest(key), prefix: key.slice(0, 12), name: 'k', checksummed: true });
  token = (await mintToken(house, db, 1, installation.accountId)).value;
  server = createServer(await createApp(house)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  close = async () => {
    server.closeAllConnections();
    server.close();
    await house.usedKeys.close();
    await house.usedSessions.close();
    await house.usage.close();
    await database.close();
  };
});
afterAll(async () => {
  await close();
  postgres.child.kill('SIGKILL');
  await postgres.ended;
  await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
});

const json = { 'content-type': 'application/json' };
const bearer = { authorization: `Bearer ${key}` };
const body = (value: unknown) => ({ method: 'POST', headers: json, body: JSON.stringify(value) });
/** One operation of each surface. */
const asks: [path: string, init: RequestInit & { headers: Record<string, string> }][] = [
  ['/api/pipelines', { headers: { 'x-api-key': applicationKey, 'oauth-token': '' } }],
  ['/functions/v1/manage-api-keys', { ...body({ action: 'list' }), headers: { ...json, ...bearer } }],
  [
    '/auth/v1/token?grant_type=password',
    { ...body({ email: 'a@example.com', password: 'long enough' }), headers: { ...json, apikey: applicationKey } },
  ],
  ['/api/v1/pipelines/', { headers: { authorization: `Api-Key ${key}` } }],
  ['/v4/pipelines', { headers: bearer }],
  ['/v3/pipeline_files', { headers: bearer }],
];
const answers = () =>
  Promise.all(
    asks.map(async ([path, init]) => {
      const headers = 'oauth-token' in init.headers ? { ...init.headers, 'oauth-token': token } : init.headers;
      const response = await fetch(base + path, { ...init, headers });
      return { path, status: response.status, after: response.headers.get('retry-after'), body: await response.json() };
    }),
  );
const away = async () => {
  for (const { path, status, after, body } of await answers()) {
    expect([path, status, after, body]).toEqual([path, 503, '5', body]);
    expect(JSON.stringify(body)).toMatch(/not ready to answer/);
  }
};
const back = () =>
  expect.poll(async () => (await answers()).filter(({ status }) => status === 503), { timeout: 20_000 }).toEqual([]);
const ready = async () => (await fetch(`${base}/readyz`)).status;
/** Every process of the server. */
const pids = async () => {
  const main = (await readFile(join(folder, 'postgres', 'files', 'postmaster.pid'), 'utf8')).split('\n')[0] as string;
  const children = execFileSync('ps', ['-o', 'pid=', '--ppid', main], { encoding: 'utf8' })
    .split(/\s+/)
    .filter(Boolean);
  return [main, ...children].map(Number);
};
const signal = async (name: NodeJS.Signals) => {
  for (const pid of await pids()) process.kill(pid, name);
};
const asAdmin = async (...statements: string[]) => {
  const admin = connect(url);
  for (const sql of statements) await admin.raw(sql);
  await admin.destroy();
};
const cut = `select pg_terminate_backend(pid) from pg_stat_activity where usename = 'app'`;

describe('B5: the database', () => {
  it('is there', async () => {
    expect((await answers()).map(({ status }) => status)).toEqual([200, 200, 400, 200, 200, 200]);
    expect(await ready()).toBe(200);
  });

  it('does not run (SIGSTOP): 503 with Retry-After everywhere, /readyz as well, and all is well afterwards', async () => {
    await signal('SIGSTOP');
    try {
      expect(await ready()).toBe(503);
      await away();
      expect((await fetch(`${base}/.well-known/jwks.json`)).status).toBeOneOf([200, 503]);
    } finally {
      await signal('SIGCONT');
    }
    await back();
    expect(await ready()).toBe(200);
  });

  it('takes too long over a statement: 503, not as long as it likes', async () => {
    const admin = connect(Object.assign(new URL(url), { pathname: '/app' }).href);
    await admin.transaction(async (db) => {
      await db.raw('lock table api_keys, oauth_tokens, users in access exclusive mode');
      await away();
    });
    await admin.destroy();
    await back();
  });

  it('is read-only: what reads is answered, what writes is 503', async () => {
    await asAdmin('alter database app set default_transaction_read_only = on', cut);
    await expect.poll(() => ready()).toBe(200);
    const made = await fetch(`${base}/api/pipelines`, {
      ...body({ pipeline: { name: 'made' } }),
      headers: { ...json, 'x-api-key': applicationKey, 'oauth-token': token },
    });
    expect([
      made.status,
      made.headers.get('retry-after'),
      ((await made.json()) as { error: { code: number } }).error.code,
    ]).toEqual([503, '5', 503]);
    // Requests to Magpipe are counted, and so are attempts to sign in.
    expect((await answers()).map(({ status }) => status)).toEqual([200, 503, 503, 200, 200, 200]);
    await asAdmin('alter database app reset default_transaction_read_only', cut);
    await back();
  });

  it('has no connection left: 503', async () => {
    await asAdmin('alter database app connection limit 0', cut);
    await expect.poll(() => ready()).toBe(503);
    await away();
    await asAdmin('alter database app connection limit -1');
    await back();
  });

  it('is killed, every process of it: 503', async () => {
    await signal('SIGKILL');
    await expect.poll(() => ready()).toBe(503);
    await away();
  });
});
