import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';

const usual = ['chromium', 'chromium-browser', 'google-chrome'].map((name) => `/usr/bin/${name}`);

/** Starts the machine's own Chromium without a window. Throws where there is none. */
export async function launchBrowser() {
  const executablePath = process.env.CHROMIUM ?? usual.find((path) => existsSync(path));
  if (!executablePath) throw new Error('No Chromium is here: apt-get install chromium, or set CHROMIUM to its path');
  return chromium.launch({ executablePath, args: ['--no-sandbox'] });
}
