// @ts-check
// Writes the results as rows of text, for the terminal and docs/c10m.md.
import { formatNumber } from '../report/terminal.mjs';

/** @typedef {import('./types.mjs').ConnectionsResult} ConnectionsResult */
/** @typedef {import('./types.mjs').RegistrationsResult} RegistrationsResult */
/** @typedef {import('./types.mjs').Stage} Stage */
/** @typedef {import('./types.mjs').FloorStage} FloorStage */
/** @typedef {import('./types.mjs').EventCost} EventCost */
/** @typedef {Record<string, string>} Row */

const USER_BYTES_A_CONNECTION = 128;
const USER_BYTES_A_REGISTRATION = 96;
/** The cost of an event with all registrations over that with this many. */
const BASE = 10_000;
const MAX_GROWTH = 1.5;
const CACHES_SHOWN = 8;
/** From here on it is no share: User-Mode Linux counts all time as the program's own, but for a tick now and then. */
const ALL_OF_IT = 0.95;
/** With fewer, what a process has anyway is much of what each of them would seem to take. */
const ENOUGH_CONNECTIONS = 10_000;
const ENOUGH_REGISTRATIONS = 100_000;

/** @param {number} value @param {number} most @param {boolean} enough whether there are enough to tell */
function judged(value, most, enough) {
  if (!enough) return 'too few to tell';
  return value <= most ? 'met' : 'missed';
}

const count = (/** @type {number} */ value) => value.toLocaleString('en');
const bytes = (/** @type {number} */ value) => `${formatNumber(value)} B`;
const mebibytes = (/** @type {number} */ value) => `${formatNumber(value / 1024 ** 2)} MiB`;

/** @param {number} nanoseconds */
const duration = (nanoseconds) =>
  nanoseconds < 1000 ? `${formatNumber(nanoseconds)} ns` : `${formatNumber(nanoseconds / 1000)} us`;

/** What the heap, typed arrays and the add-on hold. @param {import('./types.mjs').MemoryOfEach} memory */
export const userBytes = ({ heapBytes, externalBytes, nativeBytes }) => heapBytes + externalBytes + nativeBytes;

/** @param {import('./types.mjs').MemoryOfEach} memory */
const parts = ({ heapBytes, externalBytes, nativeBytes }) =>
  `heap ${formatNumber(heapBytes)}, typed arrays ${formatNumber(externalBytes)}, native ${formatNumber(nativeBytes)}`;

/** @param {ConnectionsResult} result @returns {Row[]} */
export function connectionRows(result) {
  const { connections, clients, connectSeconds, pinged, active, userSpace, serverBytes, kernelPair, idleTurn } = result;
  const user = userBytes(userSpace);
  const caches = Object.entries(kernelPair.caches ?? {}).slice(0, CACHES_SHOWN);
  const answers = `${count(pinged.answered)} in ${formatNumber(pinged.seconds)} s`;
  const cpu = duration((active.serverCpuSeconds / Math.max(1, active.roundTrips)) * 1e9);
  const share = active.userShare < ALL_OF_IT ? `, ${Math.round(active.userShare * 100)} % of it in user space` : '';
  const rows = [
    ['connections held', count(connections), `by one process and one Reactor; clients: ${clients}`],
    ['connected', `${formatNumber(connections / connectSeconds)} a second`, `${formatNumber(connectSeconds)} s in all`],
    ['answered a message', answers, pinged.answered === connections ? 'all of them' : 'NOT all of them'],
    [
      `round trips while ${count(active.connections)} are active`,
      `${formatNumber(active.roundTrips / active.seconds)} a second`,
      `server CPU ${cpu} each${share}`,
    ],
    [
      'user space, a connection',
      bytes(user),
      `${parts(userSpace)}; at most ${USER_BYTES_A_CONNECTION}: ${judged(user, USER_BYTES_A_CONNECTION, connections >= ENOUGH_CONNECTIONS)}`,
    ],
    [
      'the server process',
      `${mebibytes(serverBytes.resident)} resident`,
      `anonymous memory; proportional set ${mebibytes(serverBytes.proportional)}`,
    ],
    [
      'kernel, both ends of a connection',
      bytes(kernelPair.slab),
      `slab; available memory fell by ${bytes(kernelPair.available)} beside the server's own`,
    ],
    ...caches.map(([name, each]) => [`  of it ${name}`, bytes(each), '']),
    ['a turn that finds nothing', duration(idleTurn.all), `without connections ${duration(idleTurn.none)}`],
  ];
  return rows.map(([figure, value, note]) => ({ figure, value, note }));
}

