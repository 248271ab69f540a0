// @ts-check
// Apache httpd with the worker MPM.
import { COMMON_SETTINGS, startApache } from '../apache.mjs';

/** @type {import('../../harness/types.mjs').Driver} */
export default {
  name: 'Apache worker',
  requires: ['apache'],
  mayStop: true,
  sized: true,
  version: ['apache2', '-v'],
  settings: `a thread for each connection that is held, 64 in a process, started beforehand; ${COMMON_SETTINGS}`,
  start: (bench, crowd) => startApache(bench, 'worker', crowd),
};
