// FileChunk: a range of a file as one chunk in the queue of a stream of Node. The stream is given a Buffer without
// memory whose `length` says how many bytes the range has. So whatever Node does with chunks it does with this one:
// what was written before goes first, what is written after it waits, Content-Length and chunked framing count it,
// write() says false and 'drain' follows, end() and 'finish' wait for it. socket-writes.ts calls `begin()` when it is
// the chunk's turn: at that time libuv has given the kernel all that came before.
import type { AsyncResource } from 'node:async_hooks';
import type { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { errorOf, SystemError, WOULD_BLOCK, withErrorCode } from '../base/errors.js';
import { fileHasEnded } from '../connection/errors.js';
import { asyncHooks } from '../native/builtins.js';
import { native } from '../native/table.js';
import { Interest } from '../reactor/interest.js';
import type { Registration } from '../reactor/registration.js';
import { closeFd } from '../socket/closing.js';
import { handleOf, type NodeHandle } from './handle.js';
import { connectionEnded } from './inside/connection-ended.js';
import type { OpenFile } from './open-file.js';
import { hasTurn, type Paced, sliceBytes, spend } from './pace.js';
import { sharedReactor } from './shared-reactor.js';

const { EBADF = 0 } = native.constants.error;

/** How many chunks wait for room in their sockets. */
let waiting = 0;

/** A chunk is at one of these; it only goes forward. */
const Stage = { QUEUED: 0, SENDING: 1, OVER: 2 } as const;

/** A Buffer without memory that says of itself to have so many bytes. */
class FileBuffer extends Uint8Array {
  readonly chunk: FileChunk;
  readonly #length: number;

  constructor(chunk: FileChunk, length: number) {
    super(0);
    this.chunk = chunk;
    this.#length = length;
  }

  override get length(): number {
    return this.#length;
  }

  override get byteLength(): number {
    return this.#length;
  }
}
Object.setPrototypeOf(FileBuffer.prototype, Buffer.prototype); // Buffer's constructor makes no subclass

/** The chunk of a file that a buffer stands for, if it is one. */
export function fileChunkOf(buffer: unknown): FileChunk | undefined {
  return buffer instanceof FileBuffer ? buffer.chunk : undefined;
}

/** Called once, when all is sent (null) or never will be. */
export type Settle = (error: Error | null, sent: number) => void;

/** What a chunk tells the socket that it is in. */
export interface ChunkOwner {
  readonly socket: Socket;
  /** The kernel has taken so many bytes of a file. */
  onSent(count: number): void;
  /** The chunk is over. */
  forget(chunk: FileChunk): void;
}

export class FileChunk implements Paced {
  /** Given to the stream in its place. */
  readonly buffer: Buffer;
  readonly #owner: ChunkOwner;
  readonly #target: Writable;
  readonly #file: OpenFile;
  readonly #settle: Settle;
  #stage: number = Stage.QUEUED;
  #sent = 0;
  #handle: NodeHandle | undefined;
  #fd = -1;
  /** Of the stream: called when the chunk is through. */
  #next: ((error?: Error | null) => void) | null = null;
  #registration: Registration | null = null;
  /** It goes on in a later turn, whether there is room or not. */
  #isLate = false;
  /**
   * Of one that waits: what its end calls runs in the AsyncLocalStorage store in which it began, as that of a write of
   * libuv.
   */
  #resource: AsyncResource | null = null;

  /** @param target what it is written to: the socket, or a response that has the socket or will have it */
  constructor(owner: ChunkOwner, target: Writable, file: OpenFile, settle: Settle) {
    this.#owner = owner;
    this.#target = target;
    this.#file = file;
    this.#settle = settle;
    this.buffer = new FileBuffer(this, file.left) as unknown as Buffer;
  }

  /** Whether it will send some. */
  get hasBytes(): boolean {
    return this.#stage === Stage.QUEUED && this.#file.left > 0;
  }

  /** Its turn in the stream. @param next called when the stream may go on with the next chunk */
  begin(next: (error?: Error | null) => void): void {
    if (this.#stage !== Stage.QUEUED) {
      next(null); // it has failed before its turn, and its socket is about to be destroyed
      return;
    }
    this.#stage = Stage.SENDING;
    this.#next = next;
    const { socket } = this.#owner;
    if (socket.connecting) socket.once('connect', () => this.#start());
    else this.#start();
  }

  #start(): void {
    this.#handle = handleOf(this.#owner.socket);
    this.#fd = this.#handle?.fd ?? -1;
    this.#send();
  }

  /** The stream says that the chunk was written, or that it never will be. */
  onWritten(error: Error | null | undefined): void {
    if (this.#stage === Stage.OVER) return;
    this.fail(error ?? withErrorCode(new Error('the chunk was not written by its stream'), 'ERR_INVALID_STATE'));
  }

  /** Its socket is destroyed: before the fd is closed, since the number may be another file's the moment after. */
  onDestroy(error: Error | null): void {
    if (this.#stage === Stage.OVER) return;
    const next = this.#next;
    this.#end(connectionEnded(error, this.#fd, 'sendfile'));
    if (next !== null) process.nextTick(next, null); // as of a write of libuv that is cancelled
  }

  /** It did not get into a queue: the connection is as it was. */
  cancel(error: Error): void {
    if (this.#stage !== Stage.OVER) this.#end(error);
  }

  /** The response that it is in was destroyed before its turn. */
  onTargetClosed(): void {
    this.fail(connectionEnded(null, -1, 'sendfile'));
  }

  /** Ends it, and where something may be on its way the connection. */
  fail(error: Error): void {
    if (this.#stage === Stage.OVER) return;
    const next = this.#next;
    const { socket } = this.#owner;
    this.#end(error);
    if (socket.destroyed) return;
    socket.on('error', ignore); // who sends the file is told by the promise
    if (next !== null) next(error);
    if (waitsForTurn(this.#target)) destroyAtTurn(this.#target, error);
    else socket.destroy(error);
  }

  goOn(): void {
    this.#isLate = false;
    if (this.#stage === Stage.SENDING) this.#goOnWithin();
  }

  /** Before it waits. */
  #keepStore(): void {
    this.#resource ??= new asyncHooks.AsyncResource('FdFileChunk');
  }

  #goOnWithin(): void {
    this.#resource?.runInAsyncScope(this.#send, this);
  }

  #send(): void {
    if (this.#isLate) return;
    if (!hasTurn(this)) {
      this.#isLate = true;
      this.#keepStore();
      return;
    }
    const file = this.#file;
    let slice = sliceBytes(waiting + 1);
    while (file.left > 0) {
      const sent = this.#sendSome(Math.min(file.left, slice));
      if (this.#stage === Stage.OVER) return;
      slice -= sent;
      if (sent === 0 || (slice <= 0 && file.left > 0)) {
        this.#await();
        return;
      }
    }
    this.#done();
  }

  /** One call. Returns 0 where there is no room. */
  #sendSome(count: number): number {
    const file = this.#file;
    let sent: number;
    try {
      if (this.#handle === undefined || this.#handle.fd !== this.#fd) throw new SystemError(EBADF, 'sendfile');
      sent = native.sendfile?.(this.#fd, file.fd, file.start, count) ?? 0;
      if (sent === WOULD_BLOCK) return 0;
      if (sent < 0) throw new SystemError(errorOf(sent), 'sendfile', { fd: this.#fd });
      if (sent === 0) throw fileHasEnded(file);
    } catch (error) {
      this.fail(error as Error);
      return 0;
    }
    file.start += sent;
    file.left -= sent;
    this.#sent += sent;
    spend(sent);
    this.#owner.onSent(sent);
    return sent;
  }

  /** Goes on in a later turn, when there is room. */
  #await(): void {
    if (this.#registration !== null) return;
    this.#keepStore();
    try {
      this.#registration = this.#watch();
      waiting++;
    } catch (error) {
      this.fail(error as Error);
    }
  }

  /** By a duplicate where the program itself has the shared reactor watch the socket: an fd has one registration. */
  #watch(): Registration {
    const goOn = (): void => this.#goOnWithin();
    try {
      return sharedReactor().register(this.#fd, Interest.WRITABLE, goOn);
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'EEXIST') throw error;
    }
    const duplicate = native.fd.duplicate?.(this.#fd) ?? -1;
    if (duplicate < 0) throw new SystemError(errorOf(duplicate), 'fcntl', { fd: this.#fd });
    try {
      return sharedReactor().register(duplicate, Interest.WRITABLE, goOn);
    } catch (error) {
      closeFd(duplicate);
      throw error;
    }
  }

  #done(): void {
    const next = this.#next;
    this.#end(null);
    next?.(null);
  }

  #end(error: Error | null): void {
    this.#stage = Stage.OVER;
    this.#next = null;
    if (this.#registration !== null) {
      waiting--;
      if (this.#registration.fd === this.#fd) this.#registration.deregister();
      else this.#registration.close(); // a duplicate
      this.#registration = null;
    }
    this.#owner.forget(this);
    this.#file.close();
    this.#resource?.emitDestroy();
    this.#settle(error, this.#sent);
  }
}

function ignore(): void {}

/** Whether it is a response behind others in a pipeline. */
export function waitsForTurn(target: Writable): boolean {
  return (target as { socket?: Socket | null }).socket === null;
}

/** Those before it go out whole; then the connection ends. From Node 24 on, destroy() alone would leave it open. */
function destroyAtTurn(response: Writable, error: Error): void {
  response.once('socket', (socket: Socket) => socket.destroy(error));
  response.destroy(error);
}
