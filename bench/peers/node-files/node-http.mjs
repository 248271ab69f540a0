// @ts-check
// node:http, three ways to send a file; the same program.
import { startProgram } from '../../harness/programs.mjs';

/** @param {string} name @param {'pipe' | 'path' | 'fd'} way @returns {import('../../harness/types.mjs').Driver} */
const driver = (name, way) => ({
  name,
  requires: ['package'],
  start: (bench) => startProgram(bench, 'peers/servers/node-files/http.mjs', [bench.directory, way]),
});

export const pipe = driver('node:http, createReadStream and pipe', 'pipe');
export const sendPath = driver('node:http, sendFile(path)', 'path');
export const sendFd = driver('node:http, sendFile(fd)', 'fd');
