// @ts-check
// Apache httpd with the prefork MPM.
import { COMMON_SETTINGS, startApache } from '../apache.mjs';

/** @type {import('../../harness/types.mjs').Driver} */
export default {
  name: 'Apache prefork',
  requires: ['apache'],
  mayStop: true,
  once: true, // ten thousand processes take half a minute to start
  sized: true,
  version: ['apache2', '-v'],
  settings: `a process for each connection that is held, started beforehand; ${COMMON_SETTINGS}`,
  start: (bench, crowd) => startApache(bench, 'prefork', crowd),
};
