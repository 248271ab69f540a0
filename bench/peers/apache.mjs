// @ts-check
// Starts Apache httpd, tuned as its chapter on performance advises: no overrides, links followed without a check, the
// file mapped at the start (Apache has nothing like nginx's `return`), connections without a limit of requests. The
// connections that it has to hold decide how many processes and threads it starts.
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { findProgram } from '../../scripts/shared/apt.mjs';
import { accepts, freePort } from '../harness/ports.mjs';
import { childrenOf, startServer } from '../harness/processes.mjs';

export const COMMON_SETTINGS = 'MMapFile, AllowOverride None, FollowSymLinks, MaxKeepAliveRequests 0, no log';

/** Ten thousand processes take their time. */
const START_TIMEOUT_MS = 60_000;
const MODULES = '/usr/lib/apache2/modules';
/** The user of Debian that owns no files. */
const UNPRIVILEGED = 'nobody';
const THREADS = 64; // of a process of the worker MPM
/** Connections that the load makes at a time, each with its first request. */
const CONNECTING = 192;
/**
 * Beside the connections that are held: the one that is made before and after a measurement, and those still closing.
 */
const SPARE = 8;

/** @typedef {'prefork' | 'worker' | 'event'} Mpm */

/**
 * How many processes there are, and what says so.
 * @param {Mpm} mpm
 * @param {import('../harness/types.mjs').Crowd} crowd
 */
function sizesOf(mpm, { connections, active }) {
  const most = connections + SPARE;
  if (mpm === 'prefork') {
    return {
      processes: most,
      lines: [`ServerLimit ${most}`, `MaxRequestWorkers ${most}`, `MaxSpareServers ${most + 1}`],
    };
  }
  // A thread for each connection, or for each request: where all threads of the event MPM are busy, it closes
  // connections.
  const threads = mpm === 'worker' ? THREADS : active + CONNECTING;
  const processes = mpm === 'worker' ? Math.ceil(most / THREADS) : 1;
  const all = processes * threads;
  const lines = [`ThreadLimit ${threads}`, `ThreadsPerChild ${threads}`, `ServerLimit ${processes}`];
  if (mpm === 'event') lines.push(`AsyncRequestWorkerFactor ${Math.ceil(most / threads) + 1}`);
  return { processes, lines: [...lines, `MaxRequestWorkers ${all}`, `MaxSpareThreads ${all}`] };
}

/** @param {{ home: string, mpm: Mpm, port: number, processes: number, lines: string[] }} options */
const configuration = ({ home, mpm, port, processes, lines }) => `
LoadModule mpm_${mpm}_module ${MODULES}/mod_mpm_${mpm}.so
LoadModule authz_core_module ${MODULES}/mod_authz_core.so
LoadModule file_cache_module ${MODULES}/mod_file_cache.so
${process.getuid?.() === 0 ? `User ${UNPRIVILEGED}\nGroup nogroup` : ''}
ServerName localhost
ServerRoot ${home}
PidFile ${home}/pid
DefaultRuntimeDir ${home}
ErrorLog ${home}/error.log
LogLevel crit
Listen 127.0.0.1:${port}
ListenBacklog 4096
StartServers ${processes}
${lines.join('\n')}
MaxConnectionsPerChild 0
KeepAlive On
KeepAliveTimeout 600
MaxKeepAliveRequests 0
DocumentRoot ${home}/files
<Directory />
  AllowOverride None
  Options FollowSymLinks
  Require all granted
</Directory>
ForceType text/plain
FileETag None
MMapFile ${home}/files/hello
`;

/**
 * @param {import('../harness/types.mjs').Bench} bench
 * @param {Mpm} mpm
 * @param {import('../harness/types.mjs').Crowd} [crowd]
 */
export async function startApache({ cores, directory }, mpm, crowd = { connections: 64, active: 64 }) {
  const port = await freePort();
  const home = path.join(directory, `apache-${port}`);
  mkdirSync(path.join(home, 'files'), { recursive: true });
  writeFileSync(path.join(home, 'files/hello'), 'Hello, World!\n');
  chmodSync(directory, 0o711); // started by root, it serves as the user above
  const file = path.join(home, 'apache.conf');
  const sizes = sizesOf(mpm, crowd);
  writeFileSync(file, configuration({ home, mpm, port, ...sizes }));
  const server = await startServer(
    cores.server,
    findProgram('apache2') ?? 'apache2',
    ['-f', file, '-DFOREGROUND'],
    async (pid, signal) => {
      while (childrenOf(pid).length < sizes.processes || !(await accepts(port))) await delay(20, undefined, { signal });
      return port;
    },
    START_TIMEOUT_MS,
  );
  const faults = () =>
    readFileSync(path.join(home, 'error.log'), 'utf8')
      .split('\n')
      .filter((line) => !/:notice\]/.test(line));
  return { ...server, said: () => faults().findLast((line) => line !== '') ?? '' };
}
