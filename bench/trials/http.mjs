// @ts-check
// Measures hello world over HTTP/1.1 with keep-alive: 64 connections with one request each on its way.
import nginx from '../peers/http/nginx.mjs';
import node from '../peers/http/node.mjs';
import reactor from '../peers/http/reactor.mjs';
import { openHttp } from './http-server.mjs';

const body = Buffer.from('Hello, World!\n');

/** @type {import('../harness/types.mjs').Table<import('../harness/types.mjs').Driver>[]} */
export default [
  {
    name: 'http',
    suite: 'http',
    title: 'HTTP hello world, 64 connections',
    unit: 'us CPU/request',
    requires: ['wrk'],
    rows: [nginx, reactor, node],
    open: async (driver, bench) =>
      openHttp(await driver.start(bench), bench, {
        path: '/hello',
        body,
        connections: 64,
        leastOperations: 1000,
        value: ({ cpuSeconds, operations }) => (cpuSeconds / operations) * 1e6,
      }),
    targets: [
      { row: reactor.name, against: nginx.name, atMost: 1.35 },
      { row: reactor.name, against: node.name, atMost: 0.45 },
    ],
  },
];
