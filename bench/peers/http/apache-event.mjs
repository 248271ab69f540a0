// @ts-check
// Apache httpd with the event MPM.
import { COMMON_SETTINGS, startApache } from '../apache.mjs';

/** @type {import('../../harness/types.mjs').Driver} */
export default {
  name: 'Apache event',
  requires: ['apache'],
  sized: true,
  version: ['apache2', '-v'],
  settings: `one process, a thread for each request that is under way at a time, AsyncRequestWorkerFactor for all connections; ${COMMON_SETTINGS}`,
  start: (bench, crowd) => startApache(bench, 'event', crowd),
};
