// @ts-check
// Draws plots as SVG, without a browser, for the page of a report and for the documentation.
import * as echarts from 'echarts';

/**
 * `place` is its place among all, which decides its colour in every plot.
 * @typedef {{ name: string, place: number, points: [number, number][] }} Line
 */
/** @typedef {{ title: string, xTitle: string, yTitle: string, lines: Line[] }} Curves */

const WIDTH = 920;
const COLOURS = { reactor: '#2563eb', other: '#94a3b8', dot: '#0f172a' };
/** Colours that the eye tells apart in this order. The Reactor's is not among them. */
const PALETTE = [
  ['#111827', '#dc2626', '#059669', '#d97706', '#7c3aed', '#0891b2', '#be185d', '#65a30d'],
  ['#92400e', '#475569', '#ea580c', '#0d9488', '#a21caf', '#4d7c0f', '#b91c1c', '#1e3a8a'],
].flat();
const SYMBOLS = ['circle', 'rect', 'triangle', 'diamond'];

/** @param {number} height @param {import('echarts').EChartsOption} option */
function draw(height, option) {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height });
  try {
    chart.setOption({ animation: false, backgroundColor: '#ffffff', ...option });
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}

/** @param {string} name */
const isReactor = (name) => name.startsWith('Reactor');

/**
 * A table: bars are medians, the dots are the rounds, so that their spread can be seen.
 * @param {import('./summary.mjs').TableSummary} table
 */
export function drawBars({ rows, unit }) {
  return draw(rows.length * 38 + 60, {
    grid: { left: 170, right: 30, top: 10, bottom: 45 },
    xAxis: { type: 'value', name: unit, nameLocation: 'middle', nameGap: 28 },
    yAxis: { type: 'category', inverse: true, data: rows.map(({ name }) => name) },
    series: [
      {
        type: 'bar',
        data: rows.map(({ name, value }) => ({
          value,
          itemStyle: { color: isReactor(name) ? COLOURS.reactor : COLOURS.other },
        })),
      },
      {
        type: 'scatter',
        symbolSize: 6,
        itemStyle: { color: COLOURS.dot },
        data: rows.flatMap(({ name, samples }) => samples.map(({ value }) => [value, name])),
      },
    ],
  });
}

/** Ticks at powers of two where powers of ten would be too few. @param {Line[]} lines */
function baseFor(lines) {
  const values = lines.flatMap(({ points }) => points.map(([, value]) => value));
  return Math.max(...values) / Math.min(...values) < 1000 ? 2 : 10;
}

/** Draws lines over logarithmic axes, the Reactor's above the others. @param {Curves} curves */
export function drawCurves({ title, xTitle, yTitle, lines }) {
  const axis = { type: /** @type {const} */ ('log'), nameLocation: /** @type {const} */ ('middle') };
  const format = (/** @type {number} */ value) => value.toLocaleString('en', { maximumSignificantDigits: 6 });
  return draw(520, {
    title: { text: title, left: 'center', textStyle: { fontSize: 15 } },
    legend: { orient: 'vertical', left: WIDTH - 175, top: 'middle', itemGap: 7 },
    grid: { left: 80, right: 200, top: 40, bottom: 50 },
    xAxis: { ...axis, name: xTitle, nameGap: 30, min: 'dataMin', max: 'dataMax', axisLabel: { formatter: format } },
    yAxis: { ...axis, logBase: baseFor(lines), name: yTitle, nameGap: 58, axisLabel: { formatter: format } },
    series: lines.map(({ name, place, points }) => {
      const colour = isReactor(name) ? COLOURS.reactor : PALETTE[place % PALETTE.length];
      return {
        name,
        type: 'line',
        data: points,
        symbol: SYMBOLS[place % SYMBOLS.length],
        symbolSize: isReactor(name) ? 9 : 6,
        lineStyle: { color: colour, width: isReactor(name) ? 3.5 : 1.5 },
        itemStyle: { color: colour },
        z: isReactor(name) ? 10 : 2,
      };
    }),
  });
}
