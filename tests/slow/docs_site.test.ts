import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, posix } from 'node:path';
import express from 'express';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { consolePaths } from '../../src/console_paths.ts';
import { docs } from '../../src/docs.ts';
import { documented } from '../../src/handlers/latchkey/failure.ts';
import { expectFair } from '../support/axe.ts';
import { faultsIn, pagesOfAllLooks } from '../support/looks.ts';
import { root, run } from '../support/scratch.ts';

const out = mkdtempSync(join(tmpdir(), 'latchkey-site-'));
const site = join(out, 'docs');
let seconds = 0;
let said: { code: number; out: string };
let server: Server;
let url: string;
let browser: Browser;
let files: string[];
let pages: string[];

beforeAll(async () => {
  // Of the processor, as others may be at work beside this.
  said = await run(root, `TIMEFORMAT='%U %S'; time node scripts/docs.js ${site}`);
  seconds = said.out.split(' ').reduce((sum, one) => sum + Number(one), 0);
  files = readdirSync(site, { recursive: true, encoding: 'utf8' }).filter((name) =>
    statSync(join(site, name)).isFile(),
  );
  pages = files.filter((name) => name.endsWith('.html') && name !== '404.html').sort();
  server = createServer(express().use('/docs', docs([site]))).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/docs`;
  const { launchBrowser } = await import('../../scripts/browser.js');
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  server?.closeAllConnections();
  server?.close();
  rmSync(out, { recursive: true, force: true });
});

const read = (name: string) => readFileSync(join(site, name), 'utf8');
const linksOf = (html: string) => [...html.matchAll(/\b(?:href|src)="([^"]*)"/g)].map(([, href = '']) => href);
/** Addresses of before, which lead on at once. */
const isOld = (name: string) => /^(latchkey|mage|magpipe|magpipe_auth|maiagent|mystic|mystic_v3)\.html$/.test(name);
/** Where links of a page lead within the site, as files. */
const targetsOf = (name: string) =>
  linksOf(read(name))
    .filter((href) => !/^(https?:|mailto:|data:|\/)/.test(href))
    .map((href) => {
      const [path = '', hash] = href.replaceAll('&#38;', '&').split('#');
      return { href, hash, file: path === '' ? name : posix.join(dirname(name), path) };
    });

describe('the files', () => {
  it('are built with less than 15 seconds of work, and no source has a link that leads nowhere', () => {
    expect(said).toEqual({ code: 0, out: expect.stringMatching(/^[\d.]+ [\d.]+\n$/) });
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThan(15);
  });

  it('have no link to nothing, and no anchor that is not there', () => {
    const ids = new Map(
      pages.map((name) => [name, new Set([...read(name).matchAll(/\bid="([^"]+)"/g)].map(([, id]) => id))]),
    );
    const dead = [...pages, '404.html'].flatMap((name) => {
      // It stands anywhere, so its links begin at /docs/.
      if (name === '404.html') return [];
      return targetsOf(name).flatMap(({ href, hash, file }) => {
        if (!existsSync(join(site, file))) return [`${name}: ${href}`];
        const isThere = !hash || hash === 'top' || !ids.has(file) || ids.get(file)?.has(decodeURIComponent(hash));
        return isThere ? [] : [`${name}: ${href}`];
      });
    });
    expect(dead).toEqual([]);
  });

  it('lead to the server itself only where it has a page', () => {
    const own = new Set(pages.flatMap((name) => linksOf(read(name)).filter((href) => href.startsWith('/'))));
    expect([...own].filter((path) => !(consolePaths as readonly string[]).includes(path))).toEqual([]);
  });

  it('are all reached from the first page, and found in the list of pages', () => {
    const reached = new Set(['index.html']);
    for (const name of reached) for (const { file } of targetsOf(name)) if (file.endsWith('.html')) reached.add(file);
    expect(pages.filter((name) => !reached.has(name) && !isOld(name))).toEqual([]);
    const list = read('llms.txt');
    const absent = pages.filter((name) => !isOld(name) && name !== 'index.html');
    expect(absent.filter((name) => !list.includes(`(${name.replace(/html$/, 'md')})`))).toEqual([]);
  });

  it('load nothing from elsewhere, and have no script, style or handler within', () => {
    for (const name of [...pages, '404.html']) {
      const html = read(name);
      expect([
        name,
        html.match(/<(?:script|link|img|iframe|source)\b[^>]*(?:src|href)="(?:https?:)?\/\/[^>]*>/i),
      ]).toEqual([name, null]);
      expect([name, html.match(/<style|\sstyle=|<script>|\son[a-z]+=|javascript:/i)]).toEqual([name, null]);
    }
  });

  it('are each there as Markdown, with links to Markdown', () => {
    for (const name of pages) {
      const markdown = name.replace(/html$/, 'md');
      if (!existsSync(join(site, markdown))) continue;
      const text = read(markdown).replace(/`[^`\n]*`/g, '');
      expect([name, text.slice(0, 2)]).toEqual([name, '# ']);
      const dead = [...text.matchAll(/\]\((?!https?:|mailto:|#|\/)([^)#\s]+)/g)].map(([, href = '']) =>
        posix.join(dirname(markdown), href),
      );
      expect([name, dead.filter((file) => !existsSync(join(site, file)))]).toEqual([name, []]);
    }
  });

  it('have no id twice, no field without a label, and nothing empty that should have a name', () => {
    const wrong = pages.flatMap((name) => faultsIn(read(name)).map((fault) => `${name}: ${fault}`));
    expect(wrong).toEqual([]);
  });

  it('have one first heading each, and none that skips a level', () => {
    for (const name of pages) {
      const levels = [...read(name).matchAll(/<h([1-6])[ >]/g)].map(([, level]) => Number(level));
      expect([name, levels.filter((level) => level === 1).length]).toEqual([name, 1]);
    }
  });

  it('have the contracts as they are published, as JSON and YAML', () => {
    for (const name of ['latchkey', 'mage', 'magpipe', 'magpipe_auth', 'maiagent', 'mystic', 'mystic_v3']) {
      const contract = JSON.parse(read(`openapi/${name}.json`));
      expect(contract.openapi).toMatch(/^3\.1\./);
      expect(read(`openapi/${name}.yaml`)).toMatch(/^openapi: 3\.1\.\d\ninfo:/);
    }
  });

  it('have a page for each kind of error, and every guide says what one can do after it', () => {
    for (const kind of documented) expect(existsSync(join(site, `errors/${kind}.html`))).toBe(true);
    const begun = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));
    const silent = begun.filter(
      (name) => !/^# .*\n\n(\*\*|After this page )/.test(readFileSync(join(root, 'docs', name), 'utf8')),
    );
    expect(silent).toEqual([]);
  });
});

