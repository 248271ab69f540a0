// The script of the result page: a plot and a table for each table of the report, and the targets at the end. It runs in
// a browser, after the plot library (Chart) and the report have been defined by the page.
/* global Chart, report, document */

const COLOURS = { ours: '#2563eb', other: '#94a3b8', dot: '#0f172a' };

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

/** Bars are medians; the dots are the rounds, so that their spread can be seen. */
function addPlot({ rows, unit, title }) {
  const box = element('div', { className: 'plot' });
  box.style.height = `${rows.length * 38 + 70}px`;
  const names = rows.map((row) => row.name);
  const rounds = rows.flatMap((row) => row.samples.map((sample) => ({ x: sample.value, y: row.name })));
  new Chart(element('canvas', { parent: box }), {
    data: {
      labels: names,
      datasets: [
        { type: 'scatter', label: 'rounds', data: rounds, backgroundColor: COLOURS.dot, pointRadius: 3 },
        {
          type: 'bar',
          label: 'median',
          data: rows.map((row) => row.value),
          backgroundColor: names.map((name) => (name.startsWith('Reactor') ? COLOURS.ours : COLOURS.other)),
        },
      ],
    },
    options: {
      indexAxis: 'y',
      maintainAspectRatio: false,
      animation: false,
      plugins: { legend: { display: false }, title: { display: false, text: title } },
      scales: {
        x: { beginAtZero: true, title: { display: true, text: unit } },
        y: { type: 'category', labels: names, offset: true },
      },
    },
  });
}

function addFigures({ rows, unit }) {
  const notes = Object.keys(rows[0].notes);
  const header = ['', unit, 'ratio', 'in user space', 'rate/s', 'core busy', 'p50 us', 'p99 us', ...notes];
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
      ...notes.map((note) => formatNumber(row.notes[note])),
    ]),
  );
}

function addTargets(tables) {
  const rows = tables.flatMap(({ name, unit, targets }) =>
    targets.map(({ row, against, atMost, measured, reached }) => [
      name,
      against === null ? `${row}, ${unit}` : `${row} / ${against}`,
      against === null ? formatNumber(atMost) : times(atMost),
      against === null ? formatNumber(measured) : times(measured),
      { text: reached ? 'reached' : 'missed', className: reached ? 'reached' : 'missed' },
    ]),
  );
  if (rows.length === 0) return;
  element('h2', { text: 'Targets' });
  addTable(['table', 'what', 'at most', 'measured', ''], rows);
}

const { machine, options, tables, problems } = report;
document.querySelector('#machine').textContent =
  `${machine.date}: ${machine.cpu}, ${machine.cores} cores, Linux ${machine.kernel}, Node.js ${machine.node}; ` +
  `${options.rounds} round(s) of ${options.windowMs} ms. Bars are medians, dots the rounds; less is better.`;
for (const table of tables) {
  element('h2', { text: table.title });
  addPlot(table);
  addFigures(table);
}
addTargets(tables);
if (problems.length > 0) element('h2', { text: 'Problems' });
for (const problem of problems) element('p', { text: problem, className: 'missed' });
