import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { launchBrowser } from '../../scripts/browser.js';
import { connect } from '../../src/database/database.ts';
import { runningUrl } from '../../src/database/postgres/cluster.ts';
import { base, program } from '../support/cli.ts';
import { openTab, type Tab } from '../support/console.ts';
import { removeScratches, scratch, succeed } from '../support/scratch.ts';
import { ctrlC, openTerminal, type Terminal } from '../support/terminal.ts';

// What a newcomer does: `npm start` on a terminal, and from its link to a key in the clipboard; and all that may come in between.

const password = 'a longer horse, a better battery';
const secret = /mgp_[\da-f]{40}/;

let clone: string;
let data: string;
let home: string;
let env: Record<string, string>;
let url: string;
let browser: Browser;
let terminal: Terminal | undefined;
let tab: Tab;

beforeAll(async () => {
  clone = await scratch();
  data = join(clone, '.latchkey');
  home = mkdtempSync(join(tmpdir(), 'latchkey-first-'));
  const { PATH = '', HOME = '' } = process.env;
  const port = await freePort();
  env = { PATH, HOME, PORT: String(port), LATCHKEY_DRAIN_SECONDS: '0' };
  url = `http://localhost:${port}`;
  browser = await launchBrowser();
  await succeed(clone, 'npm run build');
}, 300_000);
afterAll(async () => {
  await stop();
  await browser?.close();
  removeScratches();
  rmSync(home, { recursive: true, force: true });
});
beforeEach(async () => {
  tab = await openTab(browser);
});
afterEach(async () => {
  expect(tab.errors).toEqual([]);
  await tab.context.close();
});

async function freePort(): Promise<number> {
  const listening = createServer().listen(0, 'localhost');
  await once(listening, 'listening');
  const { port } = listening.address() as { port: number };
  await new Promise((resolve) => listening.close(resolve));
  return port;
}

const linkIn = (text: string) => /http:\/\/localhost:\d+\/welcome#fst_[\w-]{43}/.exec(text)?.[0] ?? '';

/** `npm start` on a terminal; gives the link that it shows. */
async function start(): Promise<string> {
  terminal = openTerminal('npm start', env, clone);
  await terminal.shows('Next ');
  return linkIn(terminal.shown());
}

async function stop() {
  terminal?.type(ctrlC);
  await terminal?.ended;
  terminal = undefined;
}

/** Says something to the database of the running server. */
async function tell(sql: string) {
  const db = connect(runningUrl(data) as string);
  await db.raw(sql).finally(() => db.destroy());
}

const heading = (name: string) => tab.page.getByRole('heading', { name });
const me = async (key: string) => (await fetch(`${url}/v1/me`, { headers: { Authorization: `Bearer ${key}` } })).status;
const signIn = (word: string) =>
  fetch(`${url}/v1/sessions`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ email: 'owner@localhost', password: word }),
  });

/** Opens a link as a new tab does: in a tab that shows the page already, only what is behind the `#` would change. */
async function open(link: string) {
  await tab.page.goto('about:blank');
  await tab.page.goto(link);
}

describe('#13: before the owner has a password', () => {
  it('each start shows a link of its own; that of the one before opens nothing, and nobody signs in as the owner', async () => {
    const first = await start();
    await stop();
    const second = await start();
    expect([first, second]).toEqual([expect.stringContaining(`${url}/welcome#`), expect.stringContaining(url)]);
    expect(second).not.toBe(first);
    expect(existsSync(join(data, 'welcome'))).toBe(false);
    await open(first);
    await heading('This link opens nothing').waitFor();
    expect(await tab.page.getByLabel('Password').count()).toBe(0);
    for (const word of ['', 'owner', password]) expect((await signIn(word || ' ')).status).toBe(401);
  });

  it('a link that is over opens nothing; npm run owner-link gives another', async () => {
    const { stdout } = await promisify(execFile)('npm', ['run', '--silent', 'owner-link'], { cwd: clone, env });
    await tell(`update one_time_links set expires_at = now() - interval '1 second'`);
    await open(linkIn(stdout));
    await heading('This link opens nothing').waitFor();
    const again = await promisify(execFile)('npm', ['run', '--silent', 'owner-link'], { cwd: clone, env });
    await open(linkIn(again.stdout));
    await heading('Choose a password').waitFor();
    await tab.page.getByText('For owner@localhost').waitFor();
  });

  it('in a pipe nothing secret is printed: the link lies in a file that only its owner may read', async () => {
    await stop();
    const child = spawn('npm', ['start'], { cwd: clone, env, detached: true });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text));
    const ended = once(child, 'exit');
    await expect.poll(() => said, { timeout: 40_000 }).toContain('Next ');
    const file = join(data, 'welcome');
    expect([said.includes('fst_'), statSync(file).mode & 0o777]).toEqual([false, 0o600]);
    const link = linkIn(readFileSync(file, 'utf8'));
    expect(said).not.toContain(link.split('#')[1]);
    expect(said).toContain('.latchkey/welcome');
    await open(link);
    await tab.page.getByText('For owner@localhost').waitFor();
    process.kill(-(child.pid as number), 'SIGTERM');
    await ended;
  });

  it('latchkey login takes the link: it asks for a new password until it is a good one, and no browser is needed', async () => {
    const link = await start();
    const shell = openTerminal(`${process.execPath} ${program} login ${url}`, base(home));
    await shell.shows('Address or username [owner@localhost]: ');
    shell.type('\r');
    await shell.shows('Password or code: ');
    shell.type(`${link}\r`);
    await shell.shows('New password of owner@localhost: ');
    shell.type('short\r');
    await shell.shows('The same again: ');
    shell.type('short\r');
    await shell.shows('8 characters or longer');
    shell.type(`${password}\r`);
    await expect.poll(() => shell.shown().split('The same again: ').length).toBe(3);
    shell.type(`${password}\r`);
    expect(await shell.ended, shell.shown()).toBe(0);
    expect(shell.shown()).toContain(`Signed in to ${url} as owner (owner@localhost).`);
    for (const word of [link.split('#')[1] as string, 'short\r', 'battery']) expect(shell.shown()).not.toContain(word);
    expect((await signIn(password)).status).toBe(201);
    await stop();
    expect(await start()).toBe('');
    expect(existsSync(join(data, 'welcome'))).toBe(false);
  });
});

