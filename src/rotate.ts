import { Mistake, readConfig } from './config.ts';
import { rotateSecret } from './core/sealing/rotate_secret.ts';
import { openSeal } from './core/sealing/secret.ts';
import { rotateSigningKeys } from './core/sign_in/signing.ts';
import { connect, openDatabase } from './database/database.ts';
import { runningUrl } from './database/postgres/cluster.ts';
import { createLog } from './log.ts';

// `npm run rotate-keys`: new session tokens are signed with a new key from now on, in every process on this database.
// `npm run rotate-secret`: what the database seals is sealed with a new secret; with `--lost`, without the old one.

try {
  const config = readConfig();
  const [what, ...rest] = process.argv.slice(2);
  if (what === 'secret' && rest.some((word) => word !== '--lost')) throw new Mistake('It takes --lost, or nothing', 2);
  const running = config.databaseUrl ?? runningUrl(config.data);
  const db = running ? connect(running) : undefined;
  const answers = await db?.raw('select 1').catch(() => undefined);
  if (!answers) await db?.destroy();
  // Nothing runs on the embedded database: it is opened for as long as this takes.
  const opened = answers && db ? { db, close: () => db.destroy() } : await openDatabase(config, createLog());
  const rotate = async () => {
    if (what === 'secret') return rotateSecret(opened.db, config, rest.includes('--lost'));
    const kid = await rotateSigningKeys(opened.db, (await openSeal(opened.db, config)).seal);
    return `Session tokens are signed with ${kid} now; those of the old key hold until they expire.`;
  };
  process.stdout.write(`${await rotate().finally(opened.close)}\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = error instanceof Mistake ? error.exitCode : 1;
}
