import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { ownerLink } from '../../src/core/one_time_links/one_time_link.ts';
import { expectFair } from '../support/axe.ts';
import { base, program } from '../support/cli.ts';
import { type Console, openConsole, openTab, type Tab, tabOf } from '../support/console.ts';
import { ownerPassword } from '../support/house.ts';
import { ctrlC, openTerminal, type Terminal } from '../support/terminal.ts';

// `latchkey login --web` on a real terminal, and who answers it in a real browser.

let all: Console;
let tab: Tab;
const homes: string[] = [];
beforeAll(async () => {
  all = await openConsole();
});
afterAll(async () => {
  await all?.close();
  for (const home of homes) rmSync(home, { recursive: true, force: true });
});
beforeEach(async () => {
  await all.house.db('device_logins').delete();
  await all.house.db('sessions').delete();
  tab = await openTab(all.browser);
});
afterEach(async () => {
  expect(tab.errors).toEqual([]);
  await tab.context.close();
});

interface Login {
  terminal: Terminal;
  link: string;
  code: string;
  home: string;
}

/** `latchkey login --web`, waiting. */
async function begin(name = 'ada-laptop'): Promise<Login> {
  const home = mkdtempSync(join(tmpdir(), 'latchkey-device-'));
  homes.push(home);
  const terminal = openTerminal(`${process.execPath} ${program} login ${all.url} --web --name ${name}`, base(home));
  await terminal.shows('shows this code: ');
  await expect.poll(() => codeIn(terminal)).not.toBe('');
  const [link = ''] = /http:\S+\/device\?code=\S+/.exec(terminal.shown()) ?? [];
  return { terminal, link, code: codeIn(terminal), home };
}

const codeIn = ({ shown }: Terminal) => /shows this code: ([A-Z]{4}-[A-Z]{4})/.exec(shown())?.[1] ?? '';
const kept = ({ home }: Login) => JSON.parse(readFileSync(join(home, 'latchkey.json'), 'utf8'));
const signIn = async () => {
  await tab.page.getByLabel('E-mail or username').fill('owner');
  await tab.page.getByLabel('Password').fill(ownerPassword);
  await tab.press('Sign in');
};
const heading = (name: string | RegExp) => tab.page.getByRole('heading', { name });
/** Signed in, and looking at this code. */
async function look(link: string) {
  await tab.page.goto(link);
  await signIn();
  await heading('asks to be signed in as you').waitFor();
}

it('signing in first leads back to the code; the page names the machine; allowed, the terminal goes on', async () => {
  const login = await begin();
  const { page, press } = tab;
  await look(login.link);
  const said = await page.locator('main').innerText();
  for (const part of [
    '“ada-laptop”',
    login.code,
    '127.0.0.1',
    'the address that you ask from',
    'latchkey/',
    'just now',
  ])
    expect(said).toContain(part);
  expect(said).toContain('Allow only what you have started yourself');
  await press('Allow');
  await heading('“ada-laptop” is signed in').waitFor();
  expect(await login.terminal.ended, login.terminal.shown()).toBe(0);
  expect(login.terminal.shown()).toContain(`Signed in to ${all.url} as owner (owner@example.com).`);
  const { token, name } = kept(login);
  expect([login.terminal.shown().includes(token), name]).toEqual([false, 'ada-laptop']);
  const me = await fetch(`${all.url}/v1/me`, { headers: { Authorization: `Bearer ${token}` } });
  expect(me.status).toBe(200);
  await page.getByRole('link', { name: 'Sessions' }).last().click();
  await page.getByRole('row').filter({ hasText: 'ada-laptop' }).waitFor();

  await page.goto(login.link);
  await page.getByRole('alert').waitFor();
  expect(await page.getByRole('alert').textContent()).toContain('Nothing waits with this code');
});

it('refused, the terminal is told so, and keeps nothing; the code was typed without its dash', async () => {
  const login = await begin();
  const { page, press } = tab;
  await page.goto(`${all.url}/device`);
  await signIn();
  await page.getByLabel('Code').fill('bbbb bbbb');
  await press('Look it up');
  await page.getByText('Nothing waits with this code').waitFor();
  await page.getByLabel('Code').fill(login.code.replace('-', '').toLowerCase());
  await press('Look it up');
  await heading('asks to be signed in as you').waitFor();
  await press('Refuse');
  await heading('“ada-laptop” is refused').waitFor();
  expect(await login.terminal.ended).toBe(3);
  expect(login.terminal.shown()).toContain('It was refused in the browser.');
  expect(() => kept(login)).toThrow();
});

