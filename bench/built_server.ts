import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Server } from './measure.ts';

const here = fileURLToPath(new URL('..', import.meta.url));
const password = 'bench password';
const applicationKey = 'bench-application-key';

/**
 * A server of the build on a folder of its own, as `npm start` runs it; what it writes goes to a file there, as a service's does.
 * @param home another checkout, which is built
 */
export async function startLatchkey(data: string, more: Record<string, string>, home = here): Promise<Server> {
  const settings = {
    PORT: '0',
    LATCHKEY_DATA: data,
    LATCHKEY_OWNER_PASSWORD: password,
    LATCHKEY_APPLICATION_KEY: applicationKey,
    ...more,
  };
  mkdirSync(data, { recursive: true });
  const path = join(data, 'server.log');
  const log = openSync(path, 'a');
  const main = join(home, 'dist/src/main.js');
  const child = spawn(process.execPath, [main], {
    cwd: home,
    env: { ...process.env, ...settings },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  for (;;) {
    const said = readFileSync(path, 'utf8');
    const origin = /^ {2}API +(\S+)$/m.exec(said)?.[1];
    if (origin) return { process: child, origin };
    if (child.exitCode !== null) throw new Error(`the server did not start:\n${said}`);
    await sleep(20);
  }
}

/** The most memory that a process had at once, in MB; undefined where the system does not say. */
export function peakOf({ pid }: ChildProcess): number | undefined {
  try {
    return Math.round(Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024);
  } catch {
    return undefined;
  }
}

/** Signs the owner in; gives a session token. */
export async function signIn(origin: string): Promise<string> {
  const response = await fetch(`${origin}/api/v1/auth/login/`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ email: 'owner@localhost', password }),
  });
  return ((await response.json()) as { access: string }).access;
}
