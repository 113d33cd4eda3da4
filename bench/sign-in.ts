// What somebody else's sign-in waits while many guesses come at once: docs/benchmarks.md.

import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../src/config.ts';
import { hashPassword } from '../src/core/credentials/password_hash.ts';
import { openInstallation } from '../src/core/installation/index.ts';
import { openDatabase } from '../src/database/database.ts';
import { start, table } from './measure.ts';
import { signIn } from './signed-in.ts';

const silent = { debug() {}, info() {}, warn() {}, error: (message: unknown) => process.stderr.write(`${message}\n`) };
const secret = 'what the databases of a bench are sealed with';
const password = 'bench password';
const people = 40;

/** A storm comes from one address of this machine, the others from another: real sockets, no header is believed. */
const guesser = '127.0.0.2';
const honest = '127.0.0.3';

/** The p-th of a hundred. */
const percentile = (values: number[], p: number) =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor((values.length * p) / 100))] as number;

interface Weather {
  waits: number[];
  hashed: number;
  refused: number;
}

export const signInBench = {
  about: "what somebody else's sign-in waits while 300 and 600 guesses come at once",

  async run(quick: boolean): Promise<Record<string, unknown>> {
    const folder = mkdtempSync(join(tmpdir(), 'latchkey-bench-'));
    const { db, url, close } = await openDatabase({ databaseUrl: undefined, data: folder }, silent as never);
    const { applicationKey } = await openInstallation(
      db,
      readConfig({ LATCHKEY_OWNER_PASSWORD: password, LATCHKEY_SECRET: secret }),
    );
    const password_hash = await hashPassword(password);
    await db.raw(
      `with u as (insert into users (email, password_hash) select 'u' || n || '@bench', ? from generate_series(1, ?::int) n returning id)
       insert into memberships (account_id, user_id) select 1, id from u`,
      [password_hash, people],
    );
    const server = await start('./verify-server.ts', `latchkey ${url}`);
    const { process: storms } = await start('./guesser.ts', `${server.origin} ${applicationKey} ${guesser}`);
    /** One after the other, each somebody who has not signed in from there lately, until `until` is over. */
    const weather = async (guesses: number): Promise<Weather> => {
      // As if the quarter of an hour of the last round were over, and everybody a stranger again.
      await db('rate_limits').delete();
      let blowing = guesses > 0;
      let blown = { hashed: 0, refused: 0 };
      if (blowing) {
        storms.send(guesses);
        await once(storms, 'message');
        once(storms, 'message').then(([counts]) => {
          blown = counts;
          blowing = false;
        });
      }
      const waits: number[] = [];
      do {
        const email = `u${1 + (waits.length % people)}@bench`;
        const { status, ms } = await signIn(server.origin, applicationKey, honest, email, password);
        if (status !== 200) throw new Error(`somebody with the right password was answered ${status}`);
        waits.push(ms);
      } while (guesses === 0 ? waits.length < people : blowing);
      return { waits, ...blown };
    };
    try {
      await weather(0);
      const rounds = quick ? 3 : 10;
      const rows: string[][] = [
        ['guesses at once', 'sign-ins beside', 'p50 ms', 'p99 ms', 'worst ms', 'hashed', 'refused'],
      ];
      const result: Record<string, number> = {};
      for (const guesses of [0, 300, 600]) {
        const all: Weather[] = [];
        for (let round = 0; round < rounds; round += 1) {
          process.stderr.write(`${guesses} guesses, round ${round + 1} of ${rounds} …\n`);
          all.push(await weather(guesses));
        }
        const waits = all.flatMap((one) => one.waits);
        const mean = (of: (one: Weather) => number) => Math.round(all.reduce((sum, one) => sum + of(one), 0) / rounds);
        const figures = [percentile(waits, 50), percentile(waits, 99), Math.max(...waits)].map(Math.round);
        const counts = [mean(({ hashed }) => hashed), mean(({ refused }) => refused)];
        rows.push([String(guesses || 'quiet'), String(waits.length), ...figures.map(String), ...counts.map(String)]);
        const name = guesses ? `${guesses}` : 'quiet';
        result[`p50_${name}_ms`] = figures[0] as number;
        result[`p99_${name}_ms`] = figures[1] as number;
        if (guesses) result[`hashed_of_${name}`] = counts[0] as number;
      }
      process.stdout.write(table(rows));
      return result;
    } finally {
      storms.kill();
      server.process.kill();
      await close();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
