import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';
import type { Config } from '../config.ts';
import { Mistake } from '../mistake.ts';
import { connect, type Database, openDatabase } from './database.ts';
import { runningUrl } from './postgres/cluster.ts';
import { Held } from './postgres/lock.ts';
import type { Log } from './postgres/server.ts';

/** How long is waited for a server that is just starting or stopping, and for commands that are not done; milliseconds. */
const patience = 10_000;

/**
 * The database for a command: beside a server that runs on it, or else opened, and migrated, for as long as the command takes.
 * A `Mistake` where there is none yet, or where none can be had.
 */
export async function openBeside(config: Config, log: Log): Promise<Pick<Database, 'db' | 'close'>> {
  if (config.databaseUrl === undefined && !existsSync(join(config.data, 'postgres')))
    throw new Mistake(`There is no database in ${config.data} yet: npm start makes it`);
  const deadline = Date.now() + patience;
  for (;;) {
    const running = await runningDatabase(config);
    if (running) return running;
    try {
      const { db, close } = await openDatabase(config, log);
      if (config.databaseUrl !== undefined) return { db, close };
      // It ends with us, and another command may have come beside us.
      return { db, close: () => alone(db).then(close, close) };
    } catch (error) {
      if (!(error instanceof Held) || Date.now() > deadline) throw error;
      await sleep(200);
    }
  }
}

async function runningDatabase({ databaseUrl, data }: Config): Promise<Pick<Database, 'db' | 'close'> | undefined> {
  const url = databaseUrl ?? runningUrl(data);
  if (url === undefined) return undefined;
  const db = connect(url);
  const answers = await db.raw('select 1').then(
    () => true,
    () => false,
  );
  if (answers) return { db, close: () => db.destroy() };
  await db.destroy();
  return undefined;
}

/** Resolves once nobody else is connected, or has been for too long. */
async function alone(db: Knex): Promise<void> {
  const others = db('pg_stat_activity')
    .where({ backend_type: 'client backend', datname: db.raw('current_database()') })
    .whereRaw('pid <> pg_backend_pid()');
  for (const deadline = Date.now() + patience; Date.now() < deadline; await sleep(100))
    if (!(await others.clone().first('pid'))) return;
}
