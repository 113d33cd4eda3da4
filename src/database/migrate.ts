import { existsSync, readdirSync } from 'node:fs';
import type { Knex } from 'knex';

/** Brings the tables up to date. Processes that start together take turns; a killed one holds nobody up. */
export async function migrate(db: Knex): Promise<void> {
  const connection = await db.client.acquireConnection();
  try {
    // A session's lock: the server lets go of it when this connection ends, however it ends.
    await db.raw(`select pg_advisory_lock(hashtext('latchkey migrations'))`).connection(connection);
    // Hence knex's own lock, a row that outlives its holder, can only be a dead one's.
    await db.migrate.forceFreeMigrationsLock({ migrationSource });
    await db.migrate.latest({ migrationSource });
    await db.raw(`select pg_advisory_unlock(hashtext('latchkey migrations'))`).connection(connection);
  } finally {
    await db.client.releaseConnection(connection);
  }
}

const folder = ['../../migrations/', '../../../migrations/']
  .map((path) => new URL(path, import.meta.url))
  .find((url) => existsSync(url)) as URL;

/** Plain .js beside the sources and the build: the same file, hence the same recorded name, for both. */
const migrationSource: Knex.MigrationSource<string> = {
  getMigrations: async () =>
    readdirSync(folder)
      .filter((name) => /^\d{4}_\w+\.js$/.test(name))
      .sort(),
  getMigrationName: (name) => name,
  getMigration: (name) => import(new URL(name, folder).href),
};
