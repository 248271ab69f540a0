// @ts-check
// Defines the vocabulary of the bench, as types. A table compares rows by one trial. A row is a peer or a way of
// working. A sample is one measurement of one row. To add a peer, write a file in peers/ and put it into the rows of
// its table.

/** @typedef {import('./requirements.mjs').Requirement} Requirement */
/** @typedef {import('./processes.mjs').Server} Server */

/**
 * What a run of the bench shares with its trials.
 *
 * @typedef {object} Bench
 * @property {{ server: number, load: number, shared: boolean }} cores
 * @property {string} directory a temporary folder, removed at the end
 * @property {number} warmupMs load once, before the first round: compilers need it
 * @property {number} windowMs the measured window of a round
 * @property {boolean} [smoke] counts are to be as small as they can be: only whether it works is of interest
 */

/**
 * `mayStop`: where the row gives up is a result, and no failure of the bench. `once`: one round has to do.
 *
 * @typedef {{ name: string, requires: Requirement[], mayStop?: boolean, once?: boolean }} Row
 */

/**
 * Connections that a server has to hold, and how many of them have a request on its way at a time.
 *
 * @typedef {{ connections: number, active: number }} Crowd
 */

/**
 * A program that is measured. `start` resolves when it listens; the pid is that of the process whose CPU counts.
 *
 * @typedef {Row & DriverOnly} Driver
 * @typedef {object} DriverOnly
 * @property {(bench: Bench, crowd?: Crowd) => Promise<Server>} start
 * @property {string} [settings] how it is run, for the report
 * @property {string[]} [version] a command that tells the version
 * @property {boolean} [jit] its code is compiled while it runs: it needs the whole warm-up
 * @property {boolean} [sized] it makes its processes or threads before the connections come, so it is started anew for
 *     each
 *   measurement, and ended after it
 */

/**
 * One measurement.
 *
 * @typedef {object} Sample
 * @property {number} value what rows are compared by; less is better
 * @property {string[]} problems what was wrong; any makes the bench fail
 * @property {number} [operations]
 * @property {number} [seconds]
 * @property {number} [cpuSeconds]
 * @property {number} [userSeconds]
 * @property {number} [systemSeconds]
 * @property {number} [p50Us]
 * @property {number} [p99Us]
 * @property {number} [p999Us]
 * @property {Record<string, number>} [notes] further figures, shown under their names
 */

/**
 * A row that is ready to be measured, once a round: the same process in all rounds.
 *
 * @typedef {object} Session
 * @property {() => Promise<void>} [warmUp]
 * @property {() => Promise<Sample>} measure
 * @property {() => Promise<void>} [close]
 */

/**
 * What a row is meant to reach: its value (or its p99, or the note of that name), or the ratio to another row's, is at
 * most that.
 *
 * @typedef {{ row: string, against?: string, atMost: number, figure?: string }} Target
 */

/**
 * @template {Row} [R=Row]
 * @typedef {object} Table
 * @property {string} name for --only
 * @property {string} suite for --only
 * @property {string} title
 * @property {string} unit of the value
 * @property {Requirement[]} requires what the load needs
 * @property {boolean} [once] one round is enough: the value is a count, not a time
 * @property {boolean} [separate] measured only where --only names it
 * @property {number} [connections] fds that one process holds at once, if not with --smoke
 * @property {R[]} rows the first one is the floor
 * @property {(row: R, bench: Bench) => Promise<Session>} open
 * @property {Target[]} targets
 */

export {};
