// Addresses that are numbers: vsock(7) between virtual machines and their host, netlink(7) to the kernel. Real sockets
// of both families.
import { Interest } from 'fdreactor';
import * as socket from 'fdreactor/socket';
import { SocketAddress } from 'fdreactor/socket';
import { expect, test } from 'vitest';
import { holds, testUnless } from '../helpers/needs.js';
import { own } from '../helpers/owned.js';
import { acceptOne, recvAll, sendAll } from '../helpers/pairs.js';
import { caught, expectArgumentType, expectOutOfRange, expectSystemError } from '../helpers/throws.js';
import { awaitReady } from '../helpers/wait.js';

// biome-ignore lint/suspicious/noExplicitAny: wrong values are the point
type Any = any;
const epoll = { needs: ['epoll', 'proc'] } as const;
// Left out where there is no such family: the tests below are not made there.
const { AF_NETLINK = 0, AF_VSOCK = 0, NETLINK_ROUTE = 0, RTMGRP_LINK = 0, RTMGRP_NEIGH = 0 } = socket.constants;
const { VMADDR_CID_ANY = 0, VMADDR_CID_HOST = 0, VMADDR_CID_LOCAL = 0, VMADDR_PORT_ANY = 0 } = socket.constants;
const { SOCK_RAW, SOCK_STREAM } = socket.constants;

/** Why a vsock socket cannot be bound to this context; undefined where it can. */
function whyNoVsock(cid: number): string | undefined {
  let fd: number | undefined;
  try {
    fd = socket.socket(AF_VSOCK, SOCK_STREAM, 0);
    socket.bind(fd, SocketAddress.vsock(cid, VMADDR_PORT_ANY));
    return undefined;
  } catch (error) {
    return `the kernel has no such vsock (modprobe vsock, vsock_loopback): ${(error as Error).message}`;
  } finally {
    if (fd !== undefined) socket.close(fd);
  }
}

