// @ts-check
// `npm run check` checks what has changed, in half a minute: it builds, checks structure, format and types, and runs
// the tests that the change touches. It looks at uncommitted changes, or else at the commits that the upstream branch
// lacks. `npm test` runs everything.
import { branchFiles, uncommittedFiles } from '../shared/changes.mjs';
import { runAll } from '../shared/run.mjs';
import { buildSteps, sourceSteps, testSteps } from './steps.mjs';

const uncommitted = uncommittedFiles();
const changed = uncommitted.length > 0 ? uncommitted : (branchFiles() ?? []);
console.log(`${changed.length} files ${uncommitted.length > 0 ? 'not committed' : 'that the upstream branch lacks'}`);
runAll([...buildSteps(changed), ...sourceSteps(changed), ...testSteps(changed)]);
