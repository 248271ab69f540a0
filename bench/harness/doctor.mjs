// @ts-check
// Reads what `npx fdreactor doctor` reports: the limits of this machine, what they allow, the lines that raise them,
// and the add-on.
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { repository } from './requirements.mjs';

/**
 * @typedef {{ name: string, meaning: string, value?: number, allows?: number, stops: string[], raise: string[] }} Limit
 */
/** @typedef {{ limits: Limit[], addon: { file?: string } }} Diagnosis */

/** What no limit bounds is Infinity, for which JSON has no number. @param {string} key @param {unknown} value */
const unlimited = (key, value) =>
  value === null && (key === 'allows' || key === 'value') ? Number.POSITIVE_INFINITY : value;

/** @param {number} connections for how many there are to be lines that raise @returns {Diagnosis} */
export function diagnose(connections) {
  const program = path.join(repository, 'dist/cli/main.js');
  const args = [program, 'doctor', '--json', '--connections', String(connections)];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }), unlimited);
}
