import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { expectFair } from '../support/axe.ts';
import { type Console, openConsole, openTab, type Tab, tabOf } from '../support/console.ts';
import { joined, type Program, programOf, wasAnswered, wasUsed } from '../support/console_people.ts';
import { ownerPassword } from '../support/house.ts';
import { watchShifts } from '../support/layout_shifts.ts';

let all: Console;
let tab: Tab;
let ask: Program;
beforeAll(async () => {
  all = await openConsole({ LATCHKEY_PRIVATE_WEBHOOKS: 'true', LATCHKEY_KEYS_PER_USER: '100' });
  ask = await programOf(all);
  await joined(all, 'vera', 'viewer');
}, 180_000);
afterAll(() => all?.close());
beforeEach(async () => {
  const { db } = all.house;
  for (const table of ['hooks', 'api_keys', 'usage_counts', 'model_usage', 'one_time_links', 'chatbots'] as const)
    await db(table).delete();
  tab = await openTab(all.browser);
});
afterEach(async () => {
  expect(tab.errors).toEqual([]);
  await tab.context.close();
});

const row = (name: string) => tab.page.getByRole('row').filter({ hasText: name });
const heading = (name: string | RegExp, page = tab.page) => page.getByRole('heading', { name, exact: true });
const focused = () => tab.page.evaluate('document.activeElement.textContent');
const said = (text: string) => tab.page.getByText(text).first().waitFor();

async function chatbotOf(name: string): Promise<string> {
  const { db, installation } = all.house;
  const model = { large_language_model: randomUUID(), rag: randomUUID() };
  const row = { account_id: installation.accountId, name, ...model };
  const [made] = await db('chatbots').insert(row).returning('id');
  return made?.id as string;
}

/** Signs in at a page. */
async function at(path: string, name = 'owner', { page, button }: Tab = tab): Promise<Page> {
  await page.goto(all.url + path);
  await page.getByLabel('E-mail or username').fill(name);
  await page.getByLabel('Password').fill(ownerPassword);
  await button('Sign in').click();
  await button('Sign out').waitFor();
  return page;
}

/** Does something while no request is counted, nor was one before: to sign in is a request, too. */
async function uncounted(work: () => Promise<unknown>): Promise<void> {
  const { db, usage } = all.house;
  await usage.flush();
  await db('usage_counts').delete();
  await db.transaction(async (trx) => {
    await trx.raw('lock table usage_counts in exclusive mode');
    await work();
  });
}

async function saved(): Promise<string> {
  const [download] = await Promise.all([
    tab.page.waitForEvent('download'),
    tab.page.getByRole('button', { name: /^(Download CSV|Export)$/ }).click(),
  ]);
  return readFileSync(await download.path(), 'utf8');
}

