// @ts-check
// Go's net/http.
import { built } from '../../harness/build.mjs';
import { startServer } from '../../harness/processes.mjs';

/** @type {import('../../harness/types.mjs').Driver} */
export default {
  name: 'Go net/http',
  requires: ['go'],
  version: ['go', 'version'],
  settings: 'http.Serve(), a handler that sets Content-Type and Content-Length; GOMAXPROCS 1 by the pinning to a core',
  start: ({ cores }) => startServer(cores.server, built('go_http'), []),
};
