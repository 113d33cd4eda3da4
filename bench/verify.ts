// What verifying an API key costs, and that it does not grow with the keys: design §7 and §8.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeKey } from '../src/core/api_keys/form.ts';
import { digest } from '../src/core/credentials/digest.ts';
import { connect } from '../src/database/database.ts';
import { startPostgres } from '../src/database/postgres/server.ts';
import { type Asked, load, median, type Run, type Server, shuffled, start, table, thousands } from './measure.ts';
import { migratedDatabase, silent } from './migrated_database.ts';

const path = '/functions/v1/manage-api-keys';
const list: Asked = { method: 'POST', body: '{"action":"list"}' };
interface Cell {
  label: string;
  path: string;
  server: Server;
  headers: Record<string, string>;
  asked: Asked;
}

interface Prepared {
  url: string;
  key: string;
  other: string;
  /** It has a limit that is never reached, and credits that are never used up. */
  bounded: string;
}

/** A migrated database with an owner, a key of theirs, and so many keys of others. */
async function prepare(url: string, name: string, others: number): Promise<Prepared> {
  const { db, close, url: own } = await migratedDatabase(url, name);
  const [key, other, bounded] = [makeKey(), makeKey(), makeKey()];
  const [counter] = await db('key_counters').insert({ credits: 1_000_000_000 }).returning('id');
  const bounds = {
    limits: JSON.stringify([{ requests: 1_000_000_000, per: 'day' }]),
    counter_id: counter?.id as number,
  };
  const row = (its: string) => ({
    ...{ hash: digest(its), prefix: its.slice(0, 8), name: 'bench', account_id: 1, user_id: 1, checksummed: true },
  });
  await db('api_keys').insert([row(key), row(other)]);
  await db('api_keys').insert({ ...row(bounded), ...bounds });
  await db.raw(
    `with u as (insert into users (email) select 'u' || n || '@bench' from generate_series(1, greatest(1, ?::int / 10)) n returning id)
     insert into api_keys (hash, prefix, name, account_id, user_id, checksummed)
     select sha256((u.id || '-' || k)::bytea), 'mgp_0000', 'k', 1, u.id, true from u, generate_series(1, 10) k`,
    [others],
  );
  await db.raw('analyze');
  await close();
  return { url: own, key, other, bounded };
}

/** The slowest of a hundred cheap calls while so many sign in at once, again and again. */
async function p99WhileSigningIn(server: Server, cell: Cell, seconds: number): Promise<number> {
  const url = `${server.origin}/auth/v1/token?grant_type=password`;
  let isOver = false;
  const signIn = async () => {
    while (!isOver) {
      const body = JSON.stringify({ email: 'owner@localhost', password: 'bench password' });
      const response = await fetch(url, { method: 'POST', headers: cell.headers, body });
      if (response.status !== 200) throw new Error(`signing in: ${response.status} ${await response.text()}`);
      await response.text();
    }
  };
  const all = Promise.all(Array.from({ length: 8 }, signIn));
  const { p99 } = await load(server, path, cell.headers, seconds, cell.asked);
  isOver = true;
  await all;
  return p99;
}