describe('#13: usage', () => {
  it('nothing yet: a command to paste; then the same figures as chart, table and file, by what is chosen', async () => {
    const { page } = tab;
    await uncounted(async () => {
      await at('/usage');
      await said('No requests in these days');
    });
    expect(await page.locator('.empty pre').innerText()).toContain(`curl ${all.url}/v1/me`);
    const { id } = await ask('POST', '/keys', { name: '=cmd|"/c calc"!A1' });
    await wasUsed(all, id, 0, 1204);
    await wasUsed(all, id, 2, 80, { status: 4, operation: 'latchkey.createRun' });
    await wasUsed(all, undefined, 40, 5000);
    await page.reload();
    const chart = page.getByRole('img', { name: /^By day/ });
    await chart.waitFor();
    expect(await chart.getAttribute('aria-label')).toContain('refused');
    const bars = (await chart.locator('title').allTextContents()).filter((text) => !text.endsWith(': 0 requests'));
    const lines = await page.locator('tr.figures').allInnerTexts();
    expect(lines).toHaveLength(bars.length);
    const days = (await saved()).trim().split('\r\n');
    expect(days[0]).toBe('day,requests,refusals');
    expect(days).toHaveLength(31);
    expect(days.filter((line) => line.endsWith(',80,80'))).toHaveLength(1);

    await page.getByLabel('By', { exact: true }).selectOption('key');
    await page.getByRole('link', { name: '=cmd|"/c calc"!A1' }).waitFor();
    expect(new URL(page.url()).search).toContain('by=key');
    // No spreadsheet takes a name for a formula.
    expect(await saved()).toContain(`${id},"'=cmd|""/c calc""!A1",1284,80`);
    await page.getByLabel('By', { exact: true }).selectOption('operation');
    await page.getByRole('link', { name: 'latchkey.createRun' }).click();
    await said('80 requests, 80 refused');
    await page.getByRole('link', { name: 'All operations, not only latchkey.createRun' }).click();
    await page.getByRole('link', { name: 'latchkey.createRun' }).waitFor();
    await page.getByLabel('By', { exact: true }).selectOption('key');
    await page.getByLabel('Days').selectOption('90');
    await row('Sessions, without a key')
      .getByText(/^5,0\d\d/)
      .waitFor();
  });

  it('what models took: nothing yet; then by model, chatbot, key and day, chosen by the keyboard and kept in the address', async () => {
    const page = await at('/usage');
    await said('No model has answered in these days');
    const { id: key } = await ask('POST', '/keys', { name: 'Bot' });
    const chatbot = await chatbotOf('=<b>Shop</b>');
    const gone = randomUUID();
    await wasAnswered(all, { chatbot, key }, [1204, 401_220, 58_110]);
    await wasAnswered(all, { chatbot, daysAgo: 2 }, [6, 60, 12]);
    await wasAnswered(all, { chatbot: gone, key, daysAgo: 40 }, [1, 2, 3]);
    await page.reload();
    const models = page.getByRole('region', { name: 'Answers of models' });
    const lines = async () => (await models.locator('tbody tr').allInnerTexts()).map((text) => text.split(/\s*\t\s*/));
    await expect.poll(lines).toEqual([['Llama 3.1 8B', '1,210', '401,280', '58,122']]);
    expect(await models.getByRole('status').innerText()).toBe('1,210 answers, 401,280 tokens in, 58,122 out');
    const by = models.getByLabel('Counted by');
    await by.focus();
    await page.keyboard.press('ArrowDown');
    await expect.poll(lines).toEqual([['=<b>Shop</b>', '1,210', '401,280', '58,122']]);
    expect(new URL(page.url()).search).toContain('models=chatbot');
    await page.getByLabel('Days').selectOption('90');
    await expect.poll(async () => (await lines()).map(([name]) => name)).toEqual(['=<b>Shop</b>', gone]);
    await by.selectOption('key');
    await models.getByText('Sessions, without a key').waitFor();
    expect(await models.getByRole('link', { name: 'Bot' }).getAttribute('href')).toBe(`/keys/${key}`);
    await page.getByLabel('Days').selectOption('7');
    await by.selectOption('day');
    await expect.poll(async () => (await lines()).map(([, answers]) => answers)).toEqual(['1,204', '6']);
    // What is asked of requests stays as it was.
    await page.getByLabel('By', { exact: true }).selectOption('status');
    expect(new URL(page.url()).search).toContain('models=day');
    expect(await lines()).toHaveLength(2);
  });

  it('a member counts their own keys alone', async () => {
    const { id } = await ask('POST', '/keys', { name: 'of the owner' });
    await wasUsed(all, id, 0, 1204);
    const page = await at('/usage?by=key', 'vera');
    await said('No requests in these days');
    expect(await page.getByText('of the owner').count()).toBe(0);
  });
});

