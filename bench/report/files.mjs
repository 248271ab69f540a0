// @ts-check
// bench/report/ turns samples into medians and ratios, and writes tables, plots and pages.
//
// Writes the results to bench/results/: JSON with every sample, and a page with plots in one file.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { drawBars, drawCurves } from './plots.mjs';

/** @param {string} relative */
const read = (relative) => readFileSync(new URL(relative, import.meta.url), 'utf8');

/** Text that may stand inside <script>. @param {string} code */
const inScript = (code) => code.replaceAll('</script', '<\\/script').replaceAll('<!--', '<\\!--');

/** @typedef {import('./summary.mjs').TableSummary} TableSummary */
/** @typedef {import('./plots.mjs').Curves} Curves */
/** @typedef {{ title: string, machine: { date: string }, tables: TableSummary[] } & Record<string, unknown>} Report */

/** @param {Report} report @param {Curves[]} curves */
function renderPage(report, curves) {
  const tables = report.tables.map((table) => ({ ...table, plot: drawBars(table) }));
  const page = { ...report, tables, plots: curves.map(drawCurves) };
  const parts = /** @type {Record<string, string>} */ ({
    data: `const report = ${JSON.stringify(page)};`,
    script: read('page.js'),
  });
  return read('page.html').replace(
    /<script data-part="(\w+)"><\/script>/g,
    (_, name) => `<script>${inScript(parts[name])}</script>`,
  );
}

export const resultsFolder = fileURLToPath(new URL('../results', import.meta.url));

/**
 * Writes JSON alone, and gives the name of the file.
 * @param {string} name @param {{ machine: { date: string } } & Record<string, unknown>} result
 */
export function writeResult(name, result) {
  mkdirSync(resultsFolder, { recursive: true });
  const file = `${resultsFolder}/${name}-${result.machine.date.replace(/[:.]/g, '-')}.json`;
  writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`);
  return file;
}

/**
 * Writes both and gives their names.
 * @param {Report} report
 * @param {Curves[]} [curves] drawn above the tables
 * @param {string} [prefix] of the names
 */
export function writeReport(report, curves = [], prefix = '') {
  mkdirSync(resultsFolder, { recursive: true });
  const stem = `${resultsFolder}/${prefix}${report.machine.date.replace(/[:.]/g, '-')}`;
  writeFileSync(`${stem}.json`, `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(`${stem}.html`, renderPage(report, curves));
  return { json: `${stem}.json`, html: `${stem}.html` };
}
