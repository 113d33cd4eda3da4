import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { expectFair } from '../support/axe.ts';
import { type Console, openConsole, openTab, type Tab, tabOf } from '../support/console.ts';
import { ownerPassword } from '../support/house.ts';

const secret = /mgp_[\da-f]{40}/;

let all: Console;
let tab: Tab;
beforeAll(async () => {
  all = await openConsole();
});
afterAll(() => all?.close());
beforeEach(async () => {
  await all.house.db('api_keys').delete();
  tab = await openTab(all.browser);
  await tab.page.goto(`${all.url}/keys`);
});
afterEach(async () => {
  expect(tab.errors).toEqual([]);
  await tab.context.close();
});

const me = async (key: string) =>
  (await fetch(`${all.url}/v1/me`, { headers: { Authorization: `Bearer ${key}` } })).status;
const row = (name: string) => tab.page.getByRole('row').filter({ hasText: name });
const alert = () => tab.page.getByRole('alert').textContent();

/** Generates a key from the page of keys, and gives its secret. */
async function generate(name: string): Promise<string> {
  await tab.press('Generate new key');
  await tab.page.getByLabel('Name', { exact: true }).fill(name);
  await tab.press('Generate');
  await tab.button('I have saved it').waitFor();
  return secret.exec(await tab.page.getByRole('dialog').innerText())?.[0] ?? '';
}

/** A key of the owner, made by a program. */
async function made(...names: string[]) {
  const headers = { 'Content-Type': 'application/json' };
  const send = (path: string, body: object, more = {}) =>
    fetch(`${all.url}/v1${path}`, { method: 'POST', headers: { ...headers, ...more }, body: JSON.stringify(body) });
  const signedIn = await send('/sessions', { email: 'owner@example.com', password: ownerPassword });
  const { access_token } = (await signedIn.json()) as { access_token: string };
  for (const name of names) await send('/keys', { name }, { Authorization: `Bearer ${access_token}` });
}

describe('#13: the story of a key', () => {
  it('sign in, generate, copy, use by the snippet, rotate, revoke, refused, sign out', async () => {
    const { page, press, signIn, button } = tab;
    await page.getByLabel('E-mail or username').fill('owner');
    await page.getByLabel('Password').fill('not this one');
    await press('Sign in');
    expect(await alert()).toBe('The name or the password is wrong.');
    await signIn();
    expect(new URL(page.url()).pathname).toBe('/keys');
    const key = await generate('Production server');
    expect(await page.getByRole('dialog').getByRole('heading').textContent()).toBe('Copy your new key now');
    await page.keyboard.press('Escape');
    await press('Copy');
    await page.getByText('Copied').waitFor();
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(key);
    const snippet = await page.getByRole('dialog').locator('pre').innerText();
    const { stdout } = await promisify(execFile)('bash', ['-c', snippet]);
    expect(stdout).toContain('"owner@example.com"');
    await press('I have saved it');
    await row('Production server').getByText('Active').waitFor();
    expect(await page.content()).not.toMatch(secret);

    await row('Production server').getByRole('button', { name: 'Rotate' }).click();
    await page.getByLabel('The old one works on for').selectOption('0');
    await page.getByRole('dialog').getByRole('button', { name: 'Rotate' }).click();
    await button('I have saved it').waitFor();
    const next = secret.exec(await page.getByRole('dialog').innerText())?.[0] ?? '';
    expect([await me(key), await me(next)]).toEqual([401, 200]);
    await press('I have saved it');

    await row('Active').getByRole('button', { name: 'Revoke' }).click();
    const question = page.getByRole('dialog');
    expect(await question.getByRole('heading').textContent()).toBe('Revoke “Production server”?');
    expect(await question.innerText()).toContain('it was last used just now');
    await question.getByRole('button', { name: /^Revoke/ }).click();
    await page.getByText('“Production server” is revoked.').waitFor();
    await expect.poll(() => row('Active').count()).toBe(0);
    expect(await me(next)).toBe(401);
    await expect.poll(() => page.evaluate('document.activeElement.tagName')).toBe('H1');

    await press('Sign out');
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  });

  it('with the keyboard alone', async () => {
    const { page, button } = tab;
    const type = async (...keys: string[]) => {
      for (const key of keys)
        await (key.length > 1 && /^[A-Z]/.test(key) ? page.keyboard.press(key) : page.keyboard.type(key));
    };
    await page.getByLabel('E-mail or username').waitFor();
    await type('owner', 'Tab', ownerPassword, 'Enter');
    await button('Generate new key').waitFor();
    const reach = async (name: string) => {
      for (let steps = 0; steps < 40; steps += 1) {
        const at = await page.evaluate('document.activeElement.textContent');
        if (at === name) return;
        await type('Tab');
      }
      throw new Error(`${name} is not reached`);
    };
    await reach('Generate new key');
    await type('Enter', 'laptop', 'Enter');
    await button('I have saved it').waitFor();
    await reach('curl');
    await type('ArrowRight');
    expect(await page.getByRole('tab', { selected: true }).last().textContent()).toBe('Python');
    await reach('I have saved it');
    await type('Enter');
    await row('laptop').waitFor();
    await expect.poll(() => page.evaluate('document.activeElement.textContent')).toBe('Generate new key');
    await reach('Revoke');
    await type('Enter');
    await page.getByRole('dialog').waitFor();
    await type('Escape');
    await expect.poll(() => page.evaluate('document.activeElement.textContent')).toBe('Revoke');
    await type('Enter');
    await reach('Revoke key');
    await type('Enter');
    await row('Revoked').waitFor();
  });
});

