import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import fast from '../../vitest.config.ts';

/**
 * Tests that start processes and servers, kill them, stop them and wait for what becomes of it; those that make up
 * hundreds of inputs; and what is asked of every operation with large bodies.
 */
export default defineConfig({
  test: {
    ...fast.test,
    root: '.',
    include: ['tests/slow/**/*.test.ts'],
    exclude: [],
    // Each has processes of its own beside it.
    maxWorkers: availableParallelism(),
    // Against what hangs, not against what is slow: a machine may have much else to do.
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});
