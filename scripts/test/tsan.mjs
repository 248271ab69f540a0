// @ts-check
// `npm run test:tsan [-- vitest's arguments]` builds the add-on with the thread sanitizer, and runs the tests of what
// threads share on it: workers, wakers, signals, and the thread that waits in attach(). Node itself is not
// instrumented, so the sanitizer's run-time is preloaded.
//
// The sanitizer sees half of Node's locks and atomics, and reports races of Node and V8 that do not exist. So each
// process writes its reports to a file, and a report counts only if the add-on's own code made an access.
// `npm run test:native` looks at native/sys/ without Node by the same sanitizer, and there all reports count.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { buildFlavour } from '../build/flavour.mjs';
import { tool } from '../shared/run.mjs';
import { root } from '../shared/sources.mjs';

const TESTS = [
  'test/contract/attach-exit.test.ts',
  'test/contract/signals.test.ts',
  'test/contract/wakers.test.ts',
  'test/lifecycle/waiting-thread.test.ts',
  'test/lifecycle/workers.test.ts',
  'test/regressions/host-wake-up.test.ts',
];

const binary = buildFlavour('build-tsan', ['sanitize=thread']);
const reports = `${root}/build-tsan/reports/`;
rmSync(reports, { recursive: true, force: true });
mkdirSync(reports);

// The sanitizer needs its own place in memory, which address randomisation may have taken: setarch turns that off where
// it may (a container can forbid it).
const canFix = spawnSync('setarch', ['-R', 'true']).status === 0;
const fixedAddresses = canFix ? ['setarch', '-R'] : [];

const given = process.argv.slice(2);
const files = given.some((argument) => !argument.startsWith('-')) ? [] : TESTS;
const [command, ...args] = [...fixedAddresses, tool('vitest'), 'run', ...files, ...given];
const { status } = spawnSync(/** @type {string} */ (command), args, {
  cwd: root,
  stdio: 'inherit',
  env: {
    ...process.env,
    FDREACTOR_BINARY: binary,
    FDREACTOR_SANITIZER: 'thread',
    FDREACTOR_REPORTS: reports,
    LD_PRELOAD: execFileSync('c++', ['-print-file-name=libtsan.so'], { encoding: 'utf8' }).trim(),
    TSAN_OPTIONS: `log_path=${reports}report exitcode=0 suppressions=${root}/scripts/test/tsan.supp`,
  },
});

/** Of the paragraphs of a report, those that say who did what; the others tell of memory, mutexes and threads. */
const BACKGROUND = /^\s*(Thread T\d|Location is|Mutex M\d+ (is already|\(|created)|As if synchronized|SUMMARY)/;

/** @param {string} report */
const isOfAddOn = (report) =>
  report.split(/\n\s*\n/).some((paragraph) => !BACKGROUND.test(paragraph) && paragraph.includes('/fdreactor.node+'));

const all = readdirSync(reports).flatMap((name) =>
  readFileSync(`${reports}${name}`, 'utf8')
    .split(/^=+$/m)
    .filter((report) => report.includes('ThreadSanitizer')),
);
const races = [...new Set(all.filter(isOfAddOn))];
for (const report of races) console.log(report);
console.log(`${all.length - races.length} reports of Node's own code left aside`);
console.log(races.length === 0 ? '1 passed, 0 failed' : `0 passed, 1 failed: ${races.length} reports of the add-on`);
process.exitCode = status === 0 && races.length === 0 ? 0 : 1;