it('two tabs: what one has answered, the other cannot answer again', async () => {
  const login = await begin();
  await look(login.link);
  const other = await tabOf(tab.context);
  await other.page.goto(login.link);
  await other.button('Refuse').waitFor();
  await other.press('Refuse');
  await other.page.getByRole('heading', { name: 'is refused' }).waitFor();
  await tab.press('Allow');
  expect(await tab.page.getByRole('alert').textContent()).toContain('This was answered already');
  expect(await login.terminal.ended).toBe(3);
  expect(other.errors).toEqual([]);
});

it('a password that was typed long ago is asked for; a server that goes and comes back loses neither side', async () => {
  const login = await begin();
  await look(login.link);
  const { page, press } = tab;
  const old = new Date(Date.now() - 3_600_000).toISOString();
  await all.house.db('sessions').update({ created_at: old });
  await all.leave();
  await press('Allow');
  expect(await page.getByRole('alert').textContent()).toContain('The server does not answer');
  await login.terminal.shows('does not answer just now');
  await all.comeBack();
  await page.getByRole('button', { name: 'Try again' }).click();
  await heading('Confirm that it is you').waitFor();
  await page.getByLabel('Password').fill(ownerPassword);
  await press('Confirm');
  await heading('“ada-laptop” is signed in').waitFor();
  expect(await login.terminal.ended, login.terminal.shown()).toBe(0);
});

it('over after ten minutes: the terminal ends with 3, and the page says so', async () => {
  const login = await begin();
  await look(login.link);
  await all.house.db('device_logins').update({ expires_at: new Date(Date.now() - 1000).toISOString() });
  await tab.press('Allow');
  expect(await tab.page.getByRole('alert').textContent()).toContain('Nothing waits with this code');
  expect(await login.terminal.ended).toBe(3);
  expect(login.terminal.shown()).toContain('Nobody has answered in time');
});

it('Ctrl-C ends it with 130, and nothing is kept', async () => {
  const login = await begin();
  login.terminal.type(ctrlC);
  expect(await login.terminal.ended).toBe(130);
  expect(() => kept(login)).toThrow();
});

it('what a machine calls itself is text', async () => {
  const name = '<img src=x onerror=alert(1)>';
  const sent = { client_id: 'latchkey', name };
  const headers = { 'Content-Type': 'application/json', 'User-Agent': '<b>"x"' };
  const asked = await fetch(`${all.url}/v1/device-logins`, { method: 'POST', headers, body: JSON.stringify(sent) });
  await look(((await asked.json()) as { verification_uri_complete: string }).verification_uri_complete);
  await heading(`“${name}” asks`).waitFor();
  expect(await tab.page.locator('main img, main dd b').count()).toBe(0);
});

it('axe finds nothing in both themes on the pages of codes, and nothing is wider than a phone', async () => {
  const shown = await openTab(all.browser, { bypassCSP: true, viewport: { width: 390, height: 844 } });
  const { page, press, signIn: enter, button } = shown;
  const asked = await fetch(`${all.url}/v1/device-logins`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ client_id: 'latchkey', name: 'ada-laptop' }),
  });
  const { verification_uri_complete: link } = (await asked.json()) as { verification_uri_complete: string };
  await page.goto(`${all.url}/welcome`);
  await page.getByLabel('Link or code').waitFor();
  await expectFair(page, 'no code');
  await page.goto(`${all.url}/welcome#fst_${'0'.repeat(43)}`);
  await page.getByText('This link opens nothing').waitFor();
  await expectFair(page, 'a dead link');
  const made = await ownerLink(all.house.db);
  await page.goto(`${all.url}/welcome#${made?.code}`);
  await page.getByText('For owner@example.com').waitFor();
  await page.getByLabel('Password').fill('password1');
  await press('Choose password');
  await page.getByRole('alert').waitFor();
  await expectFair(page, 'a link');
  await page.goto(`${all.url}/keys`);
  await enter();
  await page.goto(`${all.url}/keys?generate=first`);
  await page.getByLabel('Name', { exact: true }).waitFor();
  await expectFair(page, 'the first key');
  await page.goto(`${all.url}/device`);
  await page.getByLabel('Code').waitFor();
  await expectFair(page, 'no code of a device');
  await page.goto(link);
  await button('Allow').waitFor();
  await expectFair(page, 'a device');
  await press('Allow');
  await page.getByRole('heading', { name: 'is signed in' }).waitFor();
  await expectFair(page, 'a device that was let in');
  expect(shown.errors).toEqual([]);
  await shown.context.close();
});
