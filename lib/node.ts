/**
 * Beside Node's own sockets and servers: a file into a response of node:http by sendfile(2), two sockets joined by
 * splice(2), and connections that cross the border between Node and a Reactor, both ways.
 *
 * @module fdreactor/node
 */
export { type FastifyStaticFilesOptions, fastifyStaticFiles } from './node/fastify-static-files.js';
export { fdOf } from './node/fd-of.js';
export type { FileSource } from './node/open-file.js';
export { type NodeSendFileOptions, type SentFile, sendFile } from './node/send-file.js';
export { sharedReactor } from './node/shared-reactor.js';
export { type NodeSpliceOptions, type SplicedSockets, splice } from './node/splice/splice.js';
export { type Middleware, type StaticFilesOptions, staticFiles } from './node/static-files.js';
export { type TakenFd, takeFd } from './node/take-fd.js';
export type { FileTarget } from './node/target.js';
export { type FdDuplex, type ToDuplexOptions, toDuplex } from './node/to-duplex.js';
export { type ToSocketOptions, toSocket } from './node/to-socket.js';
