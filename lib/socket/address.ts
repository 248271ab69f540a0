// Socket addresses: text to the kernel's bytes and back. The bytes are opaque here (native/sys/address.h).
import { checkBits, checkBytes, checkInteger, checkObject, checkString } from '../base/arguments.js';
import { BAD_ARGUMENT, invalidValue, outOfRange, type SystemErrorDetails, UnsupportedError } from '../base/errors.js';
import { native } from '../native/table.js';

const LONGEST_PATH = native.address.maxPathBytes;
const LARGEST_UINT32 = 2 ** 32 - 1;

// The numbers that native/sys/linux/address_linux.h has for them (AddressPart).
const VSOCK_CID = 0;
const VSOCK_PORT = 1;
const NETLINK_PID = 2;
const NETLINK_GROUPS = 3;

/** An internet address: numeric IPv4 or IPv6 (`fe80::1%eth0` for a scope), never a name. */
export interface InternetAddress {
  /** The numeric address. */
  host: string;
  /** 0 to 65535. */
  port: number;
}

/**
 * A Unix socket's path of at most 107 bytes, 103 on macOS and the BSDs; on Linux one that starts with NUL is an
 * abstract name (unix(7)).
 */
export interface UnixAddress {
  /** The path, or the abstract name with its NUL. */
  path: string;
}

/** What getsockname() and getpeername() return. An unnamed Unix socket has the path ''. */
export type AddressInfo =
  | {
      /** The numeric address; '' where the family is 'other'. */
      address: string;
      /** 0 for a socket that was not bound yet, and where the family is 'other'. */
      port: number;
      /** Which kind of address it is: 'other' for one that this type has no form for (packet(7) ...). */
      family: 'IPv4' | 'IPv6' | 'other';
      /** Where the family is 'other': the system's number of it (AF_), as socket() takes it. */
      domain?: number;
    }
  | {
      /** Always ''. */
      address: string;
      /** 0 to 4,294,967,295; VMADDR_PORT_ANY for a socket that was not bound yet. */
      port: number;
      /** vsock(7). */
      family: 'vsock';
      /** AF_VSOCK. */
      domain: number;
      /** The context identifier: of a virtual machine, of its host, or VMADDR_CID_ANY. */
      cid: number;
    }
  | {
      /** Always ''. */
      address: string;
      /** Always 0. */
      port: number;
      /** netlink(7). */
      family: 'netlink';
      /** AF_NETLINK. */
      domain: number;
      /** The number of the socket, which is often that of its process; 0 for the kernel, or a socket not bound yet. */
      pid: number;
      /** The multicast groups, a bit each. */
      groups: number;
    }
  | {
      /** The path; '' for an unnamed socket. */
      path: string;
    };

/** The family of an address; null for no address, or one of another family, of which `domain` is the number. */
export type AddressFamily = 'IPv4' | 'IPv6' | 'unix' | 'vsock' | 'netlink' | null;

/**
 * A socket address in the kernel's own form, to be used again and again: `recvfrom()` fills it and `sendto()` takes it
 * without making an object. Reading `address`, `port` or `path` turns it into text each time.
 */
export class SocketAddress {
  #bytes = new Uint8Array(native.address.bytes);

