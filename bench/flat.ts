// That nothing grows with what lies in the database: a list and a verdict with few keys and with a million, in one account and in a thousand.
import { once as gone } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeKey } from '../src/core/api_keys/form.ts';
import { digest } from '../src/core/credentials/digest.ts';
import { startPostgres } from '../src/database/postgres/server.ts';
import { startLatchkey } from './built_server.ts';
import { InTurn, load, median, type Run, type Server, shuffled, table, thousands } from './measure.ts';
import { bench, migratedDatabase, silent } from './migrated_database.ts';

/** What lies in a database, and how many of its keys are ours to ask with. */
interface World {
  accounts: number;
  keys: number;
  ours: number;
}

/** Five pipelines and ten people an account, the keys spread over them; gives ours, of one account after the other. */
async function furnish(server: string, name: string, { accounts, keys, ours }: World) {
  const { db, url, close } = await migratedDatabase(server, name);
  const made = Array.from({ length: ours }, () => makeKey());
  await db.transaction(async (row) => {
    // A million rows in seconds: nobody remembers anything yet who would have to hear of them, and what they point to is there.
    await row.raw('set local session_replication_role = replica');
    await row.raw(`
      insert into accounts (name) select 'a' || n from generate_series(2, ${accounts}) n;
      insert into users (email) select 'u' || n || '@bench' from generate_series(2, ${10 * accounts}) n;
      insert into memberships (account_id, user_id, role_ids) select 1 + (n - 1) % ${accounts}, n, '{1}' from generate_series(2, ${10 * accounts}) n;
      insert into pipelines (account_id, uuid, name, type, tags)
        select o, 'pipeline_' || o || '_' || n, 'pipeline ' || o || '-' || n, 'python', '{prod,eu,team-a}' from generate_series(1, ${accounts}) o, generate_series(1, 5) n`);
    await row.raw(
      `${columns} select hash, 'mgp_0000', 'asks', a, a, true from (select hash, 1 + (n - 1) % ${accounts} as a from unnest(?::bytea[]) with ordinality as k (hash, n)) k`,
      [made.map(digest)],
    );
    await row.raw(
      `${columns} select sha256(n::text::bytea), 'mgp_0000', 'rests', 1 + (u - 1) % ${accounts}, u, true
       from (select n, 1 + n % ${10 * accounts} as u from generate_series(1, ${keys - ours}) n) k`,
    );
  });
  // What a server does by and by; not in the middle of a run.
  await db.raw('vacuum analyze');
  await close();
  return { url, keys: made };
}
const columns = 'insert into api_keys (hash, prefix, name, account_id, user_id, checksummed)';

const ways = { list: '/v1/pipelines?limit=5', verdict: '/v1/forward-auth' };
type Way = keyof typeof ways;
const labels = { list: 'GET /v1/pipelines?limit=5', verdict: 'GET /v1/forward-auth' };

interface Cell {
  way: Way;
  world: 'small' | 'keys' | 'accounts' | 'beyond';
  label: string;
  server: Server;
  keys: InTurn;
}

const once = ({ server, way, keys }: Cell, seconds: number) => load(server, ways[way], {}, seconds, { keys });

/** Throws unless a list has five pipelines, and a key that is none is refused. */
async function probe({ server, way, keys }: Cell): Promise<void> {
  const asked = (key: string) => fetch(server.origin + ways[way], { headers: { authorization: `Bearer ${key}` } });
  const good = await asked(keys.next());
  const { status } = await asked(makeKey());
  const listed = way === 'list' ? ((await good.json()) as { results: unknown[] }).results.length : undefined;
  if (!good.ok || (way === 'list' && listed !== 5) || status !== 401) {
    throw new Error(`${ways[way]}: ${good.status}, ${listed} pipelines; ${status} for a key that is none`);
  }
}

/** Every server is warm before the first round; the cells of a round come in random order, so that what else the machine does falls on all alike. */
async function measured(cells: readonly Cell[], { rounds, warmUp }: Plan): Promise<Map<Cell, Run[]>> {
  const runs = new Map<Cell, Run[]>(cells.map((cell) => [cell, []]));
  process.stderr.write('warming up …\n');
  for (const cell of cells) {
    await probe(cell);
    await once(cell, warmUp);
  }
  for (let round = 0; round < rounds; round++) {
    if (round % 10 === 0) process.stderr.write(`round ${round + 1} of ${rounds} …\n`);
    for (const cell of shuffled(cells)) runs.get(cell)?.push(await once(cell, 0.3));
  }
  return runs;
}

