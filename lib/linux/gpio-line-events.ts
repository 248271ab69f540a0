// The events of GPIO lines, out of the fd of GPIO_V2_GET_LINE_IOCTL. Exported as a part of fdreactor/linux.
import { checkFd, checkInteger, failFd } from '../base/arguments.js';
import { WOULD_BLOCK } from '../base/errors.js';
import { native } from '../native/table.js';
import { linuxCalls } from './constants.js';

// struct gpio_v2_line_event (linux/gpio.h): the same on every processor.
const EVENT_BYTES = 48;
const TIMESTAMP = 0;
const ID = 8;
const OFFSET = 12;
const SEQNO = 16;
const LINE_SEQNO = 20;

const MAX_EVENTS = 1 << 16;

/**
 * The edges that a read of a GPIO line's fd returned (`struct gpio_v2_line_event`, Linux 5.10), in memory of its own
 * that the next read fills again.
 */
export class GpioLineEvents {
  readonly #bytes: Uint8Array;
  readonly #words: Uint32Array;
  readonly #timestamps: BigUint64Array;
  readonly #capacity: number;

  /**
   * @param capacity how many events one read can return; 1 to 65,536
   * @throws RangeError ERR_OUT_OF_RANGE for another capacity; UnsupportedError where there is no Linux
   */
  constructor(capacity = 16) {
    linuxCalls('GpioLineEvents');
    checkInteger(capacity, 'capacity', 1, MAX_EVENTS);
    const memory = new ArrayBuffer(capacity * EVENT_BYTES);
    this.#bytes = new Uint8Array(memory);
    this.#words = new Uint32Array(memory);
    this.#timestamps = new BigUint64Array(memory);
    this.#capacity = capacity;
  }

  /** How many events fit. */
  get capacity(): number {
    return this.#capacity;
  }

  /**
   * Reads the events that have happened (read(2)), at most `capacity`.
   *
   * @param fd the `fd` that 'GPIO_V2_GET_LINE_IOCTL' of `ioctl()` answered, of lines with an edge flag
   * @returns how many events there are, or WOULD_BLOCK
   * @throws SystemError EBADF, EINVAL (another kind of file, or no edge is detected), ENODEV (the chip is gone)
   */
  read(fd: number): number {
    checkFd(fd);
    const length = native.fd.read(fd, this.#bytes);
    if (length === WOULD_BLOCK) return WOULD_BLOCK;
    return length < 0 ? failFd(length, 'read', fd) : Math.floor(length / EVENT_BYTES);
  }

  /**
   * When the i-th event happened, in nanoseconds: of CLOCK_MONOTONIC, or the clock that the line's flags chose.
   * Meaningful for i below what read() returned, as are the others.
   */
  timestampNs(i: number): bigint {
    return this.#timestamps[this.#byte(i, TIMESTAMP) / 8] as bigint;
  }

  /** constants.GPIO_V2_LINE_EVENT_RISING_EDGE or GPIO_V2_LINE_EVENT_FALLING_EDGE. */
  id(i: number): number {
    return this.#word(i, ID);
  }

  /** Which line of the chip it was. */
  offset(i: number): number {
    return this.#word(i, OFFSET);
  }

  /** The event's number among those of all lines of the request, from 1; a gap means that events were lost. */
  seqno(i: number): number {
    return this.#word(i, SEQNO);
  }

  /** The event's number among those of its line, from 1. */
  lineSeqno(i: number): number {
    return this.#word(i, LINE_SEQNO);
  }

  #word(i: number, member: number): number {
    return this.#words[this.#byte(i, member) / 4] as number;
  }

  #byte(i: number, member: number): number {
    checkInteger(i, 'i', 0, this.#capacity - 1);
    return i * EVENT_BYTES + member;
  }
}
