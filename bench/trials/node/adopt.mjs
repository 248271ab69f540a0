// @ts-check
// Measures node:http on connections that the Reactor has accepted, beside its own: one request a connection, and many.

import { runLoad } from '../../load/c-load.mjs';
import { checkResponse } from '../../load/http-check.mjs';
import acceptor from '../../peers/adopt/acceptor.mjs';
import net from '../../peers/adopt/net.mjs';
import { KEPT, openKept } from './kept.mjs';

/** @typedef {import('../../harness/types.mjs').Driver} Driver */
/** @typedef {import('../../harness/types.mjs').Bench} Bench */

const body = Buffer.from('Hello, World!\n');
/** Under way at a time: below every backlog. */
const PARALLEL = 64;
/** Few enough that all rounds together stay below the kernel's limit of sockets in TIME_WAIT. */
const CONNECTIONS = { measured: 3000, warmUp: 6000 };
const SMOKE = { measured: 200, warmUp: 0 };

/** One request a connection. @param {Driver} driver @param {Bench} bench */
async function openShort(driver, bench) {
  const { port, group, stop } = await driver.start(bench);
  const { measured, warmUp } = bench.smoke ? SMOKE : CONNECTIONS;
  /** @param {number} first those that are not counted @param {number} counted */
  const storm = (first, counted) => runLoad(bench, 'connect_load', [port, PARALLEL, first, counted, group, 'http']);
  return {
    async warmUp() {
      if (warmUp > 0) await storm(0, warmUp);
    },
    async measure() {
      await checkResponse(`http://127.0.0.1:${port}/hello`, body);
      const sample = await storm(PARALLEL, measured);
      if (sample.operations < measured) sample.problems.push(`only ${sample.operations} requests of ${measured}`);
      return sample;
    },
    close: stop,
  };
}

/** @type {Omit<import('../../harness/types.mjs').Table<Driver>, 'name' | 'title' | 'open'>} */
const common = {
  suite: 'adopt',
  separate: true,
  unit: 'us CPU/request',
  requires: ['cc', 'make'],
  rows: [net, acceptor],
  targets: [{ row: acceptor.name, against: net.name, atMost: 1.1 }],
};

/** @type {import('../../harness/types.mjs').Table<Driver>[]} */
export default [
  {
    ...common,
    name: 'adopt-short',
    title: `node:http, one request a connection, ${PARALLEL} at a time`,
    open: openShort,
  },
  { ...common, name: 'adopt-kept', title: `node:http, ${KEPT} connections that stay`, open: openKept },
];
