// @ts-check
// `npm run dev` watches the source. After a change it builds what changed and runs the tests that the change touches.
import { watch } from 'node:fs';
import { runAll } from '../shared/run.mjs';
import { root, sourceFiles } from '../shared/sources.mjs';
import { buildSteps, testSteps } from './steps.mjs';

const FOLDERS = ['lib', 'native', 'examples', 'test', 'scripts'];
/** An editor writes a file in several steps. */
const QUIET_MS = 150;

/** @type {Set<string>} */
const changed = new Set();
/** @type {NodeJS.Timeout | undefined} */
let timer;

function runChanged() {
  const files = sourceFiles(/./).filter((file) => changed.has(file));
  changed.clear();
  if (files.length === 0) return;
  console.log(`\n${files.join(' ')}`);
  runAll([...buildSteps(files), ...testSteps(files)]);
  process.exitCode = 0; // a failure is shown, and the watch goes on
}

for (const folder of FOLDERS) {
  watch(`${root}/${folder}`, { recursive: true }, (_event, name) => {
    if (name === null) return;
    changed.add(`${folder}/${name.replaceAll('\\', '/')}`);
    clearTimeout(timer);
    timer = setTimeout(runChanged, QUIET_MS);
  });
}
console.log(`watching ${FOLDERS.join(' ')}; end with Ctrl+C`);
