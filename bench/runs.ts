// What firing Mage's runs costs, and how soon a runner has them: docs/benchmarks.md.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import autocannon from 'autocannon';
import type { Knex } from 'knex';
import { readConfig } from '../src/config.ts';
import { makeKey } from '../src/core/api_keys/form.ts';
import { digest } from '../src/core/credentials/digest.ts';
import { openInstallation } from '../src/core/installation/index.ts';
import { openDatabase } from '../src/database/database.ts';
import { table, thousands } from './measure.ts';
import { cpuOf, percentile } from './process.ts';

const silent = { debug() {}, info() {}, warn() {}, error: (message: unknown) => process.stderr.write(`${message}\n`) };
const password = 'bench password';
const secret = 'what the database of a bench is sealed with';
const many = 10_000;

// biome-ignore lint/suspicious/noExplicitAny: answers are looked into freely
type Json = any;

export const runsBench = {
  about: 'runs fired per second, ms until a runner has one, 10,000 that wait, 1,000 triggers due at once',

  async run(quick: boolean): Promise<Record<string, unknown>> {
    const folder = mkdtempSync(join(tmpdir(), 'latchkey-bench-'));
    const { db, url, close } = await openDatabase(
      { databaseUrl: undefined, data: join(folder, 'db') },
      silent as never,
    );
    const { applicationKey } = await openInstallation(
      db,
      readConfig({ LATCHKEY_OWNER_PASSWORD: password, LATCHKEY_SECRET: secret }),
    );
    const server = await startServer(url, join(folder, 'data'));
    try {
      const bench = await furnish(db, server, applicationKey);
      const note = (text: string) => process.stderr.write(`${text} …\n`);
      note('a runner, and nothing else');
      await starts(bench, 20);
      const before = cpuOf(server.child);
      const quiet = await starts(bench, quick ? 50 : 200);
      const cpu = (cpuOf(server.child) - before) / quiet.length;
      note('firing');
      const fired = await firing(bench, quick ? 3 : 10);
      await clear(db);
      note(`${thousands(many)} runs that wait for room`);
      const idle = await idleCpu(server);
      await wait(db, many);
      const waiting = {
        starts: await starts(bench, quick ? 50 : 200),
        cpu: Math.max(0, (await idleCpu(server)) - idle),
      };
      await clear(db);
      note(`${thousands(many)} runs that wait for a runner`);
      const alone = await turns(bench, db, quick ? 50 : 200, 0);
      const behind = await turns(bench, db, quick ? 50 : 200, many);
      await clear(db);
      note('1,000 triggers that are due at once');
      const due = await dueAtOnce(db, 1_000);

      const p = (values: number[], at: number) => percentile(values, at).toFixed(1);
      const rows = [
        ['', '', 'p50', 'p99'],
        ['runs fired per second, 16 at once', thousands(fired.rate), '', `${fired.p99} ms`],
        ['ms from firing to the runner’s start', '', p(quiet, 50), p(quiet, 99)],
        ['CPU ms of the server for a run: fired, begun, taken, reported, ended', cpu.toFixed(1), '', ''],
        [
          `ms to a start, beside ${thousands(many)} runs without room`,
          '',
          p(waiting.starts, 50),
          p(waiting.starts, 99),
        ],
        ['CPU ms/s that those take, nothing else happening', waiting.cpu.toFixed(1), '', ''],
        ['ms to take a run and to end it', '', p(alone, 50), p(alone, 99)],
        [`the same with ${thousands(many)} that wait for a runner`, '', p(behind, 50), p(behind, 99)],
        ['1,000 triggers due at once: ms until all runs are made', thousands(due.made), '', ''],
        ['… and have begun', thousands(due.begun), '', ''],
      ];
      process.stdout.write(table(rows));
      return {
        fired_per_second: Math.round(fired.rate),
        start_ms_p50: Number(p(quiet, 50)),
        start_ms_p99: Number(p(quiet, 99)),
        cpu_ms_per_run: Number(cpu.toFixed(1)),
        start_ms_p50_beside_waiting: Number(p(waiting.starts, 50)),
        turn_ms_p50: Number(p(alone, 50)),
        turn_ms_p50_behind_waiting: Number(p(behind, 50)),
        thousand_made_ms: Math.round(due.made),
        thousand_begun_ms: Math.round(due.begun),
      };
    } finally {
      server.child.kill('SIGTERM');
      await once(server.child, 'exit');
      await close();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

interface Server {
  child: ChildProcess;
  origin: string;
}

async function startServer(url: string, data: string): Promise<Server> {
  const settings = {
    ...{ PORT: '0', DATABASE_URL: url, LATCHKEY_DATA: data, LATCHKEY_SECRET: secret },
    // Nobody takes what only waits here.
    LATCHKEY_RUNNER_GRACE_SECONDS: '3600',
  };
  const main = fileURLToPath(new URL('../dist/src/main.js', import.meta.url));
  const child = spawn(process.execPath, [main], { env: { ...process.env, ...settings } });
  let said = '';
  const ended = once(child, 'exit').then(([code]) =>
    Promise.reject(new Error(`the server ended with ${code}:\n${said}`)),
  );
  ended.catch(() => {});
  // All that it writes is read, or it would wait for that.
  const listening = new Promise<string>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        said = (said + chunk).slice(-10_000);
        const origin = /^ {2}API +(\S+)$/m.exec(said)?.[1];
        if (origin) resolve(origin);
      });
    }
  });
  return { child, origin: await Promise.race([listening, ended]) };
}

