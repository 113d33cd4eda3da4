import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const all = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** What is looked at: the dark theme changes nothing but colours, and the colours of a phone are among those of a wide screen. */
const looks = [
  { width: 390, colorScheme: 'light', runOnly: all },
  { width: 1280, colorScheme: 'light', runOnly: all },
  { width: 1280, colorScheme: 'dark', runOnly: ['color-contrast'] },
] as const;

/**
 * axe finds nothing in what is shown, in either theme, on a phone and wide, and nothing is wider than either. The tab has to be opened
 * with `bypassCSP`.
 */
export async function expectFair(page: Page, name: string): Promise<void> {
  await page.evaluate(axe);
  for (const { width, colorScheme, runOnly } of looks) {
    await page.setViewportSize({ width, height: 844 });
    await page.emulateMedia({ colorScheme });
    const found = (await page.evaluate(`axe.run(${JSON.stringify({ runOnly, resultTypes: ['violations'] })})`)) as {
      violations: { id: string; nodes: { html: string }[] }[];
    };
    const breaches = found.violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]);
    const wider = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
    expect([name, width, colorScheme, breaches, wider]).toEqual([name, width, colorScheme, [], 0]);
  }
}
