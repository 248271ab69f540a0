// @ts-check
// `npm run test:node-net [-- options] [files]` runs the files of Node's own suite of node:net with `require('net')`
// replaced by fdreactor/net. not-applicable.mjs names those that do not apply. The tests come from a checkout of
// nodejs/node (--source, or the variable NODE_SOURCE), or from Debian's package of sources.
import { parseArgs } from 'node:util';
import { root } from '../../shared/sources.mjs';
import { NOT_APPLICABLE } from './not-applicable.mjs';
import { NoSource, testsOfNode } from './source.mjs';
import { filesOf, runFiles } from './suite.mjs';

const usage = `npm run test:node-net [-- options] [files]
  files          only those whose path contains one of these words
  --source PATH  a checkout of nodejs/node, whose test/ is used; otherwise the variable NODE_SOURCE, or Debian's source
  --output       shows what a file printed that failed`;

/** @typedef {import('./suite.mjs').Outcome} Outcome */

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    source: { type: 'string', default: process.env.NODE_SOURCE },
    output: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

/** @param {string} tests @param {string[]} files @param {string} module @returns {Promise<Outcome[]>} */
async function failuresOf(tests, files, module) {
  /** @type {Outcome[]} */
  const failed = [];
  await runFiles(tests, files, module, (outcome) => {
    if (!outcome.passed) failed.push(outcome);
  });
  return failed;
}

/** @param {string} tests */
async function main(tests) {
  const all = filesOf(tests).filter(
    (file) => positionals.length === 0 || positionals.some((word) => file.includes(word)),
  );
  const files = all.filter((file) => NOT_APPLICABLE[file] === undefined);
  for (const file of all)
    if (NOT_APPLICABLE[file] !== undefined) console.log(`not applicable: ${file}: ${NOT_APPLICABLE[file]}`);
  const failed = await failuresOf(tests, files, `${root}/dist/net.js`);
  // A machine without IPv6, say, or without a name: then node:net fails as well.
  const here = await failuresOf(
    tests,
    failed.map(({ file }) => file),
    'node:net',
  );
  const faults = failed.filter(({ file }) => here.every((other) => other.file !== file));
  for (const { file } of here)
    console.log(`not run: test:node-net: ${file}: fails with node:net as well on this machine`);
  for (const { file, why } of faults) console.log(`FAIL ${file}: ${values.output ? why : why.split('\n')[0]}`);
  console.log(`${files.length - failed.length} passed, ${faults.length} failed`);
  process.exitCode = faults.length === 0 ? 0 : 1;
}

if (values.help) console.log(usage);
else {
  try {
    await main(await testsOfNode(values.source));
  } catch (error) {
    if (!(error instanceof NoSource)) throw error;
    console.log(`not run: test:node-net: ${error.message}; name a checkout of nodejs/node by NODE_SOURCE`);
    console.log('0 passed, 0 failed');
  }
}
