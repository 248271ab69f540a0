// @ts-check
// Apache httpd with the prefork MPM.
import { COMMON_SETTINGS, startApache } from '../apache.mjs';

/** @type {import('../types.mjs').Driver} */
export default {
  name: 'Apache prefork',
  requires: ['apache'],
  mayStop: true,
  sized: true,
  settings: `a process for each connection that is held, started beforehand; ${COMMON_SETTINGS}`,
  start: (bench, crowd) => startApache(bench, 'prefork', crowd),
};
