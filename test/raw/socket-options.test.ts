// Socket options: what JavaScript may give the kernel. An address or a count in an option's value is refused before any
// system call, the buffer of getsockopt() is no input, and an error says which option it was. The fuzz of all of them
// is in ../fuzz/socket-options.test.ts.
import { Interest, SystemError } from 'fdreactor';
import * as socket from 'fdreactor/socket';
import { describe, expect, test } from 'vitest';
import { testWith } from '../helpers/needs.js';
import { own } from '../helpers/owned.js';
import { tcpPair } from '../helpers/pairs.js';
import { isLinux, isWindows } from '../helpers/platform.js';
import { caught, expectSystemError } from '../helpers/throws.js';
import { awaitReady } from '../helpers/wait.js';

const { constants } = socket;
const { SOL_SOCKET, IPPROTO_IP, IPPROTO_IPV6, IPPROTO_TCP } = constants;
const linuxOnly = { needs: 'proc' } as const;

/** A buffer full of something that is an address of this process, or near one. */
function addresses(length: number): Buffer {
  const buffer = Buffer.alloc(length);
  for (let i = 0; i + 8 <= length; i += 8) buffer.writeBigUInt64LE(0x7f00_0000_1000n, i);
  return buffer;
}

function expectRefused(call: () => unknown, ...words: string[]): void {
  const error = caught(call);
  expect(error).toBeInstanceOf(TypeError);
  expect(error).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' });
  for (const word of ['holds an address', ...words]) expect(error.message).toContain(word);
}

testWith(linuxOnly, 'the peer cannot write to an address that JavaScript chose (TCP_ZEROCOPY_RECEIVE)', () => {
  const [client, server] = tcpPair();
  socket.send(client, Buffer.alloc(8192, 'x'));
  awaitReady(server, Interest.READABLE);
  for (const length of [40, 56, 64]) {
    const value = addresses(length);
    value.writeUInt32LE(8192, 8);
    const before = Buffer.from(value);
    expectRefused(() => socket.getsockopt(server, IPPROTO_TCP, 35, value), 'getsockopt', 'IPPROTO_TCP', '35');
    expect(value).toEqual(before);
  }
});

describe('options whose values hold an address or a count are refused, at any length', () => {
  const set: [name: string, level: number, option: number][] = [
    ['SO_ATTACH_FILTER', SOL_SOCKET, 26],
    ['SO_ATTACH_REUSEPORT_CBPF', SOL_SOCKET, 51],
    ['IPT_SO_SET_REPLACE', IPPROTO_IP, 64],
    ['ARPT_SO_SET_REPLACE', IPPROTO_IP, 96],
    ['EBT_SO_SET_ENTRIES', IPPROTO_IP, 128],
    ['IP6T_SO_SET_REPLACE', IPPROTO_IPV6, 64],
    ['XDP_UMEM_REG', 283, 4],
    ['RDS_GET_MR', 276, 2],
    ['RDS_GET_MR_FOR_DEST', 276, 7],
  ];
  const get: [name: string, level: number, option: number][] = [
    ['SO_GET_FILTER', SOL_SOCKET, 26],
    ['IP_MSFILTER', IPPROTO_IP, 41],
    ['MCAST_MSFILTER', IPPROTO_IP, 48],
    ['MCAST_MSFILTER of IPv6', IPPROTO_IPV6, 48],
    ['TCP_AO_GET_KEYS', IPPROTO_TCP, 41],
    ['SCTP_SOCKOPT_CONNECTX3', 132, 111],
    ['MPTCP_FULL_INFO', 284, 4],
  ];
  for (const [name, level, option] of isLinux ? set : []) {
    test(`setsockopt ${name}`, () => {
      const fd = own(socket.socket(constants.AF_INET, constants.SOCK_STREAM, 0));
      for (const length of [0, 4, 8, 16, 4096]) {
        expectRefused(() => socket.setsockopt(fd, level, option, addresses(length)), 'setsockopt');
      }
      expectRefused(() => socket.setsockopt(fd, level, option, 1));
    });
  }
  for (const [name, level, option] of isLinux ? get : []) {
    test(`getsockopt ${name}`, () => {
      const fd = own(socket.socket(constants.AF_INET, constants.SOCK_STREAM, 0));
      for (const length of [0, 4, 16, 4096]) {
        expectRefused(() => socket.getsockopt(fd, level, option, addresses(length)), 'getsockopt');
      }
      expectRefused(() => socket.getsockopt(fd, level, option));
    });
  }
  // PVD_CONFIG; a struct mac is FreeBSD's and macOS's, and so is IP_MSFILTER by this number.
  const [level, option] = isWindows ? [SOL_SOCKET, 0x3001] : [IPPROTO_IP, 74];
  for (const call of isLinux ? [] : ([socket.getsockopt, socket.setsockopt] as const)) {
    test(`${call.name} of this system`, () => {
      const fd = own(socket.socket(constants.AF_INET, constants.SOCK_STREAM, 0));
      expectRefused(() => call(fd, level as number, option as number, addresses(64)));
    });
  }
});

