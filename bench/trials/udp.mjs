// @ts-check
// Measures UDP echo with 64 bytes from 64 clients: the cost of a recvfrom and a sendto. The server has one socket.
import batch from '../peers/udp/c-batch.mjs';
import single from '../peers/udp/c-single.mjs';
import dgram from '../peers/udp/dgram.mjs';
import numericDgram from '../peers/udp/dgram-numeric.mjs';
import attach from '../peers/udp/reactor-attach.mjs';
import run from '../peers/udp/reactor-run.mjs';
import { openEcho } from './echo-server.mjs';

/** @type {import('../harness/types.mjs').Table<import('../harness/types.mjs').Driver>[]} */
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
