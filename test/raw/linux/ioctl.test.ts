// ioctl() on terminals, sockets, epoll sets and other files: what goes in, what comes out, and what is refused.
import * as fs from 'node:fs';
import { EPOLLIN, Epoll, EpollEvents } from 'fdreactor/epoll';
import { constants, ioctl } from 'fdreactor/linux';
import * as socket from 'fdreactor/socket';
import { expect, test } from 'vitest';
import { noteNotRun } from '../../helpers/not-run.js';
import { dispose, own, ownFile } from '../../helpers/owned.js';
import { socketPair } from '../../helpers/pairs.js';
import { expectArgumentType, expectBadArgument, expectSystemError } from '../../helpers/throws.js';

const { O_RDWR, O_NOCTTY, O_NONBLOCK } = fs.constants;

function openMaster(): number {
  return ownFile(fs.openSync('/dev/ptmx', O_RDWR | O_NOCTTY | O_NONBLOCK));
}

/** Both ends of a pseudo-terminal. */
function terminal(): [master: number, other: number] {
  const master = openMaster();
  ioctl(master, 'TIOCSPTLCK', 0);
  return [master, ownFile(ioctl(master, 'TIOCGPTPEER', O_RDWR | O_NOCTTY))];
}

/** The kernel passes bytes on to the other end by a thread of its own. */
function writeAndWait(master: number, other: number, text: string): void {
  const set = dispose(new Epoll());
  const events = new EpollEvents(1);
  set.add(other, EPOLLIN);
  socket.write(master, Buffer.from(text));
  expect(set.wait(events, 10_000)).toBe(1);
}

const udp = (): number => own(socket.socket(socket.constants.AF_INET, socket.constants.SOCK_DGRAM, 0));

test('the size of a terminal is set and read back', () => {
  const [master, other] = terminal();
  expect(ioctl(master, 'TIOCSWINSZ', { rows: 25, cols: 80, xpixel: 65535 })).toBe(0);
  const size = ioctl(other, 'TIOCGWINSZ');
  expect(size).toEqual({ rows: 25, cols: 80, xpixel: 65535, ypixel: 0 });
  expect(ioctl(other, 'TIOCSWINSZ', size)).toBe(0);
});

test('a master is unlocked, and its number names the other end', () => {
  const master = openMaster();
  expect(ioctl(master, 'TIOCGPTLCK')).toBe(1);
  const number = ioctl(master, 'TIOCGPTN');
  ioctl(master, 'TIOCSPTLCK', 0);
  expect(ioctl(master, 'TIOCGPTLCK')).toBe(0);
  const other = ownFile(fs.openSync(`/dev/pts/${number}`, O_RDWR | O_NOCTTY));
  expect(ioctl(other, 'TIOCGWINSZ')).toMatchObject({ rows: 0 });
});

test('the other end by TIOCGPTPEER is non-blocking and close-on-exec', () => {
  const [, other] = terminal();
  expect(socket.isNonBlocking(other)).toBe(true);
  expect(socket.read(other, new Uint8Array(8))).toBe(-1);
  const flags = /^flags:\s+(\d+)$/m.exec(fs.readFileSync(`/proc/self/fdinfo/${other}`, 'utf8'))?.[1];
  expect(Number.parseInt(flags as string, 8) & 0o2000000).toBe(0o2000000);
});

test('the settings of a serial line: raw, with a speed as a number', () => {
  const [master, other] = terminal();
  const before = ioctl(other, 'TCGETS2');
  expect(before.cc[constants.VMIN]).toBe(1);
  expect(before.lflag & constants.ICANON).not.toBe(0);
  const { BOTHER, CBAUD, CREAD, CS8, IBSHIFT, CRTSCTS } = constants;
  ioctl(other, 'TCSETS2', {
    ...before,
    iflag: 0,
    oflag: 0,
    lflag: 0,
    cflag: (before.cflag & ~(CBAUD | (CBAUD << IBSHIFT))) | BOTHER | (BOTHER << IBSHIFT) | CREAD | CS8 | CRTSCTS,
    ispeed: 250_000,
    ospeed: 74_880,
  });
  const after = ioctl(other, 'TCGETS2');
  expect(after).toMatchObject({ lflag: 0, ispeed: 250_000, ospeed: 74_880 });
  expect(after.cflag).toBeGreaterThan(0); // bit 31 as an unsigned number
  writeAndWait(master, other, 'raw\x03');
  expect(ioctl(other, 'FIONREAD')).toBe(4);
});

