// SocketAddress, and the hosts and ports that every function accepts: numeric, in range, and nothing else.
import { networkInterfaces } from 'node:os';
import { Interest, type SystemError } from 'fdreactor';
import * as socket from 'fdreactor/socket';
import { SocketAddress } from 'fdreactor/socket';
import { describe, expect, test } from 'vitest';
import { describeWith, testWith } from '../helpers/needs.js';
import { own } from '../helpers/owned.js';
import { isWindows } from '../helpers/platform.js';
import {
  caught,
  expectArgumentType,
  expectBadArgument,
  expectOutOfRange,
  expectSystemError,
} from '../helpers/throws.js';
import { awaitReady } from '../helpers/wait.js';

// biome-ignore lint/suspicious/noExplicitAny: wrong values are the point
type Any = any;
const members = ({ family, address, port, path }: SocketAddress): unknown[] => [family, address, port, path];

/** The code of the error, or '' if the call succeeds. */
const codeOf = (call: () => unknown): string => {
  try {
    call();
    return '';
  } catch (error) {
    return (error as SystemError).code;
  }
};

test('an address says what it was made of', () => {
  expect(members(new SocketAddress({ host: '127.0.0.1', port: 80 })).slice(0, 3)).toEqual(['IPv4', '127.0.0.1', 80]);
  expect(members(new SocketAddress({ host: '::1', port: 65535 })).slice(0, 3)).toEqual(['IPv6', '::1', 65535]);
  expect(new SocketAddress({ path: '/run/x' })).toMatchObject({ family: 'unix', path: '/run/x' });
  expect(new SocketAddress().family).toBe(null);
});

test('IPv6 addresses come back in their shortest form', () => {
  for (const [long, short] of [
    ['0:0:0:0:0:0:0:1', '::1'],
    ['2001:0DB8:0000:0000:0000:0000:0000:0001', '2001:db8::1'],
    ['::ffff:127.0.0.1', '::ffff:127.0.0.1'],
  ] as const) {
    expect(new SocketAddress({ host: long, port: 1 }).address).toBe(short);
  }
});

test('a scope is the number of an interface, or its name if that is not a sentence; an unknown scope is refused', () => {
  const loopback = Object.keys(networkInterfaces()).find((name) => name.startsWith('lo')) as string;
  for (const scope of isWindows ? ['1'] : [loopback, '1']) {
    const { address, family } = new SocketAddress({ host: `fe80::1%${scope}`, port: 1 });
    expect(family).toBe('IPv6');
    expect(address).toMatch(/^fe80::1%/);
  }
  expectBadArgument(() => new SocketAddress({ host: 'fe80::1%no-such-interface', port: 1 }));
  expectBadArgument(() => new SocketAddress({ host: 'fe80::1%', port: 1 }));
});

test('the number of a scope is decimal digits that fit, and nothing that only looks like them', () => {
  const good = ['1', '01', '4294967295'];
  const bad = [
    ...['-1', '+1', ' 1', '1 ', '\t1', '\n1', '1a', '0x1', '1.0', '1e0', '1,0', '1%1', '%1', '١', '１', '1\0'],
    ...['0', '00', '-0', '4294967296', '4294967297', '18446744073709551617', '9'.repeat(100), `-${'9'.repeat(30)}`],
  ];
  for (const scope of good) expect(new SocketAddress({ host: `fe80::1%${scope}`, port: 1 }).family).toBe('IPv6');
  expect(new SocketAddress({ host: 'fe80::1%4294967295', port: 1 }).address).toBe('fe80::1%4294967295');
  for (const scope of bad) expectBadArgument(() => new SocketAddress({ host: `fe80::1%${scope}`, port: 1 }));
});

testWith({ needs: 'proc' }, 'a name that is too long is not an interface, though its beginning is', () => {
  for (const length of [13, 14, 15, 200]) {
    expectBadArgument(() => new SocketAddress({ host: `fe80::1%lo${'\0'.repeat(length)}`, port: 1 }));
    expectBadArgument(() => new SocketAddress({ host: `fe80::1%lo${'o'.repeat(length)}`, port: 1 }));
  }
});

describeWith(
  { needs: ['epoll', 'proc'] },
  'an address of a family beside IP and Unix says so, by the number of the family',
  () => {
    const { SOCK_RAW, SOCK_STREAM, SOCK_DGRAM } = socket.constants;
    const { AF_NETLINK = 0, AF_PACKET = 0, AF_VSOCK = 0, VMADDR_CID_ANY, VMADDR_PORT_ANY } = socket.constants;
    const families: [name: string, domain: number, type: number, expected: object][] = [
      ['netlink', AF_NETLINK, SOCK_RAW, { family: 'netlink', port: 0, pid: 0, groups: 0 }],
      ['packet', AF_PACKET, SOCK_RAW, { family: 'other', port: 0 }],
      ['packet, cooked', AF_PACKET, SOCK_DGRAM, { family: 'other', port: 0 }],
      ['vsock', AF_VSOCK, SOCK_STREAM, { family: 'vsock', port: VMADDR_PORT_ANY, cid: VMADDR_CID_ANY }],
    ];
    for (const [name, domain, type, expected] of families) {
      test(name, () => {
        let fd: number;
        try {
          fd = own(socket.socket(domain, type, 0));
        } catch (error) {
          // Packet sockets are the administrator's, and a kernel may be without vsock.
          expect((error as SystemError).code).toMatch(/^(EPERM|EAFNOSUPPORT)$/);
          return;
        }
        expect(socket.getsockname(fd)).toEqual({ address: '', domain, ...expected });
      });
    }
  },
);

