// @ts-check
// The floor: C over epoll.
import { built } from '../../harness/build.mjs';
import { startServer } from '../../harness/processes.mjs';

/** @type {import('../../harness/types.mjs').Driver} */
export default {
  name: 'C epoll',
  requires: ['cc', 'make'],
  version: ['cc', '--version'],
  settings: 'one thread, level-triggered, 1,024 events a wait, recv and send (cc -O2)',
  start: ({ cores }) => startServer(cores.server, built('epoll_http'), []),
};