test('bytes that wait in a terminal are counted and discarded', () => {
  const [master, other] = terminal();
  writeAndWait(master, other, 'line\n');
  expect(ioctl(other, 'FIONREAD')).toBe(5);
  expect(ioctl(other, 'TIOCOUTQ')).toBe(0);
  expect(ioctl(other, 'TCFLSH', constants.TCIFLUSH)).toBe(0);
  expect(ioctl(other, 'FIONREAD')).toBe(0);
});

test('exclusive mode, packet mode, the line discipline', () => {
  const [master, other] = terminal();
  ioctl(other, 'TIOCEXCL');
  expect(ioctl(other, 'TIOCGEXCL')).toBe(1);
  ioctl(other, 'TIOCNXCL');
  expect(ioctl(other, 'TIOCGEXCL')).toBe(0);
  ioctl(master, 'TIOCPKT', 1);
  expect(ioctl(master, 'TIOCGPKT')).toBe(1);
  ioctl(other, 'TCXONC', constants.TCOOFF);
  const packet = new Uint8Array(8);
  expect(socket.read(master, packet)).toBe(1);
  expect(packet[0]).toBe(constants.TIOCPKT_STOP);
  ioctl(other, 'TCXONC', constants.TCOON);
  expect(ioctl(other, 'TIOCGETD')).toBe(0);
  ioctl(other, 'TIOCSETD', 0);
});

test('what a pseudo-terminal has not is the error of the kernel, and it names the request', () => {
  const [, other] = terminal();
  expectSystemError(() => ioctl(other, 'TIOCMGET'), 'ENOTTY', { fd: other, request: 'TIOCMGET', syscall: 'ioctl' });
  expect(() => ioctl(other, 'TIOCMGET')).toThrow(`ioctl fd ${other} TIOCMGET`);
  for (const name of ['TIOCMBIS', 'TIOCMBIC', 'TIOCMSET'] as const) {
    expectSystemError(() => ioctl(other, name, constants.TIOCM_DTR), 'ENOTTY');
  }
  expectSystemError(() => ioctl(other, 'TIOCGICOUNT'), 'ENOTTY');
  expectSystemError(() => ioctl(other, 'TIOCGRS485'), 'ENOTTY');
  expectSystemError(() => ioctl(other, 'TIOCSRS485', { flags: constants.SER_RS485_ENABLED }), 'ENOTTY');
  for (const name of ['TIOCSBRK', 'TIOCCBRK'] as const) expect(ioctl(other, name)).toBe(0); // ignored
});

test('a terminal that is not the controlling one has no foreground group for others', () => {
  const [, other] = terminal();
  for (const name of ['TIOCGPGRP', 'TIOCGSID'] as const) expectSystemError(() => ioctl(other, name), 'ENOTTY');
  expectSystemError(() => ioctl(other, 'TIOCSPGRP', process.pid), 'ENOTTY');
  expectSystemError(() => ioctl(other, 'TIOCNOTTY'), 'ENOTTY');
});

test('queues of a socket', () => {
  const [a, b] = socketPair();
  socket.send(a, new Uint8Array(10));
  expect(ioctl(b, 'SIOCINQ')).toBe(10);
  expect(ioctl(b, 'FIONREAD')).toBe(10);
  expect(ioctl(a, 'SIOCOUTQ')).toBeGreaterThan(0);
  const listener = own(socket.listenTcp({ host: '127.0.0.1', port: 0 }));
  const { port } = socket.getsockname(listener) as { port: number };
  const client = own(socket.connectTcp({ host: '127.0.0.1', port }));
  expect(ioctl(client, 'SIOCATMARK')).toBe(0);
  expect(ioctl(client, 'SIOCOUTQNSD')).toBe(0);
});

test('bytes in a pipe and of a file that are to be read', () => {
  const [read, write] = socket.pipe();
  ownFile(read);
  ownFile(write);
  socket.write(write, new Uint8Array(7));
  expect(ioctl(read, 'FIONREAD')).toBe(7);
  const file = ownFile(fs.openSync(process.execPath, 'r'));
  expect(ioctl(file, 'FIONREAD')).toBeGreaterThan(1000);
});

