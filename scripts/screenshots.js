// Pictures of every page of the console and the main ones of the docs, in both themes, wide and narrow, in dist/screenshots: `npm run screenshots`. They are of
// a server of its own, with a few keys, and of the machine's Chromium.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { launchBrowser } from './browser.js';
import { root } from './children.js';
import { furnishAccount, takeAccount } from './screenshots_account.js';
import { takeDocs } from './screenshots_docs.js';

const out = join(root, 'dist/screenshots');
const data = mkdtempSync(join(tmpdir(), 'latchkey-screenshots-'));
const password = 'correct horse battery staple';
const env = {
  ...process.env,
  PORT: '0',
  LATCHKEY_DATA: data,
  LATCHKEY_OWNER_PASSWORD: password,
  LOG_LEVEL: 'silent',
  LATCHKEY_PRIVATE_CONTAINERS: 'true',
};
// A container that adds, and one that never answers.
const container = createServer(async (request, response) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  const say = (status, body) =>
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
  if (request.url === '/v4/container/state') return say(200, { state: 'loaded', message: null, current_run: null });
  const values = (JSON.parse(Buffer.concat(parts)).inputs ?? []).map(({ value }) => value);
  if (values.length === 0) return;
  if (!values.every(Number.isInteger)) {
    const error = { type: 'input_error', message: 'Inputs do not match graph inputs', traceback: null };
    return say(400, { inputs: null, outputs: null, error });
  }
  const value = values.reduce((sum, one) => sum + one, 0);
  say(200, { inputs: null, outputs: [{ type: 'integer', value, file: null }], error: null });
}).listen(0, '127.0.0.1');
const server = spawn(process.execPath, ['scripts/start.js'], { cwd: root, env, stdio: ['ignore', 'pipe', 'inherit'] });

/** The pages of things with ids, by what their pictures are called. */
const things = {};

/** What the start says of where it is. */
const url = await new Promise((resolve, reject) => {
  let said = '';
  server.stdout.on('data', (text) => {
    said += text;
    const address = /is ready[\s\S]*API +(http\S+)/.exec(said)?.[1];
    if (address) resolve(address);
  });
  server.on('exit', () => reject(new Error(`The server ended:\n${said}`)));
});
const ended = new Promise((resolve) => server.on('exit', resolve));
const browser = await launchBrowser();
try {
  mkdirSync(out, { recursive: true });
  await furnish();
  for (const colorScheme of ['light', 'dark'])
    for (const width of [1280, 390]) await take({ colorScheme, viewport: { width, height: width > 500 ? 860 : 844 } });
} finally {
  await browser.close();
  container.closeAllConnections();
  container.close();
  server.kill('SIGTERM');
  await ended;
  rmSync(data, { recursive: true, force: true });
}

