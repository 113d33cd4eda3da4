import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Console, openConsole, openTab, type Tab, tabOf } from '../support/console.ts';
import { joined, type Program, programOf, wasUsed } from '../support/console_people.ts';
import { ownerPassword } from '../support/house.ts';

const secret = /mgp_[\da-f]{40}/;

let all: Console;
let tab: Tab;
let ask: Program;
let vera: Program;
beforeAll(async () => {
  all = await openConsole({ LATCHKEY_KEYS_PER_USER: '12' });
  ask = await programOf(all);
  vera = await programOf(all, await joined(all, 'vera', 'viewer'));
}, 180_000);
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

const row = (name: string) => tab.page.getByRole('row').filter({ hasText: name });
const link = (name: string) => tab.page.getByRole('link', { name, exact: true });
const heading = (name: string) => tab.page.getByRole('heading', { name, exact: true });
const status = async (key: string) =>
  (await fetch(`${all.url}/v1/me`, { headers: { Authorization: `Bearer ${key}` } })).status;
const focused = () => tab.page.evaluate('document.activeElement.textContent');

describe('#13: the page of a key', () => {
  it('its facts, its usage as a chart and as a table, and what happened to it', async () => {
    const bounds = {
      scopes: ['pipelines:read'],
      addresses: ['203.0.113.0/24'],
      limits: [{ requests: 1000, per: 'day' }],
    };
    const { id } = await ask('POST', '/keys', { name: 'Reports', ...bounds });
    await wasUsed(all, id, 0, 1204);
    await wasUsed(all, id, 3, 80, { status: 4 });
    const { page } = tab;
    await tab.signIn();
    await link('Reports').click();
    await heading('Reports').waitFor();
    expect(new URL(page.url()).pathname).toBe(`/keys/${id}`);
    await expect.poll(focused).toBe('Reports');
    const facts = await page.getByRole('region', { name: 'Facts' }).innerText();
    for (const fact of ['pipelines: read', '203.0.113.0/24', '1,000 a day', 'by owner', 'never'])
      expect(facts).toContain(fact);
    const chart = page.getByRole('img', { name: /^By day/ });
    expect(await chart.getAttribute('aria-label')).toContain('1,284 requests, 80 refused');
    const bars = await chart.locator('title').allTextContents();
    await page.getByText('As a table').click();
    const cells = (await page.locator('tr.figures').allInnerTexts()).map((text) => text.split(/\s*\t\s*|\n/));
    expect(cells.map(([day, requests, refused]) => `${day}: ${requests}, ${refused}`)).toEqual([
      expect.stringMatching(/: 1,204, 0$/),
      expect.stringMatching(/: 80, 80$/),
    ]);
    expect(bars.filter((text) => !text.endsWith(' 0 requests'))).toEqual([
      `${cells[1]?.[0]}: 80 requests, 80 refused`,
      `${cells[0]?.[0]}: 1,204 requests`,
    ]);
    await row('Key generated').getByText('owner').waitFor();
    await page.getByRole('link', { name: 'API keys' }).first().click();
    await heading('API keys').waitFor();
  });

  it('disabled it is refused, enabled it is accepted; edited, rotated, revoked: the page says so after the server', async () => {
    const { key } = await ask('POST', '/keys', { name: 'Server' });
    const { page, press } = tab;
    await tab.signIn();
    await link('Server').click();
    await press('Disable');
    await page.getByRole('dialog').getByText('never used').waitFor();
    await press('Disable key');
    await page.getByText('“Server” is disabled.').waitFor();
    expect(await status(key)).toBe(401);
    await row('Key disabled').waitFor();
    await press('Enable');
    await press('Enable key');
    await page.getByText('“Server” is enabled.').waitFor();
    expect(await status(key)).toBe(200);
    await press('Edit');
    await page.getByLabel('Name', { exact: true }).fill('Old server');
    await press('Save');
    await heading('Old server').waitFor();
    await press('Rotate');
    await page.getByRole('dialog').getByRole('button', { name: 'Rotate' }).click();
    await tab.button('I have saved it').waitFor();
    const next = secret.exec(await page.getByRole('dialog').innerText())?.[0] ?? '';
    const before = page.url();
    await press('I have saved it');
    await expect.poll(() => page.url()).not.toBe(before);
    await link('the old key').waitFor();
    await row('Key rotated').waitFor();
    expect([await status(key), await status(next)]).toEqual([200, 200]);
    await press('Revoke');
    await page.getByRole('dialog').getByText('Revoke “Old server”?').waitFor();
    await press('Revoke key');
    await page.locator('.chip', { hasText: 'Revoked' }).waitFor();
    expect(await tab.button('Revoke').count()).toBe(0);
    expect(await status(next)).toBe(401);
    await expect.poll(focused).toBe('Old server');
  });

  it('a key that is not there, and what another tab did to one that is', async () => {
    const { id } = await ask('POST', '/keys', { name: 'twice' });
    await tab.page.goto(`${all.url}/keys/key_${'0'.repeat(32)}`);
    await tab.page.getByLabel('E-mail or username').fill('owner');
    await tab.page.getByLabel('Password').fill(ownerPassword);
    await tab.press('Sign in');
    await heading('This key is not here').waitFor();
    await tab.page.goto(`${all.url}/keys/${id}`);
    await heading('twice').waitFor();
    const other = await tabOf(tab.context);
    await other.page.goto(`${all.url}/keys/${id}`);
    await other.press('Revoke');
    await other.press('Revoke key');
    await tab.page.locator('.chip', { hasText: 'Revoked' }).waitFor();
    expect(other.errors).toEqual([]);
  });
});

