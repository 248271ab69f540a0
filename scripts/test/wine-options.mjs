// @ts-check
// Reads the options of `npm run test:wine` and passes the others on to vitest.
import { parseArgs } from 'node:util';

export const usage = `npm run test:wine [-- options] [files]
  --node 20      only that version of Node, also more than once; otherwise all of them
  --ubsan        an add-on that ends the process at the first undefined behaviour
  --repeat N     as often
  --again        runs a file that failed once more, by itself. A test that passes then is FLAKY and fails the run,
                 unless test/quarantine.json names its file. The default where the variable CI is true
  --no-build     with the add-on that was built last
  --write        makes the table of docs/portability.md anew
  --minutes N    for one run of the tests, after which it is ended (30)
  -t NAME        only tests of that name; this, names of files and whatever else there is goes to vitest`;

/** @param {readonly string[]} versions of Node */
export function readOptions(versions) {
  const options = /** @type {const} */ ({
    node: { type: 'string', multiple: true },
    ubsan: { type: 'boolean', default: false },
    repeat: { type: 'string', default: '1' },
    again: { type: 'boolean', default: process.env.CI === 'true' },
    build: { type: 'boolean', default: true },
    write: { type: 'boolean', default: false },
    minutes: { type: 'string', default: '30' },
    help: { type: 'boolean', default: false },
  });
  const { values, tokens = [] } = parseArgs({ options, strict: false, allowNegative: true, tokens: true });
  const own = new Set();
  for (const token of tokens) {
    if (token.kind !== 'option' || !(token.name in options)) continue;
    own.add(token.index);
    if (token.value !== undefined && !token.inlineValue) own.add(token.index + 1);
  }
  const rest = process.argv.slice(2).filter((_, index) => !own.has(index));
  const nodes = [values.node ?? [...versions]].flat().map((name) => {
    const known = versions.find((version) => `${version}.`.startsWith(`${name}.`));
    return known ?? String(name);
  });
  const repeat = Number(values.repeat);
  const timeoutMs = Number(values.minutes) * 60_000;
  if (!(repeat >= 1 && timeoutMs > 0)) throw new Error(usage);
  const { ubsan, again, build, write, help } = values;
  const flags = { ubsan: !!ubsan, again: !!again, build: !!build, write: !!write, help: !!help };
  return { nodes, repeat, timeoutMs, rest, ...flags };
}
