import { type Config, Mistake, readConfig } from './config.ts';
import { connect, type Database, openDatabase } from './database/database.ts';
import { runningUrl } from './database/postgres/cluster.ts';
import { createLog } from './log.ts';

/**
 * Does something with the database, beside a server that runs on it or without one: an embedded database that nothing runs
 * on is opened for as long as it takes. What it gives is printed; a `Mistake` is one line, and the exit code is its own.
 */
export async function beside(
  work: (db: Database['db'], config: Config, words: string[]) => Promise<string>,
): Promise<void> {
  try {
    const config = readConfig();
    const running = config.databaseUrl ?? runningUrl(config.data);
    const db = running ? connect(running) : undefined;
    const answers = await db?.raw('select 1').catch(() => undefined);
    if (!answers) await db?.destroy();
    const opened = answers && db ? { db, close: () => db.destroy() } : await openDatabase(config, createLog());
    const said = await work(opened.db, config, process.argv.slice(2)).finally(opened.close);
    process.stdout.write(`${said}\n`);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    process.exitCode = error instanceof Mistake ? error.exitCode : 1;
  }
}
