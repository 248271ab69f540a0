// Piping: the bytes of one connection go to another. It begins by copying, chunk by chunk, since chunks of the source
// may have come already and the target may have bytes queued. Once neither is so, the engine moves the bytes, where it
// can: they never cross into JavaScript then (native/sys/streams/stream_pipes.h). Where it cannot, the copying goes on.
//
// A connection has one piping from it, and one into it, at most. Both are in its Pipes, which only such a connection
// has.
import { checkBoolean, checkObject, NO_OPTIONS } from '../base/arguments.js';
import { invalidState, invalidType, invalidValue } from '../base/errors.js';
import { native } from '../native/table.js';
import type { Chunk } from './chunk.js';
import { Connection } from './connection.js';
import { State } from './sender.js';
import { Op } from './stream-area.js';

const { EINVAL } = native.constants.error;

/** Without fds or memory for a pipe it is copied for so long before the engine is asked again. */
const RETRY_BYTES = 1024 * 1024;

/** Options of `connection.pipeTo()`. */
export interface PipeToOptions {
  /** Whether the end of the source ends the target; true by default. A source that fails resets it in any case. */
  end?: boolean;
}

/** The pipings of one connection. */
export class Pipes {
  from: Piping<unknown, unknown> | null = null;
  into: Piping<unknown, unknown> | null = null;

  /** Its peer has ended, which all but the piping knows already. */
  ended(): void {
    this.from?.sourceIsOver();
  }

  /** It is closed. */
  left(): void {
    this.from?.sourceIsOver();
    this.into?.targetIsOver();
  }

  /** The reactor is closed. */
  forget(): void {
    this.from?.finish();
    this.into?.finish();
  }
}

/**
 * What `connection.pipeTo()` has begun: one direction, from a connection to another. It is over when the source has
 * ended, when either side has closed, or by `stop()`.
 */
export class Piping<T = undefined, U = undefined> {
  /** Whose bytes go to the target. */
  readonly source: Connection<T>;
  /** Who gets them. */
  readonly target: Connection<U>;
  readonly #endsTarget: boolean;
  #via: 'splice' | 'copy' = 'copy';
  /** The engine has it: no chunk comes. */
  #isSpliced = false;
  #bytes = 0;
  #isOver = false;
  /** The source rests until the target has sent what it has queued. Only while copying. */
  #isBlocked = false;
  #mayStart: boolean;
  #retryAt = 0;

  private constructor(source: Connection<T>, target: Connection<U>, endsTarget: boolean) {
    this.source = source;
    this.target = target;
    this.#endsTarget = endsTarget;
    this.#mayStart = source.kind.streams.pipings.canPipe;
  }

  /** @internal `connection.pipeTo()`. */
  static begin<T, U>(source: Connection<T>, target: unknown, options: PipeToOptions = NO_OPTIONS): Piping<T, U> {
    if (!(target instanceof Connection)) throw invalidType('target', 'a Connection', target);
    checkObject(options, 'options');
    const { end = true } = options;
    checkBoolean(end, 'options.end');
    if ((target as unknown) === source) throw invalidValue('target', 'another connection', target);
    if (target.kind.streams !== source.kind.streams)
      throw invalidValue('target', 'a connection of the same reactor', target);
    if (source.closed) throw invalidState('the connection is closed');
    if (!target.canBeFed) throw invalidState('the target is closed, was ended, or something is piped into it');
    if (source.pipes?.from != null) throw invalidState('the connection is piped already');
    const piping = new Piping<T, U>(source, target as unknown as Connection<U>, end);
    piping.#begin();
    return piping;
  }

