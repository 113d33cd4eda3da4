import type { Knex } from 'knex';
import type { Logger } from 'pino';
import type { Config } from './config.ts';
import type { Installation } from './core/installation/index.ts';

/** What the process holds for as long as it lives: made once in `main.ts`, handed to everything. */
export interface House {
  config: Config;
  db: Knex;
  log: Logger;
  installation: Installation;
  /** Hold every answer against its contract; on in tests and in development. */
  checkResponses: boolean;
  /** The process is on its way out: `/readyz` says so. */
  draining: boolean;
}
