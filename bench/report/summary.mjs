// @ts-check
// Turns the samples of all rounds into medians and ratios, and compares them with the targets. A ratio is the median
// of the rounds' own ratios, so that one slow round does not count.
import { median, spread } from '../harness/stats.mjs';

/** @typedef {import('../harness/types.mjs').Table<any>} Table */
/** @typedef {import('../harness/types.mjs').Sample} Sample */
/** @typedef {Map<string, Sample[]>} Samples by row, one a round */
/**
 * `what` says of which figure, where it is not the value.
 * @typedef {{
 *   row: string, against: string | null, what: string, atMost: number, measured: number, reached: boolean,
 * }} Verdict
 */
/**
 * @typedef {{
 *   name: string, value: number, spread: number, ratio: number | null,
 *   userShare: number | null, rate: number | null, busy: number | null, p50Us: number | null,
 *   p99Us: number | null, p999Us: number | null,
 *   notes: Record<string, number>, samples: Sample[],
 * }} RowSummary
 */
/**
 * `failures` has the reasons of rows that could not be measured, by name.
 * @typedef {{
 *   name: string, suite: string, title: string, unit: string, rows: RowSummary[], targets: Verdict[],
 *   failures: Record<string, string>,
 * }} TableSummary
 */

/** @param {Sample[]} samples @param {(sample: Sample) => number | undefined} pick */
function medianOf(samples, pick) {
  const values = samples.map(pick).filter((value) => value !== undefined && Number.isFinite(value));
  return values.length === 0 ? null : median(/** @type {number[]} */ (values));
}

/** `value`, `p99Us`, or the name of a note. @param {Sample} sample @param {string} figure @returns {number} */
function figureOf(sample, figure) {
  const known = figure === 'value' || figure === 'p99Us' ? sample[figure] : sample.notes?.[figure];
  return known ?? Number.NaN;
}

/** @param {Sample[]} samples @param {Sample[]} others @param {string} [figure] @returns {number | null} */
function ratioOf(samples, others, figure = 'value') {
  const rounds = Math.min(samples.length, others.length);
  const ratios = samples.slice(0, rounds).map((sample, i) => figureOf(sample, figure) / figureOf(others[i], figure));
  const finite = ratios.filter(Number.isFinite);
  return finite.length === 0 ? null : median(finite);
}

/**
 * @param {Sample} sample
 * @param {'userSeconds' | 'operations' | 'cpuSeconds'} over
 * @param {'cpuSeconds' | 'seconds'} under
 */
function quotient(sample, over, under) {
  const [a, b] = [sample[over], sample[under]];
  return a === undefined || b === undefined ? undefined : a / b;
}

/** @param {Sample} sample */
function userShare({ userSeconds, systemSeconds }) {
  if (userSeconds === undefined || systemSeconds === undefined) return undefined;
  return userSeconds / (userSeconds + systemSeconds);
}

/** @param {string} name @param {Sample[]} samples @param {Sample[] | undefined} floor @returns {RowSummary} */
function summariseRow(name, samples, floor) {
  const noteNames = Object.keys(samples[0].notes ?? {});
  const notes = noteNames.map((note) => [note, medianOf(samples, (sample) => sample.notes?.[note])]);
  return {
    name,
    value: median(samples.map((sample) => sample.value)),
    spread: spread(samples.map((sample) => sample.value)),
    ratio: floor === undefined ? null : ratioOf(samples, floor),
    userShare: medianOf(samples, userShare),
    rate: medianOf(samples, (sample) => quotient(sample, 'operations', 'seconds')),
    busy: medianOf(samples, (sample) => quotient(sample, 'cpuSeconds', 'seconds')),
    p50Us: medianOf(samples, (sample) => sample.p50Us),
    p99Us: medianOf(samples, (sample) => sample.p99Us),
    p999Us: medianOf(samples, (sample) => sample.p999Us),
    notes: Object.fromEntries(notes),
    samples,
  };
}

/**
 * @param {import('../harness/types.mjs').Target} target
 * @param {Samples} samples
 * @returns {Verdict[]} one, or none if a row is missing
 */
function judge({ row, against, atMost, figure = 'value' }, samples) {
  const own = samples.get(row);
  const other = against === undefined ? undefined : samples.get(against);
  if (own === undefined || (against !== undefined && other === undefined)) return [];
  const measured =
    other === undefined ? medianOf(own, (sample) => figureOf(sample, figure)) : ratioOf(own, other, figure);
  if (measured === null) return [];
  const what = { value: '', p99Us: 'p99' }[figure] ?? figure;
  return [{ row, against: against ?? null, what, atMost, measured, reached: measured <= atMost }];
}

/**
 * @param {import('../harness/measure.mjs').Planned} planned rows without a sample are left out
 * @returns {TableSummary}
 */
export function summarise({ table: { name, suite, title, unit, rows, targets }, samples, failures }) {
  const good = new Map([...samples].filter(([row]) => !failures.has(row)));
  const floor = good.get(rows[0].name);
  return {
    name,
    suite,
    title,
    unit,
    rows: rows.flatMap(({ name: row }) => {
      const own = good.get(row);
      return own === undefined ? [] : [summariseRow(row, own, floor)];
    }),
    targets: targets.flatMap((/** @type {import('../harness/types.mjs').Target} */ target) => judge(target, good)),
    failures: Object.fromEntries(failures),
  };
}
