// @ts-check
// The vocabulary of the bench, as types only. A table compares rows by one trial; a row is a peer or a way of working; a
// sample is one measurement of one row. To add a peer, write a driver and put it into the rows of its table.

/** @typedef {import('./requirements.mjs').Requirement} Requirement */
/** @typedef {import('./processes.mjs').Server} Server */

/**
 * What a run of the bench shares with its trials.
 * @typedef {{
 *   cores: { server: number, load: number, shared: boolean },
 *   directory: string,       a temporary folder, removed at the end
 *   warmupMs: number,        load before the measured window
 *   windowMs: number,        the measured window
 * }} Bench
 */

/**
 * A program that is measured. `start` resolves when it listens; pid is the process whose CPU counts.
 * @typedef {{ name: string, requires: Requirement[], start: (bench: Bench) => Promise<Server> }} Driver
 */

/** @typedef {{ name: string, requires: Requirement[] }} Row */

/**
 * One measurement. `value` is what rows are compared by, less is better; problems make the bench fail.
 * @typedef {{
 *   value: number,
 *   problems: string[],
 *   operations?: number, seconds?: number,
 *   cpuSeconds?: number, userSeconds?: number, systemSeconds?: number,
 *   p50Us?: number, p99Us?: number,
 *   notes?: Record<string, number>,   further figures, shown under their names
 * }} Sample
 */

/**
 * What a row is meant to reach: its value, or its ratio to another row's value, is at most that.
 * @typedef {{ row: string, against?: string, atMost: number }} Target
 */

/**
 * @template {Row} [R=Row]
 * @typedef {{
 *   name: string,             for --only
 *   suite: string,            for --only
 *   title: string,
 *   unit: string,             of value
 *   requires: Requirement[],  of the load
 *   connections?: number,     fds that each side needs
 *   rows: R[],                the first one is the floor
 *   measure: (row: R, bench: Bench) => Promise<Sample>,
 *   targets: Target[],
 * }} Table
 */

export {};
