// node run.mjs [names...]   — see README.md. Environment: PEERS_ROUNDS (3), PEERS_SECONDS (5), PEERS_WARM (3),
// PEERS_CONNECTIONS (32), PEERS_KEYS (32 keys rotated), PEERS_TRIALS (20 revocations), PEERS_PG_BIN, PEERS_KEEP=1 (keep logs).
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { debInstall, debVersion, log, median, npmInstall, sleep, startPostgres, stopAll, tree, wrk } from './lib.mjs';
import { PEERS } from './peers.mjs';

const num = (k, d) => Number(process.env[k] ?? d);
const ROUNDS = num('PEERS_ROUNDS', 3),
  SECONDS = num('PEERS_SECONDS', 5),
  WARM = num('PEERS_WARM', 3),
  C = num('PEERS_CONNECTIONS', 32);
const KEYS = num('PEERS_KEYS', 32),
  TRIALS = num('PEERS_TRIALS', 20);
const names = process.argv.slice(2).length ? process.argv.slice(2) : Object.keys(PEERS);
for (const n of names)
  if (!PEERS[n]) {
    console.error(`no peer ${n}; there are: ${Object.keys(PEERS).join(' ')}`);
    process.exit(2);
  }

const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'peers-run-'));
fs.chmodSync(dir, 0o755);
let ending;
const end = (code) =>
  (ending ??= stopAll().then(() => {
    if (!process.env.PEERS_KEEP && !code) fs.rmSync(dir, { recursive: true, force: true });
    else log('logs kept in', dir);
    process.exit(code);
  }));
for (const s of ['SIGINT', 'SIGTERM']) process.on(s, () => end(1));
for (const s of ['uncaughtException', 'unhandledRejection'])
  process.on(s, (e) => {
    console.error(e);
    end(1);
  });

const get = (p, key, agent) =>
  new Promise((r, j) =>
    http
      .get(p.url, { agent, headers: key ? { [p.header]: p.prefix + key } : {} }, (res) => {
        let b = '';
        res.on('data', (d) => {
          b += d;
        });
        res.on('end', () => r({ status: res.statusCode, body: b }));
      })
      .on('error', j),
  );

async function idle(p, pgPid) {
  // let what an earlier load left behind drain
  for (let n = 0; n < 40; n++) {
    const a = tree(p.child.pid).ms + (p.db ? tree(pgPid).ms : 0);
    await sleep(150);
    if (tree(p.child.pid).ms + (p.db ? tree(pgPid).ms : 0) - a <= 20) return;
  }
}
async function revocation(p) {
  // requests begun after the revocation returned and still accepted
  const after = [],
    lag = [];
  for (let t = 0; t < TRIALS; t++) {
    const i = KEYS + t,
      seen = [];
    const agent = new http.Agent({ keepAlive: true });
    let on = true;
    const poll = async () => {
      while (on) {
        const at = performance.now();
        const { status } = await get(p, p.keys[i], agent);
        seen.push([at, status]);
      }
    };
    const pollers = Array.from({ length: 4 }, poll);
    const before = performance.now();
    while (!seen.some(([, s]) => s === 200)) {
      await sleep(10);
      if (performance.now() - before > 5000)
        throw new Error(`revocation: key never accepted: ${JSON.stringify(seen.at(-1))}`);
    }
    await p.revoke(i);
    const t0 = performance.now();
    await sleep(p.slow ? 1500 : 300);
    on = false;
    await Promise.all(pollers);
    agent.destroy();
    const late = seen.filter(([at, s]) => at > t0 && s === 200);
    after.push(late.length);
    lag.push(late.length ? Math.max(...late.map(([at]) => at)) - t0 : 0);
    if (!seen.some(([at, s]) => at > t0 && s !== 200)) throw new Error('revocation: never refused');
  }
  return {
    trials: TRIALS,
    acceptedAfter: after.reduce((a, b) => a + b, 0),
    trialsWithAny: after.filter(Boolean).length,
    maxLagMs: Math.max(...lag),
    by: p.revokedBy,
  };
}

