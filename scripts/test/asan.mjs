// @ts-check
// `npm run test:asan [-- vitest's arguments]`: builds the add-on a second time, with the address and undefined-behaviour
// sanitizers, beside the normal build, and runs the tests on it. Node itself is not instrumented, so the sanitizer's
// run-time is preloaded. Leaks are looked for in a program of their own (leak-check.mjs): a process that exits early,
// as those of the tests do, leaves much of Node's own behind.
import { execFileSync } from 'node:child_process';
import { buildFlavour } from '../build/flavour.mjs';
import { run } from '../build/node-gyp.mjs';
import { tool } from '../shared/run.mjs';

const sanitized = {
  FDREACTOR_BINARY: buildFlavour('build-asan', ['sanitize=address,undefined']),
  LD_PRELOAD: execFileSync('c++', ['-print-file-name=libasan.so'], { encoding: 'utf8' }).trim(),
  UBSAN_OPTIONS: 'print_stacktrace=1',
  FDREACTOR_SANITIZER: 'address',
};
run(process.execPath, ['scripts/test/leak-check.mjs'], { ...sanitized, ASAN_OPTIONS: 'detect_leaks=1' });
console.log('no leaks\n1 passed, 0 failed');

// Without the examples' tests: they measure the memory of whole processes, of which a sanitizer takes its own share.
run(tool('vitest'), ['run', '--exclude=test/examples/**', ...process.argv.slice(2)], {
  ...sanitized,
  ASAN_OPTIONS: 'detect_leaks=0:allocator_may_return_null=1',
});
