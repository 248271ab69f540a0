// @ts-check
// Plain C over epoll, up to 64 datagrams a system call.
import { built } from '../../harness/build.mjs';
import { startServer } from '../../harness/processes.mjs';

/** @type {import('../../harness/types.mjs').Driver} */
export default {
  name: 'C recvmmsg, sendmmsg',
  requires: [],
  start: ({ cores }) => startServer(cores.server, built('udp_echo'), ['batch']),
};
