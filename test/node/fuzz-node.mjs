// What the fuzzer of the exports has to know of fdreactor/node: right arguments, and what the calls leave open. See
// ../helpers/fixtures/fuzz-exports.mjs.
import * as node from 'fdreactor/node';

/**
 * @param {(cleanUp: () => void) => void} later called after the current call
 * @param {() => number} freshFd a new stream socket
 * @param {() => number} aFile an open file
 */
export function nodeBorder(later, freshFd, aFile) {
  const aSocket = () => {
    const made = node.toSocket(freshFd());
    made.on('error', () => {}); // its peer goes, or it is given bytes after its end
    later(() => made.destroy());
    return made;
  };
  return {
    right: {
      fdOf: () => [aSocket()],
      takeFd: () => [aSocket()],
      toDuplex: () => [freshFd(), { highWaterMark: 100, allowHalfOpen: true, close: true, readBytes: 10 }],
      toSocket: () => [freshFd(), { unread: new Uint8Array(3), noDelay: true }],
      splice: () => [aSocket(), aSocket(), { timeoutMs: 1 }],
      sendFile: () => [aSocket(), aFile(), { start: 0, end: 4, close: false }],
    },
    tamed: {
      /** @param {any[]} args */
      toDuplex: (...args) => {
        const made = node.toDuplex(.../** @type {[number]} */ (args));
        made.on('error', () => {});
        later(() => made.destroy());
      },
      /** @param {any[]} args */
      toSocket: (...args) => {
        const made = node.toSocket(.../** @type {[number]} */ (args));
        made.on('error', () => {});
        later(() => made.destroy());
      },
    },
  };
}
