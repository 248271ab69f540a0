// What the error queue of a socket tells: sock_extended_err of ip(7), in memory of a Message.
import { native } from '../native/table.js';
import type { SocketAddress } from './address.js';

const { layout } = native.message;

/**
 * An error that a host or this system reports for what was sent (IP_RECVERR, IPV6_RECVERR; ip(7)), or a time at which
 * something was sent (SO_TIMESTAMPING). A `Message` has it; the next `recvmsg()` of that message changes it.
 */
export class ExtendedError {
  readonly #words: Int32Array;
  readonly #offender: SocketAddress;

  /** @internal */
  constructor(words: Int32Array, offender: SocketAddress) {
    this.#words = words;
    this.#offender = offender;
  }

  /** The system's error number, positive (ee_errno). */
  get errno(): number {
    return this.#words[layout.error] as number;
  }

  /** Its POSIX name, such as 'ECONNREFUSED'; '' for a number without one. */
  get errorName(): string {
    return native.errorName(this.errno) ?? '';
  }

  /** Who reports it (ee_origin): SO_EE_ORIGIN_LOCAL, SO_EE_ORIGIN_ICMP, SO_EE_ORIGIN_ICMP6 ... of `constants`. */
  get origin(): number {
    return this.#words[layout.errorOrigin] as number;
  }

  /** The ICMP type, or one of the origin's own (ee_type). */
  get type(): number {
    return this.#words[layout.errorType] as number;
  }

  /** The ICMP code (ee_code). */
  get code(): number {
    return this.#words[layout.errorCode] as number;
  }

  /** What else there is (ee_info): for EMSGSIZE, the path's MTU in bytes. */
  get info(): number {
    return (this.#words[layout.errorInfo] as number) >>> 0;
  }

  /** Data of the origin (ee_data). */
  get data(): number {
    return (this.#words[layout.errorData] as number) >>> 0;
  }

  /** The host that reports it (SO_EE_OFFENDER), always the same object; empty for an error of this system. */
  get offender(): SocketAddress {
    return this.#offender;
  }
}
