// @ts-check
// Apache httpd with the event MPM.
import { COMMON_SETTINGS, startApache } from '../apache.mjs';

/** @type {import('../types.mjs').Driver} */
export default {
  name: 'Apache event',
  requires: ['apache'],
  sized: true,
  settings: `one process with 64 threads, AsyncRequestWorkerFactor such that it accepts all connections; ${COMMON_SETTINGS}`,
  start: (bench, connections = 64) => startApache(bench, 'event', connections),
};