describe('#13: the audit log', () => {
  it('says whether its chain holds, is narrowed, and exported as it is narrowed', async () => {
    const { id } = await ask('POST', '/keys', { name: 'Server' });
    await ask('DELETE', `/keys/${id}`);
    const page = await at('/audit');
    await page.getByText(/^Chain verified: .*\d links/).waitFor();
    await page.getByLabel('What', { exact: true }).selectOption('key_revoked');
    await expect.poll(() => page.locator('tbody tr b').allInnerTexts()).toEqual(['Key revoked']);
    expect(page.url()).toContain('action=key_revoked');
    const lines = (await saved()).trim().split('\n');
    expect(lines.map((line) => JSON.parse(line).action)).toEqual(['key_revoked']);
    // What is typed stays while the page is drawn again.
    await page.getByLabel('To what').fill(id);
    await page.getByLabel('What', { exact: true }).selectOption('');
    await expect.poll(() => page.url()).not.toContain('action=');
    await page.getByLabel('To what').press('Enter');
    await expect.poll(() => page.locator('tbody tr b').allInnerTexts()).toEqual(['Key revoked', 'Key generated']);
    await page.getByLabel('Who').selectOption({ label: 'vera' });
    await said('Nothing like that happened');
    await tab.press('Show all entries');
    await row('Signed in').first().waitFor();
    await page.getByLabel('Last day').fill('2020-01-01');
    await said('Nothing like that happened');
  });

  it('a log that was tampered with is told', async () => {
    const { db } = all.house;
    await db.raw('alter table audit_log disable trigger audit_log_append_only');
    const [last] = await db('audit_log').whereNotNull('seq').orderBy('id', 'desc').limit(1);
    const row = { id: last?.id as number };
    await db('audit_log').where(row).update({ address: '198.51.100.1' });
    try {
      await at('/audit');
      await said('Chain broken: run npm run audit');
    } finally {
      await db('audit_log')
        .where(row)
        .update({ address: last?.address as string });
      await db.raw('alter table audit_log enable trigger audit_log_append_only');
    }
  });
});

describe('#13: webhooks', () => {
  it('added, with its secret once; changed, rotated, deleted; the focus goes where it should', async () => {
    const page = await at('/webhooks');
    await said('No webhooks yet');
    await tab.press('Add webhook');
    await page.getByLabel('Address').fill('http://127.0.0.1:9/hook');
    await page.getByLabel('Description').fill('<img src=x onerror=alert(1)>');
    await page.getByLabel('Only what is chosen').check();
    await page.getByLabel(/key\.created/).check();
    await tab.press('Add');
    await heading('Copy the signing secret now').waitFor();
    const secret = await page.getByRole('dialog').locator('code').innerText();
    expect(secret).toMatch(/^whsec_/);
    await tab.press('Copy');
    await said('Copied');
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(secret);
    await page.keyboard.press('Escape');
    await tab.press('I have saved it');
    await heading('http://127.0.0.1:9/hook').waitFor();
    await expect.poll(focused).toBe('http://127.0.0.1:9/hook');
    expect(await page.content()).not.toContain(secret);
    await page.getByText('<img src=x onerror=alert(1)>').waitFor();
    await tab.press('Edit');
    await page.getByLabel('Enabled').uncheck();
    await tab.press('Save');
    await page.locator('.chip', { hasText: 'Disabled' }).waitFor();
    await tab.press('Rotate secret');
    await tab.press('Rotate');
    await heading('Copy the signing secret now').waitFor();
    expect(await page.getByRole('dialog').locator('code').innerText()).not.toBe(secret);
    await tab.press('I have saved it');
    await said('The signing secret is rotated.');
    const address = page.url();
    await tab.press('Delete');
    await page.getByRole('dialog').getByText('Delete “http://127.0.0.1:9/hook”?').waitFor();
    await tab.press('Delete webhook');
    await said('No webhooks yet');
    await expect.poll(focused).toBe('Webhooks');
    await page.goto(address);
    await heading('This webhook is not here').waitFor();
  });

  it('an address that is refused keeps what was typed; deliveries show what was sent and answered, and are sent again', async () => {
    const { id } = await ask('POST', '/webhooks', { url: 'http://127.0.0.1:9/hook', events: ['*'] });
    const page = await at(`/webhooks/${id}`);
    await said('Nothing was sent yet');
    await tab.press('Edit');
    await page.getByLabel('Address').fill('ftp://127.0.0.1/hook');
    await tab.press('Save');
    await page.getByRole('alert').waitFor();
    expect(await page.getByLabel('Address').inputValue()).toBe('ftp://127.0.0.1/hook');
    await tab.press('Cancel');
    await ask('POST', '/keys', { name: 'told' });
    const { db } = all.house;
    const answered = { state: 'failed', attempts: 5, status: 502, answer: '<b>Bad gateway</b>' } as const;
    await db('hook_deliveries').update({ ...answered, last_attempt_at: new Date().toISOString() });
    await row('key.created').getByText('Failed, 502').waitFor({ timeout: 15_000 });
    await page.getByText('Request and answer').click();
    await page.locator('pre', { hasText: 'webhook-id' }).waitFor();
    expect(await page.locator('pre').last().innerText()).toBe('502\n<b>Bad gateway</b>');
    expect(await page.locator('pre b').count()).toBe(0);
    await tab.press('Send again');
    await said('“key.created” is sent again.');
    await row('Waiting').waitFor();
    expect(await db('hook_deliveries')).toHaveLength(2);
    await page.getByLabel('State').selectOption('delivered');
    await said('Nothing is delivered');
  });
});