/** A session of a program, keys in all the states that there are, pipelines with runs, and files. */
async function furnish() {
  const ask = async (token, method, path, body) => {
    const headers = { 'Content-Type': 'application/json', ...(token && { Authorization: `Bearer ${token}` }) };
    const answer = await fetch(`${url}/v1${path}`, { method, headers, body: body && JSON.stringify(body) });
    return answer.status === 204 ? undefined : answer.json();
  };
  const { access_token: token } = await ask('', 'POST', '/sessions', { username: 'owner', password });
  const make = (name, more) => ask(token, 'POST', '/keys', { name, ...more });
  const old = await make('Old laptop');
  await ask(token, 'DELETE', `/keys/${old.id}`);
  const week = new Date(Date.now() + 6.5 * 86_400_000).toISOString();
  await make('Reports', { scopes: ['pipelines:read'], expires_at: week });
  const { id } = await make('CI pipeline');
  await ask(token, 'POST', `/keys/${id}/rotate`, { grace_seconds: 86_400 });
  const { id: off } = await make('Staging', { scopes: ['files:read'] });
  await ask(token, 'PATCH', `/keys/${off}`, { enabled: false });
  const { key } = await make('Production server', { scopes: ['pipelines:read', 'runs:create'] });
  await ask(key, 'GET', '/me');
  await furnishAccount(ask, token, key, url);

  const { port } = container.address();
  const pipeline = (name, more) => ask(token, 'POST', '/pipelines', { name, ...more });
  await pipeline('Nightly load', { description: 'Loads what came in since yesterday.', tags: ['etl', 'nightly'] });
  await pipeline('Invoices', { tags: ['finance'] });
  const add = await pipeline('add', { description: 'Adds whole numbers.' });
  await ask(token, 'PUT', `/pipelines/${add.id}/container`, { url: `http://127.0.0.1:${port}` });
  const start = (...values) =>
    ask(token, 'POST', `/pipelines/${add.id}/runs`, {
      inputs: values.map((value) => ({ type: Number.isInteger(value) ? 'integer' : 'string', value })),
    });
  const done = await start(5, 4);
  const failed = await start('five', 4);
  for (let n = 1; n < 6; n += 1) await start(n, n);
  for (const run of [done, failed])
    for (let at = run; !at.ended_at; at = await ask(token, 'GET', `/runs/${run.id}`)) await delay(100);
  await start();
  Object.assign(things, {
    pipeline: `/pipelines/${add.id}`,
    run: `/runs/${done.id}`,
    'run-failed': `/runs/${failed.id}`,
  });

  for (const [name, size] of Object.entries({ 'cat.jpg': 48_213, 'weights.bin': 8_400_000, 'invoices.csv': 1_204 })) {
    const form = new FormData();
    form.set('file', new Blob([new Uint8Array(size)]), name);
    await fetch(`${url}/v1/files`, { method: 'POST', headers: { Authorization: `Bearer ${token}` }, body: form });
  }
}

async function take({ colorScheme, viewport }) {
  const context = await browser.newContext({ colorScheme, viewport, reducedMotion: 'reduce' });
  const page = await context.newPage();
  const shoot = (name) => page.screenshot({ path: join(out, `${name}-${colorScheme}-${viewport.width}.png`) });
  const press = (name) => page.getByRole('button', { name, exact: true }).click();
  await page.goto(`${url}/keys`);
  await page.getByLabel('E-mail or username').fill('owner');
  await page.getByLabel('Password').fill('not this one');
  await press('Sign in');
  await page.getByRole('alert').waitFor();
  await shoot('sign-in');
  await page.getByLabel('Password').fill(password);
  await press('Sign in');
  await page.getByText('Production server').waitFor();
  await shoot('keys');
  await press('Generate new key');
  await page.getByLabel('Name', { exact: true }).fill('Laptop');
  await page.getByLabel('Only what is chosen').check();
  await page.getByText('Addresses and limits').click();
  await shoot('generate');
  await page.getByLabel('Everything you may do').check();
  await press('Generate');
  await page.getByRole('button', { name: 'I have saved it' }).waitFor();
  await shoot('new-key');
  await press('I have saved it');
  await page.getByRole('button', { name: 'Rotate' }).first().click();
  await shoot('rotate');
  await press('Cancel');
  await page.getByRole('button', { name: 'Revoke' }).first().click();
  await shoot('revoke');
  await press('Revoke key');
  await page.getByText('“Laptop” is revoked.').waitFor();
  await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
  await shoot('keys-end');
  // On a phone the way there is by all pages.
  await page.goto(`${url}/sessions`);
  await page.getByText('This one').waitFor();
  await shoot('sessions');
  await takeAccount(page, url, shoot);
  const plain = { overview: '/overview', pipelines: '/pipelines', runs: '/runs', files: '/files' };
  for (const [name, path] of Object.entries({ ...plain, ...things })) {
    await page.goto(url + path);
    await page.locator('main [aria-busy="false"]').first().waitFor();
    await page.waitForFunction(() => !document.querySelector('[aria-busy="true"]'));
    await shoot(name);
  }
  if (viewport.width < 500) {
    await press('More');
    await shoot('more');
  }
  await takeDocs(page, url, shoot);
  await context.close();
}
