/**
 * Promises over a reactor: timers, signals, wake-ups and datagrams to `await` and to iterate. Drive the reactor by
 * `attach()`: no promise proceeds inside `run()`, and a wait there throws.
 *
 * @module fdreactor/async
 */
export { type Datagram, type DatagramOptions, type DatagramSocket, datagrams } from './async/datagram-socket.js';
export type { EventIterator, WaitOptions } from './async/event-iterator.js';
export { interval } from './async/interval.js';
export { signals } from './async/signals.js';
export { type SleepOptions, sleep } from './async/sleep.js';
export type { DatagramTarget } from './async/unsent-datagrams.js';
export { type Wakes, wakes } from './async/wakes.js';
