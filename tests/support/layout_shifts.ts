import type { Page } from 'playwright-core';

/** Adds up by how much what is shown moves, from the next loading on. */
export async function watchShifts(page: Page): Promise<() => Promise<unknown>> {
  await page.addInitScript(`window.shifts = []; new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput)
      window.shifts.push(entry.value, ...entry.sources.map(({ node }) => node?.outerHTML?.slice(0, 80)));
  }).observe({ type: 'layout-shift', buffered: true });`);
  return () => page.evaluate('window.shifts');
}
