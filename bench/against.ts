// This build beside that of another checkout, which AGAINST names: what must not have become slower.
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeKey } from '../src/core/api_keys/form.ts';
import { digest } from '../src/core/credentials/digest.ts';
import { connect } from '../src/database/database.ts';
import { startPostgres } from '../src/database/postgres/server.ts';
import { type Container, openContainer } from '../tests/support/container.ts';
import { startLatchkey } from './built_server.ts';
import { median, type Server, shuffled, table } from './measure.ts';
import { bench, silent } from './migrated_database.ts';
import { cpuOf } from './process.ts';

interface Side extends Server {
  key: string;
  pipeline: string;
}

/** A server of a checkout on a database of its own: 1,000 pipelines, one of which runs in a container. Only columns that were always there. */
async function open(
  postgres: string,
  folder: string,
  name: string,
  home: string | undefined,
  container: Container,
): Promise<Side> {
  const admin = connect(postgres);
  await admin.raw(`create database ${name}`);
  await admin.destroy();
  const url = new URL(postgres);
  url.pathname = `/${name}`;
  const limits = { LATCHKEY_REQUESTS_PER_MINUTE: '0', LATCHKEY_REQUESTS_PER_HOUR: '0' };
  const server = await startLatchkey(join(folder, name), { ...bench, ...limits, DATABASE_URL: url.href }, home);
  const db = connect(url.href);
  const key = makeKey();
  await db('api_keys').insert({
    ...{ hash: digest(key), prefix: key.slice(0, 8), name: 'bench', account_id: 1, user_id: 1, checksummed: true },
  });
  await db.raw(
    `insert into pipelines (account_id, uuid, name, type, tags)
     select 1, 'pipeline_' || n, 'pipeline ' || n, 'python', '{prod,eu,team-a}' from generate_series(1, 1000) n`,
  );
  await db.raw('vacuum analyze');
  await db.destroy();
  const side = { ...server, key, pipeline: '' };
  const made = await ask(side, 'POST', '/v4/pipelines', {
    name: 'owner/add',
    image: 'none',
    input_variables: [],
    output_variables: [],
  });
  side.pipeline = made.id;
  await ask(side, 'PUT', `/v4/pipelines/${made.id}/container`, { url: container.url });
  return side;
}

async function ask({ origin, key }: Side, method: string, path: string, sent: object | FormData) {
  const isForm = sent instanceof FormData;
  const response = await fetch(origin + path, {
    method,
    headers: { authorization: `Bearer ${key}`, ...(!isForm && { 'content-type': 'application/json' }) },
    body: isForm ? sent : JSON.stringify(sent),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return JSON.parse(text);
}

const megabytes = 20;
const file = new Blob([new Uint8Array(megabytes * 2 ** 20).map((_, at) => (at * 2654435761) >>> 13)]);
const inputs = [1, 2].map((value) => ({ type: 'integer', value }));

/** What is compared, as milliseconds that one takes. */
const tasks: Record<string, (side: Side) => Promise<number>> = {
  async 'a page of 1,000 pipelines, /v1'(side: Side) {
    return page(side, '/v1/pipelines?limit=1000');
  },
  async 'the same, Mystic'(side: Side) {
    return page(side, '/v4/pipelines?limit=1000');
  },
  async [`an upload of ${megabytes} MB`](side: Side) {
    const form = new FormData();
    form.set('pfile', file, 'noise.bin');
    return timed(() => ask(side, 'POST', '/v4/files', form));
  },
  async 'a run in a container'(side: Side) {
    return timed(() => ask(side, 'POST', '/v4/runs', { pipeline: side.pipeline, inputs }));
  },
};

/** The bytes alone: to read them is the caller's business. */
async function page({ origin, key }: Side, path: string) {
  return timed(async () => {
    const response = await fetch(origin + path, { headers: { authorization: `Bearer ${key}` } });
    const { byteLength } = await response.arrayBuffer();
    if (!response.ok || byteLength < 100_000) throw new Error(`${path}: ${response.status}, ${byteLength} bytes`);
  });
}

async function timed(act: () => Promise<unknown>) {
  const from = performance.now();
  await act();
  return performance.now() - from;
}

const tenth = (value: number) => Math.round(value * 10) / 10;

/** Milliseconds that one took, and of the server's processor. */
interface Cost {
  ms: number;
  cpu: number;
}

async function run(quick: boolean): Promise<Record<string, unknown>> {
  const other = process.env.AGAINST;
  if (!other) throw new Error('AGAINST=<folder of another checkout, which is built> npm run bench -- against');
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-bench-'));
  const postgres = await startPostgres(join(folder, 'postgres'), silent);
  const container = await openContainer();
  const servers: Server[] = [];
  try {
    const sides: Side[] = [];
    for (const [name, home] of [
      ['now', undefined],
      ['before', other],
    ] as const) {
      process.stderr.write(`furnishing: ${home ?? 'this checkout'} …\n`);
      const side = await open(postgres.url, folder, name, home, container);
      servers.push(side);
      sides.push(side);
    }
    const names = Object.keys(tasks);
    const all = names.flatMap((name) => sides.map((side) => ({ name, side, took: [] as number[], cpu: 0 })));
    // What was compiled late, and what is written for the first time, is not what is compared.
    for (const { name, side } of all) for (let n = 0; n < 20; n++) await tasks[name]?.(side);
    const rounds = quick ? 10 : 30;
    for (let round = 0; round < rounds; round++) {
      if (round % 10 === 0) process.stderr.write(`round ${round + 1} of ${rounds} …\n`);
      for (const one of shuffled(all)) {
        const before = cpuOf(one.side.process);
        for (let n = 0; n < 3; n++) one.took.push((await tasks[one.name]?.(one.side)) as number);
        one.cpu += (cpuOf(one.side.process) - before) / 3 / rounds;
      }
    }
    const rows = names.map((name) => {
      const [now, before] = all
        .filter((one) => one.name === name)
        .map(({ took, cpu }) => ({ ms: tenth(median(took)), cpu: tenth(cpu) }));
      return { name, now: now as Cost, before: before as Cost };
    });
    const cells = (cost: 'ms' | 'cpu', { now, before }: { now: Cost; before: Cost }) => [
      before[cost].toFixed(1),
      now[cost].toFixed(1),
      (now[cost] / before[cost]).toFixed(2),
    ];
    process.stdout.write(
      table([
        ['', 'ms before', 'now', 'ratio', 'CPU ms before', 'now', 'ratio'],
        ...rows.map((row) => [row.name, ...cells('ms', row), ...cells('cpu', row)]),
      ]),
    );
    return { against: other, costs: Object.fromEntries(rows.map(({ name, ...both }) => [name, both])) };
  } finally {
    for (const { process: child } of servers) {
      child.kill();
      if (child.exitCode === null) await once(child, 'exit');
    }
    await container.close();
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** `npm run bench -- against` */
export const against = {
  about: 'a page of 1,000, an upload and a run beside those of another checkout (AGAINST names it)',
  run,
};