if (holds('vsock and netlink', epoll)) {
  const ownVsock = (): number => own(socket.socket(AF_VSOCK, SOCK_STREAM, 0));

  test('a vsock address says what it was made of, and its bytes make it again', () => {
    for (const cid of [0, 1, VMADDR_CID_HOST, 3, VMADDR_CID_ANY]) {
      for (const port of [0, 1, 65_536, VMADDR_PORT_ANY]) {
        const address = SocketAddress.vsock(cid, port);
        for (const same of [address, SocketAddress.fromBytes(address.bytes)]) {
          expect(same).toMatchObject({ family: 'vsock', domain: AF_VSOCK, cid, port, address: '', path: '' });
          expect([same.pid, same.groups]).toEqual([null, null]);
        }
      }
    }
  });

  test('a netlink address says what it was made of, and its bytes make it again', () => {
    for (const pid of [0, process.pid, 2 ** 32 - 1]) {
      for (const groups of [0, RTMGRP_LINK, 2 ** 31, -(2 ** 31), 2 ** 32 - 1]) {
        const address = SocketAddress.netlink(pid, groups);
        for (const same of [address, SocketAddress.fromBytes(address.bytes)]) {
          expect(same).toMatchObject({ family: 'netlink', domain: AF_NETLINK, pid, groups: groups >>> 0, port: 0 });
          expect([same.cid, same.address, same.path]).toEqual([null, '', '']);
        }
      }
    }
    expect(SocketAddress.netlink()).toMatchObject({ pid: 0, groups: 0 });
  });

  test('an address of another kind, none, and one that was cut off have no such numbers', () => {
    const cut = [SocketAddress.vsock(3, 4), SocketAddress.netlink(3, 4)].flatMap(({ bytes }) =>
      [2, 4, 7].map((length) => SocketAddress.fromBytes(bytes.subarray(0, length))),
    );
    const ip = new SocketAddress({ host: '127.0.0.1', port: 80 });
    for (const { cid, pid, groups } of [new SocketAddress(), ip, new SocketAddress({ path: '/x' }), ...cut]) {
      expect([cid, pid, groups]).toEqual([null, null, null]);
    }
    for (const { family, port } of cut) expect([family, port]).toEqual([null, 0]);
  });

  test('numbers that are not of 32 bits are refused by name', () => {
    for (const value of [-1, 2 ** 32, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expectOutOfRange(() => SocketAddress.vsock(value, 1));
      expectOutOfRange(() => SocketAddress.vsock(1, value));
      expectOutOfRange(() => SocketAddress.netlink(value, 1));
    }
    for (const value of [-(2 ** 31) - 1, 2 ** 32, 1.5]) expectOutOfRange(() => SocketAddress.netlink(1, value));
    for (const value of [undefined, null, '1', 1n, {}, Symbol('cid')] as Any[]) {
      expectArgumentType(() => SocketAddress.vsock(value, 1));
      expectArgumentType(() => SocketAddress.vsock(1, value));
      if (value !== undefined) expectArgumentType(() => SocketAddress.netlink(value, 1));
      if (value !== undefined) expectArgumentType(() => SocketAddress.netlink(1, value));
    }
  });

  test('rtnetlink lists the links of this machine, and "lo" is one', () => {
    const fd = own(socket.socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE));
    socket.bind(fd, SocketAddress.netlink());
    const { pid } = socket.getsockname(fd) as { pid: number };
    expect(pid).toBeGreaterThan(0);
    expect(socket.sendto(fd, linkDump(), 0, 32, 0, SocketAddress.netlink(0))).toBe(32);
    expect(linksOf(fd)).toContain('lo');
  });

  test('a bound netlink socket has its number and groups, and a connected one the kernel as its peer', () => {
    const fd = own(socket.socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE));
    const groups = RTMGRP_LINK | RTMGRP_NEIGH;
    socket.bind(fd, SocketAddress.netlink(0, groups));
    expect(socket.getsockname(fd)).toMatchObject({ family: 'netlink', domain: AF_NETLINK, groups });
    socket.connect(fd, SocketAddress.netlink(0));
    expect(socket.getpeername(fd)).toMatchObject({ family: 'netlink', pid: 0, groups: 0, address: '', port: 0 });
    socket.send(fd, linkDump());
    expect(linksOf(fd)).toContain('lo');
  });

  test('a number that another netlink socket has is EADDRINUSE, with the address', () => {
    const [first, second] = [0, 0].map(() => own(socket.socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE))) as [number, Any];
    socket.bind(first, SocketAddress.netlink());
    const { pid } = socket.getsockname(first) as { pid: number };
    const address = `netlink:${pid}`;
    const error = caught(() => socket.bind(second, SocketAddress.netlink(pid)));
    expect(error).toMatchObject({ code: 'EADDRINUSE', syscall: 'bind', fd: second, address });
    expect(error.message).toMatch(new RegExp(`bind fd ${second} ${address}$`));
    expect('port' in error).toBe(false);
  });

  testUnless(whyNoVsock(VMADDR_CID_ANY), 'a vsock socket is bound to any context, at a port of 32 bits', () => {
    const fd = ownVsock();
    socket.bind(fd, SocketAddress.vsock(VMADDR_CID_ANY, VMADDR_PORT_ANY));
    const name = socket.getsockname(fd);
    expect(name).toMatchObject({ family: 'vsock', domain: AF_VSOCK, cid: VMADDR_CID_ANY });
    const { port } = name as { port: number };
    expect(port).not.toBe(VMADDR_PORT_ANY);
    const second = ownVsock();
    expectSystemError(() => socket.bind(second, SocketAddress.vsock(VMADDR_CID_ANY, port)), 'EADDRINUSE', {
      fd: second,
      syscall: 'bind',
      address: `vsock:${VMADDR_CID_ANY}`,
      port,
    });
  });

  testUnless(whyNoVsock(VMADDR_CID_LOCAL), 'a stream by vsock, from this machine to itself', () => {
    const listener = ownVsock();
    socket.bind(listener, SocketAddress.vsock(VMADDR_CID_LOCAL, VMADDR_PORT_ANY));
    socket.listen(listener, 1);
    const { port } = socket.getsockname(listener) as { port: number };
    const client = ownVsock();
    socket.connect(client, SocketAddress.vsock(VMADDR_CID_LOCAL, port));
    const server = acceptOne(listener);
    awaitReady(client, Interest.WRITABLE);
    expect(socket.takeError(client)).toBe(null);
    expect(socket.getpeername(client)).toMatchObject({ family: 'vsock', cid: VMADDR_CID_LOCAL, port });
    sendAll(client, Buffer.from('by vsock'));
    expect(recvAll(server, 8).toString()).toBe('by vsock');
  });
}

const RTM_NEWLINK = 16;
const RTM_GETLINK = 18;
const NLMSG_DONE = 3;
const NLM_F_REQUEST_DUMP = 0x301;
const IFLA_IFNAME = 3;

/** nlmsghdr and ifinfomsg: all links, please (rtnetlink(7)). */
function linkDump(): Buffer {
  const request = Buffer.alloc(32);
  request.writeUInt32LE(request.length, 0);
  request.writeUInt16LE(RTM_GETLINK, 4);
  request.writeUInt16LE(NLM_F_REQUEST_DUMP, 6);
  request.writeUInt32LE(1, 8);
  return request;
}

/** The names in the answer, until its end has come. */
function linksOf(fd: number): string[] {
  const names: string[] = [];
  const sender = new SocketAddress();
  const buffer = Buffer.alloc(65_536);
  for (;;) {
    awaitReady(fd, Interest.READABLE);
    const length = socket.recvfrom(fd, buffer, 0, undefined, 0, sender);
    if (length < 0) continue;
    expect(sender).toMatchObject({ family: 'netlink', pid: 0 });
    for (let at = 0; at < length; at += (buffer.readUInt32LE(at) + 3) & ~3) {
      const type = buffer.readUInt16LE(at + 4);
      if (type === NLMSG_DONE) return names;
      if (type === RTM_NEWLINK) names.push(nameOf(buffer.subarray(at + 32, at + buffer.readUInt32LE(at))));
    }
  }
}

/** The attribute IFLA_IFNAME. */
function nameOf(attributes: Buffer): string {
  for (let at = 0; at < attributes.length; at += (attributes.readUInt16LE(at) + 3) & ~3) {
    const end = at + attributes.readUInt16LE(at);
    if (attributes.readUInt16LE(at + 2) === IFLA_IFNAME) return attributes.toString('latin1', at + 4, end - 1);
  }
  return '';
}