test('a file of another kind is ENOTTY, whatever its driver would make of the number', () => {
  const [a] = socketPair();
  const master = openMaster();
  const none = ownFile(fs.openSync('/dev/null', 'r+'));
  for (const fd of [a, none]) expectSystemError(() => ioctl(fd, 'TIOCGWINSZ'), 'ENOTTY');
  for (const fd of [master, none]) {
    expectSystemError(() => ioctl(fd, 'SIOCGIFFLAGS', { name: 'lo' }), 'ENOTTY');
    expectSystemError(() => ioctl(fd, 'SIOCOUTQ'), 'ENOTTY');
  }
  for (const name of ['TUNSETIFF', 'GPIO_GET_CHIPINFO_IOCTL', 'BLKGETSIZE64', 'EPIOCGPARAMS'] as const) {
    const argument = name === 'TUNSETIFF' ? [{ flags: constants.IFF_TUN }] : [];
    expectSystemError(() => (ioctl as (...args: unknown[]) => unknown)(a, name, ...argument), 'ENOTTY');
  }
  const ipv6 = own(socket.socket(socket.constants.AF_INET6, socket.constants.SOCK_DGRAM, 0));
  expectSystemError(
    () => ioctl(ipv6, 'SIOCSIFADDR', { name: 'lo', address: { host: '127.0.0.1', port: 0 } }),
    'ENOTTY',
  );
});

test('the loopback interface, by any socket', () => {
  const fd = udp();
  const { index, name } = ioctl(fd, 'SIOCGIFINDEX', { name: 'lo' });
  expect(name).toBe('lo');
  expect(ioctl(fd, 'SIOCGIFNAME', { index })).toEqual({ index, name: 'lo' });
  const { flags } = ioctl(socketPair()[0], 'SIOCGIFFLAGS', { name: 'lo' });
  expect(flags & constants.IFF_LOOPBACK).toBe(constants.IFF_LOOPBACK);
  expect(ioctl(fd, 'SIOCGIFHWADDR', { name: 'lo' })).toEqual({ name: 'lo', type: 772, hwaddr: new Uint8Array(14) });
  expect(ioctl(fd, 'SIOCGIFMTU', { name: 'lo' }).mtu).toBeGreaterThan(1000);
  expect(ioctl(fd, 'SIOCGIFTXQLEN', { name: 'lo' }).txqlen).toBeGreaterThan(0);
  expect(ioctl(fd, 'SIOCGIFMETRIC', { name: 'lo' }).metric).toBe(0);
  const { address } = ioctl(fd, 'SIOCGIFADDR', { name: 'lo' });
  expect(address).toBeInstanceOf(socket.SocketAddress);
  expect(address).toMatchObject({ address: '127.0.0.1', port: 0, family: 'IPv4' });
  expect(ioctl(fd, 'SIOCGIFNETMASK', { name: 'lo' }).netmask.address).toBe('255.0.0.0');
  expect(ioctl(fd, 'SIOCGIFDSTADDR', { name: 'lo' }).dstaddr.family).toBe('IPv4');
  expect(ioctl(fd, 'SIOCGIFBRDADDR', { name: 'lo' }).broadaddr.family).toBe('IPv4');
  expectSystemError(() => ioctl(fd, 'SIOCGIFINDEX', { name: 'no-such' }), 'ENODEV', { request: 'SIOCGIFINDEX' });
});

