import cluster from 'node:cluster';
import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { constants } from 'node:os';
import { join } from 'node:path';
import { createApp } from './app.ts';
import { type Config, readConfig } from './config.ts';
import { startAnswers } from './core/completions/unattended.ts';
import { makeHouse } from './core/house.ts';
import { type Installation, openInstallation } from './core/installation/index.ts';
import { localUrl } from './core/local_url.ts';
import { writePrivate } from './core/private_file.ts';
import { startRuns } from './core/runs/runner.ts';
import { startScheduler } from './core/scheduler/start_scheduler.ts';
import { startWorker } from './core/worker.ts';
import { openDatabase } from './database/database.ts';
import { drainOnSignal } from './drain.ts';
import { answerBodies } from './handlers/maiagent/webhook_body.ts';
import { listen } from './listen.ts';
import { createLog } from './log.ts';
import { Mistake } from './mistake.ts';
import { envText, type Facts, readyBlock, type Welcome } from './ready.ts';
import { version } from './version.ts';
import { offerWelcome } from './welcome.ts';
import { makeServer } from './wire/server.ts';
import { runWorkers, said } from './workers.ts';

const log = createLog();
const say = (line: string) => process.stdout.write(`${line}\n`);

/** Does a part of the start, and shows that it does. */
export type Step = <Result>(name: string, work: () => Promise<Result>) => Promise<Result>;

/** What is answered between the first moment of the port and the app. */
const starting: RequestListener = (_request, response) => {
  response.writeHead(503, { 'Retry-After': '1', 'Content-Type': 'text/plain' }).end('Latchkey is starting.\n');
};

/** Starts the server, and says where it is once it answers; on the way, what cannot be ends the process with one line. */
export async function start(step: Step = (_name, work) => work()): Promise<void> {
  process.on('uncaughtException', die);
  process.on('unhandledRejection', die);
  // Whoever reads our output may leave before us.
  process.stdout.on('error', () => {});
  const heed = leaveOnSignal();

  const config = readConfig();
  if (config.logLevel) log.level = config.logLevel;
  if (config.processes > 1 && cluster.isPrimary) return runWorkers(config, log, heed);
  const server = makeServer(config, starting);
  const listens = () => listen(server, config.host, config.port);
  // Before anything is made that is shown but once: a server that cannot listen makes nothing.
  const early = isAmongOthers() ? undefined : await listens();
  const { database, installation } = await step('database', async () => {
    const database = await openDatabase(config, log);
    return { database, installation: await openInstallation(database.db, config) };
  });
  log.info({ version }, 'starting');

  const { house, app, ...working } = await step('ready', async () => {
    const house = makeHouse({ config, db: database.db, log, installation }, config.development);
    const app = await createApp(house);
    await house.exact.join(database.url);
    const runs = startRuns(house);
    const scheduler = startScheduler(house);
    const tasks = { run: async () => runs.look(), ...scheduler.tasks };
    const origin = config.publicUrl ?? localUrl(config.host, early?.port ?? config.port);
    const worker = await startWorker(house, database.url, undefined, tasks, { write: answerBodies(origin) });
    const answers = startAnswers(house);
    return { house, app, worker, runs, scheduler, answers };
  });
  server.off('request', starting).on('request', app);
  const listening = early ?? (await listens());
  heed();
  drainOnSignal({ server, listening, house, database, ...working });
  if (!(await isTeller())) return;
  for (const warning of warnings(config, installation)) say(warning);
  const url = localUrl(config.host, listening.port);
  const isTerminal = process.stdout.isTTY === true;
  const welcome = await offerWelcome(house, url, isTerminal);
  tell(config, welcome, { version, url, ...installation }, isTerminal);
}

/** Whether others answer on the port already: this process then takes no connection from them before it can answer itself. */
function isAmongOthers(): boolean {
  return cluster.worker !== undefined && cluster.worker.id > 1;
}

/** Whether this process says that all is ready: of several the first, once they are. */
async function isTeller(): Promise<boolean> {
  if (!cluster.worker) return true;
  process.send?.(said.ready);
  if (cluster.worker.id !== 1) return false;
  await once(process, 'message');
  return true;
}

function* warnings(config: Config, installation: Installation) {
  const { madeSecret, isOwnerPasswordIgnored, ownerEmail } = installation;
  if (madeSecret && config.databaseUrl !== undefined)
    yield `The database is sealed with a new secret in ${madeSecret}: keep it, or set LATCHKEY_SECRET to it`;
  if (!config.requireUserAuthentication)
    yield 'Warning: REQUIRE_USER_AUTHENTICATION=false opens everything under /api to anyone who reaches this loopback';
  if (isOwnerPasswordIgnored)
    yield `Warning: LATCHKEY_OWNER_PASSWORD is not the password of ${ownerEmail}, and counts only while there is none: npm run reset-password sets a new one`;
}

/** Writes down what clients need, and says it. */
function tell({ data }: Config, welcome: Welcome, facts: Facts, isTerminal: boolean) {
  const envFile = join(data, 'env');
  const isWritten = keepEnv(envFile, envText(facts));
  if (isTerminal) say('');
  say(readyBlock(facts, welcome, isWritten ? envFile : undefined, !isTerminal));
}

/** A folder that cannot be written to does not keep a server from its work where all that it needs is elsewhere. */
function keepEnv(path: string, text: string): boolean {
  try {
    writePrivate(path, text);
    return true;
  } catch (error) {
    log.warn({ err: error, path }, 'what clients need is not written down');
    return false;
  }
}

/** Until the server is ready there is nothing to finish. What the start began ends with this process (cluster.ts, server.ts). */
function leaveOnSignal(): () => void {
  const leave = (signal: NodeJS.Signals) => {
    // In the place of what is typed and shown there.
    const begin = process.stderr.isTTY ? '\r\u001b[K' : '';
    process.stderr.write(`${begin}Stopped. Run npm start to go on.\n`);
    process.exit(128 + constants.signals[signal]);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, leave);
  return () => void signals.map((signal) => process.off(signal, leave));
}

// The embedded database outlives no end of this process, so that leaving at once is always safe.
function die(error: unknown) {
  if (error instanceof Mistake) process.stderr.write(`${error.message}\n`);
  else log.fatal({ err: error }, 'stopped by an error that nobody caught');
  process.exit(error instanceof Mistake ? error.exitCode : 1);
}
