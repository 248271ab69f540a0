/**
 * Connections that a reactor serves within its turns: one native call a turn sends, waits and receives for all of them.
 * The guide's pages on connections and on back-pressure have programs. Framers cut what arrives into messages.
 *
 * @module fdreactor/connection
 */
export type { Chunk } from './connection/chunk.js';
export { type ConnectOptions, type ConnectPathOptions, connect } from './connection/connect.js';
export { Connection, type Detached } from './connection/connection.js';
export type { SendFileOptions } from './connection/file-range.js';
export type { ConnectionHandlers } from './connection/handlers.js';
export type { ConnectionOptions } from './connection/kind.js';
export { type CloseOptions, Listener, type ListenerOptions } from './connection/listener.js';
export { type ConnectionsOptions, configureConnections } from './connection/of-reactor.js';
export type { PipeToOptions, Piping } from './connection/piping.js';
export { DelimiterFramer, type DelimiterOptions } from './framing/delimiter.js';
export { FixedFramer } from './framing/fixed.js';
export type { FrameHandler, Framer } from './framing/framer.js';
export { LengthFramer, type LengthOptions, type LengthPrefix } from './framing/length.js';
