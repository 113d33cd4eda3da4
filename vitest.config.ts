import { availableParallelism } from 'node:os';
import { configDefaults, defineConfig } from 'vitest/config';

/** What is slow by nature has a run of its own, tests/slow/vitest.config.ts: `npm run check` does both. */
export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    exclude: [...configDefaults.exclude, 'tests/slow/**'],
    globalSetup: 'tests/support/global-setup.ts',
    // One file waits for its database while another computes.
    maxWorkers: availableParallelism() + 1,
    testTimeout: 20_000,
    hookTimeout: 30_000,
    // A second is little on a busy machine.
    expect: { poll: { timeout: 10_000 } },
    watch: false,
    isolate: false,
  },
});
