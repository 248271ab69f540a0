// @ts-check
// Starts the bench's own JavaScript programs, with the Node.js that runs the bench.
import { fileURLToPath } from 'node:url';
import { runProgram, startServer } from './processes.mjs';

/** @param {string} file relative to bench/ */
const locate = (file) => fileURLToPath(new URL(`../${file}`, import.meta.url));

/**
 * @param {import('./types.mjs').Bench} bench @param {string} file @param {string[]} args @param {string[]} [flags]
 *     Node's
 */
export function startProgram({ cores }, file, args, flags = []) {
  return startServer(cores.server, process.execPath, [...flags, locate(file), ...args]);
}

/**
 * Runs a program that prints one line of JSON.
 * @param {import('./types.mjs').Bench} bench @param {string} file @param {string[]} args @param {string[]} [flags]
 *     Node's
 */
export async function runForJson({ cores }, file, args, flags = []) {
  return JSON.parse(await runProgram(cores.server, process.execPath, [...flags, locate(file), ...args]));
}
