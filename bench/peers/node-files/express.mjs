// @ts-check
// Express 5 as in production: its own res.sendFile(), staticFiles(), and sendFile() alone; the same program.
import { startProgram } from '../../harness/programs.mjs';

/**
 * @param {string} name
 * @param {'sendFile' | 'staticFiles' | 'own'} way
 * @returns {import('../../harness/types.mjs').Driver}
 */
const driver = (name, way) => ({
  name,
  requires: ['package'],
  start: (bench) => startProgram(bench, 'peers/servers/node-files/express.mjs', [bench.directory, way]),
});

export const resSendFile = driver('Express, res.sendFile()', 'sendFile');
export const ownSendFile = driver('Express, sendFile(path)', 'own');
export const staticFiles = driver('Express, staticFiles()', 'staticFiles');
