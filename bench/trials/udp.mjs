// @ts-check
// UDP echo, 64 bytes, from 64 clients: the cost of a recvfrom and a sendto. The server has one socket.
import batch from '../drivers/c-udp-batch.mjs';
import single from '../drivers/c-udp-single.mjs';
import dgram from '../drivers/dgram.mjs';
import numericDgram from '../drivers/dgram-numeric.mjs';
import attach from '../drivers/reactor-attach-udp.mjs';
import run from '../drivers/reactor-run-udp.mjs';
import { openEcho } from './echo-server.mjs';

/** @type {import('../types.mjs').Table<import('../types.mjs').Driver>[]} */
export default [
  {
    name: 'udp',
    suite: 'udp',
    title: 'UDP echo, 64 bytes, 64 clients of one socket',
    unit: 'us CPU/round trip',
    requires: ['cc', 'make'],
    separate: true,
    rows: [single, batch, run, attach, dgram, numericDgram],
    open: async (driver, bench) => openEcho(await driver.start(bench), bench, { transport: 'udp', connections: 64 }),
    targets: [
      { row: run.name, against: dgram.name, atMost: 0.6 },
      { row: run.name, against: numericDgram.name, atMost: 0.6 },
    ],
  },
];
