// @ts-check
// nginx, answering from its configuration.
import { startNginx } from '../nginx.mjs';

/** @type {import('../types.mjs').Driver} */
export default { name: 'nginx', requires: ['nginx'], start: startNginx };
