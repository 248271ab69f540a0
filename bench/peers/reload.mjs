// @ts-check
// Servers of several worker processes that SIGHUP reloads. `pid` is that of the process whose children the workers are.
import { fileURLToPath } from 'node:url';
import { startServer } from '../harness/processes.mjs';
import { startProgram } from '../harness/programs.mjs';
import { startNginx } from './nginx.mjs';

/** @typedef {import('../harness/types.mjs').Bench} Bench */
/** @typedef {import('../harness/requirements.mjs').Requirement} Requirement */
/**
 * @typedef {object} Reloaded
 * @property {string} name
 * @property {Requirement[]} requires
 * @property {(bench: Bench) => Promise<import('../harness/processes.mjs').Server>} start
 */

const WORKERS = 2;
const example = fileURLToPath(new URL('../../examples/dist/http-workers.js', import.meta.url));

/** @type {Reloaded[]} */
export const reloadedServers = [
  {
    name: 'fdreactor/master',
    requires: ['package'],
    start: ({ cores }) => startServer(cores.server, process.execPath, [example, '0', '127.0.0.1', String(WORKERS)]),
  },
  {
    name: 'nginx',
    requires: ['nginx'],
    start: async (bench) => {
      const server = await startNginx(bench, undefined, WORKERS);
      return { ...server, pid: server.group };
    },
  },
  {
    name: 'node:cluster',
    requires: [],
    start: (bench) => startProgram(bench, 'peers/servers/reload/cluster.mjs', [String(WORKERS)]),
  },
];
