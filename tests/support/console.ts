import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { launchBrowser } from '../../scripts/browser.js';
import { makeServer } from '../../src/wire/server.ts';
import { openHouse, ownerPassword, type TestHouse } from './house.ts';

/** A page, and what went wrong in it so far. */
export interface Tab {
  page: Page;
  context: BrowserContext;
  /** Errors of the console and breaches of the policy, but for answers that say no. */
  errors: string[];
  button(name: string): ReturnType<Page['getByRole']>;
  press(name: string): Promise<void>;
  signIn(name?: string, password?: string): Promise<void>;
}

/** Opens a page that writes down what goes wrong in it. */
export async function openTab(browser: Browser, options: BrowserContextOptions = {}): Promise<Tab> {
  const context = await browser.newContext(options);
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  return tabOf(context);
}

export async function tabOf(context: BrowserContext): Promise<Tab> {
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => {
    const text = message.text();
    const isRefusal =
      /^Failed to load resource: (the server responded with a status of (4|503)|net::ERR_CONNECTION)/.test(text);
    if (message.type() === 'error' && !isRefusal) errors.push(text);
  });
  const button = (name: string) => page.getByRole('button', { name, exact: true });
  return {
    page,
    context,
    errors,
    button,
    press: (name) => button(name).click(),
    async signIn(name = 'owner@example.com', password = ownerPassword) {
      await page.getByLabel('E-mail or username').fill(name);
      await page.getByLabel('Password').fill(password);
      await button('Sign in').click();
      await button('Generate new key').waitFor();
    },
  };
}

/** A whole server with the console as it stands in the sources, and a browser. */
export interface Console extends TestHouse {
  url: string;
  browser: Browser;
  /** Ends the listener and all connections, and listens again at the same port. */
  leave(): Promise<void>;
  comeBack(): Promise<void>;
}

export async function openConsole(env: Record<string, string> = {}): Promise<Console> {
  const browser = await launchBrowser();
  execFileSync(process.execPath, ['scripts/console.js'], { cwd: join(import.meta.dirname, '../..'), stdio: 'pipe' });
  const opened = await openHouse(env);
  let server: Server;
  const listen = async (port: number) => {
    server = makeServer(opened.house.config, opened.app).listen(port, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  const port = await listen(0);
  const leave = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return {
    ...opened,
    browser,
    // A secure context, as the clipboard wants it.
    url: `http://127.0.0.1:${port}`,
    leave,
    comeBack: async () => void (await listen(port)),
    async close() {
      await browser.close();
      await leave();
      await opened.close();
    },
  };
}
