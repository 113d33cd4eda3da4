import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** Axe finds nothing in what is shown, on a phone and wide, and nothing is wider than either. The page needs `bypassCSP`. */
export async function looksRight(page: Page, name: string): Promise<void> {
  await page.evaluate(axe);
  for (const width of [390, 1280]) {
    await page.setViewportSize({ width, height: 844 });
    const { violations } = (await page.evaluate(`axe.run({ runOnly: ${JSON.stringify(rules)} })`)) as {
      violations: { id: string; nodes: { html: string }[] }[];
    };
    const found = violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]);
    expect([name, width, found]).toEqual([name, width, []]);
    const wider = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
    expect([name, width, wider]).toEqual([name, width, 0]);
  }
}

/** Adds up by how much what is shown moves, from the next loading on. */
export async function watchShifts(page: Page): Promise<() => Promise<unknown>> {
  await page.addInitScript(`window.shifts = []; new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput)
      window.shifts.push(entry.value, ...entry.sources.map(({ node }) => node?.outerHTML?.slice(0, 80)));
  }).observe({ type: 'layout-shift', buffered: true });`);
  return () => page.evaluate('window.shifts');
}
