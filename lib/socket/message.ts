// Message: what recvmsg() fills and sendmsg() takes. Its fields are in memory that native code reads and writes by the
// layout of native/sys/message/message.h; the control data of the system is made from them and never seen here.
import { checkInteger, checkObject, copyBuffers, NO_OPTIONS } from '../base/arguments.js';
import { invalidType } from '../base/errors.js';
import { native } from '../native/table.js';
import { addressBytes, SocketAddress } from './address.js';
import { ExtendedError } from './extended-error.js';
import { checkPassesFds, MAX_FDS, NOT_SET, newFields, storeFds } from './message-fields.js';

const { layout, closeFds } = native.message;
const { MSG_TRUNC, MSG_CTRUNC, IOV_MAX: MAX_BUFFERS } = native.constants.socket;
const WORD_BYTES = 4;
const ADDRESS_BYTES = layout.addressWords * WORD_BYTES;
const INT32_MAX = 2 ** 31 - 1;
const UINT32_MAX = 2 ** 32 - 1;
/** The longest payload of a UDP datagram. */
const MAX_SEGMENT_BYTES = 65_507;

/** Options of `new Message()`. */
export interface MessageOptions {
  /** What is received into or sent from, one after the other; at most `constants.IOV_MAX`. None by default. */
  buffers?: readonly Uint8Array[];
  /** How many fds one message may bring: 0 to 253; 0 by default. More are MSG_CTRUNC. */
  maxFds?: number;
}

/** What recvmsg() and sendmsg() need of a message: its buffers, if only one then that one, and its fields. */
export interface MessageParts {
  readonly buffer: Uint8Array | undefined;
  readonly buffers: readonly Uint8Array[];
  readonly fields: Uint8Array;
}

let partsOfMessage: (value: object) => MessageParts | undefined;
let setReceived: (message: Message, bytes: number) => boolean;

/** Closes the fds of a message that was dropped. */
const dropped = new FinalizationRegistry<Uint8Array>((fields) => {
  closeFds(fields);
});

/**
 * A message for `recvmsg()` and `sendmsg()`: buffers, an address and control data (cmsg(3)). Make it once and use it
 * again and again: each call fills it in place and makes no object.
 *
 * A message has two sides. The getters tell what the last `recvmsg()` received. What `setSource()` and the other
 * setters were given is sent with each `sendmsg()` until it is changed; receiving does not change it. `name` belongs to
 * both, so that an answer goes to the sender.
 *
 * Most control data comes only if a socket option asks for it; each getter names the option.
 */
export class Message {
  readonly #words = newFields(0);
  readonly #parts: { buffer: Uint8Array | undefined; buffers: readonly Uint8Array[]; readonly fields: Uint8Array };
  readonly #name = this.#address(layout.name);
  readonly #destination = this.#address(layout.destination);
  readonly #localAddress = this.#address(layout.localAddress);
  readonly #extendedError = new ExtendedError(this.#words, this.#address(layout.offender));
  #bytes = 0;

