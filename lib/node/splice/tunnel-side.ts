// One socket of a tunnel: as long as it is held, nothing but the tunnel writes to it and ends it.
import type { Socket } from 'node:net';
import { invalidState } from '../../base/errors.js';
import { native } from '../../native/table.js';
import { handleOf } from '../handle.js';

/** A tunnel ends with its sockets: what was held once has no other use. */
const tunnelled = new WeakSet<Socket>();

/** Whether splice() has the socket. */
export function isTunnelled(socket: Socket): boolean {
  return tunnelled.has(socket);
}

/** ERR_INVALID_STATE: what is said to others who write. */
export function isHeld(): Error {
  return invalidState('the socket is in a splice(), and nothing else can be written to it');
}

const { SHUT_WR = 1 } = native.constants.socket;

function refuse(): never {
  throw isHeld();
}

function ignore(): void {}

type Done = (error?: Error | null) => void;
type Write = (bytes: Buffer, done?: Done) => boolean;

export class TunnelSide {
  readonly socket: Socket;
  /** Negative where Node shows none. */
  readonly fd: number;
  readonly #write: Socket['write'];
  readonly #end: Socket['end'];
  /** Which of the two were properties of the socket itself, put there by other code. */
  readonly #own: readonly ('write' | 'end')[];

  constructor(socket: Socket) {
    this.socket = socket;
    this.fd = handleOf(socket)?.fd ?? -1;
    this.#write = socket.write;
    this.#end = socket.end;
    this.#own = (['write', 'end'] as const).filter((name) => Object.hasOwn(socket, name));
  }

  hold(): void {
    const { socket } = this;
    tunnelled.add(socket);
    socket.on('error', ignore); // who splices is told by the promise
    socket.allowHalfOpen = true; // the end of one direction is not that of the other
    socket.write = refuse;
    socket.end = refuse;
  }

  /**
   * Its end() is told to the kernel at once. libuv does so in a later turn, and a resetAndDestroy() before that would
   * leave the fd open for good: uv_tcp_close_reset() answers EINVAL, and Node closes nothing then.
   */
  endsAtOnce(): void {
    this.socket._final = (done) => {
      native.socket.shutdown(this.fd, SHUT_WR); // ENOTCONN: a peer that is gone is told nothing
      done();
    };
  }

  /** From here on Node says what it says of a socket that has ended. */
  release(): void {
    const inside = this.socket as Partial<Socket>;
    for (const name of ['write', 'end'] as const) delete inside[name];
    if (this.#own.includes('write')) this.socket.write = this.#write;
    if (this.#own.includes('end')) this.socket.end = this.#end;
  }

  write(bytes: Buffer, done?: Done): boolean {
    return (this.#write as Write).call(this.socket, bytes, done);
  }

  end(): void {
    (this.#end as () => void).call(this.socket);
  }
}
