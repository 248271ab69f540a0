// @ts-check
// Decides what this machine can measure, and names the rest. A missing peer leaves out its row. A missing load, or a
// low limit on open files, leaves out the table.
import { readFileSync } from 'node:fs';
import { isMissing, requirements } from './requirements.mjs';

/** @typedef {import('./types.mjs').Table<any>} Table */
/** @typedef {import('./types.mjs').Row} Row */
/** @typedef {import('./types.mjs').Requirement} Requirement */

/** What every table needs: pinning to a core. */
const BASE = /** @type {Requirement[]} */ (['taskset']);
/** Fds that a process has open beside those of the measurement. */
const SPARE_FDS = 200;

/** @param {string} what @param {Requirement[]} lacking */
function lackLine(what, lacking) {
  return `${what}: ${lacking.map((name) => requirements[name].what).join(' and ')} missing`;
}

function fdLimit() {
  const limits = readFileSync('/proc/self/limits', 'utf8');
  const soft = /^Max open files\s+(\S+)/m.exec(limits)?.[1];
  return soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft);
}

/**
 * What can be measured here, and a line for everything that cannot.
 * @param {Table[]} tables
 * @param {{ smoke?: boolean }} [options]
 */
export function plan(tables, { smoke = false } = {}) {
  const limit = fdLimit();
  /** @type {Requirement[]} */
  const missing = [];
  /** @type {string[]} */
  const omitted = [];
  const planned = tables.flatMap((table) => {
    if (!smoke && (table.connections ?? 0) + SPARE_FDS > limit) {
      omitted.push(`${table.name}: needs ${table.connections} open files, the limit here is ${limit} (ulimit -n)`);
      return [];
    }
    const lackingLoad = [...BASE, ...table.requires].filter(isMissing);
    if (lackingLoad.length > 0) {
      omitted.push(lackLine(table.name, lackingLoad));
      missing.push(...lackingLoad);
      return [];
    }
    const rows = table.rows.filter((/** @type {Row} */ row) => {
      const lacking = row.requires.filter(isMissing);
      if (lacking.length > 0) omitted.push(lackLine(`${table.name}, ${row.name}`, lacking));
      missing.push(...lacking);
      return lacking.length === 0;
    });
    /** @type {import('../report/summary.mjs').Samples} */
    const samples = new Map();
    return rows.length === 0 ? [] : [{ table, rows, samples, failures: new Map() }];
  });
  return { planned, omitted, missing: [...new Set(missing)] };
}