  static {
    partsOfMessage = (value) => (#parts in value ? value.#parts : undefined);
    setReceived = (message, bytes) => {
      message.#bytes = bytes;
      return !message.controlTruncated;
    };
  }

  /**
   * @throws TypeError or RangeError for a wrong option; UnsupportedError for `maxFds` above 0 on Windows, where no
   * socket passes fds
   */
  constructor(options: MessageOptions = NO_OPTIONS) {
    checkObject(options, 'options');
    const { buffers = [], maxFds = 0 } = options;
    checkInteger(maxFds, 'options.maxFds', 0, MAX_FDS);
    if (maxFds > 0) checkPassesFds();
    const words = this.#words;
    this.#parts = { buffer: undefined, buffers: [], fields: new Uint8Array(words.buffer) };
    this.buffers = buffers;
    words[layout.maxFds] = maxFds;
    dropped.register(this, this.#parts.fields);
  }

  /** The buffers, as a new array. */
  get buffers(): Uint8Array[] {
    return [...this.#parts.buffers];
  }

  /** Sets the buffers: at most `constants.IOV_MAX` (1,024) of them. The array is copied, its buffers are not. */
  set buffers(buffers: readonly Uint8Array[]) {
    const copy = copyBuffers(buffers, MAX_BUFFERS);
    this.#parts.buffers = copy;
    this.#parts.buffer = copy.length === 1 ? copy[0] : undefined;
  }

  /** How many bytes the last recvmsg() received; 0 before. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Who sent the message, always the same object; and to whom it is sent. It holds no address if the socket is a
   * connected stream.
   */
  get name(): SocketAddress {
    return this.#name;
  }

  /** Sets `name` to a copy of an address, or to none for a connected socket. */
  setName(address: SocketAddress | { host: string; port: number } | { path: string } | null): void {
    this.#setAddress(layout.name, address, 'address');
  }

  /** The MSG_ bits of the message: MSG_EOR, MSG_ERRQUEUE, MSG_TRUNC, MSG_CTRUNC ... of `constants`. */
  get flags(): number {
    return this.#word(layout.flags);
  }

  /** Whether the datagram was longer than the buffers (MSG_TRUNC). The rest is lost. */
  get truncated(): boolean {
    return (this.flags & MSG_TRUNC) !== 0;
  }

  /** Whether control data was cut off (MSG_CTRUNC), for which recvmsg() throws EMSGSIZE. */
  get controlTruncated(): boolean {
    return (this.flags & MSG_CTRUNC) !== 0;
  }

  /**
   * The destination of the packet, without a port (IP_PKTINFO or IPV6_RECVPKTINFO, as an option of the socket): this
   * host's address, a group or a broadcast address. Always the same object; it holds no address if none came.
   */
  get destination(): SocketAddress {
    return this.#destination;
  }

  /**
   * The address of this host to which the message came, without a port (IP_PKTINFO, IPV6_RECVPKTINFO): what
   * `setSource()` takes for the answer. In IPv6, and on Windows, it is `destination`.
   */
  get localAddress(): SocketAddress {
    return this.#localAddress;
  }

  /** The number of the interface by which the message came (IP_PKTINFO, IPV6_RECVPKTINFO); 0 for none. */
  get interfaceIndex(): number {
    return this.#word(layout.interfaceIndex);
  }

  /** The packet's time to live, or hop limit (IP_RECVTTL, IPV6_RECVHOPLIMIT): 0 to 255; -1 for none. */
  get ttl(): number {
    return this.#word(layout.ttl);
  }

  /** The packet's type of service, or traffic class (IP_RECVTOS, IPV6_RECVTCLASS): 0 to 255; -1 for none. */
  get tos(): number {
    return this.#word(layout.tos);
  }

  /** The ECN bits of `tos` (RFC 3168): 0 to 3; -1 for none. */
  get ecn(): number {
    const tos = this.tos;
    return tos < 0 ? NOT_SET : tos & 3;
  }

  /**
   * When the kernel received the message: nanoseconds since 1970 (SO_TIMESTAMPNS, SO_TIMESTAMP, or SO_TIMESTAMPING with
   * SOF_TIMESTAMPING_SOFTWARE); 0n for none. With MSG_ERRQUEUE: when a message was sent.
   */
  get timestampNs(): bigint {
    return this.#long(layout.timestampNs);
  }

  /** The same by the clock of the network device (SO_TIMESTAMPING with SOF_TIMESTAMPING_RAW_HARDWARE); 0n for none. */
  get hardwareTimestampNs(): bigint {
    return this.#long(layout.hardwareTimestampNs);
  }

  /**
   * The size of each datagram, if the kernel joined several of one sender (UDP_GRO, Linux 5.0): the last one may be
   * shorter. 0 where the message is one datagram.
   */
  get segmentBytes(): number {
    return this.#word(layout.segmentBytes);
  }

  /** The process that sent the message (SO_PASSCRED, Linux; unix(7)): 0 if it has no number here; -1 for none. */
  get pid(): number {
    return this.#word(layout.pid);
  }

  /** The sender's user, as `pid`; -1 for none. */
  get uid(): number {
    return this.pid < 0 ? NOT_SET : this.#word(layout.uid) >>> 0;
  }

  /** The sender's group, as `pid`; -1 for none. */
  get gid(): number {
    return this.pid < 0 ? NOT_SET : this.#word(layout.gid) >>> 0;
  }

  /** How many fds came with the message and were not taken yet (SCM_RIGHTS; unix(7)). */
  get fdCount(): number {
    return this.#word(layout.fdCount);
  }

  /**
   * Takes the fds that came with the message: they are the caller's from here on. Each is close-on-exec, and blocking
   * or not as its sender has it. What is not taken is closed by the next recvmsg() of the message, by `closeFds()`, or
   * when the message is collected.
   */
  takeFds(): number[] {
    const words = this.#words;
    const fds = [...words.subarray(layout.fds, layout.fds + this.fdCount)];
    words[layout.fdCount] = 0;
    return fds;
  }

  /** Takes the pidfd of the sender (SO_PASSPIDFD, Linux 6.5), as takeFds(); -1 for none. */
  takePidfd(): number {
    const pidfd = this.#word(layout.pidfd);
    this.#words[layout.pidfd] = NOT_SET;
    return pidfd;
  }

  /** Closes the fds that came with the message and were not taken. Idempotent; the message can be used again. */
  closeFds(): void {
    closeFds(this.#parts.fields);
  }

  /** closeFds(), for `using`. */
  [Symbol.dispose](): void {
    this.closeFds();
  }

  /**
   * The error that a recvmsg() with MSG_ERRQUEUE took from the error queue (IP_RECVERR, IPV6_RECVERR, SO_TIMESTAMPING,
   * Linux), always the same object; null where the message has none.
   */
  get extendedError(): ExtendedError | null {
    return this.#word(layout.hasError) === 0 ? null : this.#extendedError;
  }

  /**
   * Sends from an address of this host (IP_PKTINFO, IPV6_PKTINFO). Its port is ignored. For the answer to a message
   * pass `message.localAddress`.
   *
   * @param address a copy is kept; null: the system chooses, as it does by default
   * @param interfaceIndex sends by this interface only; 0, the default: the system chooses
   */
  setSource(address: SocketAddress | { host: string; port: number } | null, interfaceIndex = 0): void {
    checkInteger(interfaceIndex, 'interfaceIndex', 0, INT32_MAX);
    this.#setAddress(layout.source, address, 'address');
    this.#words[layout.sourceInterface] = interfaceIndex;
  }

  /** Sends with this time to live, or hop limit: 1 to 255; null: the socket's own, as by default. */
  setTtl(ttl: number | null): void {
    this.#setOrNone(layout.sendTtl, ttl, 'ttl', 1, 255);
  }

  /** Sends with this type of service, or traffic class: 0 to 255; null: the socket's own, as by default. */
  setTos(tos: number | null): void {
    this.#setOrNone(layout.sendTos, tos, 'tos', 0, 255);
  }

  /**
   * Cuts what is sent into datagrams of this size (UDP_SEGMENT, Linux 4.18): one call for up to 64 of them, 128 from
   * Linux 6.8. null: one datagram, as by default.
   *
   * @param segmentBytes 1 to 65,507
   */
  setSegmentBytes(segmentBytes: number | null): void {
    if (segmentBytes !== null) checkInteger(segmentBytes, 'segmentBytes', 1, MAX_SEGMENT_BYTES);
    this.#words[layout.sendSegmentBytes] = segmentBytes ?? 0;
  }

  /**
   * Sends credentials (SCM_CREDENTIALS, Linux; unix(7)). The kernel checks them: a process without rights may name
   * itself alone. Without them, a receiver with SO_PASSCRED gets those of the sender.
   */
  setCredentials(pid: number, uid: number, gid: number): void {
    checkInteger(pid, 'pid', 0, INT32_MAX);
    checkInteger(uid, 'uid', 0, UINT32_MAX);
    checkInteger(gid, 'gid', 0, UINT32_MAX);
    this.#words[layout.sendPid] = pid;
    this.#words[layout.sendUid] = uid;
    this.#words[layout.sendGid] = gid;
  }

  /**
   * Sends duplicates of fds with the next messages (SCM_RIGHTS; unix(7)). They stay open here. A stream takes them only
   * with at least one byte.
   *
   * @param fds at most 253; an empty array ends it
   * @throws UnsupportedError for an array that is not empty on Windows
   */
  setFds(fds: readonly number[]): void {
    storeFds(this.#words, fds);
  }

  /** Forgets what the setters were given, but for the name. */
  clearControl(): void {
    const words = this.#words;
    this.setSource(null);
    for (const field of ['sendTtl', 'sendTos', 'sendPid'] as const) words[layout[field]] = NOT_SET;
    words[layout.sendSegmentBytes] = 0;
    words[layout.sendFdCount] = 0;
  }

  #address(word: number): SocketAddress {
    return SocketAddress.over(new Uint8Array(this.#words.buffer, word * WORD_BYTES, ADDRESS_BYTES));
  }

  #setAddress(word: number, address: unknown, name: string): void {
    const target = new Uint8Array(this.#words.buffer, word * WORD_BYTES, ADDRESS_BYTES);
    if (address === null) target.fill(0);
    else target.set(addressBytes(address, name));
  }

  #setOrNone(word: number, value: number | null, name: string, min: number, max: number): void {
    if (value !== null) checkInteger(value, name, min, max);
    this.#words[word] = value ?? NOT_SET;
  }

  #word(word: number): number {
    return this.#words[word] as number;
  }

  #long(word: number): bigint {
    return new BigInt64Array(this.#words.buffer, word * WORD_BYTES, 1)[0] as bigint;
  }
}

/** The parts of a message. @throws TypeError for anything else */
export function partsOf(value: unknown): MessageParts {
  const parts = typeof value === 'object' && value !== null ? partsOfMessage(value) : undefined;
  if (parts === undefined) throw invalidType('message', 'a Message', value);
  return parts;
}

/** Notes how many bytes a message received. False if its control data was cut off. */
export function received(message: Message, bytes: number): boolean {
  return setReceived(message, bytes);
}