describe('#13: whose keys', () => {
  it('a member sees their own, an owner all, and each may do what the server lets them', async () => {
    await ask('POST', '/keys', { name: 'of the owner' });
    const { id } = await vera('POST', '/keys', { name: 'of vera' });
    const { page } = tab;
    await tab.signIn();
    await row('of vera').getByText('by vera').waitFor();
    await row('of the owner').getByText('by owner').waitFor();
    await page.getByText('1 of 12 active keys used').waitFor();
    await link('of vera').click();
    // The list has such buttons, too: not before its page is there.
    await page.getByRole('region', { name: 'Facts' }).getByText('by vera').waitFor();
    await tab.button('Revoke').waitFor();
    expect(await tab.button('Rotate').count()).toBe(0);

    const own = await openTab(all.browser);
    await own.page.goto(`${all.url}/keys`);
    await own.signIn('vera');
    await own.page.getByRole('link', { name: 'of vera' }).click();
    await own.button('Rotate').waitFor();
    await own.page.getByRole('row').filter({ hasText: 'Key generated' }).waitFor();
    const { results } = await ask('GET', '/keys?name=of%20the%20owner');
    await own.page.goto(`${all.url}/keys/${results[0].id}`);
    await own.page.getByRole('heading', { name: 'This key is not here' }).waitFor();
    await own.page.goto(`${all.url}/keys`);
    await own.page.getByRole('link', { name: 'of vera' }).waitFor();
    expect(await own.page.getByText('of the owner').count()).toBe(0);
    expect(own.errors).toEqual([]);
    await own.context.close();
    expect((await vera('GET', `/keys/${id}`)).state).toBe('active');
  });

  it('the limit is the server’s: told before it is hit', async () => {
    for (let n = 0; n < 12; n += 1) await ask('POST', '/keys', { name: `key ${n}` });
    await tab.signIn();
    await tab.page.getByText('12 of 12 active keys used').waitFor();
    await tab.page.getByText('All 12 keys').waitFor();
  });
});

describe('#13: a thousand keys', () => {
  it('come page by page, are found by name, and the page stays quick', async () => {
    const { db, installation } = all.house;
    const owner = await db('users').where({ email: 'owner@example.com' }).first();
    const base = { user_id: owner?.id as number, account_id: installation.accountId, checksummed: true };
    const keys = Array.from({ length: 1000 }, (_, n) => ({
      ...base,
      name: `key ${n}`,
      prefix: 'mgp_0000',
      hash: Buffer.from(String(n).padStart(32, '0')),
      created_at: new Date(Date.now() - n * 1000).toISOString(),
    }));
    await db.batchInsert('api_keys', keys as never, 500);
    const { page } = tab;
    await tab.signIn();
    const rows = page.locator('tbody tr');
    await expect.poll(() => rows.count()).toBe(100);
    await tab.press('Show more');
    await expect.poll(() => rows.count()).toBe(200);
    expect(await rows.nth(199).innerText()).toContain('key 199');
    const search = page.getByLabel('Search by name');
    const before = Date.now();
    await search.fill('KEY 777');
    await page.getByText('1 found').waitFor();
    await row('key 777').waitFor();
    expect(await rows.count()).toBe(1);
    // What somebody waits for after the last letter, on a machine with other work to do.
    expect(Date.now() - before).toBeLessThan(5000);
    await search.fill('nothing like it');
    await page.getByText('No key has “nothing like it” in its name').waitFor();
    await search.fill('');
    await page.getByText('1,000 found').waitFor();
    await page.keyboard.press('Control+k');
    await page.keyboard.type('key 500');
    await page.getByRole('option', { name: /key 500/ }).waitFor();
    await page.keyboard.press('Enter');
    await heading('key 500').waitFor();
  });
});

