// The tests of the tarball: see scripts/test/package.mjs, which packs it and runs these.
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { patience } from '../helpers/patience.js';

export default defineConfig({
  test: {
    root: fileURLToPath(new URL('../..', import.meta.url)),
    include: ['test/tarball/*.test.ts'],
    reporters: ['default', fileURLToPath(new URL('./sum-reporter.ts', import.meta.url))],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: patience(60_000),
    hookTimeout: patience(60_000),
  },
});
