// @ts-check
// Prints the results as tables on the terminal.
import { Table } from 'console-table-printer';

/** @typedef {import('./summary.mjs').TableSummary} TableSummary */
/** @typedef {import('./summary.mjs').RowSummary} RowSummary */

/** Three significant digits and more where the number is large. @param {number} value */
export function formatNumber(value) {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en');
  return value.toLocaleString('en', { minimumSignificantDigits: 3, maximumSignificantDigits: 3 });
}

/** @param {number | null} value @param {(value: number) => string} format */
const optional = (value, format) => (value === null ? '' : format(value));

/** @param {number} value */
const percent = (value) => `${Math.round(value * 100)} %`;

/** @param {number} microseconds */
function formatLatency(microseconds) {
  return microseconds >= 1000 ? `${formatNumber(microseconds / 1000)} ms` : `${formatNumber(microseconds)} us`;
}

/** @param {RowSummary} row @param {string} unit */
function cells(row, unit) {
  const timed = row.rate !== null;
  return {
    '': row.name,
    [unit]: formatNumber(row.value),
    ratio: optional(row.ratio, (value) => `${value.toFixed(2)}x`),
    '+-': row.samples.length > 1 ? percent(row.spread) : '',
    ...(timed && {
      'in user': optional(row.userShare, percent),
      'rate/s': optional(row.rate, formatNumber),
      'core busy': optional(row.busy, percent),
      p50: optional(row.p50Us, formatLatency),
      p99: optional(row.p99Us, formatLatency),
      ...(row.p999Us !== null && { 'p99.9': formatLatency(row.p999Us) }),
    }),
    ...Object.fromEntries(Object.entries(row.notes).map(([name, value]) => [name, formatNumber(value)])),
  };
}

/** @param {string} title @param {Record<string, string>[]} rows */
export function render(title, rows) {
  const columns = Object.keys(rows[0]).map((name, i) => ({ name, alignment: i === 0 ? 'left' : 'right' }));
  const table = new Table({
    title,
    columns: /** @type {any[]} */ (columns),
    shouldDisableColors: !process.stdout.isTTY,
  });
  table.addRows(rows);
  return table.render();
}

/** @param {TableSummary} summary */
export function renderTable({ title, unit, rows, failures }) {
  const table = rows.map((row) => cells(row, unit));
  const lines = Object.entries(failures).map(([name, reason]) => `${name}: ${reason}`);
  return [...(rows.length > 0 ? [render(title, table)] : [title]), ...lines].join('\n');
}

/** @param {TableSummary[]} summaries @returns {string | null} */
export function renderTargets(summaries) {
  const rows = summaries.flatMap(({ name, unit, targets }) =>
    targets.map(({ row, against, what, atMost, measured, reached }) => ({
      table: name,
      what: against === null ? `${row}, ${what || unit}` : `${row} / ${against}${what && `, ${what}`}`,
      target: against === null ? `<= ${formatNumber(atMost)}` : `<= ${atMost.toFixed(2)}x`,
      measured: against === null ? formatNumber(measured) : `${measured.toFixed(2)}x`,
      '': reached ? 'reached' : 'missed',
    })),
  );
  return rows.length === 0 ? null : render('Targets', rows);
}
