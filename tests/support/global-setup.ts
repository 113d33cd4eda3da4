import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Knex } from 'knex';
import type { TestProject } from 'vitest/node';
import { readConfig } from '../../src/config.ts';
import { connect } from '../../src/database/database.ts';
import { migrate } from '../../src/database/migrate.ts';
import { startPostgres } from '../../src/database/postgres/server.ts';
import { memory, removeLeft } from './memory.ts';
import { silent } from './silent.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** A migrated, empty database that test files clone; on a server where we may create databases. */
    templateUrl: string;
    /** How it is cloned: with an embedded server, by copying its files, a quarter of the work. */
    cloning: string;
    /** Where this run keeps its files, until it ends. */
    folder: string;
  }
}

const prefix = 'latchkey-test-';

/** One server for the whole run, `DATABASE_URL`'s or an embedded one in a temporary folder, and one migrated template. */
export async function setup(project: TestProject) {
  const place = await memory();
  await removeLeft(place, prefix);
  const folder = await mkdtemp(join(place, prefix));
  const embedded = readConfig().databaseUrl === undefined ? await startPostgres(folder, silent, careless) : undefined;
  const server = readConfig().databaseUrl ?? embedded?.url ?? '';
  const admin = connect(server);
  const name = `latchkey_template_${randomBytes(6).toString('hex')}`;
  const template = Object.assign(new URL(server), { pathname: `/${name}` }).href;

  if (embedded) await hurrySignIn(admin, new URL(server));
  await admin.raw(`create database ${name}`);
  const db = connect(template);
  await migrate(db);
  await db.destroy();
  project.provide('templateUrl', template);
  project.provide('folder', folder);
  project.provide('cloning', embedded ? 'strategy file_copy' : '');

  return async () => {
    if (!embedded) await admin.raw(`drop database ${name}`);
    await admin.destroy();
    await embedded?.stop();
    await rm(folder, { recursive: true, force: true });
  };
}

/** Keeps the password with one round of hashing instead of 4096, which both sides pay for at each of many connections. */
async function hurrySignIn(admin: Knex, { username, password }: URL): Promise<void> {
  await admin.transaction(async (trx) => {
    await trx.raw('set local scram_iterations = 1');
    await trx.raw(`alter role ${username} password '${password}'`);
  });
}

/** Nothing here has to outlive a power cut, nor the minute. */
const careless = [
  ...['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'],
  ...['wal_level=minimal', 'max_wal_senders=0', 'max_wal_size=128MB', 'autovacuum=off'],
].flatMap((flag) => ['-c', flag]);