describe('#13: members', () => {
  it('invited by a link that is shown once; the invitation is taken back', async () => {
    const page = await at('/members');
    await said('Nobody is invited just now');
    await tab.press('Invite');
    await page.getByLabel('E-mail', { exact: true }).fill('ada@example.com');
    await page.getByLabel(/^Editor/).check();
    await page.getByRole('dialog').getByRole('button', { name: 'Invite', exact: true }).click();
    await heading('Copy the link now').waitFor();
    const link = await page.getByRole('dialog').locator('code').innerText();
    expect(link).toMatch(/\/welcome#inv_/);
    await tab.press('I have saved it');
    await said('ada@example.com is invited.');
    await row('ada@example.com').getByText('Editor').waitFor();
    expect(await page.content()).not.toContain(link);
    await tab.press('Take back');
    await tab.press('Take it back');
    await said('Nobody is invited just now');
  });

  it('another role, disabled, enabled, a new password, removed; and what the server will not have', async () => {
    const email = await joined(all, 'grace', 'editor', 'grace <b>hopper</b>');
    const page = await at('/members');
    const its = row(email);
    await its.getByRole('button', { name: 'Change role' }).click();
    await page.getByRole('dialog').getByText('Looks at pipelines').waitFor();
    await page.getByLabel(/^Viewer/).check();
    await tab.press('Save');
    await its.getByText('Viewer').waitFor();
    await its.getByRole('button', { name: 'Disable' }).click();
    await tab.press('Disable member');
    await its.getByText('Disabled').waitFor();
    await expect.poll(focused).toMatch(/Enable|Members/);
    await its.getByRole('button', { name: 'Enable' }).click();
    await its.getByText('Viewer').waitFor();
    await its.getByRole('button', { name: 'Reset password' }).click();
    await tab.press('Make link');
    await heading('Copy the link now').waitFor();
    expect(await page.getByRole('dialog').locator('code').innerText()).toMatch(/\/welcome#res_/);
    await tab.press('I have saved it');
    await page.getByLabel('Search members').fill('hopper');
    await expect.poll(() => page.locator('tbody').first().locator('tr').count()).toBe(1);
    await page.getByLabel('Search members').fill('nobody at all');
    await said('Nobody has “nobody at all” in their name or address');
    await page.getByLabel('Search members').fill('');
    await its.getByRole('button', { name: 'Remove' }).click();
    await page.getByRole('dialog').getByText('Remove “grace <b>hopper</b>”?').waitFor();
    await tab.press('Remove member');
    await expect.poll(() => its.count()).toBe(0);
    await expect.poll(focused).toBe('Members');
    expect(await row('owner@example.com').getByRole('button').count()).toBe(0);
  });

  it('a viewer looks and changes nothing; what is for admins is not there for them', async () => {
    const page = await at('/members', 'vera');
    await row('owner').waitFor();
    await row('You').getByText('vera').first().waitFor();
    expect(await page.locator('main').getByRole('button').count()).toBe(0);
    expect(await page.getByText('Invitations').count()).toBe(0);
    const names = await page.getByRole('navigation', { name: 'Main' }).first().getByRole('link').allInnerTexts();
    expect(names).toEqual(expect.arrayContaining(['API keys', 'Usage', 'Members', 'Profile']));
    expect(names).not.toEqual(expect.arrayContaining(['Audit log']));
    for (const path of ['/audit', '/webhooks', `/webhooks/hook_${'0'.repeat(32)}`]) {
      await page.goto(all.url + path);
      await heading('There is no such page').waitFor();
    }
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox').fill('audit');
    await said('Nothing is called “audit”.');
  });

  it('an admin touches no owner, and gives no more than they have', async () => {
    await joined(all, 'henry', 'admin');
    const page = await at('/members', 'henry');
    await row('vera').getByRole('button', { name: 'Change role' }).click();
    expect(await page.getByRole('radio').count()).toBe(3);
    await tab.press('Cancel');
    expect(await row('owner@example.com').getByRole('button').count()).toBe(0);
  });
});

describe('#13: the profile', () => {
  it('names are saved and seen in another tab; a name that is taken keeps what was typed', async () => {
    await joined(all, 'iris', 'viewer');
    const page = await at('/profile', 'iris');
    const other = await tabOf(tab.context);
    await other.page.goto(`${all.url}/profile`);
    await other.page.getByLabel('First name').waitFor();
    await page.getByLabel('First name').fill('<script>alert(1)</script>');
    await page.getByLabel('Username').fill('iris2');
    await tab.press('Save');
    await said('Your profile is saved.');
    await page.locator('.who b', { hasText: 'iris2' }).waitFor();
    await expect.poll(() => other.page.getByLabel('Username').inputValue()).toBe('iris2');
    expect(other.errors).toEqual([]);
    await page.getByLabel('Username').fill('vera');
    await tab.press('Save');
    await page.getByRole('alert').waitFor();
    expect(await page.getByLabel('Username').inputValue()).toBe('vera');
  });

  it('another e-mail asks for the password where it was typed long ago; another password ends other sessions', async () => {
    const email = await joined(all, 'judy', 'viewer');
    const page = await at('/profile', 'judy');
    const created_at = new Date(Date.now() - 3_600_000).toISOString();
    const user = await all.house.db('users').where({ email }).first();
    await all.house
      .db('sessions')
      .where({ user_id: user?.id as number })
      .update({ created_at, reauthenticated_at: null });
    await page.getByLabel('E-mail', { exact: true }).fill('judy2@example.com');
    await tab.press('Save');
    await heading('Confirm that it is you').waitFor();
    await page.getByRole('dialog').getByLabel('Password').fill(ownerPassword);
    await tab.press('Confirm');
    await said('Your profile is saved.');
    expect(await all.house.db('users').where({ email })).toEqual([]);

    const elsewhere = await programOf(all, 'judy2@example.com');
    const next = 'a longer horse, a better battery';
    await page.getByLabel('Current password').fill('not this one');
    await page.getByLabel('New password').fill(next);
    await tab.press('Change password');
    await page.getByRole('alert').waitFor();
    expect(await page.getByLabel('New password').inputValue()).toBe(next);
    await page.getByLabel('Current password').fill(ownerPassword);
    await page.getByLabel('New password').fill('judy');
    await tab.press('Change password');
    await expect.poll(() => page.getByRole('alert').innerText()).not.toContain('wrong');
    await page.getByLabel('New password').fill(next);
    await tab.press('Change password');
    await said('The new password holds.');
    expect(await page.getByLabel('Current password').inputValue()).toBe('');
    await expect(elsewhere('GET', '/me')).rejects.toThrow('401');
    await page.reload();
    await heading('Profile').waitFor();
  });
});

/** Each of these pages with something on it, and a text that says that it is there. */
async function furnish() {
  ask = await programOf(all);
  const key = await ask('POST', '/keys', { name: '"><script>alert(1)</script>' });
  await ask('POST', `/keys/${key.id}/rotate`, {});
  await wasUsed(all, key.id, 0, 1204);
  await wasUsed(all, key.id, 1, 20, { status: 4 });
  await wasAnswered(all, { chatbot: await chatbotOf('Shop'), key: key.id }, [1204, 401_220, 58_110]);
  const hook = await ask('POST', '/webhooks', { url: 'http://127.0.0.1:9/hook', events: ['*'] });
  await ask('POST', '/keys', { name: 'told' });
  await ask('POST', '/invitations', { email: 'ada@example.com', role: 'viewer' });
  return [
    ['/keys', 'by owner'],
    [`/keys/${key.id}`, 'Key rotated'],
    ['/usage', 'By day'],
    ['/usage?by=key', '1,2'],
    ['/usage?models=chatbot', '401,220'],
    ['/audit', 'Chain verified'],
    ['/webhooks', 'all events'],
    [`/webhooks/${hook.id}`, 'key.created'],
    ['/members', 'ada@example.com'],
    ['/profile', 'First name'],
  ] as const;
}

describe('#13: each of these pages', () => {
  it('says what failed, and shows it when it is tried again', async () => {
    const places = await furnish();
    const page = await at('/sessions');
    for (const [path, text] of places.filter(([path]) => path !== '/profile')) {
      await page.route('**/v1/**', (route) =>
        route.request().url().endsWith('/v1/me')
          ? route.continue()
          : route.fulfill({ status: 500, json: { detail: 'Something went wrong on our side.' } }),
      );
      await page.goto(all.url + path);
      await page.getByRole('alert').first().waitFor();
      expect(await page.getByRole('alert').first().innerText()).toContain('Something went wrong on our side.');
      await page.unroute('**/v1/**');
      const again = page.getByRole('button', { name: 'Try again' });
      while ((await again.count()) > 0)
        await again
          .first()
          .click({ timeout: 2000 })
          .catch(() => undefined);
      await page.locator('main').getByText(text).first().waitFor();
      await expect.poll(() => page.getByRole('alert').count()).toBe(0);
    }
    // What the answers were of is the test's.
    expect(tab.errors.splice(0).filter((text) => !text.includes('status of 500'))).toEqual([]);
  });

  it('brings the sign-in form where the session ended elsewhere, and then is there again', async () => {
    const places = await furnish();
    const page = await at('/sessions');
    for (const [path, text] of places) {
      await page.goto(all.url + path);
      await page.locator('main').getByText(text).first().waitFor();
      await all.house.db('sessions').delete();
      await page.evaluate('document.dispatchEvent(new Event("visibilitychange"))');
      if (path === '/profile') {
        await page.getByLabel('First name').fill('typed before');
        await tab.press('Save');
      }
      const dialog = page.getByRole('dialog');
      await dialog.getByLabel('E-mail or username').fill('owner');
      await dialog.getByLabel('Password').fill(ownerPassword);
      await dialog.getByRole('button', { name: 'Sign in' }).click();
      await expect.poll(() => dialog.count()).toBe(0);
      expect(page.url()).toBe(all.url + path);
      await page.locator('main').getByText(text).first().waitFor();
    }
    await said('Your profile is saved.');
    expect(await page.getByLabel('First name').inputValue()).toBe('typed before');
  });

  it('nothing moves when /v1 answers late', async () => {
    const places = await furnish();
    const page = await at('/sessions');
    const shifts = await watchShifts(page);
    for (const [path, text] of places) {
      let release: () => void = () => undefined;
      const held = new Promise<void>((resolve) => {
        release = resolve;
      });
      await page.route('**/v1/**', async (route) => {
        await held;
        await route.continue();
      });
      await page.goto(all.url + path);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page.locator('.waiting').first().waitFor();
      release();
      await page.locator('main').getByText(text).first().waitFor();
      await page.unroute('**/v1/**');
      expect([path, await shifts()]).toEqual([path, []]);
    }
  });

  it('axe finds nothing in both themes, and nothing is wider than a phone', async () => {
    const places = await furnish();
    const shown = await openTab(all.browser, { bypassCSP: true, viewport: { width: 390, height: 844 } });
    const page = await at('/sessions', 'owner', shown);
    for (const [path, text] of places) {
      await page.goto(all.url + path);
      await page.locator('main').getByText(text).first().waitFor();
      for (const summary of await page.locator('summary').all()) await summary.click();
      await expectFair(page, path);
    }
    await page.goto(`${all.url}/members`);
    await shown.press('Invite');
    await page.getByText('Looks at').waitFor();
    await expectFair(page, 'invite');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+k');
    await page.getByRole('option').first().waitFor();
    await expectFair(page, 'palette');
    await page.keyboard.press('Escape');
    await page.keyboard.press('?');
    await expectFair(page, 'shortcuts');
    expect(shown.errors).toEqual([]);
    await shown.context.close();
  }, 180_000);
});
