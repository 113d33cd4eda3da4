import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const rules = "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']";

/** axe finds nothing at either width, and nothing is wider than the page. The tab has to be opened with `bypassCSP`. */
export async function expectFair(page: Page, name: string): Promise<void> {
  await page.evaluate(axe);
  for (const width of [390, 1280]) {
    await page.setViewportSize({ width, height: 844 });
    const found = (await page.evaluate(`axe.run({ runOnly: ${rules} })`)) as {
      violations: { id: string; nodes: { html: string }[] }[];
    };
    const breaches = found.violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]);
    const wide = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
    expect([name, width, breaches, wide]).toEqual([name, width, [], 0]);
  }
}
