// @ts-check
// Reads the command line of `npm run bench:c10k`.
import { parseArgs } from 'node:util';
import { peers } from '../trials/c10k.mjs';

/** @typedef {import('./types.mjs').Driver} Driver */
/**
 * What a run is made of, as it is kept for --resume.
 * @typedef {{ connections: number[], peers: string[], rounds: number, warmupMs: number, windowMs: number }} Kept
 */
/** @typedef {Omit<Kept, 'peers'> & { peers: Driver[], command: string, smoke: boolean, resume: boolean }} Options */

const FULL = { connections: [1, 10, 100, 1000, 5000, 10_000], rounds: 3, warmupMs: 2500, windowMs: 800 };
const SMOKE = { connections: [20], rounds: 1, warmupMs: 100, windowMs: 100 };
/** More from one process needs more open files than a hard limit of 20,000 allows. */
const MAX_CONNECTIONS = 18_000;

/** The name on the command line. @param {Driver} driver */
const keyOf = ({ name }) => name.toLowerCase().replace(/[^a-z0-9]+/g, '-');

export function help() {
  return `npm run bench:c10k -- [options]

  --connections <list>  ${FULL.connections.join(',')} if not told
  --only <peers>        only these, separated by commas: ${peers.map(keyOf).join(', ')}
  --seconds <n>         the measured window of a round (${FULL.windowMs / 1000}; more with thousands active)
  --rounds <n>          rounds that medians are taken of (${FULL.rounds})
  --resume              goes on with the run that was interrupted, as it was
  --docs                measures nothing: writes docs/c10k.md and its plots from the last run that ended
  --smoke               every peer for a moment: shows that it works
  --help                this text

A point is all peers at a number of connections; the run is kept after each. The figures, and a page with plots, go to
bench/results/. npm run bench:setup installs the peers. bench/README.md tells how it is measured.`;
}

/** @param {string} option @param {string} text @param {number} least @param {number} most */
function parseNumber(option, text, least, most) {
  const number = Number(text);
  if (text.trim() !== '' && number >= least && number <= most) return number;
  throw new Error(`--${option} needs a number from ${least} to ${most}: ${text}`);
}

/** @param {string} option @param {string} text @param {number} most */
function parseCount(option, text, most) {
  const number = parseNumber(option, text, 1, most);
  if (!Number.isInteger(number)) throw new Error(`--${option} needs whole numbers: ${text}`);
  return number;
}

/** @param {string} list */
const split = (list) => list.split(',').filter((part) => part !== '');

/** @param {string[]} keys */
function selectPeers(keys) {
  const unknown = keys.find((key) => !peers.some((peer) => keyOf(peer) === key));
  if (unknown !== undefined) throw new Error(`--only does not know ${unknown}; --help lists the peers`);
  return keys.length === 0 ? peers : peers.filter((peer) => keys.includes(keyOf(peer)));
}

/** @param {string} text */
const parseConnections = (text) =>
  [...new Set(split(text).map((part) => parseCount('connections', part, MAX_CONNECTIONS)))].sort((a, b) => a - b);

/** Throws what is to be told to the user. @param {string[]} args @returns {Options | 'help' | 'docs'} */
export function parseOptions(args) {
  const { values } = parseArgs({
    args,
    options: {
      help: { type: 'boolean', short: 'h' },
      connections: { type: 'string' },
      only: { type: 'string', multiple: true, default: [] },
      seconds: { type: 'string' },
      rounds: { type: 'string' },
      resume: { type: 'boolean' },
      docs: { type: 'boolean' },
      smoke: { type: 'boolean' },
    },
  });
  if (values.help) return 'help';
  if ((values.resume || values.docs) && args.length > 1)
    throw new Error('--resume and --docs go with no other option: they take what the run was told');
  if (values.docs) return 'docs';
  const defaults = values.smoke ? SMOKE : FULL;
  const { connections, seconds, rounds } = values;
  return {
    connections: connections === undefined ? defaults.connections : parseConnections(connections),
    peers: selectPeers((values.only ?? []).flatMap(split)),
    rounds: rounds === undefined ? defaults.rounds : parseCount('rounds', rounds, 100),
    warmupMs: defaults.warmupMs,
    windowMs: seconds === undefined ? defaults.windowMs : parseNumber('seconds', seconds, 0.05, 60) * 1000,
    command: ['npm run bench:c10k', ...(args.length > 0 ? ['--', ...args] : [])].join(' '),
    smoke: values.smoke ?? false,
    resume: values.resume ?? false,
  };
}

/** @param {{ options: Kept, command: string }} kept @returns {Options} */
export function resumedOptions({ options, command }) {
  const chosen = peers.filter(({ name }) => options.peers.includes(name));
  return { ...options, peers: chosen, command, smoke: false, resume: true };
}
