import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const password = 'bench password';
const applicationKey = 'bench-application-key';

/** A server of the build on a folder of its own, as `npm start` runs it. */
export async function startLatchkey(
  data: string,
  more: Record<string, string>,
): Promise<{ child: ChildProcess; origin: string }> {
  const settings = {
    PORT: '0',
    LATCHKEY_DATA: data,
    LATCHKEY_OWNER_PASSWORD: password,
    LATCHKEY_APPLICATION_KEY: applicationKey,
    ...more,
  };
  const main = fileURLToPath(new URL('../dist/src/main.js', import.meta.url));
  const child = spawn(process.execPath, [main], { env: { ...process.env, ...settings } });
  let said = '';
  const ended = once(child, 'exit');
  ended.then(([code]) => code && process.stderr.write(said));
  child.stderr.on('data', (chunk) => (said += chunk));
  for await (const chunk of child.stdout) {
    said += chunk;
    const origin = /^ {2}API +(\S+)$/m.exec(said)?.[1];
    if (origin) return { child, origin };
  }
  throw new Error(`the server did not start:\n${said}`);
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
