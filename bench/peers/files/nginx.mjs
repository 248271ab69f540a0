// @ts-check
// nginx, sendfile on.
import { startNginx } from '../nginx.mjs';

/** @type {import('../../harness/types.mjs').Driver} */
export default { name: 'nginx, sendfile', requires: ['nginx'], start: (bench) => startNginx(bench) };
