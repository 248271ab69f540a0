// @ts-check
// Reads the constants out of C++ sources. An entry stands on one line. Its text for the reference is the comment above
// it, or else the comment at the end of its line.
import { readFileSync } from 'node:fs';

/** @typedef {{ name: string, value: string, doc: string }} Constant */

const comment = /^\s*\/\/ ?(.*)$/;
const condition = /^#\s*if/;
const tableEntry = /^\s*\{"(?<group>\w+)", "(?<name>\w+)", (?<value>[^,}]+).*?\},?(?<rest>.*)$/;
const enumEntry = /^\s*(?<name>k\w+) = (?<value>\w+),?(?<rest>.*)$/;
const resultEntry = /^constexpr Result (?<name>k\w+) = (?<value>-?\d+);(?<rest>.*)$/;

/** `kReadClosed` as JavaScript spells it: `READ_CLOSED`. @param {string} name */
const inCapitals = (name) =>
  name
    .replace(/^k/, '')
    .replace(/(?<=.)(?=[A-Z])/g, '_')
    .toUpperCase();

/**
 * Returns the entries of a text that match `pattern`, each with its comment.
 * @param {string} text
 * @param {RegExp} pattern
 */
function entriesIn(text, pattern) {
  const entries = [];
  /** @type {string[]} */
  let above = [];
  for (const line of text.split('\n')) {
    const words = comment.exec(line)?.[1];
    if (words !== undefined) {
      above.push(words);
      continue;
    }
    const { group = '', name = '', value = '', rest = '' } = pattern.exec(line)?.groups ?? {};
    const doc = above.length > 0 ? above.join(' ') : (comment.exec(rest)?.[1] ?? '');
    if (name !== '') entries.push({ group, name, value, doc });
    if (!condition.test(line)) above = [];
  }
  return entries;
}

/** @param {string} file @param {Constant[]} constants */
function refuseDuplicates(file, constants) {
  const names = constants.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Error(`${file} lists ${twice} twice`);
}

/**
 * The entries `{"group", "NAME", ...}` of one group, in the file's order.
 * @param {string} root
 * @param {string} file
 * @param {string} group
 * @returns {Constant[]}
 */
export function readTable(root, file, group) {
  const text = readFileSync(`${root}/${file}`, 'utf8');
  const entries = entriesIn(text, tableEntry);
  const begun = text.match(/^\s*\{"/gm)?.length ?? 0;
  if (begun !== entries.length) throw new Error(`${file}: an entry is one line, {"group", "NAME", value},`);
  const constants = entries.filter((entry) => entry.group === group);
  refuseDuplicates(file, constants);
  return constants;
}

/**
 * The members of `enum NAME`, spelled as JavaScript has them.
 * @param {string} root
 * @param {string} file
 * @param {string} name
 * @returns {Constant[]}
 */
export function readEnum(root, file, name) {
  const text = readFileSync(`${root}/${file}`, 'utf8');
  const body = new RegExp(`^enum ${name}\\b[^{]*\\{([^}]*)\\}`, 'm').exec(text)?.[1];
  if (body === undefined) throw new Error(`${file} has no enum ${name}`);
  return entriesIn(body, enumEntry).map((entry) => ({ ...entry, name: inCapitals(entry.name) }));
}

/**
 * The constants of type Result, spelled as JavaScript has them.
 * @param {string} root
 * @param {string} file
 * @returns {Constant[]}
 */
export function readResults(root, file) {
  const entries = entriesIn(readFileSync(`${root}/${file}`, 'utf8'), resultEntry);
  return entries.map((entry) => ({ ...entry, name: inCapitals(entry.name) }));
}

/**
 * Merges the lists of several platforms. A name that only a later list has follows its neighbour of that list.
 * @param {Constant[][]} lists
 */
export function mergeNames(lists) {
  /** @type {string[]} */
  const merged = [];
  for (const list of lists) {
    let at = 0;
    for (const { name } of list) {
      const found = merged.indexOf(name);
      if (found < 0) merged.splice(at, 0, name);
      at = (found < 0 ? at : found) + 1;
    }
  }
  return merged;
}
