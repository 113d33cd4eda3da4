// One server that bench/verify.ts measures, in a process of its own: `verify-server.ts "KIND DATABASE_URL"`.
import { createHash } from 'node:crypto';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import pg from 'pg';
import pino from 'pino';

const dist = <T>(path: string): Promise<T> => import(new URL(`../dist/src/${path}`, import.meta.url).href);
const { createApp } = await dist<typeof import('../src/app.ts')>('app.js');
const { readConfig } = await dist<typeof import('../src/config.ts')>('config.js');
const { openInstallation } =
  await dist<typeof import('../src/core/installation/index.ts')>('core/installation/index.js');
const { connect } = await dist<typeof import('../src/database/database.ts')>('database/database.js');
const { makeHouse } = await dist<typeof import('../src/core/house.ts')>('core/house.js');

const [kind = '', url = ''] = (process.argv[2] ?? '').split(' ');
/** Requests and statements since the start: all, those that look a key up, those that write, and the batches that write last_used_at and usage. */
const counts = { requests: 0, statements: 0, verifications: 0, writes: 0, batches: 0 };

/** The whole server, as `npm start` runs it, without limits on how often one may ask. */
async function latchkey(): Promise<RequestListener> {
  const db = connect(url);
  const none = ['REQUESTS_PER_MINUTE', 'REQUESTS_PER_HOUR', 'FAILURES_PER_MINUTE'];
  const limits = Object.fromEntries(none.map((name) => [`LATCHKEY_${name}`, '0']));
  const config = readConfig({
    ...limits,
    LATCHKEY_OWNER_PASSWORD: 'bench password',
    LATCHKEY_SECRET: 'what the databases of a bench are sealed with',
  });
  const house = makeHouse({
    config,
    db,
    log: pino({ level: 'silent' }),
    installation: await openInstallation(db, config),
  });
  await house.exact.join(url);
  db.on('query', ({ sql }: { sql: string }) => {
    if (/update api_keys k set last_used_at|into usage_counts/.test(sql)) {
      counts.batches += 1;
      return;
    }
    counts.statements += 1;
    if (sql.includes('from api_keys k join')) counts.verifications += 1;
    if (/^\s*(insert|update|delete)/i.test(sql)) counts.writes += 1;
  });
  return createApp(house);
}

/** Express with one prepared statement by an indexed column: what a verification costs at the very least. */
function statement(): RequestListener {
  const pool = new pg.Pool({ connectionString: url, max: 10 });
  const text = 'select id, user_id from api_keys where hash = $1';
  return express()
    .disable('x-powered-by')
    .use(express.json())
    .post('/functions/v1/manage-api-keys', async (request, response) => {
      const key = request.get('authorization')?.slice('Bearer '.length) ?? '';
      const values = [createHash('sha256').update(key).digest()];
      const { rows } = await pool.query({ name: 'key', text, values });
      response.json({ keys: rows });
    });
}

const plain = (): RequestListener =>
  express()
    .disable('x-powered-by')
    .use(express.json())
    .post('/functions/v1/manage-api-keys', (_request, response) => void response.json({ keys: [] }));

const listener = kind === 'latchkey' ? await latchkey() : kind === 'statement' ? statement() : plain();
const server = createServer((request, response) => {
  counts.requests += 1;
  listener(request, response);
});
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () =>
  process.send?.({ port: (server.address() as AddressInfo).port }),
);
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ microseconds: user + system, counts });
});
process.on('disconnect', () => process.exit());
