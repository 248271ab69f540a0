// @ts-check
// Apache httpd, by the advice of its chapter on performance: no overrides, links followed without a look at each, the file
// mapped at the start (it has nothing like nginx's `return`), connections never closed for having served many requests. How
// many processes and threads there are follows the connections that it has to hold.
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { findProgram } from '../scripts/apt.mjs';
import { accepts, freePort } from './ports.mjs';
import { startServer } from './processes.mjs';

export const COMMON_SETTINGS = 'MMapFile, AllowOverride None, FollowSymLinks, MaxKeepAliveRequests 0, no log';

const MODULES = '/usr/lib/apache2/modules';
const THREADS = 64; // of a process
/** Beside the connections that are held: the one that is made before and after a measurement, and those still closing. */
const SPARE = 64;

/** @typedef {'prefork' | 'worker' | 'event'} Mpm */

/** @type {Record<Mpm, (connections: number) => string[]>} */
const SIZES = {
  prefork: (connections) => {
    const most = connections + SPARE;
    return [`ServerLimit ${most}`, `MaxRequestWorkers ${most}`, `StartServers ${most}`, `MaxSpareServers ${most + 1}`];
  },
  worker: (connections) => {
    const processes = Math.ceil((connections + SPARE) / THREADS);
    return [
      `ThreadsPerChild ${THREADS}`,
      `ServerLimit ${processes}`,
      `StartServers ${processes}`,
      `MaxRequestWorkers ${processes * THREADS}`,
      `MaxSpareThreads ${processes * THREADS}`,
    ];
  },
  event: (connections) => [
    `ThreadsPerChild ${THREADS}`,
    'ServerLimit 1',
    'StartServers 1',
    `MaxRequestWorkers ${THREADS}`,
    `AsyncRequestWorkerFactor ${Math.ceil((connections + SPARE) / THREADS) + 1}`,
  ],
};

/** @param {{ home: string, mpm: Mpm, connections: number, port: number }} options */
const configuration = ({ home, mpm, connections, port }) => `
LoadModule mpm_${mpm}_module ${MODULES}/mod_mpm_${mpm}.so
LoadModule file_cache_module ${MODULES}/mod_file_cache.so
${process.getuid?.() === 0 ? 'User nobody\nGroup nogroup' : ''}
ServerName localhost
ServerRoot ${home}
PidFile ${home}/pid
DefaultRuntimeDir ${home}
ErrorLog /dev/stderr
LogLevel crit
Listen 127.0.0.1:${port}
ListenBacklog 4096
${SIZES[mpm](connections).join('\n')}
MaxConnectionsPerChild 0
KeepAlive On
KeepAliveTimeout 600
MaxKeepAliveRequests 0
DocumentRoot ${home}/files
<Directory />
  AllowOverride None
  Options FollowSymLinks
</Directory>
ForceType text/plain
FileETag None
MMapFile ${home}/files/hello
`;

/** @param {import('./types.mjs').Bench} bench @param {Mpm} mpm @param {number} connections that it has to hold */
export async function startApache({ cores, directory }, mpm, connections) {
  const port = await freePort();
  const home = path.join(directory, `apache-${port}`);
  mkdirSync(path.join(home, 'files'), { recursive: true });
  writeFileSync(path.join(home, 'files/hello'), 'Hello, World!\n');
  chmodSync(directory, 0o711); // it serves as nobody, where it was started by root
  const file = path.join(home, 'apache.conf');
  writeFileSync(file, configuration({ home, mpm, connections, port }));
  return startServer(
    cores.server,
    findProgram('apache2') ?? 'apache2',
    ['-f', file, '-DFOREGROUND'],
    async (_pid, signal) => {
      while (!(await accepts(port))) await delay(10, undefined, { signal });
      return port;
    },
  );
}
