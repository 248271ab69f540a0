// @ts-check
// Writes docs/c10k.md and its plots from the result of one run. Nothing in them is written by hand, so that all
// figures have one age.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { repository } from '../harness/requirements.mjs';
import { series, WINDOW_MS_EACH } from '../trials/c10k.mjs';
import { connectionsOf, curvesOf, figureAt, figures, rowNames } from './curves.mjs';
import { resultsFolder } from './files.mjs';
import { drawCurves } from './plots.mjs';
import { formatNumber } from './terminal.mjs';

/** @typedef {import('./summary.mjs').TableSummary} TableSummary */
/**
 * @typedef {{
 *   title: string, machine: ReturnType<typeof import('../harness/machine.mjs').describeMachine>, command: string,
 *   options: { rounds: number, warmupMs: number, windowMs: number }, settings: Record<string, string>,
 *   tables: TableSummary[], omitted: string[], problems: string[],
 * }} C10kReport
 */

/** The newest result. @returns {C10kReport} */
function lastReport() {
  const names = readdirSync(resultsFolder).filter((name) => /^c10k-\d.*\.json$/.test(name));
  const last = names.sort().at(-1);
  if (last === undefined) throw new Error('There is no result yet: run npm run bench:c10k first');
  return JSON.parse(readFileSync(path.join(resultsFolder, last), 'utf8'));
}

/** @param {string[]} lines */
const list = (lines) => lines.map((line) => `- ${line}`).join('\n');

/** @param {string[]} header @param {string[][]} rows */
function table(header, rows) {
  const line = (/** @type {string[]} */ cells) => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}

/**
 * One figure of one series: peers down, connections across; the least in bold (of rates the most).
 * @param {TableSummary[]} tables
 * @param {import('./curves.mjs').Figure} figure
 */
function figureTable(tables, figure) {
  const names = rowNames(tables);
  const columns = tables.map((point) => names.map((name) => figureAt(point, name, figure)));
  const best = columns.map((column) => {
    const values = column.filter((value) => value !== null);
    return figure.key === 'rate' ? Math.max(...values) : Math.min(...values);
  });
  const cell = (/** @type {number} */ column, /** @type {number} */ row) => {
    const value = columns[column][row];
    if (value === null) return names[row] in tables[column].failures ? 'failed' : '';
    return value === best[column] ? `**${formatNumber(value)}**` : formatNumber(value);
  };
  return table(
    [figure.unit, ...tables.map((point) => connectionsOf(point).toLocaleString('en'))],
    names.map((name, row) => [name, ...columns.map((_, column) => cell(column, row))]),
  );
}

/** @param {C10kReport} report @param {string} name @param {string} title */
function seriesSection({ tables }, name, title) {
  const points = tables.filter(({ suite }) => suite === name);
  if (points.length === 0) return [];
  const drawn = figures.filter(({ key }) => `${name}-${key}` in curvesOf(tables));
  const parts = drawn.flatMap((figure) => [
    `### ${figure.title}, ${title}`,
    `![${figure.title}, ${title}](c10k/${name}-${figure.key}.svg)`,
    figureTable(points, figure),
  ]);
  const failures = points.flatMap(({ title: point, failures: reasons }) =>
    Object.entries(reasons).map(([row, reason]) => `${row}, ${point}: ${reason}`),
  );
  const stopped = failures.length === 0 ? [] : [`### Where they stopped, ${title}`, list(failures)];
  return [`## ${title[0].toUpperCase()}${title.slice(1)}`, ...parts, ...stopped];
}

/** @param {TableSummary[]} tables */
function targetTable(tables) {
  const rows = tables.flatMap(({ suite, title, targets }) =>
    targets.map(({ row, against, what, atMost, measured, reached }) => [
      `${title} (${suite})`,
      `${row} / ${against}, ${what || 'CPU per request'}`,
      `${atMost.toFixed(2)}x`,
      `${measured.toFixed(2)}x`,
      reached ? 'reached' : '**missed**',
    ]),
  );
  return rows.length === 0
    ? 'None of these points has a target.'
    : table(['point', 'what', 'at most', 'measured', ''], rows);
}

/** What no figure tells: true whatever was measured. */
const differences = [
  'C over epoll, C threads, C processes and Java NIO are floors, not web servers: they look for the end of a request and ' +
    'for its `Connection`, and copy a response that is ready. All others parse every field.',
  'The Reactor, node:net and node:http run JavaScript for every request; the first two parse by llhttp in WebAssembly. Bun ' +
    'and uWebSockets.js parse in native code, Bun answers from there as well, and nginx from its configuration.',
  'With one active connection a server falls asleep before each request. What that costs, and waking up, is the ' +
    "kernel's and the same for all: the smaller the rest, the closer together they are.",
  'A thread or a process for each connection costs little while few are active, and then what the scheduler takes.',
];

/** @param {C10kReport} report */
function render(report) {
  const { machine, command, options, settings, tables, omitted, problems } = report;
  const seconds = options.windowMs / 1000;
  const absent = [...new Set(omitted.map((line) => line.replace(/^[^,]*, /, '')))];
  return [
    '# The C10K curve',
    `Hello world over HTTP/1.1 on connections that stay open. Made by \`${command}\` on ${machine.date.slice(0, 10)}: ${machine.cpu}, ` +
      `${machine.cores} cores, ${formatNumber(machine.memoryBytes / 2 ** 30)} GiB, Linux ${machine.kernel}, Node.js ${machine.node}; ` +
      `load average before the run ${machine.loadBefore.toFixed(2)}. Server on core ${machine.pinned.server}, load on core ${machine.pinned.load}. ` +
      `Medians of ${options.rounds} rounds of ${seconds} s, and of at least ${WINDOW_MS_EACH} ms for each active connection. This page is written by \`npm run bench:c10k -- --docs\`; ` +
      'how it is measured stands in bench/README.md.',
    'CPU time is that of all threads and processes of the server, in user space and in the kernel. The best of each column is ' +
      'bold. Latencies with all connections active are those of a closed loop: most of them is waiting for the others.',
    '## Targets',
    targetTable(tables),
    '## What the servers do differently',
    list(differences),
    ...Object.entries(series).flatMap(([name, { title }]) => seriesSection(report, name, title)),
    '## How each server was run',
    list(Object.entries(settings).map(([name, text]) => `**${name}**: ${text}`)),
    ...(absent.length > 0 ? ['Not installed, and therefore missing here:', list(absent)] : []),
    ...(problems.length > 0 ? ['## Problems', list(problems)] : []),
  ].join('\n\n');
}

/** Writes the page and its plots, and gives the page's name. @param {C10kReport} [report] @param {string} [folder] */
export function writeDocs(report = lastReport(), folder = path.join(repository, 'docs')) {
  mkdirSync(path.join(folder, 'c10k'), { recursive: true });
  for (const [name, curves] of Object.entries(curvesOf(report.tables))) {
    writeFileSync(path.join(folder, 'c10k', `${name}.svg`), `${drawCurves(curves)}\n`);
  }
  const file = path.join(folder, 'c10k.md');
  writeFileSync(file, `${render(report)}\n`);
  return file;
}