describe('#13: what comes in between', () => {
  it('/ leads to the overview, and its button to the form of the keys', async () => {
    const { page, press, signIn } = tab;
    await page.goto(all.url);
    await signIn();
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    expect(new URL(page.url()).pathname).toBe('/overview');
    await press('Generate new key');
    await page.getByLabel('Name', { exact: true }).fill('from the overview');
    expect(new URL(page.url()).pathname + new URL(page.url()).search).toBe('/keys');
    await page.keyboard.press('Escape');
    await page.goBack();
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    await page.setViewportSize({ width: 390, height: 844 });
    await press('More');
    await page.getByRole('dialog').getByRole('link', { name: 'Sessions' }).click();
    await page.getByRole('heading', { name: 'Sessions' }).waitFor();
    await expect.poll(() => page.evaluate('document.activeElement.textContent')).toBe('Sessions');
  });

  it('the limit is told before it is hit, and hit it is a refusal that keeps what was typed', async () => {
    await made(...Array.from({ length: 10 }, (_, at) => `key ${at}`));
    const { page, press, signIn } = tab;
    await signIn();
    await page.getByText('10 of 10 active keys used').waitFor();
    expect(await page.getByText('All 10 keys').textContent()).toContain('Revoke one to generate another');
    await press('Generate new key');
    await page.getByLabel('Name', { exact: true }).fill('one too many');
    await press('Generate');
    expect(await alert()).toContain('10 active');
    expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe('one too many');
  });

  it('a session that ended elsewhere: the form to sign in, and then the same form as before', async () => {
    const { page, press, signIn, button } = tab;
    await signIn();
    await press('Generate new key');
    await page.getByLabel('Name', { exact: true }).fill('typed before');
    await page.getByText('active keys used').waitFor();
    await all.house.db('sessions').delete();
    await press('Generate');
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.getByLabel('E-mail or username').fill('owner@example.com');
    await page.getByLabel('Password').fill(ownerPassword);
    await press('Sign in');
    await button('I have saved it').waitFor();
    expect(await page.getByRole('dialog').innerText()).toContain('“typed before” is ready');
  });

  it('a password that was typed long ago is asked for again, and what was typed stays', async () => {
    const { page, press, signIn, button } = tab;
    await signIn();
    await all.house
      .db('sessions')
      .update({ created_at: new Date(Date.now() - 3_600_000).toISOString(), reauthenticated_at: null });
    await press('Generate new key');
    await page.getByLabel('Name', { exact: true }).fill('typed before');
    await press('Generate');
    await page.getByRole('heading', { name: 'Confirm that it is you' }).waitFor();
    await button('Cancel').last().click();
    expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe('typed before');
    await press('Generate');
    await page.getByLabel('Password').fill('not this one');
    await press('Confirm');
    await page.getByRole('alert').waitFor();
    await page.getByLabel('Password').fill(ownerPassword);
    await press('Confirm');
    await button('I have saved it').waitFor();
  });

  it('a server that goes and comes back in the middle of a form loses nothing of it', async () => {
    const { page, press, signIn, button } = tab;
    await signIn();
    await press('Generate new key');
    await page.getByLabel('Name', { exact: true }).fill('typed before');
    await page.getByText('active keys used').waitFor();
    await all.leave();
    await press('Generate');
    expect(await page.getByRole('dialog').getByRole('alert').textContent()).toContain('Nothing that you typed is lost');
    expect(await page.locator('.away').textContent()).toContain('The server does not answer');
    await all.comeBack();
    await expect.poll(() => page.locator('.away').textContent(), { timeout: 20_000 }).toBe('');
    await page.getByRole('dialog').getByRole('button', { name: 'Try again' }).click();
    await button('I have saved it').waitFor();
    expect(await all.house.db('api_keys').where({ name: 'typed before' })).toHaveLength(1);
  });

  it('what another tab does is seen, signing out as well', async () => {
    await tab.signIn();
    const other = await tabOf(tab.context);
    await other.page.goto(`${all.url}/keys`);
    await other.button('Generate new key').waitFor();
    await generate('made here');
    await tab.press('I have saved it');
    await other.page.getByText('made here').first().waitFor();
    await other.press('Sign out');
    await tab.page.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(other.errors).toEqual([]);
  });

  it.each([
    ['/settings/api', 'supabase-js'],
    ['/developers', 'pipeline CLI'],
    ['/account/api-key', 'MaiAgent'],
  ])('%s leads to the keys, with %s open', async (path, name) => {
    await tab.page.goto(all.url + path);
    await tab.signIn();
    await tab.page.getByRole('tab', { name, selected: true }).waitFor();
    expect(new URL(tab.page.url()).pathname).toBe('/keys');
  });

  it('sessions: this one is marked, others are ended one by one and all at once', async () => {
    const { page, press, signIn, button } = tab;
    await all.house.db('sessions').delete();
    await signIn();
    await made();
    await page.getByRole('link', { name: 'Sessions' }).click();
    expect(new URL(page.url()).pathname).toBe('/sessions');
    await row('Browser').getByText('This one').waitFor();
    await row('Program').getByRole('button', { name: 'End' }).click();
    await press('End it');
    await page.getByText('“Program” is signed out.').waitFor();
    await expect.poll(() => row('Program').count()).toBe(0);
    await made();
    await made();
    await page.reload();
    await press('End all others');
    await press('End the others');
    await page.getByText('2 other sessions are signed out.').waitFor();
    await expect.poll(() => button('End').count()).toBe(0);
    await page.goBack();
    await button('Generate new key').waitFor();
  });

  it.each(['Python', 'TypeScript', 'Mage', 'MaiAgent', 'supabase-js'])(
    'the snippet for %s runs as it stands',
    async (name) => {
      const { page } = tab;
      await tab.signIn();
      await generate('laptop');
      await page.getByRole('tab', { name, exact: true }).click();
      const snippet = await page.getByRole('dialog').locator('pre').innerText();
      const program = { Python: ['python3', '-c'], Mage: ['bash', '-c'], MaiAgent: ['bash', '-c'] }[name];
      const [command = '', ...flags] = program ?? [process.execPath, '--input-type=module', '-e'];
      const { stdout } = await promisify(execFile)(command, [...flags, snippet]);
      const said = { Mage: '"pipelines":', MaiAgent: '"results":', 'supabase-js': "name: 'laptop'" };
      expect(stdout).toContain(said[name as keyof typeof said] ?? 'owner@example.com');
      expect(stdout).not.toContain('"error"');
    },
  );

  it('names are text, whatever is in them', async () => {
    const names = ['<img src=x onerror=alert(1)>', '"><script>alert(1)</script>', "{{1}}'`<b>&amp;"];
    await made(...names);
    await tab.signIn();
    for (const name of names) {
      const its = row(name);
      await its.getByRole('button', { name: 'Revoke' }).click();
      await tab.page.getByRole('dialog').getByText(`Revoke “${name}”?`).waitFor();
      await tab.press('Cancel');
    }
    expect(await tab.page.locator('main img, main script, main td b b').count()).toBe(0);
  });

  it('the shells are there while /v1 is held, and nothing moves when it answers', async () => {
    const { page, signIn } = tab;
    await made('one', 'two');
    await signIn();
    await page.addInitScript(`window.shift = 0; new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) window.shift += entry.value;
    }).observe({ type: 'layout-shift', buffered: true });`);
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    await page.route('**/v1/**', async (route) => {
      await held;
      await route.continue();
    });
    await page.reload();
    await page.getByRole('heading', { name: 'API keys' }).waitFor();
    expect(await page.getByText('Loading').count()).toBe(3);
    release();
    await page.getByText('one', { exact: true }).waitFor();
    expect(await page.evaluate('window.shift')).toBe(0);
  });
});

describe('#13: for everybody', () => {
  it('axe finds nothing in both themes, and nothing is wider than a phone', async () => {
    await made('laptop');
    const shown = await openTab(all.browser, { bypassCSP: true, viewport: { width: 390, height: 844 } });
    const { page, press, signIn, button } = shown;
    const look = (name: string) => expectFair(page, name);
    await page.goto(`${all.url}/keys`);
    await button('Sign in').waitFor();
    await look('sign in');
    await signIn();
    await page.getByText('laptop').first().waitFor();
    await look('keys');
    await press('Generate new key');
    await page.getByLabel('Only what is chosen').check();
    await page.getByText('runs:create').waitFor();
    await page.getByText('Addresses and limits').click();
    await look('generate');
    await page.getByLabel('Everything you may do').check();
    await page.getByLabel('Name', { exact: true }).fill('phone');
    await press('Generate');
    await button('I have saved it').waitFor();
    await look('new key');
    await press('I have saved it');
    for (const name of ['Edit', 'Rotate', 'Revoke']) {
      await page.getByRole('button', { name, exact: true }).first().click();
      await page.getByRole('dialog').waitFor();
      await look(name);
      await press('Cancel');
    }
    await shown.context.close();
  });
});
