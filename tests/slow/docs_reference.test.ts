import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { indented } from '../../scripts/docs/browser/indented.ts';
import { expectFair } from '../support/axe.ts';
import { type Console, openConsole, openTab, type Tab } from '../support/console.ts';
import { contracts } from '../support/everything.ts';
import { ownerPassword } from '../support/house.ts';

const root = join(import.meta.dirname, '../..');
const built = join(root, 'dist/docs');
const languages = ['curl', 'TypeScript', 'Python', 'Go', 'Command line'];

let all: Console;
let tab: Tab;
beforeAll(async () => {
  const program = `const { buildDocs, hasFreshDocs } = await import('./scripts/docs.js'); if (!hasFreshDocs()) await buildDocs();`;
  execFileSync(process.execPath, ['--input-type=module', '-e', program], { cwd: root, stdio: 'inherit' });
  all = await openConsole({ LATCHKEY_PRIVATE_CONTAINERS: 'true' });
});
afterAll(() => {
  all?.house.followers.close();
  return all?.close();
});

/** The operations of a contract, with where their pages are. */
const operations = Object.values(contracts).flatMap((contract) => {
  const surface = surfaceOf(contract.info.title);
  return Object.entries(contract.paths).flatMap(([path, item]) =>
    Object.entries(item as Record<string, { operationId?: string; tags?: string[] }>)
      .filter(([, node]) => node.operationId)
      .map(([verb, node]) => ({
        address: `reference/${surface}/${node.tags?.[0]}/${node.operationId}`,
        call: `${verb.toUpperCase()} ${contract.servers[0]?.url}${path}`,
      })),
  );
});

/** `Magpipe auth surface` as the contract's file is called. */
function surfaceOf(title: string): string {
  return title
    .replace(/ surface$/, '')
    .toLowerCase()
    .replaceAll(' ', '_');
}

