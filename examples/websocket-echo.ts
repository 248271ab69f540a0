// WebSocket echo: node websocket-echo.js [--idle seconds] [port] [host]
//
// What it shows: another protocol's codec on connections. The handshake is read by the HTTP parser of the file server;
// frames by the Receiver of `ws` (github.com/websockets/ws), which takes bytes from anywhere, and made by its Sender.
// A peer that does not read is not read from; one that is silent is pinged, and closed if it stays silent. What may
// change: the limits. What must hold: a message is echoed as it was, text or binary; every state has a time limit.
//
// attach(), not run(): a Receiver is a stream of Node.js, whose errors come by process.nextTick().
import { createHash } from 'node:crypto';
import type { Writable } from 'node:stream';
import { parseArgs } from 'node:util';
import { Reactor } from 'fdreactor';
import { type Chunk, type Connection, type ConnectionHandlers, Listener } from 'fdreactor/connection';
import { Receiver, Sender } from 'ws';
import { announce, goOn, onStop } from './announce.js';
import { HttpParseError, HttpParser, type HttpRequest } from './file-server/http-parser.js';

const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;
/** A message, and what else a chunk may bring, may wait for a peer that does not read. */
const MAX_QUEUED = 2 * MAX_MESSAGE_BYTES;
/** Of a message: fragments, and chunks that it comes in. */
const MAX_PARTS = 16 * 1024;
/** From the first byte to the last of the handshake, and of the end. */
const HANDSHAKE_MS = 10_000;
const END_MS = 2000;

/** Opcodes of RFC 6455, 5.2. */
const TEXT = 1;
const BINARY = 2;
const CLOSE = 8;
const PING = 9;
const PONG = 10;
/** Status codes, 7.4.1. */
const GOING_AWAY = 1001;
const PROTOCOL_ERROR = 1002;
const NO_CODE = 1005;
const STATUS_OF_ERROR: Record<string, number> = {
  WS_ERR_INVALID_UTF8: 1007,
  WS_ERR_TOO_MANY_BUFFERED_PARTS: 1008,
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: 1009,
  WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH: 1009,
};
const KEY_SUFFIX = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** What is known of a connection: the request that begins it, then the receiver of its frames. */
class Peer {
  request: HttpRequest | null = null;
  readonly parser = new HttpParser((request) => {
    this.request ??= request;
  });
  receiver: Receiver | null = null;
  isPinged = false;
}

class WebSocketEcho implements ConnectionHandlers<Peer> {
  open(connection: Connection<Peer>): void {
    connection.data = new Peer();
    connection.setDeadline(HANDSHAKE_MS);
  }

  data(connection: Connection<Peer>, bytes: Chunk): void {
    const peer = connection.data;
    if (connection.ending) return;
    peer.isPinged = false;
    if (peer.receiver === null) this.#shakeHands(connection, bytes);
    else peer.receiver.write(bytes.slice()); // a copy: the receiver keeps parts of messages
  }

  drain(connection: Connection<Peer>): void {
    connection.resume();
  }

  timeout(connection: Connection<Peer>, reason: 'idle' | 'deadline'): void {
    const peer = connection.data;
    if (reason === 'deadline' || peer.isPinged || connection.ending) connection.close();
    else if (peer.receiver !== null) {
      peer.isPinged = true;
      send(connection, PING, Buffer.alloc(0));
    }
  }

  close(connection: Connection<Peer>): void {
    connection.data.parser.close();
    connection.data.receiver?.destroy();
  }

  #shakeHands(connection: Connection<Peer>, bytes: Chunk): void {
    const peer = connection.data;
    try {
      peer.parser.execute(bytes);
    } catch (error) {
      if (!(error instanceof HttpParseError)) throw error;
      connection.end(`HTTP/1.1 ${error.status} Bad Request\r\nConnection: close\r\n\r\n`);
      return;
    }
    if (peer.request === null) return;
    const key = peer.request.header('sec-websocket-key');
    if (key === undefined || !isUpgrade(peer.request)) {
      connection.end('HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n');
      return;
    }
    const accept = createHash('sha1')
      .update(key + KEY_SUFFIX)
      .digest('base64');
    const fields = `Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n`;
    connection.write(`HTTP/1.1 101 Switching Protocols\r\n${fields}\r\n`);
    connection.setDeadline(null);
    peer.receiver = receiverFor(connection);
  }
}

function isUpgrade(request: HttpRequest): boolean {
  const tokens =
    request
      .header('connection')
      ?.toLowerCase()
      .split(/[ \t]*,[ \t]*/) ?? [];
  const isWebSocket = request.header('upgrade')?.toLowerCase() === 'websocket' && tokens.includes('upgrade');
  return request.method === 'GET' && isWebSocket && request.header('sec-websocket-version') === '13';
}

function receiverFor(connection: Connection<Peer>): Receiver {
  const parts = { maxBufferedChunks: MAX_PARTS, maxFragments: MAX_PARTS };
  return new Receiver({ isServer: true, maxPayload: MAX_MESSAGE_BYTES, ...parts })
    .on('message', (message: Buffer, isBinary: boolean) => send(connection, isBinary ? BINARY : TEXT, message))
    .on('ping', (payload: Buffer) => send(connection, PONG, payload))
    .on('conclude', (code: number) => end(connection, code))
    .on('error', (error: { code?: string }) => end(connection, STATUS_OF_ERROR[error.code ?? ''] ?? PROTOCOL_ERROR));
}

/** A peer that does not take what it is sent is not read from until it has. */
function send(connection: Connection<Peer>, opcode: number, payload: Buffer): void {
  if (connection.ending) return;
  const frame = Sender.frame(payload, { fin: true, rsv1: false, opcode, mask: false, readOnly: false });
  if (!connection.writev(frame)) connection.pause();
}

/** The closing handshake: the code goes back, or goes out first; the peer has a while to close. */
function end(connection: Connection<Peer>, code: number): void {
  if (connection.closed || connection.ending) return;
  const payload = Buffer.alloc(code === NO_CODE ? 0 : 2);
  if (payload.length > 0) payload.writeUInt16BE(code);
  send(connection, CLOSE, payload);
  connection.end();
  connection.resume();
  connection.setDeadline(END_MS);
}

const { values, positionals } = parseArgs({ allowPositionals: true, options: { idle: { type: 'string' } } });
const [port = '0', host = '127.0.0.1'] = positionals;
const reactor = new Reactor({ onError: goOn });
const limits = { maxQueued: MAX_QUEUED, idleTimeoutMs: Number(values.idle ?? 60) * 1000 };
const listener = new Listener<Peer>(reactor, { host, port: Number(port), ...limits }, new WebSocketEcho());

onStop(reactor, () => {
  for (const connection of listener.connections()) if (connection.data.receiver) end(connection, GOING_AWAY);
  listener.close({ graceMs: END_MS });
});
announce(listener);
reactor.attach(); // the process ends when the last connection has

/** What @types/ws leaves out of the exports of `ws`. */
declare module 'ws' {
  interface FrameOptions {
    fin: boolean;
    rsv1: boolean;
    opcode: number;
    mask: boolean;
    /** Whether the bytes must not be changed, which masking would do in place. */
    readOnly: boolean;
  }
  class Receiver extends Writable {
    constructor(options: {
      isServer: boolean;
      maxPayload: number;
      maxBufferedChunks: number;
      maxFragments: number;
    });
  }
  const Sender: { frame(payload: Buffer, options: FrameOptions): Buffer[] };
}
