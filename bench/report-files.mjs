// @ts-check
// The results as files in bench/results/: JSON with every sample, and a page with plots that needs nothing beside it
// (the plot library is inlined).
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** @param {string} relative */
const read = (relative) => readFileSync(new URL(relative, import.meta.url), 'utf8');

/** Text that may stand inside <script>. @param {string} code */
const inScript = (code) => code.replaceAll('</script', '<\\/script').replaceAll('<!--', '<\\!--');

/** @param {object} report */
function renderPage(report) {
  const library = readFileSync(new URL('chart.umd.min.js', import.meta.resolve('chart.js')), 'utf8');
  const parts = /** @type {Record<string, string>} */ ({
    library,
    data: `const report = ${JSON.stringify(report)};`,
    script: read('page/page.js'),
  });
  return read('page/page.html').replace(
    /<script data-part="(\w+)"><\/script>/g,
    (_, name) => `<script>${inScript(parts[name])}</script>`,
  );
}

/** Writes both and gives their names. @param {{ machine: { date: string } } & Record<string, unknown>} report */
export function writeReport(report) {
  const folder = fileURLToPath(new URL('results', import.meta.url));
  mkdirSync(folder, { recursive: true });
  const stem = `${folder}/${report.machine.date.replace(/[:.]/g, '-')}`;
  writeFileSync(`${stem}.json`, `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(`${stem}.html`, renderPage(report));
  return { json: `${stem}.json`, html: `${stem}.html` };
}
