// @ts-check
// `npm run test:asan [-- vitest's arguments]`: builds the add-on a second time, with the address and undefined-behaviour
// sanitizers, beside the normal build, and runs the tests on it. Node itself is not instrumented, so the sanitizer's
// run-time is preloaded. Leaks are looked for in a program of their own (leak-check.mjs): a process that exits early,
// as those of the tests do, leaves much of Node's own behind.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { nodeFolder } from './node-headers.mjs';
import { tool } from './run.mjs';
import { root } from './sources.mjs';

const folder = `${root}/build-asan`;

/** @param {string} command @param {string[]} args @param {NodeJS.ProcessEnv} [env] */
function run(command, args, env) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
  if (error !== undefined) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

// node-gyp always builds into build/ of the folder it is in, so it gets a folder that looks like the project.
mkdirSync(folder, { recursive: true });
for (const name of ['binding.gyp', 'native']) {
  if (!existsSync(`${folder}/${name}`)) symlinkSync(`../${name}`, `${folder}/${name}`);
}
const here = ['--loglevel=error', '-C', folder, `--nodedir=${nodeFolder()}`];
run(tool('node-gyp'), ['configure', ...here, '--', '-Dsanitize=address,undefined']);
run(tool('node-gyp'), ['build', ...here]);

const sanitized = {
  LD_PRELOAD: execFileSync('c++', ['-print-file-name=libasan.so'], { encoding: 'utf8' }).trim(),
  UBSAN_OPTIONS: 'print_stacktrace=1',
  FDREACTOR_BINARY: `${folder}/build/Release/fdreactor.node`,
  FDREACTOR_SANITIZER: 'address',
};
run(process.execPath, ['scripts/leak-check.mjs'], { ...sanitized, ASAN_OPTIONS: 'detect_leaks=1' });
console.log('no leaks\n1 passed, 0 failed');

// Without the examples' tests: they measure the memory of whole processes, of which a sanitizer takes its own share.
run(tool('vitest'), ['run', '--exclude=test/examples/**', ...process.argv.slice(2)], {
  ...sanitized,
  ASAN_OPTIONS: 'detect_leaks=0:allocator_may_return_null=1',
});