  #begin(): void {
    const { source, target } = this;
    source.pipes ??= new Pipes();
    target.pipes ??= new Pipes();
    source.pipes.from = target.pipes.into = this as unknown as Piping<unknown, unknown>;
    target.state |= State.FED;
    if (source.ended) {
      this.sourceIsOver();
      return;
    }
    source.resume();
    if (!target.isDrained) this.#block();
    this.#startSoon();
  }

  /**
   * How the last bytes went: 'splice' if the kernel moved them (splice(2), Linux), 'copy' if they went through the
   * process. It begins by copying, until all that came before is with the kernel. It stays so where there is no
   * splice(2), or a side is neither a socket nor a pipe. While there are no fds or no memory for a pipe it copies, too.
   */
  get via(): 'splice' | 'copy' {
    return this.#via;
  }

  /** How many bytes it has given to the target, as of this turn; those that the target has queued included. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether it goes on: the source has not ended, neither side has closed, and stop() was not called. */
  get active(): boolean {
    return !this.#isOver;
  }

  /**
   * Ends the piping; the connections go on. Bytes that were not given to the target go to the `data` handler of the
   * source, in this turn or the next, and so do those that follow. What the target has queued it still sends.
   * Idempotent.
   */
  stop(): void {
    if (this.#isOver) return;
    const { source } = this;
    const { pipings } = source.kind.streams;
    let bytes: Chunk | undefined;
    if (this.#isSpliced) {
      pipings.tellMoved(source);
      bytes = pipings.unpipe(source);
    }
    this.finish();
    this.#unblock();
    if (bytes !== undefined && bytes.length > 0) pipings.deliverLater(source, bytes);
  }

  /** @internal Whether the source is paused for the target's sake. */
  get isBlocked(): boolean {
    return this.#isBlocked;
  }

  /** @internal A chunk of the source. */
  copy(bytes: Chunk): void {
    this.#via = 'copy';
    this.#bytes += bytes.length;
    this.target.feed(bytes);
    if (this.#isOver) return;
    if (!this.target.isDrained) this.#block();
    else this.#startSoon();
  }

  /** @internal The engine has moved so many. */
  count(bytes: number): void {
    this.#via = 'splice';
    this.#bytes += bytes;
  }

  /** @internal The target has sent all that it had queued. */
  drained(): void {
    this.#unblock();
    this.#startSoon();
  }

  /** @internal The engine cannot move them. */
  refused(error: number): void {
    const { source } = this;
    this.#isSpliced = false;
    this.#mayStart = error !== EINVAL;
    this.#retryAt = this.#bytes + RETRY_BYTES;
    const bytes = source.kind.streams.pipings.unpipe(source);
    if (bytes.length > 0) source.onData(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length);
  }

  /** @internal Nothing is left in the batch: the engine may begin. */
  start(): void {
    const { source, target } = this;
    if (this.#isOver || this.#isSpliced || !target.isDrained || isConnecting(target)) return;
    this.#isSpliced = true;
    source.kind.streams.pipings.pipe(source, target);
  }

  /** @internal The source has ended, or is closed. A stream that was cut off must not look like one that has ended. */
  sourceIsOver(): void {
    if (this.#isOver) return;
    const { source, target } = this;
    this.finish();
    if (!source.ended) target.reset();
    else if (this.#endsTarget) target.end();
  }

  /** @internal The target is closed. */
  targetIsOver(): void {
    if (this.#isOver) return;
    this.finish();
    this.source.close();
  }

  /** @internal */
  finish(): void {
    this.#isOver = true;
    if (this.source.pipes !== null) this.source.pipes.from = null;
    if (this.target.pipes !== null) this.target.pipes.into = null;
    this.target.state &= ~State.FED;
  }

  #block(): void {
    if (this.#isBlocked) return;
    this.#isBlocked = true;
    this.source.kind.streams.command(Op.PAUSE, this.source);
  }

  #unblock(): void {
    if (!this.#isBlocked) return;
    this.#isBlocked = false;
    if (!this.source.paused && !isConnecting(this.source)) this.source.kind.streams.command(Op.RESUME, this.source);
  }

  #startSoon(): void {
    if (this.#mayStart && this.#bytes >= this.#retryAt) this.source.kind.streams.pipings.startWhenDone(this);
  }
}

function isConnecting(connection: { readonly state: number }): boolean {
  return (connection.state & State.CONNECTING) !== 0;
}
