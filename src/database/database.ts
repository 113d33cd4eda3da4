import type { Socket } from 'node:net';
import knex, { type Knex } from 'knex';
import type { Client } from 'pg';
import type { Config } from '../config.ts';
import { Mistake } from '../mistake.ts';
import { watch } from './all_heard.ts';
import { begins } from './connection_age.ts';
import { lanes } from './lanes.ts';
import { Client as Postgres } from './lastly.ts';
import { migrate } from './migrate.ts';
import { type Log, startPostgres } from './postgres/server.ts';
import { types } from './types.ts';

/** A migrated database. */
export interface Database {
  db: Knex;
  /** Where it is; with its password. */
  url: string;
  /** Ends the connections, then the embedded server. */
  close(): Promise<void>;
}

/**
 * Opens the database that the operator chose, or the embedded one, and migrates it. A `Mistake` when it cannot be
 * reached, refuses us or is not there; the password of its URL is in no message.
 */
export async function openDatabase(
  config: Pick<Config, 'databaseUrl' | 'data'> & Partial<Pick<Config, 'statementSeconds'>>,
  log: Log,
): Promise<Database> {
  const embedded = config.databaseUrl === undefined ? await startPostgres(config.data, log) : undefined;
  const url = config.databaseUrl ?? embedded?.url ?? '';
  const db = connect(url, config.statementSeconds);
  const close = async () => {
    await db.destroy();
    await embedded?.stop();
  };
  try {
    // However long it takes.
    const unhurried = connect(url);
    await migrate(unhurried).finally(() => unhurried.destroy());
    return { db, url, close };
  } catch (error) {
    await close();
    throw (config.databaseUrl !== undefined && mistake(error, config.databaseUrl)) || error;
  }
}

/** How long a connection may take to come about, and one to become free; milliseconds. */
const patience = 10_000;

/**
 * Queries in UTC, over at most 10 connections, and statements that are asked often over at most 4 more; opened when they are needed.
 * @param statementSeconds how long one statement may take; 0 for as long as it likes. A server that says nothing for two
 *   seconds longer (stopped, cut off) has lost its connection.
 */
export function connect(url: string, statementSeconds = 0): Knex {
  const connection = { connectionString: url, connectionTimeoutMillis: patience / 2, types };
  const prepare = (client: Client) => {
    begins(client);
    watch(client, db.client);
    if (statementSeconds > 0) hangUpOnSilence(client, (statementSeconds + 2) * 1000);
    // In words, for poolers that refuse it as a parameter of the connection.
    return client.query(`set time zone 'UTC'; set statement_timeout = '${statementSeconds}s'`);
  };
  const db: Knex = knex({
    client: Postgres as unknown as typeof Knex.Client,
    // What it would print, it throws as well.
    log: { debug: ignore, warn: ignore, error: ignore, deprecate: ignore },
    connection: connection as Knex.PgConnectionConfig,
    acquireConnectionTimeout: patience,
    pool: {
      min: 0,
      max: 10,
      createTimeoutMillis: patience,
      afterCreate: (client: Client, done: (error: Error | null, client: Client) => void) => {
        prepare(client).then(
          () => done(null, client),
          (error) => done(error, client),
        );
      },
    },
  });
  db.client.lanes = lanes(connection, prepare);
  return db;
}

/** Ends a connection whose server does not answer: its own limit is no help when it does not run at all. */
function hangUpOnSilence(connection: Client, limit: number) {
  const { stream } = (connection as Client & { connection: { stream: Socket } }).connection;
  stream.setTimeout(limit, () => {
    const { readyForQuery } = connection as Client & { readyForQuery: boolean };
    if (!readyForQuery) stream.destroy(new Error('Connection terminated: the database does not answer'));
  });
}

const ignore = () => {};

/** What the operator can mend about a database of their own; undefined for anything else. */
function mistake(error: unknown, databaseUrl: string): Mistake | undefined {
  const { code, message } = error as NodeJS.ErrnoException;
  const { host, username, pathname } = new URL(databaseUrl);
  const reasons: Record<string, string> = {
    '28P01': `${host} refuses the password of user ${username}`,
    '28000': `${host} does not let user ${username} in`,
    '3D000': `${host} has no database ${pathname.slice(1)}: create it, or name another`,
    '42501': `user ${username} may not make tables in ${pathname.slice(1)}: make it the owner of the database`,
    '25006': `${host} is read-only: name the primary server`,
    '53300': `${host} has no connection left`,
    '57P03': `${host} does not take connections yet: start again when it does`,
  };
  if (code && code in reasons) return new Mistake(`DATABASE_URL: ${reasons[code]}`);
  const unreachable = /^(E[A-Z]+|.*CERT.*)$/.test(code ?? '') || /timeout|terminated|SSL|SASL/.test(message);
  return unreachable ? new Mistake(`DATABASE_URL: no Postgres lets us in at ${host} (${code || message})`) : undefined;
}