describe('#13: the keyboard', () => {
  it('tells the whole story of a key: generate, copy, save, rotate, revoke', async () => {
    const { page, button } = tab;
    const type = async (...keys: string[]) => {
      for (const key of keys)
        await (key.length > 1 && /^[A-Z]/.test(key) ? page.keyboard.press(key) : page.keyboard.type(key));
    };
    const reach = async (name: string) => {
      for (let steps = 0; steps < 60 && (await focused()) !== name; steps += 1) await type('Tab');
      expect(await focused()).toBe(name);
    };
    await page.getByLabel('E-mail or username').waitFor();
    await type('owner', 'Tab', ownerPassword, 'Enter');
    await button('Generate new key').waitFor();
    await reach('Generate new key');
    await type('Enter', 'laptop', 'Enter');
    await button('I have saved it').waitFor();
    await reach('Copy');
    await type('Enter');
    await page.getByText('Copied').waitFor();
    const key = String(await page.evaluate('navigator.clipboard.readText()'));
    expect(await status(key)).toBe(200);
    await reach('I have saved it');
    await type('Enter');
    await link('laptop').waitFor();
    await reach('laptop');
    await type('Enter');
    await heading('laptop').waitFor();
    await expect.poll(focused).toBe('laptop');
    await reach('Rotate');
    await type('Enter');
    await page.getByLabel('The old one works on for').waitFor();
    await type('not');
    await reach('Rotate');
    await type('Enter');
    await button('I have saved it').waitFor();
    await reach('Copy');
    await type('Enter');
    await page.getByText('Copied').waitFor();
    const next = String(await page.evaluate('navigator.clipboard.readText()'));
    expect([await status(key), await status(next)]).toEqual([401, 200]);
    await reach('I have saved it');
    await type('Enter');
    await row('Key rotated').waitFor();
    await reach('Revoke');
    await type('Enter');
    await page.getByRole('dialog').waitFor();
    await type('Escape');
    await expect.poll(focused).toBe('Revoke');
    await type('Enter');
    await reach('Revoke key');
    await type('Enter');
    await page.locator('.chip', { hasText: 'Revoked' }).waitFor();
    expect(await status(next)).toBe(401);
  });

  it('finds pages, keys and pipelines, and lists its shortcuts; the focus comes back', async () => {
    const { id } = await ask('POST', '/keys', { name: 'Pipeline runner' });
    const made = await ask('POST', '/pipelines', { name: 'pipe of sales' });
    const { page } = tab;
    await tab.signIn();
    await link('Pipeline runner').waitFor();
    await tab.button('Generate new key').focus();
    await page.keyboard.press('Control+k');
    const field = page.getByRole('combobox', { name: 'Find a page, a key or a pipeline' });
    const chosen = () =>
      page.evaluate(
        'document.getElementById(document.activeElement.getAttribute("aria-activedescendant"))?.textContent',
      );
    expect(await chosen()).toContain('Page');
    await field.fill('pipe');
    await page.getByRole('option', { name: /pipe of sales/ }).waitFor();
    await page.getByRole('option', { name: /Pipeline runner/ }).waitFor();
    const options = await page.getByRole('option').allInnerTexts();
    const at = options.findIndex((text) => text.startsWith('Pipeline runner'));
    for (let n = 0; n < at; n += 1) await page.keyboard.press('ArrowDown');
    expect(await chosen()).toContain('Pipeline runner');
    await page.keyboard.press('Enter');
    await heading('Pipeline runner').waitFor();
    expect(new URL(page.url()).pathname).toBe(`/keys/${id}`);
    await expect.poll(focused).toBe('Pipeline runner');

    await tab.button('Edit').focus();
    await page.keyboard.press('Control+k');
    await field.fill('nothing of that');
    await page.getByText('Nothing is called “nothing of that”.').waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(focused).toBe('Edit');
    await page.keyboard.press('?');
    await heading('Shortcuts').waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(focused).toBe('Edit');
    // What is typed into a field is text, and what is asked in front of the page is answered first.
    await page.keyboard.press('Enter');
    await page.getByLabel('Name', { exact: true }).fill('');
    await page.keyboard.type('why?');
    await page.keyboard.press('Control+k');
    expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe('why?');
    expect(await page.getByRole('dialog').count()).toBe(1);
    await page.keyboard.press('Escape');
    await all.house.db('pipelines').where({ name: made.name }).delete();
  });
});
