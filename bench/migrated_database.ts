import { readConfig } from '../src/config.ts';
import { openInstallation } from '../src/core/installation/index.ts';
import { connect, openDatabase } from '../src/database/database.ts';

/** Of the log, only what is wrong. */
export const silent = {
  debug() {},
  info() {},
  warn() {},
  error: (message: unknown) => process.stderr.write(`${message}\n`),
};

/** What the databases of a bench are opened with: whoever opens one again needs the same. */
export const bench = {
  LATCHKEY_OWNER_PASSWORD: 'bench password',
  LATCHKEY_SECRET: 'what the databases of a bench are sealed with',
};

/** A new database of this name on a server, migrated, with its owner (user 1 of account 1). */
export async function migratedDatabase(server: string, name: string) {
  const admin = connect(server);
  await admin.raw(`create database ${name}`);
  await admin.destroy();
  const own = new URL(server);
  own.pathname = `/${name}`;
  const { db, close } = await openDatabase({ databaseUrl: own.href, data: '' }, silent as never);
  await openInstallation(db, readConfig(bench));
  return { db, url: own.href, close };
}
