// @ts-check
// Reads the command lines of `npm run bench:c1m` and `npm run bench:c10m`.
import { parseArgs } from 'node:util';

/**
 * @typedef {object} Options
 * @property {number | null} count null: not said; Infinity: as many as fit
 * @property {boolean} guest
 * @property {number | null} memoryMiB
 * @property {number | null} timeoutMs
 * @property {boolean} fit
 * @property {boolean} smoke
 * @property {boolean} docs
 */

/** @param {string} what @param {string} text @param {number} least */
function positive(what, text, least) {
  const value = Number(text.replaceAll(/[,_]/g, ''));
  if (!Number.isFinite(value) || value < least) throw new Error(`--${what} needs a number from ${least}: ${text}`);
  return value;
}

/** @param {string} what @param {string | undefined} text */
function parseCount(what, text) {
  if (text === undefined) return null;
  return text === 'most' ? Number.POSITIVE_INFINITY : Math.round(positive(what, text, 1));
}

/**
 * The options, or null where help was asked for. Throws what is to be told to the user.
 * @param {string[]} args @param {string} counted the name of the option that says how many @returns {Options | null}
 */
export function parseOptions(args, counted) {
  const flag = /** @type {const} */ ({ type: 'boolean', default: false });
  const text = /** @type {const} */ ({ type: 'string' });
  const { values } = parseArgs({
    args,
    options: {
      [counted]: text,
      guest: flag,
      memory: text,
      timeout: text,
      fit: flag,
      smoke: flag,
      docs: flag,
      help: { ...flag, short: 'h' },
    },
  });
  if (values.help) return null;
  const string = (/** @type {string} */ name) => /** @type {string | undefined} */ (values[name]);
  const number = (/** @type {string} */ name, /** @type {number} */ least, /** @type {number} */ factor) => {
    const given = string(name);
    return given === undefined ? null : Math.round(positive(name, given, least) * factor);
  };
  return {
    count: parseCount(counted, string(counted)),
    guest: values.guest === true,
    memoryMiB: number('memory', 0.5, 1024),
    timeoutMs: number('timeout', 1, 60_000),
    fit: values.fit === true,
    smoke: values.smoke === true,
    docs: values.docs === true,
  };
}
