// @ts-check
// Starts a Java server with the options recommended for one core: the serial collector, and a heap of fixed size.
import { built } from '../harness/build.mjs';
import { startServer } from '../harness/processes.mjs';
import { nettyJars } from '../harness/requirements.mjs';

export const JVM_OPTIONS = ['-XX:+UseSerialGC', '-Xms512m', '-Xmx512m', '-XX:-UsePerfData'];

/** @param {import('../harness/types.mjs').Bench} bench @param {string} name of the class @param {string[]} [options] */
export function startJava({ cores }, name, options = []) {
  const classes = [built('java'), ...nettyJars].join(':');
  return startServer(cores.server, 'java', [...JVM_OPTIONS, ...options, '-cp', classes, name]);
}