test('an argument that is wrong is named, and nothing is called', () => {
  const [master] = terminal();
  const anyCall = ioctl as (...args: unknown[]) => unknown;
  const wrong: [request: unknown, argument: unknown, message: RegExp][] = [
    ['TIOCSTI', 'x', /^request must be a name of IoctlRequests, not the string "TIOCSTI"$/],
    ['SIOCGIFCONF', {}, /^request must be a name/],
    ['toString', {}, /^request must be a name/],
    [0x5413, undefined, /^request must be a string, not number 21523$/],
    ['TIOCSWINSZ', undefined, /^argument must be an object/],
    ['TIOCSWINSZ', { rows: 1 }, /^argument\.cols must be a number, not undefined$/],
    ['TIOCSWINSZ', { rows: 65536, cols: 1 }, /^argument\.rows must be an integer from 0 to 65535, not number 65536$/],
    ['TIOCSWINSZ', { rows: 1, cols: '1' }, /^argument\.cols must be a number/],
    ['TIOCGWINSZ', {}, /^argument must be left out: TIOCGWINSZ takes none/],
    ['TIOCEXCL', 1, /^argument must be left out/],
    ['TCFLSH', 3, /^argument must be an integer from 0 to 2, /],
    ['TIOCSPTLCK', 2 ** 31, /^argument must be an integer/],
    ['TIOCMBIS', 2 ** 32, /^argument must be an integer/],
    ['TIOCMBIS', undefined, /^argument must be a number/],
    ['TCSETS2', { iflag: 0, oflag: 0, cflag: 0, lflag: 0, cc: [1], ispeed: 0, ospeed: 0 }, /^argument\.cc\.length/],
    [
      'TCSETS2',
      { iflag: 0, oflag: 0, cflag: 0, lflag: 0, cc: 'x', ispeed: 0, ospeed: 0 },
      /^argument\.cc must be an arr/,
    ],
    ['SIOCGIFFLAGS', { name: 'x'.repeat(16) }, /^argument\.name must be at most 15 bytes/],
    ['SIOCGIFFLAGS', { name: 'é'.repeat(8) }, /^argument\.name must be at most 15 bytes/],
    ['SIOCGIFFLAGS', { name: 'l\0o' }, /^argument\.name must be without NUL/],
    ['SIOCSIFADDR', { name: 'lo', address: { host: '::1', port: 0 } }, /^argument\.address must be an IPv4 address/],
    ['SIOCSIFADDR', { name: 'lo', address: new socket.SocketAddress() }, /^argument\.address must be an IPv4 address/],
    ['SIOCSIFADDR', { name: 'lo', address: '127.0.0.1' }, /^argument\.address must be an object/],
    ['SIOCSIFHWADDR', { name: 'lo', type: 1, hwaddr: new Uint8Array(15) }, /^argument\.hwaddr\.byteLength/],
    ['SIOCSIFHWADDR', { name: 'lo', type: 1, hwaddr: [0] }, /^argument\.hwaddr must be a Uint8Array/],
    ['GPIO_V2_LINE_GET_VALUES_IOCTL', { mask: -1n }, /^argument\.mask must be from 0n/],
    ['GPIO_V2_LINE_GET_VALUES_IOCTL', { mask: 2n ** 64n }, /^argument\.mask must be from 0n/],
    ['GPIO_V2_LINE_GET_VALUES_IOCTL', { mask: 0.5 }, /^argument\.mask must be an integer/],
    ['GPIO_V2_LINE_GET_VALUES_IOCTL', { mask: '1' }, /^argument\.mask must be a bigint/],
    [
      'GPIO_V2_GET_LINE_IOCTL',
      { offsets: new Array(65).fill(0) },
      /^argument\.offsets\.length must be an integer from/,
    ],
    ['GPIO_V2_GET_LINE_IOCTL', { offsets: [1, -(2 ** 32)] }, /^argument\.offsets\[1\]/],
    [
      'GPIO_V2_LINE_SET_CONFIG_IOCTL',
      { attrs: [{ id: constants.GPIO_V2_LINE_ATTR_ID_FLAGS, values: 1n, mask: 1n }] },
      /^argument\.attrs\[0\]\.flags must be a bigint/,
    ],
    [
      'GPIO_V2_LINE_SET_CONFIG_IOCTL',
      { attrs: [{ id: constants.GPIO_V2_LINE_ATTR_ID_FLAGS, flags: 0n, values: 1n, mask: 1n }] },
      /^argument\.attrs\[0\]\.values must be left out: it belongs to the id 2/,
    ],
  ];
  for (const [request, argument, message] of wrong) {
    const call = (): unknown => anyCall(master, request, argument);
    expectBadArgument(call);
    expect(call).toThrow(message);
  }
  expectArgumentType(() => anyCall(master, 0x5413));
  expectBadArgument(() => anyCall('1', 'TIOCGWINSZ'));
  expectBadArgument(() => anyCall(-1, 'TIOCGWINSZ'));
  expect(ioctl(master, 'TIOCGWINSZ')).toMatchObject({ rows: 0, cols: 0 });
});

