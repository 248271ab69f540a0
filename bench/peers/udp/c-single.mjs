// @ts-check
// Plain C over epoll, one system call a datagram: the floor of what is done the same way.
import { built } from '../../harness/build.mjs';
import { startServer } from '../../harness/processes.mjs';

/** @type {import('../../harness/types.mjs').Driver} */
export default {
  name: 'C recvfrom, sendto',
  requires: [],
  start: ({ cores }) => startServer(cores.server, built('udp_echo'), ['single']),
};
