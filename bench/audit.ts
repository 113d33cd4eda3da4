// What the chain of the audit log costs those who write at once: docs/benchmarks.md.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Knex } from 'knex';
import { readConfig } from '../src/config.ts';
import { append } from '../src/core/audit_chain/append.ts';
import { checkAll } from '../src/core/audit_chain/check.ts';
import { openInstallation } from '../src/core/installation/index.ts';
import { connect, openDatabase } from '../src/database/database.ts';
import { median, shuffled, table, thousands } from './measure.ts';

const silent = { debug() {}, info() {}, warn() {}, error: (message: unknown) => process.stderr.write(`${message}\n`) };
const writers = 50;

type Write = (trx: Knex, account: number) => Promise<unknown>;

export const auditBench = {
  about: 'what 50 audited writes at once cost: without a row in the log, with one, and with one in the chain',

  async run(quick: boolean): Promise<Record<string, unknown>> {
    const folder = mkdtempSync(join(tmpdir(), 'latchkey-bench-'));
    const { db, url, close } = await openDatabase({ databaseUrl: undefined, data: folder }, silent as never);
    // A connection for each writer, as several processes have them.
    const pools = Array.from({ length: writers / 10 }, () => connect(url));
    try {
      const config = readConfig({
        LATCHKEY_OWNER_PASSWORD: 'bench password',
        LATCHKEY_SECRET: 'what a bench is sealed with, in full',
      });
      const { seal } = await openInstallation(db, config);
      await db.raw(
        `insert into api_keys (hash, prefix, name, account_id, user_id, checksummed)
         select sha256(n::text::bytea), 'mgp_0000', 'k', 1, 1, true from generate_series(1, ?::int) n`,
        [writers],
      );
      const row = (account_id: number) => ({
        ...{ account_id, user_id: 1, api_key_id: null, action: 'key_renamed', subject: 'bench', details: '{"a": 1}' },
        ...{ address: '192.0.2.1', request_id: 'bench' },
      });
      const kinds: Record<string, { write: Write; accounts: number }> = {
        'no row': { write: async () => {}, accounts: 1 },
        'a row, in no chain': { write: (trx, account) => trx('audit_log').insert(row(account)), accounts: 1 },
        'a row in the chain of one account': {
          write: (trx, account) => append(trx, seal.auditKey, row(account)),
          accounts: 1,
        },
        'a row in the chains of 50 accounts': {
          write: (trx, account) => append(trx, seal.auditKey, row(account)),
          accounts: 50,
        },
      };
      const runs = new Map<string, { rate: number; p99: number }[]>(Object.keys(kinds).map((name) => [name, []]));
      const rounds = quick ? 3 : 9;
      for (let round = 0; round <= rounds; round += 1) {
        process.stderr.write(round === 0 ? 'warming up …\n' : `round ${round} of ${rounds} …\n`);
        for (const name of shuffled(Object.keys(kinds))) {
          const { write, accounts } = kinds[name] as (typeof kinds)[string];
          const run = await storm(pools, write, accounts, quick ? 500 : 1500);
          if (round > 0) runs.get(name)?.push(run);
        }
      }
      const middle = (name: string, of: 'rate' | 'p99') => median((runs.get(name) ?? []).map((run) => run[of]));
      const rows = Object.keys(kinds).map((name) => [
        name,
        thousands(middle(name, 'rate')),
        middle(name, 'p99').toFixed(1),
      ]);
      process.stdout.write(table([['50 writers at once', 'writes/s', 'p99 ms'], ...rows]));
      const checked = await checkAll(db, seal, new Map());
      const [plain, chained, many] = Object.keys(kinds).slice(1) as [string, string, string];
      return {
        writes_per_second: Math.round(middle(chained, 'rate')),
        p99_ms: Number(middle(chained, 'p99').toFixed(1)),
        ratio_to_a_row: Number((middle(chained, 'rate') / middle(plain, 'rate')).toFixed(3)),
        ratio_of_50_accounts_to_a_row: Number((middle(many, 'rate') / middle(plain, 'rate')).toFixed(3)),
        rows_checked: checked.reduce((sum, one) => sum + (one.breaks.length > 0 ? 0 : one.rows), 0),
      };
    } finally {
      await Promise.all(pools.map((pool) => pool.destroy()));
      await close();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

/** All writers, one transaction after the other each, for so many milliseconds. Throws where one fails. */
async function storm(pools: Knex[], write: Write, accounts: number, time: number) {
  const waits: number[] = [];
  const end = performance.now() + time;
  const one = async (writer: number) => {
    const pool = pools[writer % pools.length] as Knex;
    while (performance.now() < end) {
      const start = performance.now();
      await pool.transaction(async (trx) => {
        await trx('api_keys')
          .where({ id: writer + 1 })
          .update({ name: `k${waits.length}` });
        await write(trx, 1 + (writer % accounts));
      });
      waits.push(performance.now() - start);
    }
  };
  await Promise.all(Array.from({ length: writers }, (_, writer) => one(writer)));
  waits.sort((a, b) => a - b);
  return { rate: (waits.length / time) * 1000, p99: waits[Math.floor(waits.length * 0.99)] ?? 0 };
}
