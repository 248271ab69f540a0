// @ts-check
// Measures connections that are made and ended at once: the cost of accept, a registration, the end of the stream and
// close. The servers are those of other suites, and send nothing to such a client.
import { runLoad } from '../load/c-load.mjs';
import epoll from '../peers/echo/epoll.mjs';
import net from '../peers/echo/net.mjs';
import attach from '../peers/echo/reactor-attach.mjs';
import run from '../peers/echo/reactor-run.mjs';
import nginx from '../peers/http/nginx.mjs';

/** @typedef {import('../harness/types.mjs').Driver} Driver */

/** Under way at a time: below every backlog. */
const PARALLEL = 128;
/** Few enough that all rounds together stay below the kernel's limit of sockets in TIME_WAIT. */
const CONNECTIONS = { measured: 4000, warmUp: 4000 };
const SMOKE = { measured: 200, warmUp: 0 };

/** @param {Driver} driver @param {import('../harness/types.mjs').Bench} bench */
async function open(driver, bench) {
  const { port, group, stop } = await driver.start(bench);
  const { measured, warmUp } = bench.smoke ? SMOKE : CONNECTIONS;
  /** @param {number} first those that are not counted @param {number} counted */
  const storm = (first, counted) => runLoad(bench, 'connect_load', [port, PARALLEL, first, counted, group]);
  return {
    async warmUp() {
      if (warmUp > 0) await storm(0, warmUp);
    },
    async measure() {
      const sample = await storm(PARALLEL, measured);
      if (sample.operations < measured) sample.problems.push(`only ${sample.operations} connections of ${measured}`);
      return sample;
    },
    close: stop,
  };
}

/** @type {import('../harness/types.mjs').Table<Driver>[]} */
export default [
  {
    name: 'accept',
    suite: 'accept',
    title: `Connections made and ended, ${PARALLEL} at a time`,
    unit: 'us CPU/connection',
    requires: ['cc', 'make'],
    separate: true,
    rows: [epoll, run, attach, net, nginx],
    open,
    targets: [],
  },
];
