// @ts-check
// Reads test/quarantine.json, the list of test files that may be flaky: at most three, each with a reason and a date.
// A flaky test of any other file fails the run. The structure check rejects a longer or incomplete list.
import { existsSync, readFileSync } from 'node:fs';
import { root } from '../shared/sources.mjs';

export const QUARANTINE = 'test/quarantine.json';
const MAX_ENTRIES = 3;

/** @typedef {{ file: string, reason: string, since: string }} Entry since: a date, YYYY-MM-DD */

/** @returns {Entry[]} */
export const readQuarantine = () => JSON.parse(readFileSync(`${root}/${QUARANTINE}`, 'utf8'));

/** Reports what is wrong with the list. @param {readonly Partial<Entry>[]} entries @returns {string[]} */
export function quarantineFaults(entries) {
  const faults = entries.length > MAX_ENTRIES ? [`at most ${MAX_ENTRIES} entries (${entries.length} here)`] : [];
  for (const { file = '', reason = '', since = '' } of entries) {
    if (!file.endsWith('.test.ts') || !existsSync(`${root}/${file}`)) faults.push(`not a test file: ${file}`);
    if (reason.trim() === '') faults.push(`${file} has no reason`);
    const isDate = /^\d{4}-\d{2}-\d{2}$/.test(since) && !Number.isNaN(Date.parse(since));
    if (!isDate) faults.push(`${file} has no date "since": YYYY-MM-DD`);
  }
  return faults;
}