testWith({ needs: ['epoll', 'proc'] }, 'the sender of a netlink message has its family, and can be answered', () => {
  const fd = own(socket.socket(16, socket.constants.SOCK_RAW, 0)); // NETLINK_ROUTE
  const sender = new SocketAddress();
  const request = Buffer.alloc(20); // RTM_GETADDR of everything: the kernel answers with a list
  request.writeUInt32LE(20, 0);
  request.writeUInt16LE(22, 4);
  request.writeUInt16LE(0x301, 6);
  socket.send(fd, request);
  awaitReady(fd, Interest.READABLE);
  expect(socket.recvfrom(fd, Buffer.alloc(65_536), 0, undefined, 0, sender)).toBeGreaterThan(16);
  expect(members(sender)).toEqual(['netlink', '', 0, '']);
  expect([sender.domain, sender.pid, sender.groups]).toEqual([16, 0, 0]);
  expect(socket.sendto(fd, request, 0, request.length, 0, sender)).toBe(request.length);
});

test('the number of the family of an address is that of socket()', () => {
  const { AF_INET, AF_INET6, AF_UNIX } = socket.constants;
  expect(new SocketAddress({ host: '127.0.0.1', port: 1 }).domain).toBe(AF_INET);
  expect(new SocketAddress({ host: '::1', port: 1 }).domain).toBe(AF_INET6);
  expect(new SocketAddress({ path: '/x' }).domain).toBe(AF_UNIX);
  expect(new SocketAddress().domain).toBe(0);
});

const badHosts: Any[] = [
  'localhost',
  '',
  ' 127.0.0.1',
  '127.0.0.1 ',
  '127.0.0',
  '127.0.0.256',
  '0x7f.1',
  '127.0.0.1\0',
  '[::1]',
  ':::',
  '1:2',
  '::1::',
  'fe80::1%\0',
  '127.0.0.1%lo',
  'x'.repeat(100_000),
  null,
  undefined,
  1,
  {},
  [],
  1n,
  Symbol('host'),
];
const badPorts: Any[] = [-1, 65536, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, '80', null, undefined, {}, 80n];

describe('hosts that are not a numeric address, and ports out of range, are refused by', () => {
  const takers: Record<string, (address: Any) => unknown> = {
    SocketAddress: (address) => new SocketAddress(address),
    listenTcp: (address) => socket.listenTcp(address),
    connectTcp: (address) => socket.connectTcp(address),
    bindUdp: (address) => socket.bindUdp(address),
    bind: (address) =>
      socket.bind(own(socket.socket(socket.constants.AF_INET, socket.constants.SOCK_STREAM, 0)), address),
    connect: (address) =>
      socket.connect(own(socket.socket(socket.constants.AF_INET, socket.constants.SOCK_STREAM, 0)), address),
  };
  test.each(Object.entries(takers))('%s', (_, take) => {
    for (const host of badHosts) expectBadArgument(() => take({ host, port: 1 }));
    for (const port of badPorts) expectBadArgument(() => take({ host: '127.0.0.1', port }));
    for (const address of [null, 1, 'x', [], Symbol('address')]) expectBadArgument(() => take(address));
  });
});

test('option values of the wrong type are refused, not taken for true or false', () => {
  const listen = { host: '127.0.0.1', port: 0 };
  for (const option of ['reusePort', 'reuseAddress', 'ipv6Only', 'deferAccept']) {
    for (const value of ['yes', {}, null, 1n] as Any[]) {
      expectBadArgument(() => own(socket.listenTcp({ ...listen, [option]: value })));
    }
  }
  for (const backlog of ['5', -1, 1.5, Number.NaN, 2 ** 32, null] as Any[]) {
    expectBadArgument(() => own(socket.listenTcp({ ...listen, backlog })));
  }
  for (const noDelay of ['yes', null, {}] as Any[]) {
    expectBadArgument(() => own(socket.connectTcp({ host: '127.0.0.1', port: 1, noDelay })));
  }
});

test('getters of an options object that throw: their error comes out, nothing leaks', () => {
  const thrown = new Error('from the getter');
  const options = {
    host: '127.0.0.1',
    get port(): number {
      throw thrown;
    },
  };
  for (const call of [
    () => socket.listenTcp(options),
    () => socket.connectTcp(options),
    () => socket.bindUdp(options),
  ]) {
    expect(caught(call)).toBe(thrown);
  }
});

