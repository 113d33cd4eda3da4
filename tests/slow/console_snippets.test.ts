import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { type Console, openConsole, openTab, type Tab } from '../support/console.ts';
import { succeed } from '../support/scratch.ts';

// The snippets of the console that need a program of their own: the `pipeline` command line, which comes by pip, and nginx, where
// this machine has it. The others run in console.test.ts.

const nginx = '/usr/sbin/nginx';
// What pipeline-ai runs on.
const python = `for python in python3 python3.12 python3.11 python3.10; do
  $python -c 'import sys; sys.exit(not (3, 10) <= sys.version_info < (3, 13))' 2>/dev/null && exec $python -m venv "$1"
done; echo 'Python 3.10 to 3.12 is needed'; exit 1`;

let all: Console;
let tab: Tab;
const folder = mkdtempSync(join(tmpdir(), 'latchkey-snippets-'));
beforeAll(async () => {
  all = await openConsole();
});
afterAll(async () => {
  await all?.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  tab = await openTab(all.browser);
});
afterEach(async () => {
  expect(tab.errors).toEqual([]);
  await tab.context.close();
});

/** A snippet as it stands beside a new key. */
async function snippet(name: string): Promise<string> {
  const { page, press, signIn, button } = tab;
  await page.goto(all.url);
  await signIn();
  await press('Generate new key');
  await page.getByLabel('Name', { exact: true }).fill(name);
  await press('Generate');
  await button('I have saved it').waitFor();
  await page.getByRole('tab', { name, exact: true }).click();
  return page.getByRole('dialog').locator('pre').innerText();
}

it('the pipeline command line: installed, signed in, and listing, as it stands', async () => {
  const { db, installation } = all.house;
  await db('pipelines').insert({ account_id: installation.accountId, uuid: 'add', name: 'owner/add' });
  const text = await snippet('pipeline CLI');
  await succeed(folder, `set -- ${folder}/python\n${python}`);
  const env = `export PATH=${folder}/python/bin:$PATH PIPELINE_DIR=${folder}/pipeline`;
  const said = await succeed(folder, `set -e\n${env}\n${text}`);
  expect(said).toContain('owner/add');
  const { rows } = await db.raw(`select count(*)::int as used from api_keys where name = 'pipeline CLI'`);
  expect(rows).toEqual([{ used: 1 }]);
}, 300_000);

it.skipIf(!existsSync(nginx))('nginx: with the key the app answers, and without one nobody comes so far', async () => {
  const app = createServer((_request, response) => response.end('the app')).listen(0, '127.0.0.1');
  await once(app, 'listening');
  const free = createServer().listen(0, '127.0.0.1');
  await once(free, 'listening');
  const [appPort, port] = [app, free].map((one) => (one.address() as AddressInfo).port);
  await new Promise((resolve) => free.close(resolve));

  const text = (await snippet('nginx')).replace('127.0.0.1:8080', `127.0.0.1:${appPort}`);
  const own = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((it) => `${it}_temp_path ${folder}/${it};`);
  const file = join(folder, 'nginx.conf');
  const http = `access_log off; ${own.join(' ')}\nserver { listen 127.0.0.1:${port};\n${text}\n}`;
  writeFileSync(file, `daemon off; pid ${folder}/nginx.pid;\nevents {}\nhttp { ${http} }\n`);
  const child = spawn(nginx, ['-c', file, '-e', join(folder, 'nginx.log')], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  try {
    const at = `http://127.0.0.1:${port}/`;
    const status = async (headers: Record<string, string>) =>
      fetch(at, { headers }).then(
        (answer) => answer.status,
        () => 0,
      );
    await expect.poll(() => status({}), { timeout: 20_000 }).toBe(401);
    expect(await status({ Authorization: `Bearer mgp_${'0'.repeat(40)}` })).toBe(401);
    const [, command = ''] = /^# (curl .+)$/m.exec(text) ?? [];
    const { stdout } = await promisify(execFile)('bash', ['-c', command.replace('http://localhost/', `-s ${at}`)]);
    expect(stdout).toBe('the app');
  } finally {
    child.kill('SIGTERM');
    await ended;
    await new Promise((resolve) => app.close(resolve));
  }
});
