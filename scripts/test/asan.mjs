// @ts-check
// scripts/test/ runs the tests in other ways than `npm test`: under sanitizers, on kqueue, under Wine, in other
// runtimes, on the packed tarball. It also judges the results for .ci/run.
//
// `npm run test:asan [-- vitest's arguments]` builds a second add-on with the address and undefined-behaviour
// sanitizers and runs the tests on it. Node.js itself is not instrumented, so the sanitizer's run-time is preloaded.
// leak-check.mjs looks for leaks in a process of its own, because a test process exits early and leaves much of
// Node.js's memory behind.
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
// And without those of pages, scripts, types and the master: they call nothing of the add-on that others do not call.
const excluded = ['examples', 'docs', 'scripts', 'types', 'master'].map((folder) => `--exclude=test/${folder}/**`);
run(tool('vitest'), ['run', ...excluded, ...process.argv.slice(2)], {
  ...sanitized,
  ASAN_OPTIONS: 'detect_leaks=0:allocator_may_return_null=1',
});
