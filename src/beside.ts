import { type Config, readConfig } from './config.ts';
import type { Database } from './database/database.ts';
import { openBeside } from './database/open_beside.ts';
import { createLog } from './log.ts';
import { Mistake } from './mistake.ts';

/**
 * Does something with the database, beside a server that runs on it or without one: an embedded database that nothing runs
 * on is opened for as long as it takes. What it gives is printed; a `Mistake` is one line, and the exit code is its own.
 */
export async function beside(
  work: (db: Database['db'], config: Config, words: string[]) => Promise<string>,
): Promise<void> {
  try {
    const config = readConfig();
    // stdout is for what was asked for.
    const opened = await openBeside(config, createLog(process.stderr));
    const said = await work(opened.db, config, process.argv.slice(2)).finally(opened.close);
    process.stdout.write(`${said}\n`);
  } catch (error) {
    const { code, message } = error as { code?: unknown; message: string };
    const isUnmade = code === '42P01';
    process.stderr.write(`${isUnmade ? 'The database is not made yet: npm start makes it' : message}\n`);
    // A number is that of a program: who is asked something may end it (cli/ask.ts).
    process.exitCode = error instanceof Mistake ? error.exitCode : typeof code === 'number' ? code : 1;
  }
}
