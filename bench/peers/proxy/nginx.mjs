// @ts-check
// nginx as a proxy of HTTP. (Its proxy of TCP is a module that few installations have.)
import { startNginx } from '../nginx.mjs';

/** @type {import('../../trials/proxy.mjs').ProxyDriver} */
export default {
  name: 'nginx, proxy_pass',
  requires: ['nginx'],
  start: (bench, backend) => startNginx(bench, backend.port),
};
