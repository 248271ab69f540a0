// @ts-check
// Reads the command line of `npm run bench`.
import { parseArgs } from 'node:util';

/** @typedef {import('./types.mjs').Table<any>} Table */
/**
 * @typedef {{ tables: Table[], rounds: number, warmupMs: number, windowMs: number, quick: boolean, smoke: boolean }}
 *     Options
 */

const FULL = { rounds: 5, warmupMs: 1500, windowMs: 500 };
const QUICK = { rounds: 1, warmupMs: 400, windowMs: 250 };
const SMOKE = { rounds: 1, warmupMs: 100, windowMs: 100 };

/** @param {Table[]} tables */
export function help(tables) {
  const names = tables.map(({ name, title }) => `  ${name.padEnd(14)} ${title}`);
  const suitesOf = (/** @type {Table[]} */ some) => [...new Set(some.map(({ suite }) => suite))].join(', ');
  return `npm run bench -- [options]

  --quick          one short round: shows that everything works; the numbers are rough
  --smoke          the same with tiny counts, in seconds; the numbers say nothing
  --only <names>   only these tables or suites, separated by commas (may be repeated)
  --rounds <n>     rounds that medians are taken of (${FULL.rounds}; ${QUICK.rounds} with --quick)
  --help           this text

Suites: ${suitesOf(tables.filter(({ separate }) => !separate))};
only where --only names them: ${suitesOf(tables.filter(({ separate }) => separate))}. Tables:
${names.join('\n')}

The table goes to the terminal; all figures, and a page with plots, to bench/results/.
npm run bench:setup installs the peers that are compared with. bench/README.md tells how it is measured.`;
}

/** @param {string} text */
function parseRounds(text) {
  const rounds = Number(text);
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 1000)
    throw new Error(`--rounds needs a number from 1: ${text}`);
  return rounds;
}

/** @param {Table[]} tables @param {string[]} names */
function select(tables, names) {
  const unknown = names.find((name) => !tables.some((table) => table.name === name || table.suite === name));
  if (unknown !== undefined) throw new Error(`--only does not know ${unknown}; --help lists the names`);
  return names.length === 0
    ? tables.filter(({ separate }) => !separate)
    : tables.filter(({ name, suite }) => names.includes(name) || names.includes(suite));
}

/**
 * The options, or null where help was asked for. Throws what is to be told to the user.
 * @param {string[]} args @param {Table[]} tables @returns {Options | null}
 */
export function parseOptions(args, tables) {
  const { values } = parseArgs({
    args,
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      quick: { type: 'boolean', default: false },
      smoke: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      rounds: { type: 'string' },
    },
  });
  if (values.help) return null;
  const { quick = false, smoke = false } = values;
  const defaults = smoke ? SMOKE : quick ? QUICK : FULL;
  const names = (values.only ?? []).flatMap((list) => list.split(',')).filter((name) => name !== '');
  return {
    ...defaults,
    quick,
    smoke,
    rounds: values.rounds === undefined ? defaults.rounds : parseRounds(values.rounds),
    tables: select(tables, names),
  };
}