test('a SocketAddress of the wrong kind or a look-alike is refused where a real one is needed', () => {
  expect(caught(() => (SocketAddress as Any)({ host: '::1', port: 1 }))).toBeInstanceOf(TypeError);
  const { get } = Object.getOwnPropertyDescriptor(SocketAddress.prototype, 'address') as { get(): string };
  expect(caught(() => get.call({} as Any))).toBeInstanceOf(TypeError);
});

const family = { notUnderWine: 'Wine says EOPNOTSUPP of an address of another family' };

testWith(family, 'an IPv4 socket refuses an IPv6 address with EAFNOSUPPORT', () => {
  const fd = own(socket.socket(socket.constants.AF_INET, socket.constants.SOCK_STREAM, 0));
  expectSystemError(() => socket.connect(fd, { host: '::1', port: 1 }), 'EAFNOSUPPORT', {
    fd,
    syscall: 'connect',
    address: '::1',
    port: 1,
  });
});

describe('the bytes of an address', () => {
  const { AF_INET, AF_INET6 } = socket.constants;

  test('are those of the system, and make the same address again', () => {
    for (const init of [{ host: '127.0.0.1', port: 80 }, { host: '::1', port: 65535 }, { path: '/run/x' }]) {
      const address = new SocketAddress(init);
      expect(members(SocketAddress.fromBytes(address.bytes))).toEqual(members(address));
    }
    expect(new SocketAddress({ host: '127.0.0.1', port: 0x1234 }).bytes.subarray(2, 8)).toEqual(
      Uint8Array.of(0x12, 0x34, 127, 0, 0, 1),
    );
    expect(new SocketAddress({ host: '::1', port: 1 }).domain).toBe(AF_INET6);
    expect(new SocketAddress().bytes).toEqual(new Uint8Array(0));
  });

  test('are copies', () => {
    const given = new SocketAddress({ host: '127.0.0.1', port: 80 }).bytes;
    const address = SocketAddress.fromBytes(given);
    given.fill(255);
    address.bytes.fill(255);
    expect(address).toMatchObject({ domain: AF_INET, address: '127.0.0.1', port: 80 });
  });

  test('of a family without a form in text: its number, and no text', () => {
    const bytes = new SocketAddress({ host: '127.0.0.1', port: 80 }).bytes;
    const family = bytes[0] === bytes.length ? 1 : 0; // the BSDs begin with the length
    bytes[family] = 99;
    const address = SocketAddress.fromBytes(bytes);
    expect([address.domain, ...members(address)]).toEqual([99, null, '', 0, '']);
    const fd = own(socket.socket(AF_INET, socket.constants.SOCK_DGRAM, 0));
    expect(caught(() => socket.connect(fd, address)).code).toMatch(/^(EAFNOSUPPORT|EINVAL|EADDRNOTAVAIL|EFAULT)$/);
  });

  test('of AF_UNSPEC end the association of a datagram socket', () => {
    const { port } = socket.getsockname(own(socket.bindUdp({ host: '127.0.0.1', port: 0 }))) as { port: number };
    const fd = own(socket.socket(AF_INET, socket.constants.SOCK_DGRAM, 0));
    socket.connect(fd, { host: '127.0.0.1', port });
    expect(socket.getpeername(fd)).toMatchObject({ port });
    const code = codeOf(() => socket.connect(fd, SocketAddress.fromBytes(new Uint8Array(16))));
    expect(['EAFNOSUPPORT', '']).toContain(code); // the BSDs end the association, and say so
    expectSystemError(() => socket.getpeername(fd), 'ENOTCONN', { fd });
  });

  test('of any length from 2 to 128 and any content harm nothing; other lengths and values are refused', () => {
    const fd = own(socket.socket(AF_INET, socket.constants.SOCK_DGRAM, 0));
    for (let length = 2; length <= 128; length++) {
      for (const [domain, fill] of [
        [0, 0],
        [1, 97],
        [AF_INET, 255],
        [AF_INET6, 255],
        [255, 255],
      ] as const) {
        const address = SocketAddress.fromBytes(new Uint8Array(length).fill(fill).fill(domain, 0, 1).fill(0, 1, 2));
        expect(address.bytes).toHaveLength(length);
        expect(members(address)).toHaveLength(4);
        codeOf(() => socket.bind(fd, address));
      }
    }
    for (const length of [0, 1, 129, 1000]) {
      expectOutOfRange(() => SocketAddress.fromBytes(new Uint8Array(length)));
    }
    for (const value of [undefined, null, [2, 0], '127.0.0.1', new Uint16Array(8), new ArrayBuffer(16)] as Any[]) {
      expectArgumentType(() => SocketAddress.fromBytes(value));
    }
  });
});
