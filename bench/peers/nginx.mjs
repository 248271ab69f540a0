// @ts-check
// Starts nginx with one worker, tuned as its documentation advises for static files: sendfile and tcp_nopush on, no
// access log, and connections without a limit of requests (the default closes them after 1,000).
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { findProgram } from '../../scripts/shared/apt.mjs';
import { accepts, freePort } from '../harness/ports.mjs';
import { childrenOf, startServer } from '../harness/processes.mjs';

/** @param {{ directory: string, root: string, port: number }} options */
function configuration({ directory, root, port }) {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `
daemon off;
worker_processes 1;
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
  }
}
`;
}

/**
 * Starts nginx over the files of the bench; `pid` is its worker's, which does all the work.
 * @param {import("../harness/types.mjs").Bench} bench
 */
export async function startNginx({ cores, directory }) {
  const port = await freePort();
  const home = path.join(directory, `nginx-${port}`);
  mkdirSync(home);
  const file = path.join(home, 'nginx.conf');
  writeFileSync(file, configuration({ directory: home, root: directory, port }));
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
