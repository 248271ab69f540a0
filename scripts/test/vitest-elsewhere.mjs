// vitest, which runs the tests in processes of another program than its own: `node scripts/test/vitest-elsewhere.mjs PROGRAM run ...`.
process.execPath = process.argv.splice(2, 1)[0] ?? process.execPath;
await import(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url).href);