describe('#13: from the link to a key', () => {
  /** As before the first start, as far as the owner knows. */
  async function begin(): Promise<string> {
    await tell('update users set password_hash = null');
    await tell('delete from sessions');
    await tell('delete from api_keys');
    await stop();
    return start();
  }

  it('a server that goes and comes back in the middle of the form loses nothing of it', async () => {
    const { page, press, button } = tab;
    await open(await begin());
    await page.getByText('For owner@localhost').waitFor();
    await page.getByLabel('Password').fill(password);
    await stop();
    await press('Choose password');
    expect(await page.getByRole('alert').textContent()).toContain('Nothing that you typed is lost');
    const link = await start();
    await expect.poll(() => page.locator('.away').textContent(), { timeout: 20_000 }).toBe('');
    await press('Choose password');
    await page.getByText('there is a newer one').waitFor();
    // Only what is behind the `#` changes: the page stays, with what was typed.
    await page.goto(link);
    await page.getByText('For owner@localhost').waitFor();
    expect(await page.getByLabel('Password').inputValue()).toBe(password);
    await press('Choose password');
    await button('Generate').waitFor();
  });

  it('three clicks: choose a password, generate, copy; then curl from the snippet, rotate, revoke, refused', async () => {
    const { page, context, press, button } = tab;
    const link = await begin();
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    const since = performance.now();
    let clicks = 0;
    const click = async (name: string) => {
      clicks += 1;
      await press(name);
    };

    await open(link);
    await page.getByLabel('Password').waitFor();
    expect(page.url()).toBe(`${url}/welcome`);
    await page.getByLabel('Password').fill('password1');
    await press('Choose password');
    await page.getByText('among the most common').waitFor();
    await page.getByLabel('Password').fill(password);
    await click('Choose password');
    await page.getByLabel('Name', { exact: true }).waitFor();
    expect(await page.evaluate('document.activeElement.id')).toBe('key-name');
    await page.keyboard.type('Production server');
    await click('Generate');
    await button('I have saved it').waitFor();
    await click('Copy');
    await page.getByText('Copied').waitFor();
    const seconds = (performance.now() - since) / 1000;
    const key = String(await page.evaluate('navigator.clipboard.readText()'));
    expect(key).toMatch(secret);
    expect(clicks).toBe(3);
    expect(seconds).toBeLessThan(30);
    process.stdout.write(`From the link to a key in the clipboard: ${clicks} clicks, ${seconds.toFixed(1)} s\n`);

    const code = link.split('#')[1] as string;
    expect(asked.filter((address) => address.includes(code))).toEqual([]);
    expect(await historyOf(page)).not.toContain(code);

    const snippet = await page.getByRole('dialog').locator('pre').innerText();
    expect((await promisify(execFile)('bash', ['-c', snippet])).stdout).toContain('"owner@localhost"');
    await press('I have saved it');
    const row = (text: string) => page.getByRole('row').filter({ hasText: text });
    await row('Production server').getByRole('button', { name: 'Rotate' }).click();
    await page.getByLabel('The old one works on for').selectOption('0');
    await page.getByRole('dialog').getByRole('button', { name: 'Rotate' }).click();
    await button('I have saved it').waitFor();
    const next = secret.exec(await page.getByRole('dialog').innerText())?.[0] ?? '';
    expect([await me(key), await me(next)]).toEqual([401, 200]);
    await press('I have saved it');
    await row('Active').getByRole('button', { name: 'Revoke' }).click();
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /^Revoke/ })
      .click();
    await page.getByText('“Production server” is revoked.').waitFor();
    expect(await me(next)).toBe(401);

    const other = await context.newPage();
    await other.goto(link);
    await other.getByRole('heading', { name: 'This link opens nothing' }).waitFor();
    await other.close();
  });

  it('the page without what is behind the # asks for the link; the button of the page opens the form as well', async () => {
    const { page, press, button } = tab;
    const link = await begin();
    await open(link);
    await page.getByText('For owner@localhost').waitFor();
    await page.reload();
    await page.getByLabel('Link or code').fill(link);
    await press('Go on');
    await page.getByText('For owner@localhost').waitFor();
    await page.getByLabel('Show it').check();
    await page.getByLabel('Password').fill(password);
    await press('Choose password');
    await button('Generate').waitFor();
    await press('Generate new key');
    await page.getByLabel('Name', { exact: true }).fill('laptop');
    await press('Generate');
    await button('I have saved it').waitFor();
  });
});

/** Where the back button leads: what is left of an address in a tab. */
async function historyOf(page: Page): Promise<string> {
  const session = await page.context().newCDPSession(page);
  const { entries } = await session.send('Page.getNavigationHistory');
  await session.detach();
  return JSON.stringify(entries.map(({ url: at }) => at));
}