describe('the server', () => {
  const get = async (path: string, headers: Record<string, string> = {}) =>
    fetch(`${url}${path}`, { redirect: 'manual', headers });

  it('answers /docs/ itself, addresses with and without .html, Markdown and contracts', async () => {
    const asked = await Promise.all(
      [
        '/',
        '',
        '/guides/keys',
        '/guides/keys.html',
        '/guides/keys.md',
        '/llms.txt',
        '/openapi/mage.yaml',
        '/errors/invalid',
      ].map(async (path) => {
        const { status, headers } = await get(path);
        return [path, status, headers.get('content-type') ?? headers.get('location')];
      }),
    );
    const html = 'text/html; charset=utf-8';
    expect(asked).toEqual([
      ['/', 200, html],
      ['', 301, expect.stringMatching(/text\/(html|plain)/)],
      ['/guides/keys', 200, html],
      ['/guides/keys.html', 200, html],
      ['/guides/keys.md', 200, 'text/markdown; charset=utf-8'],
      ['/llms.txt', 200, 'text/plain; charset=utf-8'],
      ['/openapi/mage.yaml', 200, 'application/yaml'],
      ['/errors/invalid', 200, html],
    ]);
  });

  it.each([
    '/nowhere',
    '/guides/',
    '/.built',
    '/%2e%2e/package.json',
    '/..%2fpackage.json',
    '/guides/keys%00',
    '/guides/%',
    '/assets',
  ])('has a page for what is not there: %s', async (path) => {
    const { status, headers } = await get(path);
    expect([status, headers.get('content-type')?.startsWith('text/html')]).toEqual([404, true]);
  });

  it('is read: what would change a page is 405', async () => {
    const { status, headers } = await fetch(`${url}/guides/keys`, { method: 'POST', body: 'x' });
    expect([status, headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });

  it('says what a browser may load, keeps what has a hash for ever, and answers what is known with 304', async () => {
    const { headers } = await get('/');
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("script-src 'self'; style-src 'self'");
    expect(policy).not.toContain('unsafe');
    expect(headers.get('cache-control')).toBe('no-cache');
    const known = { 'If-None-Match': headers.get('etag') ?? '', 'Accept-Encoding': 'gzip' };
    expect((await request(server).get('/docs/').set(known)).status).toBe(304);
    const asset = files.find((name) => /^assets\/main-\w{8}\.js$/.test(name));
    expect((await get(`/${asset}`)).headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    const plain = await get('/', { 'Accept-Encoding': 'identity' });
    expect([plain.headers.get('content-encoding'), headers.get('content-encoding')]).toEqual([null, 'gzip']);
  });
});

describe('in a browser', () => {
  /** A page that tells of whatever a browser complains about. */
  async function open(options: BrowserContextOptions = {}) {
    const context = await browser.newContext({ ...options });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => ['error', 'warning'].includes(message.type()) && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (asked) => asked.url().startsWith(url) || complaints.push(asked.url()));
    return { context, page, complaints };
  }

  // Of 550 pages most differ in their words: some twenty have every element, class and nesting that there is.
  it('nothing is wrong for axe in both themes with any look that a page has, on a phone and wide, and nothing is wider than the page', async () => {
    const { context, page } = await open({ bypassCSP: true });
    const chosen = pagesOfAllLooks(new Map(pages.map((name) => [name, read(name)])));
    expect(chosen.length).toBeGreaterThan(10);
    for (const name of chosen.filter((one) => !isOld(one))) {
      await page.goto(`${url}/${name}`);
      await expectFair(page, name);
    }
    await context.close();
  }, 400_000);

  it('the first page is less than 150 kB with all that it loads, shows soon, and does not move', async () => {
    const { context, page, complaints } = await open();
    const sizes: number[] = [];
    const session = await context.newCDPSession(page);
    await session.send('Network.enable');
    session.on('Network.loadingFinished', ({ encodedDataLength }) => sizes.push(encodedDataLength));
    await page.addInitScript(`window.moved = 0; new PerformanceObserver((list) => { for (const entry of list.getEntries()) window.moved += entry.value })
      .observe({ type: 'layout-shift', buffered: true });`);
    for (const name of ['', 'guides/settings', 'reference/latchkey']) {
      sizes.length = 0;
      await page.goto(`${url}/${name}`, { waitUntil: 'networkidle' });
      expect([name, sizes.length > 3 && sizes.length < 10, sizes.reduce((sum, one) => sum + one, 0) < 150_000]).toEqual(
        [name, true, true],
      );
      await page.waitForFunction(`performance.getEntriesByName('first-contentful-paint').length`);
      const painted = await page.evaluate(`performance.getEntriesByName('first-contentful-paint')[0].startTime`);
      expect(painted).toBeLessThan(2_000);
      expect(await page.evaluate('window.moved')).toBeLessThan(0.05);
    }
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('search opens with /, finds a guide and a setting, leads there, and loads nothing before', async () => {
    const { context, page, complaints } = await open();
    const asked: string[] = [];
    page.on('request', (one) => asked.push(one.url()));
    await page.goto(`${url}/guides/keys`, { waitUntil: 'networkidle' });
    expect(asked.filter((one) => one.includes('search'))).toEqual([]);
    await page.keyboard.press('/');
    await page.getByRole('combobox').fill('rotate key');
    await page.getByRole('option').first().waitFor();
    expect(await page.getByRole('option').allTextContents()).toContainEqual(
      expect.stringMatching(/Rotation|Replace it|rotate/i),
    );
    await page.getByRole('combobox').fill('LATCHKEY_S3_BUCKET');
    await page
      .getByRole('option', { name: /Settings|S3/ })
      .first()
      .waitFor();
    await page.getByRole('combobox').fill('zzzzqq');
    await page.getByText('Nothing is called “zzzzqq”.').waitFor();
    await page.getByRole('combobox').fill('forward auth');
    await page.getByRole('option').first().waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Enter');
    await page.waitForURL(/forward/);
    expect(complaints).toEqual([]);
    await context.close();
  });

  it.each([
    ['POST /v1/keys', /^Generate a key/],
    ['createKey', /^Generate a key/],
    ['craete key', /^Generate a key/],
    ['forwrad auth', /^Let a request through|^In front of/],
    ['keys', /^Keys/],
    ['sessions', /^Sessions/],
    ['rate limit', /^Limits/],
    ['知識庫', /nowledge bases/],
    ['知识库', /nowledge bases/],
  ])('search finds %s first', async (words, first) => {
    const { context, page, complaints } = await open();
    await page.goto(`${url}/reference`);
    await page.keyboard.press('/');
    await page.getByRole('combobox').fill(words);
    await page.getByRole('option').first().waitFor();
    expect(await page.getByRole('option').first().textContent()).toMatch(first);
    await page.keyboard.press('Escape');
    expect(await page.getByRole('dialog').count()).toBe(0);
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('as files of another server, under a path of its own, it is as whole', async () => {
    const other = createServer(express().use('/a/b', express.static(site))).listen(0, '127.0.0.1');
    await once(other, 'listening');
    const base = `http://127.0.0.1:${(other.address() as AddressInfo).port}/a/b`;
    const context = await browser.newContext();
    const page = await context.newPage();
    const wrong: string[] = [];
    page.on('response', (answer) => answer.status() >= 400 && wrong.push(answer.url()));
    page.on('pageerror', (error) => wrong.push(error.message));
    await page.goto(`${base}/`);
    await page.getByRole('link', { name: 'Start here', exact: true }).first().click();
    await page.getByRole('link', { name: 'Reference', exact: true }).first().click();
    await page.waitForURL(`${base}/reference.html`);
    await page.getByRole('button', { name: 'Search', exact: true }).click();
    await page.getByRole('combobox').fill('createKey');
    await page.getByRole('option').first().click();
    await page.waitForURL(`${base}/reference/latchkey/keys/createKey.html`);
    await page.getByRole('link', { name: 'Latchkey docs' }).click();
    await page.waitForURL(`${base}/index.html`);
    expect(wrong).toEqual([]);
    // Only a server that answers can be tried.
    await page.goto(`${base}/reference/latchkey/keys/listScopes.html`);
    await page.getByRole('button', { name: 'Send' }).click();
    await expect.poll(() => page.locator('[data-status]').textContent()).toMatch(/^404/);
    await context.close();
    other.closeAllConnections();
    other.close();
  });

  it('on paper, and without scripts, an operation is whole: all samples, no form', async () => {
    const { context, page } = await open({ javaScriptEnabled: false });
    await page.goto(`${url}/reference/latchkey/keys/createKey`);
    for (const name of ['curl', 'TypeScript', 'Python', 'Go', 'Command line'])
      expect(await page.getByRole('heading', { name, exact: true }).isVisible()).toBe(true);
    expect(await page.locator('form.try').isVisible()).toBe(false);
    await page.getByText('Trying needs JavaScript').waitFor();
    await context.close();
    const printed = await open();
    await printed.page.goto(`${url}/reference/latchkey/keys/createKey`);
    await printed.page.emulateMedia({ media: 'print' });
    expect(
      await printed.page.locator('.tabs > section').evaluateAll((all) => all.map((one) => one.clientHeight > 0)),
    ).toEqual(Array(5).fill(true));
    expect(await printed.page.locator('nav:visible, form:visible').count()).toBe(0);
    await printed.context.close();
  });

  it('at wide widths samples stand beside the text, and stay while one reads', async () => {
    const { context, page } = await open({ viewport: { width: 1280, height: 800 } });
    await page.goto(`${url}/reference/latchkey/keys/createKey`);
    const box = async (selector: string) => (await page.locator(selector).boundingBox()) ?? { x: 0, y: 0, width: 0 };
    const [text, beside] = [await box('.terms'), await box('.beside')];
    expect(beside.x).toBeGreaterThan(text.x + text.width);
    await page.evaluate("document.getElementById('errors').scrollIntoView()");
    expect((await box('.beside')).y).toBeGreaterThanOrEqual(0);
    expect((await box('#errors')).y).toBeGreaterThan(56);
    await context.close();
  });

  it('a chosen theme stays, whatever the system has', async () => {
    const { context, page } = await open({ colorScheme: 'light' });
    await page.goto(url);
    const paper = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
    const light = await paper();
    await page.getByRole('button', { name: 'Dark theme' }).click();
    const dark = await paper();
    expect(dark).not.toBe(light);
    await page.goto(`${url}/guides/start`);
    expect(await paper()).toBe(dark);
    await context.close();
  });

  it('without scripts a page is whole: its text, its navigation on a phone too, and no button that does nothing', async () => {
    const { context, page } = await open({ javaScriptEnabled: false, viewport: { width: 390, height: 844 } });
    await page.goto(`${url}/guides/keys`);
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toContain('Keys');
    expect(await page.getByRole('button').count()).toBe(0);
    await page.getByRole('link', { name: 'Menu' }).click();
    await page.locator('#menu').getByRole('link', { name: 'Sessions' }).click();
    await page.waitForURL(/guides\/sessions/);
    await context.close();
  });

  it('what a refusal leads to is the page of its operation, also by the address that it had before', async () => {
    const { context, page } = await open();
    const operations = pages.filter((name) => /^reference\/latchkey\/\w+\/\w+\.html$/.test(name));
    if (operations.length > 0) {
      await page.goto(`${url}/latchkey.html#operation/createKey`);
      await page.waitForURL(/reference\/latchkey\/keys\/createKey/);
    }
    await page.goto(`${url}/latchkey`);
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toMatch(/Latchkey/);
    await context.close();
  });

  it('a code in a table is never broken within a word', async () => {
    const { context, page } = await open();
    for (const width of [390, 1280]) {
      await page.setViewportSize({ width, height: 844 });
      for (const name of ['guides/settings', 'guides/limits', 'guides/errors', 'guides/scopes']) {
        await page.goto(`${url}/${name}`);
        const broken = await brokenCodes(page);
        expect([name, width, broken]).toEqual([name, width, []]);
      }
    }
    await context.close();
  });
});

/** The codes of tables that stand on more than one line though they are one word. */
const brokenCodes = (page: Page) =>
  page.evaluate(
    `[...document.querySelectorAll('td code')].filter((code) => !/[\\s,/]/.test(code.textContent) && code.getClientRects().length > 1).map((code) => code.textContent)`,
  );