test('an option that the package does not know takes an integer, and nothing that has room for an address', () => {
  const fd = own(socket.socket(constants.AF_INET, constants.SOCK_STREAM, 0));
  for (const [level, option] of [
    [300, 1],
    [-1, 1],
    [SOL_SOCKET, 0x7fff_fff0],
    [IPPROTO_TCP, 12_345],
  ] as const) {
    expect(caught(() => socket.setsockopt(fd, level, option, 1))).toBeInstanceOf(SystemError);
    for (const length of [5, 8, 64]) expectRefused(() => socket.setsockopt(fd, level, option, addresses(length)));
  }
});

testWith(
  { notUnderWine: 'Wine answers with the length of the buffer' },
  'what is in the buffer of getsockopt is neither seen by the system nor changed beyond the answer',
  () => {
    const [client] = tcpPair();
    const value = Buffer.alloc(64, 0xab);
    const length = socket.getsockopt(client, SOL_SOCKET, constants.SO_TYPE, value);
    expect(length).toBe(4);
    expect(value.readInt32LE(0)).toBe(constants.SOCK_STREAM);
    expect(value.subarray(4)).toEqual(Buffer.alloc(60, 0xab));
    const untouched = Buffer.alloc(16, 0xab);
    caught(() => socket.getsockopt(client, SOL_SOCKET, 9999, untouched));
    expect(untouched).toEqual(Buffer.alloc(16, 0xab));
  },
);

testWith(
  { notUnderWine: 'Wine answers with the length of the buffer' },
  'the buffer of getsockopt may be shared, empty, or far too large',
  () => {
    const [client] = tcpPair();
    const shared = new Uint8Array(new SharedArrayBuffer(16), 3, 8);
    expect(socket.getsockopt(client, SOL_SOCKET, constants.SO_TYPE, shared)).toBe(4);
    expect(shared[0]).toBe(constants.SOCK_STREAM);
    expect(socket.getsockopt(client, SOL_SOCKET, constants.SO_TYPE, new Uint8Array(1 << 22))).toBe(4);
  },
);

testWith(
  linuxOnly,
  'a value that was cut off: its full length is returned, and the rest of the memory left alone',
  () => {
    const [NETLINK_ADD_MEMBERSHIP, NETLINK_LIST_MEMBERSHIPS] = [1, 9];
    const fd = own(socket.socket(16, constants.SOCK_RAW, 0));
    socket.setsockopt(fd, 270, NETLINK_ADD_MEMBERSHIP, 1);
    const memory = Buffer.alloc(64, 0xab);
    const length = socket.getsockopt(fd, 270, NETLINK_LIST_MEMBERSHIPS, memory.subarray(0, 4));
    expect(length).toBeGreaterThan(4);
    expect(memory.subarray(4)).toEqual(Buffer.alloc(60, 0xab));
  },
);

describe('an error names the option', () => {
  const fd = (): number => own(socket.socket(constants.AF_INET, constants.SOCK_STREAM, 0));
  test('by its names', () => {
    const option = 'SOL_SOCKET SO_RCVBUF';
    const value = new Uint8Array(0);
    expectSystemError(
      () => socket.setsockopt(1_000_000, SOL_SOCKET, constants.SO_RCVBUF, 1),
      isWindows ? 'ENOTSOCK' : 'EBADF',
      { option },
    );
    const error = caught(() => socket.setsockopt(fd(), SOL_SOCKET, constants.SO_RCVBUF, value));
    expect(error).toMatchObject({ option });
    expect(error.message).toContain(option);
  });
  test('by its number where it has no name', () => {
    expect(caught(() => socket.getsockopt(fd(), IPPROTO_TCP, 9999))).toMatchObject({ option: 'IPPROTO_TCP 9999' });
    expect(caught(() => socket.getsockopt(fd(), 300, 7))).toMatchObject({ option: 'level 300 option 7' });
  });
});
