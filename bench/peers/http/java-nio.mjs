// @ts-check
// Java NIO: a Selector and one thread.
import { JVM_OPTIONS, startJava } from '../java.mjs';

/** @type {import('../../harness/types.mjs').Driver} */
export default {
  name: 'Java NIO',
  requires: ['java'],
  jit: true,
  version: ['java', '-version'],
  settings: `one Selector and thread, select(Consumer), direct buffers; java ${JVM_OPTIONS.join(' ')}`,
  start: (bench) => startJava(bench, 'NioHttp'),
};
