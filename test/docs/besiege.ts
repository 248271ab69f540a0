// A listener under siege, for the samples of the pages: test/docs/resets.test.ts puts besiege() around the socket of
// their Acceptor, and besieged() around their Listener. Before any other client come peers that reset their
// connections, each at a point of its own: at once, behind a request, in the middle of the answer, with bytes queued on
// either side. They share the thread and the reactor of the sample.
import { type Reactor, SystemError, type Timer, WOULD_BLOCK } from 'fdreactor';
import { type ConnectionHandlers, Listener, type ListenerOptions } from 'fdreactor/connection';
import * as socket from 'fdreactor/socket';

const { SOL_SOCKET, SO_LINGER } = socket.constants;
/** struct linger { on: 1, seconds: 0 }: close() sends a reset. */
const RESET = Buffer.from((process.platform === 'win32' ? new Uint16Array([1, 0]) : new Int32Array([1, 0])).buffer);
const bytes = Buffer.alloc(1 << 20, 'x\n');
const room = Buffer.alloc(1 << 16);

function reset(fd: number): void {
  socket.setsockopt(fd, SOL_SOCKET, SO_LINGER, RESET);
  socket.close(fd);
}

/** Fails only where the other side has ended the connection, which it may. */
function attempt(call: () => number): number {
  try {
    return call();
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return 0;
  }
}

const send = (fd: number, length: number): number => attempt(() => socket.send(fd, bytes, 0, length));
const receive = (fd: number): number => attempt(() => socket.recv(fd, room));

const finish = (fd: number): number =>
  attempt(() => {
    socket.shutdown(fd, socket.SHUT_WR);
    return 0;
  });

/** Returns whether it has reset its connection, or has it to itself for another tick. */
type Peer = (fd: number, tick: number) => boolean;

const peers: Record<string, { begin?: (fd: number) => unknown; later?: Peer }> = {
  'at once': {},
  'with the end of its stream': { begin: (fd) => finish(fd) },
  'behind a request': { begin: (fd) => send(fd, 100) },
  'behind a request and the end': { begin: (fd) => [send(fd, 100), finish(fd)] },
  'a turn after connecting': { later: () => true },
  'a turn after a request': { begin: (fd) => send(fd, 100), later: () => true },
  'in the middle of the answer': {
    begin: (fd) => send(fd, bytes.length),
    later: (fd, tick) => receive(fd) > 0 || tick > 5,
  },
  'with the answer to its end unread': {
    begin: (fd) => [send(fd, 100), finish(fd)],
    later: (_fd, tick) => tick > 2,
  },
  'while both sides are full': {
    begin: (fd) => send(fd, bytes.length),
    later: (fd, tick) => send(fd, bytes.length) < 0 && tick > 3,
  },
  'between two requests': { begin: (fd) => send(fd, 10), later: (fd, tick) => send(fd, 10) < 0 || tick > 1 },
};
const TICKS = 20;

function connect(port: number): number {
  const fd = socket.connectTcp({ host: '127.0.0.1', port });
  // The loopback interface has made the connection when connect(2) returns; Windows takes a moment.
  for (let tries = 0; tries < 1_000_000; tries++)
    if (attempt(() => socket.send(fd, bytes, 0, 0)) !== WOULD_BLOCK) return fd;
  throw new Error('not connected');
}

/** @returns the listener, whose queue has the peers in it */
export function besiege(reactor: Reactor, listener: number): number {
  const { port } = socket.getsockname(listener) as { port: number };
  sendPeers(reactor, port);
  return listener;
}

class BesiegedListener<T = undefined> extends Listener<T> {
  constructor(reactor: Reactor, options: ListenerOptions, handlers: ConnectionHandlers<T>) {
    super(reactor, options, handlers);
    const { address } = this;
    if ('port' in address) sendPeers(reactor, address.port);
  }
}

/** @returns Listener, with the peers in the queue of each */
export const besieged = (kind: typeof Listener): typeof Listener => (kind === Listener ? BesiegedListener : kind);

function sendPeers(reactor: Reactor, port: number): void {
  const waiting = new Map<number, Peer>();
  for (const { begin, later } of Object.values(peers)) {
    const fd = connect(port);
    begin?.(fd);
    if (later === undefined) reset(fd);
    else waiting.set(fd, later);
  }
  let tick = 0;
  const step = (timer: Timer): void => {
    tick++;
    for (const [fd, later] of waiting) {
      if (tick < TICKS && !later(fd, tick)) continue;
      waiting.delete(fd);
      reset(fd);
    }
    if (waiting.size === 0) timer.cancel();
  };
  reactor.setTimer(1, step, { repeatMs: 1 });
}
