import { randomBytes } from 'node:crypto';
import type { Knex } from 'knex';
import { Pool } from 'pg';
import { inject } from 'vitest';
import { connect } from '../../src/database/database.ts';

export interface TestDatabase {
  db: Knex;
  url: string;
  /** Ends the connections and drops the database. */
  close(): Promise<void>;
}

/** A migrated database of one's own, cloned in some 30 ms: `const { db, close } = await openTestDatabase()`. */
export async function openTestDatabase(): Promise<TestDatabase> {
  const template = new URL(inject('templateUrl'));
  const name = `latchkey_test_${randomBytes(6).toString('hex')}`;
  const url = Object.assign(new URL(template), { pathname: `/${name}` }).href;
  await administer(template, `create database ${name} template ${template.pathname.slice(1)} ${inject('cloning')}`);
  const db = connect(url);
  return {
    db,
    url,
    async close() {
      await db.destroy();
      await administer(template, `drop database ${name} with (force)`);
    },
  };
}

let admin: Pool | undefined;

/** Nobody may be connected to a template while it is cloned: this goes through the server's own database, on one connection of a worker. */
async function administer(template: URL, sql: string) {
  const url = Object.assign(new URL(template), { pathname: '/postgres' }).href;
  // The server ends before the worker does.
  admin ??= new Pool({ connectionString: url, max: 1, allowExitOnIdle: true }).on('error', () => {});
  await admin.query(sql);
}
