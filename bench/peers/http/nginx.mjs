// @ts-check
// nginx, answering from its configuration.
import { startNginx } from '../nginx.mjs';

/** @type {import('../../harness/types.mjs').Driver} */
export default {
  name: 'nginx',
  requires: ['nginx'],
  version: ['nginx', '-v'],
  settings:
    'worker_processes 1, worker_connections 16384, access_log off, keepalive_requests without a limit; return 200',
  start: (bench) => startNginx(bench),
};