debInstall();
npmInstall('node');
const pg = await startPostgres(dir);
log(
  `Postgres ${pg.version} on ${pg.port}; ${names.length} peers; ${ROUNDS} rounds of ${SECONDS} s, c=${C}, ${KEYS} keys`,
);
const peers = [];
for (const name of names) {
  const def = PEERS[name];
  try {
    const t = Date.now();
    const p = {
      prefix: '',
      refuses: 401,
      ...(await def.start({ dir, pg, keys: KEYS + TRIALS })),
      name,
      what: def.what,
      slow: def.slow,
      versions: def.versions(),
      rounds: [],
    };
    p.keys ??= ['none'];
    const ok = await get(p, p.keys[0]);
    const list = (p.list ?? ((x) => x))(JSON.parse(ok.body || '{}'));
    if (
      ok.status !== 200 ||
      (list &&
        (list.length !== 5 ||
          (p.fields !== null &&
            (Object.keys(list[0]).sort().join() !== 'name,tags,type,uuid' || !Array.isArray(list[0].tags)))))
    )
      throw new Error(`${name}: unexpected answer ${ok.status} ${ok.body.slice(0, 200)}`);
    if (p.db) {
      const bad = await get(p, `${p.keys[0].slice(0, -2)}zz`),
        none = await get(p, null);
      p.refusal = [bad.status, none.status];
      if (bad.status < 400 || none.status < 400) throw new Error(`${name}: a bad key was not refused (${p.refusal})`);
      const a = (await get(p, p.keys[1])).body; // another owner's list must differ
      if (a === ok.body && !p.sameList && list) throw new Error(`${name}: two owners, one list`);
    }
    p.bytes = Buffer.byteLength(ok.body);
    const w = await wrk(p.url, {
      keys: p.keys.slice(0, KEYS),
      header: p.header,
      prefix: p.prefix,
      seconds: WARM,
      connections: C,
    });
    log(
      `${name}: ready in ${((Date.now() - t) / 1000 - WARM).toFixed(1)} s; warm ${((w.requests / w.us) * 1e6).toFixed(0)} req/s`,
    );
    peers.push(p);
  } catch (e) {
    log(`${name}: SKIPPED: ${e.message.slice(0, 600)}`);
    peers.push({ name, what: def.what, skipped: e.message.slice(0, 300) });
  }
}
const live = peers.filter((p) => !p.skipped);

// Share of the machine's CPU time that the host took away (steal) during the rounds.
const cpuTimes = () => fs.readFileSync('/proc/stat', 'utf8').split('\n')[0].trim().split(/\s+/).slice(1, 9).map(Number);
const t0 = cpuTimes();
for (let r = 1; r <= ROUNDS; r++)
  for (const p of live) {
    await idle(p, pg.child.pid);
    await pg.reset();
    const s0 = tree(p.child.pid),
      d0 = tree(pg.child.pid);
    const w = await wrk(p.url, {
      keys: p.keys.slice(0, KEYS),
      header: p.header,
      prefix: p.prefix,
      seconds: p.slow ? SECONDS * 2 : SECONDS,
      connections: C,
    });
    const s1 = tree(p.child.pid),
      d1 = tree(pg.child.pid);
    const q = p.db ? await pg.stats(p.db, p.listRe) : null;
    p.top = q?.top;
    // A slow server has handled more requests than wrk saw answered when it stopped: its own list statements count those.
    const n = Math.max(w.requests, q && p.slow ? q.served : 0) || 1;
    p.rounds.push({
      rps: w.requests / (w.us / 1e6),
      p50: w.p50,
      p99: w.p99,
      errors: w.e_status + w.e_sock + w.e_timeout,
      serverCpu: (s1.ms - s0.ms) / n,
      pgCpu: p.db ? (d1.ms - d0.ms) / n : 0,
      sql: q ? q.calls / n : 0,
      writes: q ? q.writes / n : 0,
      wal: q ? q.wal / n : 0,
      rss: s1.rssMiB,
    });
    log(`round ${r} ${p.name}: ${p.rounds.at(-1).rps.toFixed(0)} req/s`);
  }