const textOf = (html: string) =>
  html
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll(/&#(\d+);/g, (_all, code) => String.fromCharCode(Number(code)))
    .replaceAll('&quot;', '"')
    .replaceAll('&#x27;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');

describe('the pages', () => {
  it('each operation of each contract has one, and it shows its call, all five samples and how to try it', () => {
    expect(operations.length).toBeGreaterThan(280);
    const wrong = operations.flatMap(({ address, call }) => {
      const path = join(built, `${address}.html`);
      if (!existsSync(path)) return [`${address}: no page`];
      const html = readFileSync(path, 'utf8');
      const text = textOf(html).replaceAll(/\s+/g, ' ');
      const missing = [
        ...languages.filter((name) => !html.includes(`data-name="${name}"`)),
        ...(text.includes(call) ? [] : [call]),
        ...(/<form class="try"/.test(html) ? [] : ['a form']),
        ...(existsSync(join(built, `${address}.md`)) ? [] : ['Markdown']),
      ];
      return missing.map((what) => `${address}: ${what}`);
    });
    expect(wrong).toEqual([]);
  });

  it('the samples are those of the generator', () => {
    const wrong = operations.flatMap(({ address }) => {
      const [, surface = '', , id = ''] = address.split('/');
      const samples = JSON.parse(readFileSync(join(root, `generated/samples/${surface}.json`), 'utf8'))[id];
      const text = textOf(readFileSync(join(built, `${address}.html`), 'utf8'));
      return ['curl', 'typescript', 'python', 'go', 'cli']
        .filter((name) => !text.includes(samples[name].replaceAll('\t', '  ').trim()))
        .map((name) => `${address} ${name}`);
    });
    expect(wrong).toEqual([]);
  });

  it('every answer and error of the contract is there with its examples', () => {
    const page = textOf(readFileSync(join(built, 'reference/latchkey/keys/createKey.html'), 'utf8'));
    for (const status of ['201 Created', '400 Bad request', '401 Unauthorized', '403 Forbidden', '409 Conflict'])
      expect(page).toContain(status);
    expect(page).toContain('You have 10 active keys, which is the most: revoke one first.');
    expect(page).toContain('1 to 64 characters');
    expect(page).toContain('keys:write');
  });
});

describe('trying', () => {
  beforeEach(async () => {
    await all.house.db('api_keys').delete();
    tab = await openTab(all.browser);
  });
  afterEach(async () => {
    expect(tab.errors).toEqual([]);
    await tab.context.close();
  });
  const open = (address: string) => tab.page.goto(`${all.url}/docs/reference/${address}`);
  const status = () => tab.page.locator('[data-status]');
  const answered = async (like: RegExp) => {
    await expect.poll(() => status().textContent(), { timeout: 10_000 }).toMatch(like);
    return (await tab.page.locator('[data-answer] [data-body]').textContent()) ?? '';
  };
  const signIn = async (page: Page, password = ownerPassword) => {
    await page.getByText('No key at hand? Sign in').click();
    await page.getByLabel('E-mail or username').fill('owner@example.com');
    await page.getByLabel('Password', { exact: true }).fill(password);
    await tab.press('Sign in');
  };

  it('a newcomer is at a first key and a first call in few clicks, and no credential is kept', async () => {
    const { page } = tab;
    let clicks = 0;
    const click = async (what: { click(): Promise<void> }) => {
      clicks += 1;
      await what.click();
    };
    await page.goto(`${all.url}/docs`);
    await click(page.getByRole('link', { name: 'Make a key and a call here' }));
    await page.getByLabel('E-mail or username').fill('owner@example.com');
    await page.getByLabel('Password', { exact: true }).fill(ownerPassword);
    await click(tab.button('Sign in'));
    await page.getByText('Signed in, for an hour.').waitFor();
    const [make, call] = [page.locator('form.try').nth(0), page.locator('form.try').nth(1)];
    await click(make.getByRole('button', { name: 'Send' }));
    await expect.poll(() => make.locator('[data-status]').textContent()).toMatch(/^201/);
    const made = JSON.parse((await make.locator('[data-body]').textContent()) ?? '');
    expect(made.key).toMatch(/^mgp_[\da-f]{40}$/);
    // The request as curl gives nothing away.
    const curl = (await make.locator('[data-curl]').textContent()) ?? '';
    expect(curl).toContain('$LATCHKEY_API_KEY');
    expect(curl).not.toMatch(/eyJ|mgp_/);

    expect(await call.getByLabel('Authorization: Bearer …').inputValue()).toBe(made.key);
    await click(call.getByRole('button', { name: 'Send' }));
    await expect.poll(() => call.locator('[data-status]').textContent()).toMatch(/^200/);
    expect(await call.locator('[data-body]').textContent()).toContain('owner@example.com');
    expect(clicks).toBe(4);
    const kept = await page.evaluate(
      'JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href])',
    );
    expect(kept).not.toMatch(/eyJ|mgp_/);
    expect(await tab.context.cookies()).toEqual([]);
  });

  it('Mystic: pipelines are listed with a key; the time and the headers of the answer are shown', async () => {
    await open('latchkey/keys/createKey');
    await signIn(tab.page);
    await tab.page.getByText('Signed in, for an hour.').waitFor();
    await tab.press('Send');
    const { key } = JSON.parse(await answered(/^201/));
    await open('mystic/pipelines/listPipelines');
    await tab.page.getByLabel('Authorization: Bearer …').fill(key);
    await tab.press('Send');
    expect(JSON.parse(await answered(/^200 .*\d+ ms$/))).toMatchObject({ skip: 0, data: [] });
    await tab.page.getByText('Headers of the answer').click();
    expect(await tab.page.locator('[data-headers]').textContent()).toMatch(/^x-request-id: /m);
  });

  it('Mage, MaiAgent and Magpipe take a key in their own headers', async () => {
    await open('latchkey/keys/createKey');
    await signIn(tab.page);
    await tab.page.getByText('Signed in, for an hour.').waitFor();
    await tab.press('Send');
    const { key } = JSON.parse(await answered(/^201/));
    for (const [address, label] of [
      ['mage/pipelines/listPipelines', 'X-API-KEY: …'],
      ['maiagent/users/getCurrentUser', 'Authorization: Api-Key …'],
    ] as const) {
      await open(address);
      await tab.page.getByLabel(label).fill(key);
      await tab.press('Send');
      expect(await answered(/^200/)).not.toContain('"error"');
    }
    await open('magpipe/api_keys/manageApiKeys');
    await tab.page.getByLabel('Example', { exact: true }).selectOption({ index: 1 });
    await tab.page.getByLabel('Authorization: Bearer …').fill(key);
    await tab.press('Send');
    await answered(/^2\d\d|^4\d\d/);
  });

  it('what is wrong is said: a bad body, a bad password, a part of the address that is missing', async () => {
    const { page } = tab;
    await open('latchkey/keys/createKey');
    await signIn(page, 'not this one');
    await expect.poll(() => page.locator('[data-signed-in]').textContent()).toMatch(/invalid|wrong/i);
    await page.getByLabel('Password', { exact: true }).fill(ownerPassword);
    await tab.press('Sign in');
    await page.getByText('Signed in, for an hour.').waitFor();
    await page.getByLabel('application/json').fill('{"colour": "red"}');
    await tab.press('Send');
    expect(JSON.parse(await answered(/^400/))).toMatchObject({ name: ['This field is required.'] });
    await page.getByLabel('application/json').fill('{');
    await tab.press('Send');
    await expect.poll(() => page.locator('[data-body]').textContent()).toContain('detail');
    await open('latchkey/keys/revokeKey');
    await tab.press('Send');
    expect(await page.getByRole('alert').textContent()).toBe('The address needs id.');
    await page.getByLabel('id (required)').fill('key_6f1c2d348a574b1e9c0d2f6f0a7b9e11');
    await tab.press('Send');
    expect(await page.getByRole('alert').textContent()).toMatch(/^Say first/);
    await page.getByLabel('Yes, do it').check();
    await tab.press('Send');
    await answered(/^401/);
  });

  it('a file is sent and comes back', async () => {
    const { page } = tab;
    await open('latchkey/files/uploadFile');
    await signIn(page);
    await page.getByText('Signed in, for an hour.').waitFor();
    const token = await page.getByLabel('Authorization: Bearer …').inputValue();
    expect(await page.locator('[data-curl]').textContent()).toMatch(/-F 'file=@FILE'$/);
    await page.getByLabel('file (required)').setInputFiles({
      name: 'cat.html',
      mimeType: 'text/html',
      buffer: Buffer.from('<script>window.hurt = 1</script>'),
    });
    await tab.press('Send');
    expect(await page.locator('[data-curl]').textContent()).toMatch(/-F 'file=@cat.html'$/);
    const { id } = JSON.parse(await answered(/^201/));
    await open('latchkey/files/downloadFile');
    expect(await page.locator('[data-curl]').textContent()).toContain('/v1/files/{id}');
    await page.getByLabel('Authorization: Bearer …').fill(token);
    await page.getByLabel('id (required)').fill(id);
    await tab.press('Send');
    expect(await answered(/^200/)).toMatch(/script|bytes/);
    expect(await page.evaluate('window.hurt')).toBeUndefined();
  });

  it('a stream is shown as it comes and ends by a button; nothing is sent twice', async () => {
    const { page } = tab;
    const { db, installation } = all.house;
    await open('latchkey/pipelines/createPipeline');
    await signIn(page);
    await page.getByText('Signed in, for an hour.').waitFor();
    const token = await page.getByLabel('Authorization: Bearer …').inputValue();
    await page.getByLabel('application/json').fill('{"name": "waits"}');
    // Two clicks at once, as people make them.
    await page.evaluate("for (const n of [1, 2]) document.querySelector('form.try [type=submit]').click()");
    const { id } = JSON.parse(await answered(/^201/));
    const made = await db('pipelines').where({ account_id: installation.accountId, name: 'waits' });
    expect(made.length).toBe(1);
    const ask = (method: string, path: string, body: object) =>
      fetch(`${all.url}/v1/pipelines/${id}${path}`, {
        method,
        headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
      });
    await ask('PUT', '/container', { url: 'http://127.0.0.1:9' });
    // Nobody takes the run, so its log goes on.
    const started = await ask('POST', '/runs', { inputs: [] });
    expect(started.status).toBe(201);
    const run = (await started.json()) as { id: string };
    await open('latchkey/runs/followRunLog');
    await page.getByLabel('Authorization: Bearer …').fill(token);
    await page.getByLabel('id (required)').fill(run.id);
    await tab.press('Send');
    await expect.poll(() => page.locator('[data-body]').textContent()).toContain('queued');
    expect(await page.locator('[data-curl]').textContent()).toContain('--no-buffer');
    await tab.press('Stop');
    await expect.poll(() => status().textContent()).toMatch(/^200 .* · stopped$/);
    expect(await tab.button('Stop').count()).toBe(0);
  });

  it('what is too large to be shown is not waited for', async () => {
    const { page } = tab;
    await page.route('**/v1/scopes', (route) =>
      route.fulfill({ contentType: 'application/json', body: `["${'é'.repeat(600_000)}"]` }),
    );
    await open('latchkey/keys/listScopes');
    await tab.press('Send');
    const shown = await answered(/^200/);
    expect(shown.length).toBeLessThan(201_000);
    expect(shown).toMatch(/é\n… and more, which is not shown here$/);
  });

  it('no cookie goes with it: who is signed in at the console is nobody here', async () => {
    const { page } = tab;
    await page.goto(`${all.url}/keys`);
    await tab.signIn();
    expect((await tab.context.cookies()).length).toBeGreaterThan(0);
    await open('latchkey/me/getMe');
    await tab.press('Send');
    expect(JSON.parse(await answered(/^401/))).toHaveProperty('detail');
  });

  it('a part of the address is not taken for a step up', async () => {
    const { page } = tab;
    await open('latchkey/keys/getKey');
    for (const dots of ['.', '..']) {
      await page.getByLabel('id (required)').fill(dots);
      await tab.press('Send');
      expect(await page.getByRole('alert').textContent()).toMatch(/^id cannot be dots alone/);
    }
    await page.getByLabel('id (required)').fill('../me?x=#y');
    expect(await page.locator('[data-curl]').textContent()).toContain('/v1/keys/..%2Fme%3Fx%3D%23y"');
    await tab.press('Send');
    await answered(/^40[14]/);
  });

  it('what a server answers is text, and runs nowhere', async () => {
    const { page } = tab;
    await open('latchkey/pipelines/createPipeline');
    await signIn(page);
    await page.getByText('Signed in, for an hour.').waitFor();
    const name = '<img src=x onerror="window.hurt=1"></code></pre><script>window.hurt=1</script>';
    await page.getByLabel('application/json').fill(JSON.stringify({ name }));
    await tab.press('Send');
    expect(JSON.parse(await answered(/^201/)).name).toBe(name);
    expect(await page.evaluate('window.hurt')).toBeUndefined();
  });

  it('by the keyboard alone, and fair in both themes', async () => {
    const { page } = tab;
    await open('latchkey/keys/listScopes');
    await page.locator('form.try button[type=submit]').focus();
    await page.keyboard.press('Enter');
    await answered(/^401/);
    const other = await openTab(all.browser, { bypassCSP: true });
    for (const address of [
      'reference/latchkey/keys/createKey',
      'reference/mage/pipelines/listPipelines',
      'reference/mystic',
      'reference',
    ]) {
      await other.page.goto(`${all.url}/docs/${address}`);
      await expectFair(other.page, address);
    }
    await other.context.close();
  }, 180_000);
});

describe('JSON in lines', () => {
  it.each([
    [
      '{"a":1.0,"b":[],"c":{},"d":[1,{"e":"x, {y}: \\"z\\""}]}',
      '{\n  "a": 1.0,\n  "b": [],\n  "c": {},\n  "d": [\n    1,\n    {\n      "e": "x, {y}: \\"z\\""\n    }\n  ]\n}',
    ],
    ['12345678901234567890', '12345678901234567890'],
    ['"\\u00e9"', '"\\u00e9"'],
  ])('%s', (json, lines) => expect(indented(json)).toBe(lines));
});
