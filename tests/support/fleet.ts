import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { applicationKey } from './house.ts';
import { type Latchkey, openLatchkey } from './latchkey.ts';
import { openProxy, type PostgresProxy } from './postgres_proxy.ts';
import { type Program, ready, startProgram } from './process.ts';

/** A process of the fleet, and where it answers. */
export interface Ship extends Program {
  base: string;
  proxy: PostgresProxy;
  pause(): void;
  resume(): void;
}

/** Several processes on one database: this one, and programs, each with a wire of its own. */
export interface Fleet {
  house: Latchkey;
  ships: Ship[];
  /** Where each answers; this process is the last. */
  bases: string[];
  launch(env?: Record<string, string>): Promise<Ship>;
  /** Resolves once all hear of changes, and answer from memory. */
  listening(): Promise<void>;
  close(): Promise<void>;
}

const unlimited = {
  LATCHKEY_REQUESTS_PER_MINUTE: '0',
  LATCHKEY_REQUESTS_PER_HOUR: '0',
  LATCHKEY_FAILURES_PER_MINUTE: '0',
};

export async function openFleet(size: number): Promise<Fleet> {
  const house = await openLatchkey(unlimited);
  const { connectionString: url } = house.house.db.client.config.connection as { connectionString: string };
  const server = createServer(house.app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const own = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const ships: Ship[] = [];
  const bases = [own];
  const launch = async (env: Record<string, string> = {}) => {
    const proxy = await openProxy(url);
    const program = startProgram('src/main.ts', {
      ...unlimited,
      PATH: process.env.PATH ?? '',
      HOST: '127.0.0.1',
      PORT: '0',
      DATABASE_URL: proxy.url,
      LATCHKEY_DATA: house.house.config.data,
      LATCHKEY_APPLICATION_KEY: applicationKey,
      LATCHKEY_DRAIN_SECONDS: '0',
      LATCHKEY_LOG_LEVEL: 'warn',
      ...env,
    });
    const [, base = ''] = await program.said(ready);
    const { child } = program;
    const ship: Ship = {
      ...program,
      base,
      proxy,
      pause: () => void child.kill('SIGSTOP'),
      resume: () => void child.kill('SIGCONT'),
    };
    ships.push(ship);
    bases.splice(-1, 0, base);
    return ship;
  };
  await Promise.all(Array.from({ length: size }, () => launch()));
  return {
    house,
    ships,
    bases,
    launch,
    async listening() {
      const beats = async () =>
        new Map<string, number>((await house.house.db('nodes')).map(({ id, beat }) => [id, beat]));
      for (let before = await beats(); ; ) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        const now = await beats();
        const isSame = now.size === bases.length && [...now.keys()].every((id) => before.has(id));
        if (isSame && [...now].every(([id, beat]) => beat > (before.get(id) as number))) return;
        if (!isSame) before = now;
      }
    },
    async close() {
      for (const { child, proxy, ended } of ships) {
        child.kill('SIGKILL');
        await ended;
        await proxy.close();
      }
      server.closeAllConnections();
      server.close();
      await house.close();
    },
  };
}
