// Pictures of every page of the console, in both themes, wide and narrow, in dist/screenshots: `npm run screenshots`. They are of
// a server of its own, with a few keys, and of the machine's Chromium.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launchBrowser } from './browser.js';
import { root } from './children.js';
import { furnishAccount, takeAccount } from './screenshots_account.js';

const out = join(root, 'dist/screenshots');
const data = mkdtempSync(join(tmpdir(), 'latchkey-screenshots-'));
const password = 'correct horse battery staple';
const env = { ...process.env, PORT: '0', LATCHKEY_DATA: data, LATCHKEY_OWNER_PASSWORD: password, LOG_LEVEL: 'silent' };
const server = spawn(process.execPath, ['scripts/start.js'], { cwd: root, env, stdio: ['ignore', 'pipe', 'inherit'] });

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
  server.kill('SIGTERM');
  await ended;
  rmSync(data, { recursive: true, force: true });
}

/** A session of a program, and keys in all the states that there are. */
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
  await context.close();
}
