// How the tests run. They import the package by its own name and get what users get: the compiled files in dist/,
// loaded by Node itself (external), never transformed. Every test file has a process of its own, because the tests look
// at the descriptors, the signals and the memory of the whole process.
import { fileURLToPath } from 'node:url';
import { configDefaults, defineConfig } from 'vitest/config';
import { filesNotRun } from './test/helpers/platform.js';

// With one of these variables, newer versions of Node read certificates in a thread of their own after the start. Tests
// that look at fds see the file come and go. Programs inherit it, because Node opens it without O_CLOEXEC.
delete process.env.NODE_EXTRA_CA_CERTS;
delete process.env.NODE_USE_SYSTEM_CA;

const sanitized = process.env.FDREACTOR_SANITIZER !== undefined;
const dist = (file: string): string => fileURLToPath(new URL(`./dist/${file}`, import.meta.url));

export default defineConfig({
  resolve: {
    alias: [
      { find: /^fdreactor$/, replacement: dist('index.js') },
      {
        find: /^fdreactor\/(async|connection|epoll|kqueue|iocp|linux|master|net|node|socket|transfer|workers)$/,
        replacement: dist('$1.js'),
      },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, 'test/tarball/**', ...Object.keys(filesNotRun)],
    globalSetup: ['test/helpers/global-setup.ts'],
    setupFiles: ['test/helpers/setup.ts'],
    server: { deps: { external: [/\/dist\//] } },
    pool: 'forks',
    isolate: true,
    maxWorkers: 2,
    execArgv: ['--expose-gc'],
    testTimeout: sanitized ? 600_000 : 150_000,
    hookTimeout: sanitized ? 240_000 : 60_000,
    teardownTimeout: 10_000,
  },
});