interface Bench {
  /** Fires the trigger that has room. */
  fire(): Promise<number>;
  fireUrl: string;
  runner(path: string, body: object): Promise<Json>;
}

const agent = new Agent({ keepAlive: true });

function call(url: string, body: object, headers: Record<string, string>): Promise<Json> {
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      { method: 'POST', agent, headers: { ...headers, 'Content-Type': 'application/json' } },
      (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (chunk) => (text += chunk));
        answer.on('end', () => {
          const status = answer.statusCode ?? 0;
          if (status >= 300) reject(new Error(`${url}: ${status} ${text}`));
          else resolve(text === '' ? undefined : JSON.parse(text));
        });
      },
    );
    sent.on('error', reject).end(JSON.stringify(body));
  });
}

async function furnish(db: Knex, { origin }: Server, applicationKey: string): Promise<Bench> {
  const api = `${origin}/api`;
  const key = { 'X-API-KEY': applicationKey };
  const { session } = await call(`${api}/sessions`, { session: { email: 'owner@localhost', password } }, key);
  const headers = { ...key, Cookie: `oauth_token=${session.token}` };
  await call(`${api}/pipelines`, { pipeline: { name: 'bench' } }, headers);
  const block = { name: 'one', type: 'custom', language: 'python', content: '@custom\ndef f(*args):\n    return 1\n' };
  await call(`${api}/pipelines/bench/blocks`, { block }, headers);
  const schedule = { name: 'bench', schedule_type: 'api', status: 'active' };
  const { pipeline_schedule } = await call(
    `${api}/pipelines/bench/pipeline_schedules`,
    { pipeline_schedule: schedule },
    headers,
  );
  const mine = makeKey();
  const owner = { account_id: 1, user_id: 1, checksummed: true };
  await db('api_keys').insert({ hash: digest(mine), prefix: mine.slice(0, 8), name: 'runner', ...owner });
  const fireUrl = `${api}/pipeline_schedules/${pipeline_schedule.id}/pipeline_runs/${pipeline_schedule.token}`;
  return {
    fireUrl,
    fire: async () => (await call(fireUrl, {}, {})).pipeline_run.id,
    runner: (path, body) => call(`${origin}/v1/runner/${path}`, body, { Authorization: `Bearer ${mine}` }),
  };
}

/** Does a run as a runner does, in the shortest way. */
async function finish({ runner }: Bench, { id, lease }: Json): Promise<void> {
  const events = [
    { type: 'began', block: 'one' },
    { type: 'ended', block: 'one', status: 'completed', outputs: [] },
  ];
  await runner(`runs/${id}/report`, { lease, first: 1, events });
  await runner(`runs/${id}/finish`, { lease, state: 'completed' });
}

/** Milliseconds from the sending of a firing to the moment in which a runner that waits has its run, one after the other. */
async function starts(bench: Bench, count: number): Promise<number[]> {
  const waits: number[] = [];
  while (waits.length < count) {
    const taking = bench.runner('take', { wait_seconds: 60 });
    // The runner waits already, at a moment that has nothing to do with the beat of any clock here.
    await sleep(20 + Math.random() * 120);
    const from = performance.now();
    await bench.fire();
    const { run } = await taking;
    waits.push(performance.now() - from);
    await finish(bench, run);
  }
  return waits;
}

