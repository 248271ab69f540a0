// @ts-check
// How many connections this machine lets one process hold, with both ends on it, which limit says so, and the line that
// raises it. `allowances` computes and nothing else.
import { readFileSync } from 'node:fs';
import { SPARE_FDS } from './connections.mjs';

/** What the kernel takes for both ends of an idle connection, rounded up, and what is to stay free. */
const PAIR_BYTES = 8192;
const LEAVE_BYTES = 1024 ** 3;

/** @typedef {{ openFiles: number, nrOpen: number, fileMax: number, filesInUse: number, maxUserWatches: number, available: number }} Facts */
/** @typedef {{ limit: string, connections: number, raise: string[] }} Allowance `raise` is empty where nothing can be raised */

/** @param {string} name @returns {number[]} */
const numbers = (name) => readFileSync(`/proc/${name}`, 'utf8').trim().split(/\s+/).map(Number);

/** @returns {Facts} */
export function readFacts() {
  const hard = /^Max open files\s+\S+\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
  const [filesInUse, , fileMax] = numbers('sys/fs/file-nr');
  return {
    openFiles: hard === 'unlimited' ? Number.POSITIVE_INFINITY : Number(hard),
    nrOpen: numbers('sys/fs/nr_open')[0],
    fileMax,
    filesInUse,
    maxUserWatches: numbers('sys/fs/epoll/max_user_watches')[0],
    available: Number(/^MemAvailable:\s*(\d+)/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]) * 1024,
  };
}

/** What each limit allows, and the lines that would make it `wanted`; the tightest first. @param {Facts} facts @param {number} wanted @returns {Allowance[]} */
export function allowances(facts, wanted) {
  const files = wanted + SPARE_FDS;
  const nrOpen = files > facts.nrOpen ? [`sudo sysctl -w fs.nr_open=${files}`] : [];
  const all = [
    {
      limit: 'open files of a process, hard limit',
      connections: facts.openFiles - SPARE_FDS,
      raise: [...nrOpen, `sudo prlimit --pid $$ --nofile=${files}:${files}`],
    },
    {
      limit: 'open files of the system, fs.file-max',
      connections: Math.floor((facts.fileMax - facts.filesInUse) / 2) - SPARE_FDS,
      raise: [`sudo sysctl -w fs.file-max=${facts.filesInUse + 2 * files}`],
    },
    {
      limit: 'fds that a user may watch, fs.epoll.max_user_watches',
      connections: facts.maxUserWatches - SPARE_FDS,
      raise: [`sudo sysctl -w fs.epoll.max_user_watches=${files}`],
    },
    { limit: 'memory', connections: Math.floor((facts.available - LEAVE_BYTES) / PAIR_BYTES), raise: [] },
  ];
  return all.sort((a, b) => a.connections - b.connections);
}
