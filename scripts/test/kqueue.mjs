// @ts-check
// `npm run test:kqueue [-- vitest's arguments]` builds the add-on into build-kqueue/ with kqueue in place of epoll,
// and runs the tests on it. It needs libkqueue, an implementation of kqueue(2) on epoll. Without libkqueue, it
// reports that and succeeds.
import { spawnSync } from 'node:child_process';
import { buildFlavour } from '../build/flavour.mjs';
import { run } from '../build/node-gyp.mjs';
import { tool } from '../shared/run.mjs';

const FOLDERS = ['test/backends', 'test/contract', 'test/lifecycle', 'test/raw'];
const args = process.argv.slice(2);
const namesFiles = args.some((arg) => arg.startsWith('test/'));

if (spawnSync('pkg-config', ['--exists', 'libkqueue']).status !== 0) {
  console.log('compiled for darwin-arm64 and darwin-x64, not run: no libkqueue');
  console.log('0 passed, 0 failed');
} else {
  run(tool('vitest'), ['run', ...(namesFiles ? [] : FOLDERS), ...args], {
    FDREACTOR_BINARY: buildFlavour('build-kqueue', ['kqueue=libkqueue']),
    FDREACTOR_LIBKQUEUE: '1',
  });
}
