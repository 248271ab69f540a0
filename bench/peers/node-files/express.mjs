// @ts-check
// Express 5 as in production, with its own res.sendFile() and with staticFiles(); the same program.
import { startProgram } from '../../harness/programs.mjs';

/** @param {string} name @param {'sendFile' | 'staticFiles'} way @returns {import('../../harness/types.mjs').Driver} */
const driver = (name, way) => ({
  name,
  requires: ['package'],
  start: (bench) => startProgram(bench, 'peers/servers/node-files/express.mjs', [bench.directory, way]),
});

export const resSendFile = driver('Express, res.sendFile()', 'sendFile');
export const staticFiles = driver('Express, staticFiles()', 'staticFiles');
