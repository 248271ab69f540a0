// The script of the result page: a plot and a table for each table of the report, and the targets at the end. It runs
// in a browser, after the report has been defined by the page.
/* global report, document */

function element(name, { text = '', parent = document.querySelector('main'), className = '' } = {}) {
  const made = document.createElement(name);
  made.textContent = text;
  made.className = className;
  parent.append(made);
  return made;
}

function formatNumber(value) {
  if (value === null || value === undefined) return '';
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en');
  return value.toLocaleString('en', { maximumSignificantDigits: 3 });
}

const share = (value) => (value === null ? '' : `${Math.round(value * 100)} %`);
const times = (value) => (value === null ? '' : `${value.toFixed(2)}x`);

function addTable(header, rows) {
  const table = element('table', { parent: element('div', { className: 'scroll' }) });
  const addRow = (cells, tag) => {
    const row = element('tr', { parent: table });
    for (const cell of cells) element(tag, { parent: row, ...(typeof cell === 'string' ? { text: cell } : cell) });
  };
  addRow(header, 'th');
  for (const row of rows) addRow(row, 'td');
}

/** The plot was drawn when the page was made. */
function addPlot(svg) {
  element('div').innerHTML = svg;
}

function addFigures({ rows, unit }) {
  const notes = Object.keys(rows[0].notes);
  const header = ['', unit, 'ratio', 'in user space', 'rate/s', 'core busy', 'p50 us', 'p99 us', 'p99.9 us', ...notes];
  addTable(
    header,
    rows.map((row) => [
      row.name,
      formatNumber(row.value),
      times(row.ratio),
      share(row.userShare),
      formatNumber(row.rate),
      share(row.busy),
      formatNumber(row.p50Us),
      formatNumber(row.p99Us),
      formatNumber(row.p999Us),
      ...notes.map((note) => formatNumber(row.notes[note])),
    ]),
  );
}

function addTargets(tables) {
  const rows = tables.flatMap(({ name, unit, targets }) =>
    targets.map(({ row, against, what, atMost, measured, reached }) => [
      name,
      against === null ? `${row}, ${what || unit}` : `${row} / ${against}${what && `, ${what}`}`,
      against === null ? formatNumber(atMost) : times(atMost),
      against === null ? formatNumber(measured) : times(measured),
      { text: reached ? 'reached' : 'missed', className: reached ? 'reached' : 'missed' },
    ]),
  );
  if (rows.length === 0) return;
  element('h2', { text: 'Targets' });
  addTable(['table', 'what', 'at most', 'measured', ''], rows);
}

function addLines(heading, lines, className = '') {
  if (lines.length > 0) element('h2', { text: heading });
  for (const line of lines) element('p', { text: line, className });
}

const { title, machine, options, settings = {}, tables, plots, omitted, problems } = report;
document.title = title;
document.querySelector('h1').textContent = title;
document.querySelector('#machine').textContent =
  `${machine.date}: ${machine.cpu}, ${machine.cores} cores, Linux ${machine.kernel}, Node.js ${machine.node}; ` +
  `${options.rounds} round(s) of ${options.windowMs} ms. Bars are medians, dots the rounds; less is better.`;
for (const plot of plots) addPlot(plot);
for (const table of tables) {
  element('h2', { text: table.title });
  if (table.rows.length > 0) {
    addPlot(table.plot);
    addFigures(table);
  }
  for (const [row, reason] of Object.entries(table.failures)) {
    element('p', { text: `${row}: ${reason}`, className: 'missed' });
  }
}
addTargets(tables);
addLines(
  'Settings',
  Object.entries(settings).map(([name, text]) => `${name}: ${text}`),
);
addLines('Left out', omitted);
addLines('Problems', problems, 'missed');
