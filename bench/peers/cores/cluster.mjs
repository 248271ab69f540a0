// @ts-check
// Two worker processes of node:cluster, to which the primary hands connections, or which share its listener.
import { startProgram } from '../../harness/programs.mjs';

/** @typedef {import('../../harness/types.mjs').Driver} Driver */

/** @param {'round-robin' | 'shared'} policy @param {'net' | 'http'} kind @returns {Driver} */
const row = (policy, kind) => ({
  name: `node:cluster, ${policy}`,
  requires: ['package'],
  jit: true,
  settings: kind === 'net' ? 'node:net in 2 processes' : 'node:http in 2 processes',
  start: (bench) => startProgram(bench, 'peers/servers/cores/cluster.mjs', [policy, kind, '2']),
});

export const roundRobinNet = row('round-robin', 'net');
export const sharedNet = row('shared', 'net');
export const roundRobinHttp = row('round-robin', 'http');
export const sharedHttp = row('shared', 'http');
