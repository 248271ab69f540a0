// @ts-check
// Turns the points of the C10K curve into curves, and finds what only several points together show.
import { MEMORY, series } from '../trials/c10k.mjs';

/** @typedef {import('./summary.mjs').TableSummary} TableSummary */
/** @typedef {import('./summary.mjs').RowSummary} RowSummary */
/** @typedef {import('./plots.mjs').Curves} Curves */
/** @typedef {{ key: string, title: string, unit: string, pick: (row: RowSummary) => number | null }} Figure */

/**
 * The growth of the cost is counted from the first point with so many connections and so many of them active: with
 * fewer
 * active, a request costs most of all falling asleep and waking up, which is the same for every server and comes to an
 * end.
 */
const CROWD = 100;
const CROWD_ACTIVE = 10;
/** Fewer connections are lost in the noise of a heap. */
const CROWD_IN_MEMORY = 1000;
/** Two runs of the same server differ by this much. */
const PRECISION = 1.05;

/** @param {number | null} microseconds */
const inMs = (microseconds) => (microseconds === null ? null : microseconds / 1000);

/** What is told of each peer at each point. @type {Figure[]} */
export const figures = [
  { key: 'cpu', title: 'CPU time of the server per request', unit: 'microseconds', pick: ({ value }) => value },
  { key: 'rate', title: 'Requests per second', unit: 'requests/s', pick: ({ rate }) => rate },
  { key: 'p50', title: 'Latency, median', unit: 'ms', pick: ({ p50Us }) => inMs(p50Us) },
  { key: 'p99', title: 'Latency, 99th percentile', unit: 'ms', pick: ({ p99Us }) => inMs(p99Us) },
  { key: 'p999', title: 'Latency, 99.9th percentile', unit: 'ms', pick: ({ p999Us }) => inMs(p999Us) },
  {
    key: 'memory',
    title: 'Memory of the server per connection',
    unit: 'bytes',
    pick: ({ notes }) => notes[MEMORY] ?? null,
  },
];

/** @param {TableSummary} table */
export const connectionsOf = ({ name }) => Number(name.replace(/^\w+-/, ''));

/** The names of all rows, in their order. @param {TableSummary[]} tables */
export const rowNames = (tables) => [
  ...new Set(tables.flatMap(({ rows, failures }) => [...rows.map(({ name }) => name), ...Object.keys(failures)])),
];

/**
 * A figure at a point; null if it was not measured, or if a heap shrank while connections came.
 * @param {TableSummary} table @param {string} name @param {Figure} figure
 */
export function figureAt(table, name, { key, pick }) {
  if (key === 'memory' && connectionsOf(table) < CROWD_IN_MEMORY) return null;
  const row = table.rows.find((candidate) => candidate.name === name);
  const value = row === undefined ? null : pick(row);
  return value === null || value <= 0 ? null : value;
}

/** @param {TableSummary[]} tables of one series @param {string} title @param {Figure} figure @returns {Curves} */
function curvesFor(tables, title, figure) {
  const lines = rowNames(tables).map((name, place) => {
    const points = tables.map((table) => [connectionsOf(table), figureAt(table, name, figure)]);
    const drawn = points.filter(([, value]) => value !== null);
    return { name, place, points: /** @type {[number, number][]} */ (drawn) };
  });
  return {
    title: `${figure.title}: ${title}`,
    xTitle: 'connections',
    yTitle: figure.unit,
    lines: lines.filter(({ points }) => points.length > 0),
  };
}

/** The curves of each series, by `series-figure`. @param {TableSummary[]} tables @returns {Record<string, Curves>} */
export function curvesOf(tables) {
  const all = Object.entries(series).flatMap(([name, { title }]) => {
    const points = tables.filter(({ suite }) => suite === name);
    return figures.map((figure) => /** @type {const} */ ([`${name}-${figure.key}`, curvesFor(points, title, figure)]));
  });
  return Object.fromEntries(all.filter(([, { lines }]) => lines.length > 0));
}

/** @param {TableSummary | undefined} table @param {string} name */
const valueAt = (table, name) => table?.rows.find((row) => row.name === name)?.value;

/** @param {TableSummary} table */
function isCrowd(table) {
  const connections = connectionsOf(table);
  const { active } = series[/** @type {import('../trials/c10k.mjs').Series} */ (table.suite)];
  return connections >= CROWD && active(connections) >= CROWD_ACTIVE;
}

/**
 * The tables with one more verdict: with a crowd of connections, the Reactor's CPU time per request grows no faster
 * than that of C over epoll.
 * @param {TableSummary[]} tables
 */
export function withGrowth(tables) {
  const [row, against] = ['Reactor', 'C epoll'];
  return tables.map((table) => {
    const start = tables.find((other) => other.suite === table.suite && isCrowd(other));
    const [own, other] = [row, against].map((name) => (valueAt(table, name) ?? NaN) / (valueAt(start, name) ?? NaN));
    const measured = own / other;
    if (start === undefined || connectionsOf(table) <= connectionsOf(start) || !Number.isFinite(measured)) return table;
    const what = `growth since ${connectionsOf(start).toLocaleString('en')} connections`;
    const verdict = { row, against, what, atMost: PRECISION, measured, reached: measured <= PRECISION };
    return { ...table, targets: [...table.targets, verdict] };
  });
}
