import { Mistake, readConfig } from './config.ts';
import { rotateSigningKeys } from './core/sign_in/signing.ts';
import { connect, openDatabase } from './database.ts';
import { createLog } from './log.ts';
import { runningUrl } from './postgres/cluster.ts';

// `npm run rotate-keys`: new session tokens are signed with a new key from now on, in every process on this database.

try {
  const config = readConfig();
  const running = config.databaseUrl ?? runningUrl(config.data);
  const db = running ? connect(running) : undefined;
  const answers = await db?.raw('select 1').catch(() => undefined);
  if (!answers) await db?.destroy();
  // Nothing runs on the embedded database: it is opened for as long as this takes.
  const opened = answers && db ? { db, close: () => db.destroy() } : await openDatabase(config, createLog());
  const kid = await rotateSigningKeys(opened.db);
  await opened.close();
  process.stdout.write(`Session tokens are signed with ${kid} now; those of the old key hold until they expire.\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = error instanceof Mistake ? error.exitCode : 1;
}
