// Runs vitest, with the processes of its tests in another program: `node scripts/test/vitest-elsewhere.mjs PROGRAM
// run ...`.
process.execPath = process.argv.splice(2, 1)[0] ?? process.execPath;
await import(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url).href);