test('the errors have their classes and codes', () => {
  const anyCall = ioctl as (...args: unknown[]) => unknown;
  const error = (() => {
    try {
      return anyCall(0, 'NO_SUCH');
    } catch (thrown) {
      return thrown;
    }
  })();
  expect(error).toBeInstanceOf(TypeError);
  expect(error).toHaveProperty('code', 'ERR_INVALID_ARG_VALUE');
  expectSystemError(() => ioctl(2 ** 31 - 1, 'FIONREAD'), 'EBADF', { request: 'FIONREAD' });
});

test('an argument whose getters throw, call or close changes nothing', () => {
  const [master] = terminal();
  const thrown = new Error('of the getter');
  const hostile = {
    rows: 1,
    get cols(): number {
      throw thrown;
    },
  };
  expect(() => ioctl(master, 'TIOCSWINSZ', hostile)).toThrow(thrown);
  const nested = {
    get rows(): number {
      ioctl(master, 'TIOCSWINSZ', { rows: 7, cols: 7, xpixel: 7, ypixel: 7 });
      return 2;
    },
    cols: 3,
  };
  ioctl(master, 'TIOCSWINSZ', nested);
  expect(ioctl(master, 'TIOCGWINSZ')).toEqual({ rows: 2, cols: 3, xpixel: 0, ypixel: 0 });
  const lying = new Proxy([1], { get: (target, key) => (key === 'length' ? 2 ** 40 : Reflect.get(target, key)) });
  expectBadArgument(() => ioctl(master, 'GPIO_V2_GET_LINE_IOCTL', { offsets: lying }));
  const bytes = Object.defineProperty(new Uint8Array(4), 'byteLength', { value: 14 });
  expectBadArgument(() => ioctl(master, 'SIOCSIFHWADDR', { name: 'lo', type: 1, hwaddr: bytes }));
  const detached = new Uint8Array(6);
  structuredClone(detached.buffer, { transfer: [detached.buffer] });
  expectBadArgument(() => ioctl(master, 'SIOCSIFHWADDR', { name: 'lo', type: 1, hwaddr: detached }));
});

test('how an epoll set polls devices', () => {
  const set = dispose(new Epoll());
  const before = (() => {
    try {
      return ioctl(set.fd, 'EPIOCGPARAMS');
    } catch (error) {
      // Before Linux 6.9, where the kernel has to say so.
      expect(error).toMatchObject({ syscall: 'ioctl', request: 'EPIOCGPARAMS' });
      noteNotRun('test/raw/linux/ioctl.test.ts > how an epoll set polls devices', String(error));
      return undefined;
    }
  })();
  if (before === undefined) return;
  expect(before).toEqual({ busyPollUsecs: 0, busyPollBudget: 0, preferBusyPoll: 0 });
  expect(ioctl(set.fd, 'EPIOCSPARAMS', { busyPollUsecs: 50, busyPollBudget: 16, preferBusyPoll: 1 })).toBe(0);
  expect(ioctl(set.fd, 'EPIOCGPARAMS')).toEqual({ busyPollUsecs: 50, busyPollBudget: 16, preferBusyPoll: 1 });
  expectSystemError(() => ioctl(set.fd, 'EPIOCSPARAMS', { busyPollUsecs: 2 ** 31, busyPollBudget: 1 }), 'EINVAL');
});

test('what Object.prototype was given is neither read nor called', () => {
  const [master] = terminal();
  const called: string[] = [];
  const names = ['xpixel', 'ypixel', 'rows', 'name', 'offset', 'layout', 'argument', 'kind'];
  try {
    for (const name of names) {
      Object.defineProperty(Object.prototype, name, {
        configurable: true,
        get: () => 9,
        set: () => called.push(name),
      });
    }
    ioctl(master, 'TIOCSWINSZ', { rows: 1, cols: 2 });
    expect(ioctl(master, 'TIOCGWINSZ')).toEqual({ rows: 1, cols: 2, xpixel: 0, ypixel: 0 });
  } finally {
    for (const name of names) Reflect.deleteProperty(Object.prototype, name);
  }
  expect(called).toEqual([]);
});
