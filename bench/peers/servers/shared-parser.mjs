// @ts-check
// The request parser of the examples for many connections: almost every read brings whole requests, and then one parser
// serves all. Only a connection in the middle of a request keeps one of its own. Ten thousand idle connections thus
// hold no parser, and a request finds the one that it needs in the processor's cache.
import { HttpParser } from '../../../examples/dist/file-server/http-parser.js';

/** @typedef {import('../../../examples/dist/file-server/http-parser.js').HttpRequest} HttpRequest */
/**
 * What a connection has to have: the parser of a request that has come in part.
 * @typedef {{ parser: HttpParser | null }} Stream
 */

/** @template {Stream} S */
export class SharedParser {
  #onRequest;
  /** @type {HttpParser[]} */
  #idle = [];
  /** The stream whose bytes are being read. @type {S | null} */
  #stream = null;

  /**
   * @param {(request: HttpRequest, stream: S) => void} onRequest called for each request; none comes after one that
   *     ends the connection
   */
  constructor(onRequest) {
    this.#onRequest = onRequest;
  }

  /**
   * Throws what the parser throws: the stream can then only be answered and closed.
   * @param {S} stream
   * @param {Uint8Array} bytes
   * @param {number} length
   */
  execute(stream, bytes, length) {
    const parser = stream.parser ?? this.#idle.pop() ?? this.#make();
    stream.parser = parser;
    this.#stream = stream;
    parser.execute(bytes, length);
    if (!parser.isBetweenRequests) return;
    stream.parser = null;
    this.#idle.push(parser);
  }

  #make() {
    /** @type {HttpParser} */
    const parser = new HttpParser((request) => {
      this.#onRequest(request, /** @type {S} */ (this.#stream));
      if (!request.keepAlive) parser.close();
    });
    return parser;
  }
}