/** @param {EventCost} cost */
const whole = ({ write, turn, read }) => write + turn + read;

const perSecond = (/** @type {number | null} */ rate) => (rate === null ? '' : formatNumber(rate));

/** Registering, and what it takes. @param {RegistrationsResult} result @returns {Row[]} */
export const stageRows = ({ stages, floor }) =>
  stages.map(({ registered, registrationsPerSecond, memory, kernelBytes, idleTurn }, i) => ({
    registered: count(registered),
    'a second': perSecond(registrationsPerSecond),
    'a second, C': perSecond(floor[i].registrationsPerSecond),
    'user space each': memory === null ? '' : bytes(userBytes(memory)),
    'kernel each': kernelBytes === null ? '' : bytes(kernelBytes),
    'a turn that finds nothing': duration(idleTurn),
  }));

/** @typedef {'nearFds' | 'sameFds' | 'otherFds'} Series */

/** What an event costs. @param {RegistrationsResult} result @returns {Row[]} */
export const eventRows = ({ stages, floor }) =>
  stages.map((stage, i) => {
    const turns = (/** @type {Series} */ series) =>
      `${duration(stage[series].turn)} (C ${duration(floor[i][series].turn)})`;
    const all = (/** @type {Series} */ series) =>
      `${duration(whole(stage[series]))} (C ${duration(whole(floor[i][series]))})`;
    return {
      registered: count(stage.registered),
      active: count(stage.nearFds.active),
      'close together: turn': turns('nearFds'),
      'with write and read': all('nearFds'),
      'spread: turn': turns('sameFds'),
      'with write, read': all('sameFds'),
      'others each round: turn': turns('otherFds'),
    };
  });

/** @param {RegistrationsResult} result @returns {Row[]} */
export function registrationRows({ registrations, creationSeconds, kernelBytesOfFd, stages, floor }) {
  const last = /** @type {Stage} */ (stages.at(-1));
  const enough = registrations >= ENOUGH_REGISTRATIONS;
  const base = stages.findIndex(({ registered }) => registered === BASE);
  const rows = [
    [
      'eventfds made',
      `${formatNumber(registrations / creationSeconds)} a second`,
      `${formatNumber(creationSeconds)} s`,
    ],
    ['kernel, an eventfd', bytes(kernelBytesOfFd), 'slab, before it is watched'],
  ];
  if (last.memory !== null) {
    const user = userBytes(last.memory);
    const verdict = judged(user, USER_BYTES_A_REGISTRATION, enough);
    const note = `${parts(last.memory)}; at most ${USER_BYTES_A_REGISTRATION}: ${verdict}`;
    rows.push(['user space, a registration', bytes(user), note]);
  }
  if (base >= 0 && base < stages.length - 1) {
    const growth = (/** @type {FloorStage[]} */ of, /** @type {Series} */ series) =>
      of[of.length - 1][series].turn / of[base][series].turn;
    /** @param {string} figure @param {Series} series @param {string} note */
    const compare = (figure, series, note) => {
      const own = growth(stages, series);
      const inC = `C ${growth(floor, series).toFixed(2)}x`;
      rows.push([
        figure,
        `${own.toFixed(2)}x`,
        `${note}; ${inC}; at most ${MAX_GROWTH}x: ${judged(own, MAX_GROWTH, enough)}`,
      ]);
    };
    compare(`a turn's time for an event, over that at ${count(BASE)}`, 'nearFds', 'the same fds, others idle');
    compare('the same, active ones spread over all', 'sameFds', 'each in memory of its own, which no cache holds');
  }
  return rows.map(([figure, value, note]) => ({ figure, value, note }));
}