  /** @param init what it holds at first; nothing if left out */
  constructor(init?: InternetAddress | UnixAddress) {
    if (init !== undefined) encode(init, this.#bytes);
  }

  /**
   * An address of vsock(7), for sockets of AF_VSOCK: between a virtual machine and its host. Linux.
   *
   * @param cid the context identifier, 0 to 4,294,967,295: VMADDR_CID_HOST, VMADDR_CID_LOCAL, the number of a virtual
   * machine; VMADDR_CID_ANY for `bind()`
   * @param port 0 to 4,294,967,295; VMADDR_PORT_ANY for one of the kernel's choice
   * @throws TypeError ERR_INVALID_ARG_TYPE, RangeError ERR_OUT_OF_RANGE; UnsupportedError on other systems
   */
  static vsock(cid: number, port: number): SocketAddress {
    checkInteger(cid, 'cid', 0, LARGEST_UINT32);
    checkInteger(port, 'port', 0, LARGEST_UINT32);
    return fromNumbers('vsock', native.address.fromVsock, cid, port);
  }

  /**
   * An address of netlink(7), for sockets of AF_NETLINK. Linux.
   *
   * @param pid the number of a socket, 0 to 4,294,967,295; 0, the default, for the kernel, and in `bind()` for a
   * number of the kernel's choice
   * @param groups multicast groups, a bit each, such as RTMGRP_LINK; none by default. A group beyond the 32nd is
   * joined by setsockopt() with NETLINK_ADD_MEMBERSHIP
   * @throws TypeError ERR_INVALID_ARG_TYPE, RangeError ERR_OUT_OF_RANGE; UnsupportedError on other systems
   */
  static netlink(pid = 0, groups = 0): SocketAddress {
    checkInteger(pid, 'pid', 0, LARGEST_UINT32);
    checkBits(groups, 'groups');
    return fromNumbers('netlink', native.address.fromNetlink, pid, groups >>> 0);
  }

  /**
   * An address of any family, from the bytes that C calls a `sockaddr`: AF_PACKET and others that have no form of their
   * own here. Of AF_UNSPEC (all bytes 0), `connect()` ends the association of a datagram socket.
   *
   * @param bytes a copy of them is kept; 2 to 128 of them, in the system's byte order where C has integers
   * @throws TypeError ERR_INVALID_ARG_TYPE for what is not a Uint8Array; RangeError ERR_OUT_OF_RANGE for its length
   */
  static fromBytes(bytes: Uint8Array): SocketAddress {
    checkBytes(bytes, 'bytes');
    const address = new SocketAddress();
    if (native.address.fromBytes(bytes, address.#bytes) >= 0) return address;
    throw outOfRange('bytes', 'a sockaddr of 2 to 128 bytes', bytes.length);
  }

  /** A copy of the system's bytes, a `sockaddr` of C; empty where it holds no address. */
  get bytes(): Uint8Array {
    return this.#bytes.slice(0, native.address.lengthOf(this.#bytes));
  }

  /** What kind of address it holds; null for none, and for one of another family, of which `domain` is the number. */
  get family(): AddressFamily {
    const kind = this.#text()[0];
    if (kind === 'none') return null;
    if (kind !== 'other') return kind;
    if (this.cid !== null) return 'vsock';
    return this.groups === null ? null : 'netlink';
  }

  /** The system's number of the family (AF_), as socket() takes it; 0 (AF_UNSPEC) where it holds no address. */
  get domain(): number {
    return this.#text()[3];
  }

  /** The numeric internet address; '' where it holds none. */
  get address(): string {
    const [family, text] = this.#text();
    return family === 'unix' ? '' : text;
  }

  /** The port, of an internet or a vsock address; 0 where it holds none. */
  get port(): number {
    const [kind, , port] = this.#text();
    return kind === 'other' ? (partOf(this.#bytes, VSOCK_PORT) ?? 0) : port;
  }

  /** The context identifier of a vsock address; null where it holds none. */
  get cid(): number | null {
    return partOf(this.#bytes, VSOCK_CID);
  }

  /** The number of the socket of a netlink address, 0 for the kernel; null where it holds none. */
  get pid(): number | null {
    return partOf(this.#bytes, NETLINK_PID);
  }

  /** The multicast groups of a netlink address, a bit each; null where it holds none. */
  get groups(): number | null {
    return partOf(this.#bytes, NETLINK_GROUPS);
  }

  /** The path of a Unix socket; '' where it has none. */
  get path(): string {
    const [family, text] = this.#text();
    return family === 'unix' ? text : '';
  }

  #text(): ReturnType<typeof native.address.toText> {
    return native.address.toText(this.#bytes);
  }

  /** @internal The bytes of any form of address; undefined for other values. */
  static bytesOf(value: unknown): Uint8Array | undefined {
    return typeof value === 'object' && value !== null && #bytes in value ? value.#bytes : undefined;
  }

  /** @internal An address in memory that others fill: `native.address.bytes` of it, aligned to 8. */
  static over(bytes: Uint8Array<ArrayBuffer>): SocketAddress {
    const address = new SocketAddress();
    address.#bytes = bytes;
    return address;
  }

  /** @internal */
  toInfo(): AddressInfo {
    const [kind, text, port, domain] = this.#text();
    if (kind === 'IPv4' || kind === 'IPv6') return { address: text, port, family: kind };
    // Of an unnamed Unix socket, some systems give no address at all.
    if (kind !== 'other') return { path: text };
    const { cid, pid, groups } = this;
    if (cid !== null) return { address: '', port: this.port, family: 'vsock', domain, cid };
    if (pid !== null && groups !== null) return { address: '', port, family: 'netlink', domain, pid, groups };
    return { address: '', port: 0, family: kind, domain };
  }
}

/** One of the numbers of a vsock or netlink address; null where it is of another family. */
function partOf(bytes: Uint8Array, which: number): number | null {
  const part = native.address.part?.(bytes, which) ?? BAD_ARGUMENT;
  return part < 0 ? null : part;
}

function fromNumbers(
  family: string,
  from: ((first: number, second: number, target: Uint8Array) => number) | undefined,
  first: number,
  second: number,
): SocketAddress {
  if (from === undefined) throw new UnsupportedError(`SocketAddress.${family}()`);
  const address = new SocketAddress();
  from(first, second, SocketAddress.bytesOf(address) as Uint8Array);
  return address;
}

/** The bytes of an address that a user gave, in either form. */
export function addressBytes(value: unknown, name = 'address'): Uint8Array {
  const bytes = SocketAddress.bytesOf(value);
  if (bytes !== undefined) return bytes;
  checkObject(value, name);
  return encode(value as Partial<InternetAddress & UnixAddress>, new Uint8Array(native.address.bytes));
}

/** Throws where a user's SocketAddress holds no address, which native code has refused. */
export function checkGiven(bytes: Uint8Array, name = 'address'): void {
  if (native.address.toText(bytes)[0] === 'none') throw invalidValue(name, 'an address', undefined);
}

/** What an error says of it. */
export function addressDetails(bytes: Uint8Array): SystemErrorDetails {
  const [kind, text, port] = native.address.toText(bytes);
  if (kind === 'IPv4' || kind === 'IPv6') return { address: text, port };
  if (kind === 'unix') return { path: text };
  const cid = partOf(bytes, VSOCK_CID);
  if (cid !== null) return { address: `vsock:${cid}`, port: partOf(bytes, VSOCK_PORT) ?? 0 };
  const pid = partOf(bytes, NETLINK_PID);
  return pid === null ? {} : { address: `netlink:${pid}` };
}

function encode(value: Partial<InternetAddress & UnixAddress>, target: Uint8Array): Uint8Array {
  checkObject(value, 'address');
  const { path, host, port } = value;
  // The host first: a `path` may be one that Object.prototype was given.
  return host === undefined && path !== undefined ? encodePath(path, target) : encodeInternet(host, port, target);
}

function encodeInternet(host: unknown, port: unknown, target: Uint8Array): Uint8Array {
  checkString(host, 'host');
  checkInteger(port, 'port', 0, 65535);
  if (native.address.fromIp(host, port, target) < 0) throw invalidValue('host', 'a numeric IPv4 or IPv6 address', host);
  return target;
}

function encodePath(path: unknown, target: Uint8Array): Uint8Array {
  checkString(path, 'path');
  if (native.address.fromPath(path, target) >= 0) return target;
  const bytes = Buffer.byteLength(path);
  if (bytes === 0 || bytes > LONGEST_PATH) throw outOfRange('path', `1 to ${LONGEST_PATH} bytes`, path);
  throw invalidValue('path', 'without NUL', path);
}
