import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { vi } from 'vitest';
import { makeKey } from '../../src/core/api_keys/form.ts';
import { digest } from '../../src/core/credentials/digest.ts';
import { type Scheduler, startScheduler } from '../../src/core/scheduler/start_scheduler.ts';
import { startWorker, type Worker } from '../../src/core/worker.ts';
import { makeServer } from '../../src/wire/server.ts';
import type { Body } from './mage.ts';
import { type MageRuns, openMageRuns } from './mage_runs.ts';
import { url } from './runs.ts';

const source = fileURLToPath(new URL('../../runners/python', import.meta.url));

/** A runner in a process of its own. */
export interface BlockRunner {
  child: ChildProcess;
  output(): string;
  /** Its exit code, or the signal that ended it. */
  ended: Promise<number | string>;
  stop(signal?: NodeJS.Signals): Promise<number | string>;
}

/** A server with pipelines that a real runner runs. */
export interface RunnerHouse extends MageRuns {
  address: string;
  key: string;
  runner(flags?: string[], env?: Record<string, string>): Promise<BlockRunner>;
  /** A pipeline with these blocks, fired once; its run's number. */
  fired(name: string, ...blocks: object[]): Promise<number>;
  /** The run, once it has ended. */
  ended(id: number): Promise<Body>;
  until(id: number, holds: (run: Body) => boolean): Promise<Body>;
  lines(id: number): Promise<string[]>;
  outputs(id: number, block: string): Promise<Body[]>;
}

/** A real runner with these flags against an address. */
export async function startBlockRunner(address: string, key: string, flags: string[] = [], env = {}) {
  const work = mkdtempSync(join(tmpdir(), 'latchkey-runner-'));
  const { PATH = '' } = process.env;
  const settings = {
    PATH,
    PYTHONPATH: source,
    PYTHONDONTWRITEBYTECODE: '1',
    LATCHKEY_URL: address,
    LATCHKEY_API_KEY: key,
  };
  const child = spawn('python3', ['-m', 'latchkey_runner', '--work', work, ...flags], { env: { ...settings, ...env } });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const ended = once(child, 'close').then(async ([code, signal]) => {
    await rm(work, { recursive: true, force: true });
    return (code ?? signal) as number | string;
  });
  await vi.waitFor(() => {
    if (!/taking runs|^.+\n$/m.test(output)) throw new Error(`It says: ${output}`);
  }, 30_000);
  return {
    ...{ child, output: () => output, ended },
    stop(signal: NodeJS.Signals = 'SIGTERM') {
      child.kill(signal);
      return ended;
    },
  };
}

export async function openRunnerHouse(): Promise<RunnerHouse> {
  const mage = await openMageRuns();
  const { house } = mage;
  const { db } = house;
  const server: Server = makeServer(house.config, mage.app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const scheduler: Scheduler = startScheduler(house);
  const worker: Worker = await startWorker(house, url(mage), undefined, scheduler.tasks);
  const key = makeKey();
  const { accountId: account_id } = house.installation;
  const its = { account_id, user_id: mage.users.editor.id, scopes: ['runs:execute'] };
  await db('api_keys').insert({ hash: digest(key), prefix: key.slice(0, 8), name: 'runner', ...its });
  const runners: BlockRunner[] = [];

  const until: RunnerHouse['until'] = (id, holds) =>
    vi.waitFor(
      async () => {
        const run = await mage.run(id);
        if (!holds(run)) throw new Error(`Run ${id}: ${JSON.stringify(run)}`);
        return run;
      },
      { timeout: 45_000, interval: 50 },
    );
  return {
    ...mage,
    ...{ address, key, until },
    async runner(flags = [], env = {}) {
      const runner = await startBlockRunner(address, key, flags, env);
      runners.push(runner);
      return runner;
    },
    async fired(name, ...blocks) {
      await mage.pipeline(name, ...blocks);
      return (await mage.fire(await mage.trigger(name))).pipeline_run.id;
    },
    ended: (id) => until(id, ({ status }) => !['initial', 'running'].includes(status)),
    lines: async (pipeline_run_id) =>
      (await db('run_logs').where({ pipeline_run_id }).orderBy('id')).map(({ message }) => message),
    async outputs(id, block) {
      const part = await db('block_runs').where({ pipeline_run_id: id, block_uuid: block }).first('id');
      return db('block_outputs')
        .where({ block_run_id: part?.id as number })
        .orderBy('position');
    },
    async close() {
      await Promise.all(runners.map((runner) => runner.stop('SIGKILL')));
      house.waitingRunners.close();
      house.endings.close();
      await scheduler.stop();
      await worker.stop();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await mage.close();
    },
  };
}
