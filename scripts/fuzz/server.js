import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { root } from '../children.js';

/** The owner of the scratch database. */
export const owner = { email: 'owner@example.com', password: 'a password for an hour of tests' };

/** Without limits, which a tool that asks thousands of times would meet. */
const settings = {
  PORT: '0',
  HOST: '127.0.0.1',
  LATCHKEY_OWNER_EMAIL: owner.email,
  LATCHKEY_OWNER_PASSWORD: owner.password,
  LATCHKEY_FAILURES_PER_MINUTE: '0',
  LATCHKEY_REQUESTS_PER_MINUTE: '0',
  LATCHKEY_REQUESTS_PER_HOUR: '0',
  LATCHKEY_KEYS_PER_USER: '100000',
  LATCHKEY_SIGN_UPS_PER_HOUR: '0',
  LATCHKEY_OPEN_SIGN_UP: 'true',
};

/** Starts a server from the sources, on a database and a folder that go with it. Throws with what it said where it does not start. */
export async function startServer() {
  const data = mkdtempSync(join(tmpdir(), 'latchkey-fuzz-'));
  const kept = Object.entries(process.env).filter(([name]) => !/^(LATCHKEY_|MAGE_|DATABASE_URL$)/.test(name));
  const github = await keysOfNobody();
  const env = { LATCHKEY_GITHUB_KEYS_URL: github.url, ...Object.fromEntries(kept), ...settings, LATCHKEY_DATA: data };
  const child = spawn(process.execPath, ['--import', 'tsx', 'src/main.ts'], { cwd: root, env });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => (said = (said + chunk).slice(-100_000)));
  const ended = new Promise((resolve) => child.once('close', resolve));
  const stop = async () => {
    child.kill('SIGINT');
    await ended;
    github.close();
    rmSync(data, { recursive: true, force: true });
    // What the server takes for its own fault is worth reading, whatever the tool thinks of it.
    for (const line of said
      .split('\n')
      .filter((one) => /"level":(50|60)/.test(one))
      .slice(-20))
      console.log(line);
  };
  process.once('exit', () => child.kill('SIGKILL'));
  const file = join(data, 'env');
  while (!existsSync(file) && child.exitCode === null) await after(100);
  if (child.exitCode !== null) throw new Error(said);
  const told = readFileSync(file, 'utf8');
  const value = (name) => new RegExp(`${name}='(.*)'`).exec(told)?.[1];
  return { url: value('LATCHKEY_URL'), applicationKey: value('LATCHKEY_APPLICATION_KEY'), stop };
}

/** In the place of GitHub: nobody signs anything. */
async function keysOfNobody() {
  const server = createServer((_request, response) => response.end('{"public_keys":[]}')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}