async function firing({ fireUrl }: Bench, seconds: number): Promise<{ rate: number; p99: number }> {
  const options = { url: fireUrl, method: 'POST' as const, connections: 16, duration: seconds, sampleInt: 20 };
  const result = await autocannon({
    ...options,
    headers: { 'Content-Type': 'application/json' },
    body: '{"pipeline_run":{}}',
  });
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${result.non2xx} firings were refused, ${result.errors} failed`);
  const milliseconds = result.finish.getTime() - result.start.getTime();
  return { rate: (result['2xx'] / milliseconds) * 1000, p99: result.latency.p99 };
}

/** Milliseconds of a runner's turn (take, report, finish), with so many more that wait. */
async function turns(bench: Bench, db: Knex, count: number, more: number): Promise<number[]> {
  await db.raw(
    `with r as (insert into pipeline_runs (account_id, pipeline_id, pipeline_schedule_id, execution_date, status, started_at)
       select s.account_id, s.pipeline_id, s.id, now() - n * interval '1 second', 'running', now()
       from generate_series(1, ?::int) n, (${trigger}) s returning id, account_id, pipeline_id),
     b as (insert into block_runs (pipeline_run_id, block_uuid) select id, 'one' from r)
     insert into runs (account_id, pipeline_id, pipeline_run_id, inputs, executor, async, streamed, waits)
     select account_id, pipeline_id, id, '[]', 'runner', true, false, true from r`,
    [count + more],
  );
  await db.raw('analyze runs, pipeline_runs, block_runs');
  const waits: number[] = [];
  while (waits.length < count) {
    const from = performance.now();
    const { run } = await bench.runner('take', { wait_seconds: 0 });
    await finish(bench, run);
    waits.push(performance.now() - from);
  }
  return waits;
}

const trigger = `select p.account_id, s.pipeline_id, s.id from pipeline_schedules s join pipelines p on p.id = s.pipeline_id where p.uuid = 'bench' limit 1`;

/** Runs of a pipeline of their own, which has room for one. */
async function wait(db: Knex, count: number): Promise<void> {
  await db.raw(
    `with p as (insert into pipelines (account_id, uuid, name, concurrency_config) values (1, 'full', 'full', '{"pipeline_run_limit": 1}') returning id),
     s as (insert into pipeline_schedules (pipeline_id, name, schedule_type, status, token) select id, 's', 'api', 'active', '' from p returning id, pipeline_id)
     insert into pipeline_runs (account_id, pipeline_id, pipeline_schedule_id, execution_date, status)
     select 1, s.pipeline_id, s.id, now() + n * interval '1 second', case when n = 0 then 'running' else 'initial' end
     from generate_series(0, ?::int) n, s`,
    [count],
  );
  // Somebody works on the one that has room.
  await db.raw(
    `insert into runs (account_id, pipeline_id, pipeline_run_id, inputs, executor, async, streamed, waits, worker, leased_until, state)
     select account_id, pipeline_id, id, '[]', 'runner', true, false, true, gen_random_uuid(), now() + interval '1 day', 'running'
     from pipeline_runs where status = 'running'`,
  );
  await db.raw('analyze runs, pipeline_runs');
}

async function clear(db: Knex): Promise<void> {
  await db.raw(`delete from pipelines where uuid <> 'bench'`);
  await db.raw('delete from runs');
  await db.raw('delete from pipeline_runs');
  await db.raw('delete from graphile_worker._private_jobs');
}

/** CPU milliseconds per second of a server that nobody asks anything. */
async function idleCpu({ child }: Server): Promise<number> {
  const before = cpuOf(child);
  await sleep(5_000);
  return (cpuOf(child) - before) / 5;
}

/** Triggers of a hundred pipelines that are due in the same moment: how long until their runs are made, and have begun. */
async function dueAtOnce(db: Knex, count: number): Promise<{ made: number; begun: number }> {
  await db.raw(
    `with p as (insert into pipelines (account_id, uuid, name) select 1, 'due_' || n, 'due' from generate_series(1, 100) n returning id),
     b as (insert into blocks (pipeline_id, uuid, name, type, language, content, position) select id, 'one', 'one', 'custom', 'python', '', 0 from p)
     insert into pipeline_schedules (pipeline_id, name, schedule_type, schedule_interval, status, token, last_enabled_at)
     select id, 's' || n, 'time', '0 0 1 1 *', 'active', '', '2020-01-01' from p, generate_series(1, ?::int) n`,
    [count / 100],
  );
  const from = performance.now();
  const until = async (statuses: string[]) => {
    for (;;) {
      const [{ count: found }] = (await db('pipeline_runs').whereIn('status', statuses).count({ count: '*' })) as Json;
      if (Number(found) >= count) return performance.now() - from;
      await sleep(10);
    }
  };
  const made = await until(['initial', 'running']);
  return { made, begun: await until(['running']) };
}