const dt = cpuTimes().map((x, i) => x - t0[i]);
const stealPct = Math.round((1000 * dt[7]) / dt.reduce((a, b) => a + b, 0)) / 10;
log(`steal during the rounds: ${stealPct} %`);
for (const p of live)
  if (p.db && TRIALS) {
    await idle(p, pg.child.pid);
    try {
      p.revocation = await revocation(p);
      log(`${p.name}: revocation ${JSON.stringify(p.revocation)}`);
    } catch (e) {
      p.revocation = { error: e.message };
      log(`${p.name}: ${e.message}`);
    }
  }

const med = (p, k) => median(p.rounds.map((x) => x[k]));
const f = (x, d) => x.toFixed(d);
const base = live.find((p) => p.name === 'ceiling-express-pg');
const rows = live.map((p) => {
  const rps = med(p, 'rps');
  return [
    p.name,
    f(rps, rps < 100 ? 1 : 0),
    base ? f(rps / med(base, 'rps'), 2) : '-',
    f(med(p, 'p50'), 1),
    f(med(p, 'p99'), 1),
    String(p.rounds.reduce((a, x) => a + x.errors, 0)),
    f(med(p, 'serverCpu'), 3),
    f(med(p, 'pgCpu'), 3),
    f(med(p, 'sql'), 2),
    f(med(p, 'writes'), 2),
    f(med(p, 'wal'), 0),
    f(med(p, 'rss'), 0),
    p.revocation
      ? p.revocation.error
        ? 'failed'
        : `${p.revocation.acceptedAfter} (${f(p.revocation.maxLagMs, 0)} ms)`
      : '-',
    p.rounds.map((x) => f(x.rps, x.rps < 100 ? 1 : 0)).join(' / '),
  ];
});
const head = [
  'system',
  'req/s',
  'x pg',
  'p50 ms',
  'p99 ms',
  'errors',
  'CPU ms/req',
  'PG CPU ms/req',
  'SQL/req',
  'writes/req',
  'WAL B/req',
  'RSS MiB',
  `accepted after revoke, ${TRIALS} trials (max lag)`,
  'req/s by round',
];
const width = head.map((h, i) => Math.max(h.length, ...rows.map((r) => r[i].length)));
const line = (c) => `| ${c.map((x, i) => (i ? x.padStart(width[i]) : x.padEnd(width[i]))).join(' | ')} |`;
console.log(line(head));
console.log(`|${width.map((w, i) => (i ? `${'-'.repeat(w + 1)}:` : '-'.repeat(w + 2))).join('|')}|`);
for (const r of rows) console.log(line(r));
for (const p of peers.filter((x) => x.skipped)) console.log(`${p.name}: skipped: ${p.skipped.split('\n')[0]}`);
if (process.env.PEERS_SQL)
  for (const p of live.filter((x) => x.top)) {
    console.log(`\n${p.name}`);
    for (const t of p.top) console.log(`  ${t.calls} x ${t.query.replace(/\s+/g, ' ').slice(0, 220)}`);
  }
const round = (x) => Math.round(x * 1e4) / 1e4;
console.log(
  JSON.stringify({
    date: new Date().toISOString(),
    node: process.version,
    postgres: pg.version,
    wrk: debVersion('wrk'),
    cpu: os.cpus()[0].model.trim(),
    cores: os.cpus().length,
    connections: C,
    keys: KEYS,
    rounds: ROUNDS,
    seconds: SECONDS,
    stealPct,
    peers: Object.fromEntries(
      peers.map((p) => [
        p.name,
        p.skipped
          ? { skipped: p.skipped }
          : {
              what: p.what,
              versions: p.versions,
              bytes: p.bytes,
              refusal: p.refusal,
              revocation: p.revocation,
              ...Object.fromEntries(
                ['rps', 'p50', 'p99', 'serverCpu', 'pgCpu', 'sql', 'writes', 'wal', 'rss'].map((k) => [
                  k,
                  round(med(p, k)),
                ]),
              ),
              errors: p.rounds.reduce((a, x) => a + x.errors, 0),
              rounds: p.rounds.map((x) => round(x.rps)),
            },
      ]),
    ),
  }),
);
await end(0);
