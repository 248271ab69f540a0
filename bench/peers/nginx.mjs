// @ts-check
// Starts nginx, with one worker by default, tuned as its documentation advises for static files: sendfile and
// tcp_nopush on, no access log, and connections without a limit of requests (the default closes them after 1,000). As a
// proxy it keeps its connections to the server, and buffers in memory only.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { findProgram } from '../../scripts/shared/apt.mjs';
import { accepts, freePort } from '../harness/ports.mjs';
import { childrenOf, startServer } from '../harness/processes.mjs';

/** @param {number} port */
const proxyTo = (port) => `location / {
      proxy_pass http://backend;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffers 16 64k;
      proxy_buffer_size 64k;
      proxy_busy_buffers_size 512k;
      proxy_max_temp_file_size 0;
    }
  }
  upstream backend {
    server 127.0.0.1:${port};
    keepalive 64;`;

/** @param {{ directory: string, root: string, port: number, backend: number | undefined, workers: number }} options */
function configuration({ directory, root, port, backend, workers }) {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `
daemon off;
worker_processes ${workers};
${process.getuid?.() === 0 ? 'user root;' : ''}
error_log stderr crit;
pid ${directory}/nginx.pid;
events { worker_connections 16384; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000000;
  default_type application/octet-stream;
  ${temporary.map((name) => `${name}_temp_path ${directory}/${name};`).join('\n  ')}
  server {
    listen 127.0.0.1:${port} backlog=4096;
    root ${root};
    location = /hello { default_type text/plain; return 200 "Hello, World!\\n"; }
    ${backend === undefined ? '' : proxyTo(backend)}
  }
}
`;
}

/**
 * Starts nginx over the files of the bench; `pid` is its worker's, which does all the work.
 * @param {import("../harness/types.mjs").Bench} bench
 * @param {number} [backend] the port of the server that it is a proxy of
 * @param {number} [workers]
 */
export async function startNginx({ cores, directory }, backend, workers = 1) {
  const port = await freePort();
  const home = path.join(directory, `nginx-${port}`);
  mkdirSync(home);
  const file = path.join(home, 'nginx.conf');
  writeFileSync(file, configuration({ directory: home, root: directory, port, backend, workers }));
  /** @type {number | undefined} */
  let worker;
  const ready = async (/** @type {number} */ master, /** @type {AbortSignal} */ signal) => {
    while (worker === undefined || !(await accepts(port))) {
      await delay(10, undefined, { signal });
      worker = childrenOf(master)[0];
    }
    return port;
  };
  const server = await startServer(
    cores.server,
    findProgram('nginx') ?? 'nginx',
    ['-e', 'stderr', '-p', home, '-c', file],
    ready,
  );
  return { ...server, pid: /** @type {number} */ (worker) };
}
