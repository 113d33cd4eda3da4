import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startRuns } from '../../../src/core/runs/runner.ts';
import { startWorker } from '../../../src/core/worker.ts';
import { makeServer } from '../../../src/wire/server.ts';
import { type Container, openContainer } from '../container.ts';
import { openHouse, type TestHouse } from '../house.ts';
import { brisk, url as databaseUrl } from '../runs.ts';
import { openUpstream, says, key as upstreamKey } from '../upstream.ts';
import { githubKey } from './github.ts';

/** The application key of Mage's examples. */
export const exampleApplicationKey = 'zkWlN0PkIKSN0C11CfUHUj84OT5XOJ6tDZ6bDRO2';

/** A server whose world is that of the examples, with those around it: a container, GitHub, who sends runs. */
export interface ExampleServer extends TestHouse {
  url: string;
  container: Container;
}

/** Opens one without limits, which the examples would reach by their number. `env` adds settings. */
export async function openExampleServer(env: Record<string, string> = {}): Promise<ExampleServer> {
  const github = await listening(
    createServer((_request, response) => {
      response.end(JSON.stringify({ public_keys: [githubKey] }));
    }),
  );
  const container = await openContainer();
  const upstream = await openUpstream();
  upstream.does(says('A child pays half.'));
  // As the examples call it.
  await writeFile(upstream.models, (await readFile(upstream.models, 'utf8')).replace('chat model', 'qwen3'));
  const unlimited = ['REQUESTS_PER_MINUTE', 'REQUESTS_PER_HOUR', 'FAILURES_PER_MINUTE'];
  const opened = await openHouse({
    ...Object.fromEntries(unlimited.map((name) => [`LATCHKEY_${name}`, '0'])),
    LATCHKEY_APPLICATION_KEY: exampleApplicationKey,
    LATCHKEY_OWNER_EMAIL: 'owner@localhost',
    LATCHKEY_OWNER_USERNAME: 'owner',
    LATCHKEY_SIGN_UPS_PER_HOUR: '1000',
    LATCHKEY_PRIVATE_CONTAINERS: 'true',
    LATCHKEY_MODELS: upstream.models,
    UPSTREAM_KEY: upstreamKey,
    LATCHKEY_GITHUB_KEYS_URL: `${addressOf(github)}/keys`,
    ...env,
  });
  const { house } = opened;
  // Keys of the examples are of no form of ours, as those that come from elsewhere.
  Object.assign(house.installation, { uncheckedKeys: true });
  // The world is made anew by the hundred here, under all that would be remembered.
  await house.exact.close();
  const runs = startRuns(house, { ...brisk, sweep: 3_600_000 });
  const worker = await startWorker(house, databaseUrl(opened), undefined, { run: async () => runs.look() });
  const server = await listening(makeServer(house.config, opened.app));
  return {
    ...opened,
    ...{ url: addressOf(server), container },
    async close() {
      for (const one of [server, github]) {
        one.closeAllConnections();
        one.close();
      }
      await worker.stop();
      await runs.stop(0);
      house.waitingRunners.close();
      house.endings.close();
      await opened.close();
      await container.close();
      await upstream.close();
    },
  };
}

async function listening(server: Server): Promise<Server> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server;
}

const addressOf = (server: Server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