interface Plan {
  rounds: number;
  /** Seconds a cell. */
  warmUp: number;
}
const whole = { rounds: 20, warmUp: 2 };
const glance = { rounds: 9, warmUp: 1.5 };

async function run(quick: boolean): Promise<Record<string, unknown>> {
  const [many, accounts] = quick ? [100_000, 100] : [1_000_000, 1_000];
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-bench-'));
  const postgres = await startPostgres(folder, silent);
  const servers: Server[] = [];
  try {
    const on = async (name: string, url: string) => {
      const limits = { LATCHKEY_REQUESTS_PER_MINUTE: '0', LATCHKEY_REQUESTS_PER_HOUR: '0' };
      const server = await startLatchkey(join(folder, name), { ...bench, ...limits, DATABASE_URL: url });
      servers.push(server);
      return server;
    };
    const open = async (name: string, world: World) => {
      process.stderr.write(`furnishing: ${thousands(world.keys)} keys …\n`);
      const { url, keys } = await furnish(postgres.url, name, world);
      return { server: await on(name, url), keys, url };
    };
    const small = await open('small', { accounts: 1, keys: 10, ours: 10 });
    const large = await open('large', { accounts: 1, keys: many, ours: many / 20 });
    // It notes thousands of uses that are written down later: not by the one whose time is taken for ten.
    const beyond = await on('beyond', large.url);
    const wide = await open('wide', { accounts, keys: 10 * accounts, ours: accounts });
    const cells = (Object.keys(ways) as Way[]).flatMap((way): Cell[] => [
      { way, world: 'small', label: '10 keys, 1 account', server: small.server, keys: new InTurn(small.keys) },
      {
        ...{ way, world: 'keys' as const, label: `${thousands(many)} keys, 1 account` },
        ...{ server: large.server, keys: new InTurn(large.keys.slice(0, 10)) },
      },
      {
        ...{
          way,
          world: 'accounts' as const,
          label: `${thousands(10 * accounts)} keys, ${thousands(accounts)} accounts in turn`,
        },
        ...{ server: wide.server, keys: new InTurn(wide.keys) },
      },
      // More than a process remembers (core/exact/remembered.ts): each of them is looked up.
      {
        ...{ way, world: 'beyond' as const, label: `${thousands(many)} keys, ${thousands(many / 20)} of them in turn` },
        ...{ server: beyond, keys: new InTurn(large.keys) },
      },
    ]);
    return report(await measured(cells, quick ? glance : whole));
  } finally {
    for (const { process: child } of servers) child.kill();
    await Promise.all(servers.map(({ process: child }) => child.exitCode ?? gone(child, 'exit')));
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function report(runs: Map<Cell, Run[]>): Record<string, unknown> {
  const middle = (of: Cell, value: (run: Run) => number) => median((runs.get(of) as Run[]).map(value));
  const find = (way: Way, world: Cell['world']) =>
    [...runs.keys()].find((cell) => cell.way === way && cell.world === world) as Cell;
  const ratio = (of: Cell) => middle(of, ({ rate }) => rate) / middle(find(of.way, 'small'), ({ rate }) => rate);
  const rows = [...runs.keys()].map((cell) => [
    cell.world === 'small' ? labels[cell.way] : '',
    cell.label,
    thousands(middle(cell, ({ rate }) => rate)),
    ratio(cell).toFixed(2),
    thousands(mean(runs.get(cell) as Run[])),
    middle(cell, ({ p99 }) => p99).toFixed(1),
  ]);
  process.stdout.write(table([['', '', 'requests/s', 'of 10 keys', 'CPU µs/request', 'p99 ms'], ...rows]));
  process.stdout.write('\nHow it is with 400 operations: npm run bench -- contract\n');
  const three = (way: Way, world: Cell['world']) => Number(ratio(find(way, world)).toFixed(3));
  return {
    target: 0.95,
    ratio_list_keys: three('list', 'keys'),
    ratio_list_accounts: three('list', 'accounts'),
    ratio_list_beyond_memory: three('list', 'beyond'),
    ratio_verdict_keys: three('verdict', 'keys'),
    ratio_verdict_accounts: three('verdict', 'accounts'),
    ratio_verdict_beyond_memory: three('verdict', 'beyond'),
  };
}

/** Of all runs: the clock of the system is too coarse for one. */
const mean = (runs: readonly Run[]) => runs.reduce((sum, { cpu }) => sum + cpu, 0) / runs.length;

/** `npm run bench -- flat` */
export const flat = {
  about: 'a list and a verdict with 10 keys and with 1,000,000, with one account and with 1,000',
  run,
};
