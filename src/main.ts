import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { createApp } from './app.ts';
import { Mistake, readConfig } from './config.ts';
import { type House, makeHouse } from './core/house.ts';
import { openInstallation } from './core/installation/index.ts';
import { type Runner, startRuns } from './core/runs/runner.ts';
import { startWorker, type Worker } from './core/worker.ts';
import { type Database, openDatabase } from './database/database.ts';
import { createLog } from './log.ts';
import { backlog, makeServer } from './wire/server.ts';

const log = createLog();
const say = (line: string) => process.stdout.write(`${line}\n`);

// The embedded database outlives no end of this process, so that leaving at once is always safe.
const die = (error: unknown) => {
  if (error instanceof Mistake) process.stderr.write(`${error.message}\n`);
  else log.fatal({ err: error }, 'stopped by an error that nobody caught');
  process.exit(error instanceof Mistake ? error.exitCode : 1);
};
process.on('uncaughtException', die);
process.on('unhandledRejection', die);
// Whoever reads our output may leave before us.
process.stdout.on('error', () => {});

/** What is answered between the first moment of the port and the app. */
const starting: RequestListener = (_request, response) => {
  response.writeHead(503, { 'Retry-After': '1', 'Content-Type': 'text/plain' }).end('Latchkey is starting.\n');
};

/** Why a port cannot be listened on, and what to do, by the system's code. */
const refusals: Record<string, (host: string, port: number) => string> = {
  EADDRINUSE: (host, port) => `Port ${port} of ${host} is in use: stop what uses it, or set another HOST or PORT`,
  EACCES: (host, port) => `Port ${port} of ${host} is not for this user to listen on: set PORT to 1024 or more`,
  EADDRNOTAVAIL: (host) => `HOST ${host} is no address of this machine: set another, or 0.0.0.0 for all of them`,
  ENOTFOUND: (host) => `HOST ${host} is no name that is known here: set an address, as 127.0.0.1`,
};

await start();

async function start() {
  const config = readConfig();
  if (config.logLevel) log.level = config.logLevel;
  const server = makeServer(config, starting);
  // Before anything is made that is shown but once: a server that cannot listen makes nothing.
  const { address, family, port } = await listen(server, config.host, config.port);
  const database = await openDatabase(config, log);
  const { db } = database;
  const installation = await openInstallation(db, config);
  // Before anything else can fail: it is not shown a second time.
  if (installation.madePassword) say(`The owner's password, shown only this once: ${installation.madePassword}`);

  if (installation.madeSecret && config.databaseUrl !== undefined)
    say(
      `The database is sealed with a new secret in ${installation.madeSecret}: keep it, or set LATCHKEY_SECRET to it`,
    );

  const house = makeHouse({ config, db, log, installation });
  const app = await createApp(house);
  server.off('request', starting).on('request', app);
  const runs = startRuns(house);
  const worker = startWorker(house, database.url, undefined, { run: async () => runs.look() });
  drainOnSignal(server, house, worker, runs, database);
  await worker;

  const name = config.host === 'localhost' ? config.host : family === 'IPv6' ? `[${address}]` : address;
  if (!config.requireUserAuthentication)
    say('Warning: REQUIRE_USER_AUTHENTICATION=false opens everything under /api to anyone who reaches this loopback');
  say(
    `Latchkey is ready at http://${name}:${port} · owner ${installation.ownerEmail} · ` +
      `application key ${installation.applicationKey}`,
  );
}

async function listen(server: Server, host: string, port: number): Promise<AddressInfo> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', ({ code = '' }: NodeJS.ErrnoException) => {
      const refusal = refusals[code]?.(host, port);
      reject(
        new Mistake(refusal ?? `Port ${port} of ${host} cannot be listened on (${code}): set another HOST or PORT`),
      );
    });
    server.listen({ port, host, backlog }, resolve);
  });
  return server.address() as AddressInfo;
}

/**
 * Ends in order: first balancers hear of it and send nothing more, then there are no new connections, answers to what was
 * asked, the database; within 10 s unless that first part was set to more, or at once when told again.
 */
function drainOnSignal(server: Server, house: House, worker: Promise<Worker>, runs: Runner, database: Database) {
  let since = 0;
  const drain = async () => {
    // A terminal signals us, and so does npm in the same moment: that is one order, not two.
    if (since) return Date.now() - since > 500 && process.exit(1);
    since = Date.now();
    house.draining = true;
    const { drainSeconds = process.stdout.isTTY ? 0 : 5 } = house.config;
    const more = Math.max(0, drainSeconds - 5) * 1000;
    setTimeout(() => process.exit(1), 9_500 + more).unref();
    setTimeout(() => server.closeAllConnections(), 8_000 + more).unref();
    if (drainSeconds > 0) log.info({ seconds: drainSeconds }, 'draining');
    await wait(drainSeconds * 1000);
    // What is in hand is given back early enough for its answer to leave.
    const patience = drainSeconds > 0 ? 2_000 : 3_000;

    const closed = new Promise((resolve) => server.close(resolve));
    log.info('stopping');
    const rested = Promise.all([worker.then(({ stop }) => stop()), runs.stop(patience).then(house.endings.close)]);
    const idle = setInterval(() => server.closeIdleConnections(), 50);
    await closed;
    clearInterval(idle);
    await rested;
    await house.usedKeys.close();
    await house.usedSessions.close();
    await house.files.close();
    await database.close();
    process.exit(0);
  };
  process.on('SIGTERM', drain);
  process.on('SIGINT', drain);
}