export const verify = {
  about: 'what verifying an API key costs beside bare Express and one statement, and with 100,000 keys',

  async run(quick: boolean) {
    const folder = mkdtempSync(join(tmpdir(), 'latchkey-bench-'));
    const postgres = await startPostgres(folder, silent);
    const servers: Server[] = [];
    try {
      process.stderr.write('making a database with 10 keys, and one with 100,000 …\n');
      const few = await prepare(postgres.url, 'few', 10);
      const many = await prepare(postgres.url, 'many', 100_000);
      const open = async (kind: string, url: string) => {
        const server = await start('./verify-server.ts', `${kind} ${url}`);
        servers.push(server);
        return server;
      };
      const db = connect(few.url);
      const apikey = (await db('installation').where({ name: 'application_key' }).first('value'))?.value ?? '';
      await db.destroy();
      const bearer = (key: string) => ({ authorization: `Bearer ${key}`, 'content-type': 'application/json', apikey });
      const ours = await open('latchkey', few.url);
      const cell = (label: string, server: Server, key: string, asked = list, at = path): Cell => ({
        label,
        path: at,
        server,
        headers: bearer(key),
        asked,
      });
      const ask = (key: string): Asked => ({ method: 'POST', body: JSON.stringify({ key }) });
      const flipped = few.key.slice(0, -1) + (few.key.endsWith('0') ? '1' : '0');
      const cells = {
        verify: cell('Latchkey: list, 10 other keys', ours, few.key),
        many: cell('Latchkey: list, 100,000 other keys', await open('latchkey', many.url), many.key),
        bad: cell('Latchkey: a key with a broken checksum', ours, flipped, { ...list, status: 401 }),
        asked: cell('POST /v1/verify', ours, few.key, ask(few.other), '/v1/verify'),
        askedBounded: cell('the same of a key with a limit and credits', ours, few.key, ask(few.bounded), '/v1/verify'),
        forward: cell('GET /v1/forward-auth', ours, few.key, {}, '/v1/forward-auth'),
        forwardBounded: cell('the same by a key with a limit and credits', ours, few.bounded, {}, '/v1/forward-auth'),
        statement: cell('Express and one prepared statement', await open('statement', few.url), few.key),
        express: cell('bare Express', await open('express', few.url), few.key),
      };
      const runs = await measured(Object.values(cells), quick);
      const middle = (of: Cell, value: (run: Run) => number) => median((runs.get(of) as Run[]).map(value));
      const quiet = middle(cells.verify, ({ p99 }) => p99);
      process.stderr.write('eight signing in at once …\n');
      const busy = await p99WhileSigningIn(ours, cells.verify, quick ? 2 : 5);

      const rate = (of: Cell) => middle(of, (run) => run.rate);
      // Per request that reached the server: a load ends with requests under way, which are no answers yet.
      const count = (of: Cell, name: string) =>
        Number(middle(of, ({ counts }) => (counts[name] ?? 0) / (counts.requests ?? 1)).toFixed(3));
      const rows = Object.values(cells).map((of) => [
        of.label,
        thousands(rate(of)),
        thousands(middle(of, ({ cpu }) => cpu)),
        of.server === cells.statement.server || of.server === cells.express.server
          ? ''
          : count(of, 'statements').toFixed(2),
        of.server === cells.statement.server || of.server === cells.express.server
          ? ''
          : count(of, 'writes').toFixed(2),
        middle(of, ({ p99 }) => p99).toFixed(1),
      ]);
      const head = ['', 'requests/s', 'CPU µs/request', 'statements/request', 'writes/request', 'p99 ms'];
      process.stdout.write(table([head, ...rows]));
      process.stdout.write(`\np99 of a list: ${quiet} ms when it is quiet, ${busy} ms while eight sign in at once\n`);
      return {
        statements_per_verify: count(cells.verify, 'verifications'),
        writes_per_verify: count(cells.verify, 'writes'),
        statements_per_list: count(cells.verify, 'statements'),
        statements_per_v1_verify: count(cells.asked, 'statements'),
        writes_per_v1_verify: count(cells.asked, 'writes'),
        writes_per_v1_verify_bounded: count(cells.askedBounded, 'writes'),
        statements_per_forward_auth: count(cells.forward, 'statements'),
        writes_per_forward_auth: count(cells.forward, 'writes'),
        writes_per_forward_auth_bounded: count(cells.forwardBounded, 'writes'),
        statements_bad_checksum: count(cells.bad, 'statements'),
        ratio_to_express_statement: Number((rate(cells.verify) / rate(cells.statement)).toFixed(3)),
        ratio_to_express: Number((rate(cells.verify) / rate(cells.express)).toFixed(3)),
        ratio_100000_keys_to_10: Number((rate(cells.many) / rate(cells.verify)).toFixed(3)),
        p99_quiet_ms: quiet,
        p99_while_signing_in_ms: busy,
      };
    } finally {
      for (const { process: child } of servers) child.kill();
      await postgres.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

/** Short rounds in random order, after every server is warm. */
async function measured(cells: readonly Cell[], quick: boolean): Promise<Map<Cell, Run[]>> {
  const runs = new Map<Cell, Run[]>(cells.map((cell) => [cell, []]));
  const once = (of: Cell, seconds: number) => load(of.server, of.path, of.headers, seconds, of.asked);
  for (const cell of cells) {
    process.stderr.write(`warming up: ${cell.label}\n`);
    await once(cell, quick ? 2 : 4);
  }
  const rounds = quick ? 5 : 15;
  for (let round = 0; round < rounds; round++) {
    process.stderr.write(`round ${round + 1} of ${rounds} …\n`);
    for (const cell of shuffled(cells)) runs.get(cell)?.push(await once(cell, 0.5));
  }
  return runs;
}
