// Blocking fds, as they come from outside: recv(), send() and their like never wait on one, and the rest can be mended.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { WOULD_BLOCK } from 'fdreactor';
import * as socket from 'fdreactor/socket';
import { expect, test } from 'vitest';
import { reportOf, type Toolbox } from '../helpers/child.js';
import { native } from '../helpers/fixtures/native.mjs';
import { describeWith, testUnless, testWith } from '../helpers/needs.js';
import { pipePair, socketPair, tcpPair } from '../helpers/pairs.js';
import { closedFd, isMacOs, isWindows } from '../helpers/platform.js';
import { expectArgumentType, expectBadArgument, expectSystemError, expectUnsupported } from '../helpers/throws.js';
import { badFds } from '../helpers/values.js';

// biome-ignore lint/suspicious/noExplicitAny: wrong values are the point
type Any = any;
const { isNonBlocking, setNonBlocking } = socket;

test('the mode is set and asked, as often as one likes; what the package makes is non-blocking', () => {
  for (const fd of [...socketPair(), ...tcpPair(), ...(isWindows ? [] : pipePair())]) {
    if (isWindows) expectUnsupported(() => isNonBlocking(fd));
    else expect(isNonBlocking(fd)).toBe(true);
    for (const on of [false, false, true, true, undefined]) {
      expect(setNonBlocking(fd, on)).toBe(undefined);
      if (!isWindows) expect(isNonBlocking(fd)).toBe(on ?? true);
    }
  }
});

test('wrong arguments are refused; a number that is not open is an error', () => {
  const [a] = socketPair();
  for (const { value } of badFds) {
    expectBadArgument(() => setNonBlocking(value));
    if (!isWindows) expectBadArgument(() => isNonBlocking(value));
  }
  for (const on of [null, 0, 1, 'false', {}] as Any[]) expectArgumentType(() => setNonBlocking(a, on));
  socket.close(a);

  expectSystemError(() => setNonBlocking(a), closedFd, { syscall: 'fcntl', fd: a });
  if (!isWindows) expectSystemError(() => isNonBlocking(a), closedFd, { syscall: 'fcntl', fd: a });
});

/**
 * A blocking socket of the kind in `args`: what receiving says of one that has nothing, and sending until no room is
 * left.
 */
const moveOnBlocking = ({ socket: s, report, args }: Toolbox): void => {
  const { AF_UNIX, SOCK_STREAM, SOCK_DGRAM, MSG_WAITALL, MSG_PEEK } = s.constants;
  const portOf = (fd: number): number => (s.getsockname(fd) as { port: number }).port;
  const kinds: Record<string, () => number> = {
    TCP: () => {
      const listener = s.listenTcp({ host: '127.0.0.1', port: 0 });
      return s.connectTcp({ host: '127.0.0.1', port: portOf(listener) });
    },
    UDP: () => s.bindUdp({ host: '127.0.0.1', port: 0 }),
    'Unix streams': () => s.socketpair(AF_UNIX, SOCK_STREAM)[0],
    'Unix datagrams': () => s.socketpair(AF_UNIX, SOCK_DGRAM)[0],
  };
  const fd = (kinds[args.kind] as () => number)();
  s.setNonBlocking(fd, false);
  const [byte, block, sender] = [new Uint8Array(1), new Uint8Array(4096), new s.SocketAddress()];
  const received = [
    s.recv(fd, byte),
    s.recv(fd, byte, 0, 1, MSG_WAITALL),
    s.recv(fd, byte, 0, 1, MSG_PEEK),
    s.recvfrom(fd, byte, 0, 1, 0, sender),
  ];
  const to = new s.SocketAddress({ host: '127.0.0.1', port: 9 });
  const send = args.kind === 'UDP' ? () => s.sendto(fd, block, 0, 1, 0, to) : () => s.send(fd, block);
  let [sent, last] = [0, 0];
  for (let tries = 0; args.sends && last >= 0 && tries < 10_000; tries++) {
    last = send();
    sent += Math.max(0, last);
  }
  report({ received, last, sent });
  process.exit(0);
};

describeWith({ notOnWindows: 'Winsock has no MSG_DONTWAIT' }, 'on a blocking socket', () => {
  const kinds = ['TCP', 'UDP', 'Unix streams', 'Unix datagrams'];

  test.each(kinds)('%s: recv and recvfrom do not wait', async (kind) => {
    const { received } = await reportOf(moveOnBlocking, { args: { kind, sends: false } });
    expect(received).toEqual([WOULD_BLOCK, WOULD_BLOCK, WOULD_BLOCK, WOULD_BLOCK]);
  });

  for (const kind of kinds) {
    testUnless(
      isMacOs ? 'send(2) does not obey MSG_DONTWAIT there' : undefined,
      `${kind}: send and sendto do not wait`,
      async () => {
        const { last, sent } = await reportOf(moveOnBlocking, { args: { kind, sends: true } });
        expect(sent).toBeGreaterThan(0);
        if (kind !== 'UDP') expect(last).toBe(WOULD_BLOCK); // what finds no room is lost there
      },
    );
  }
});

const stdio = {
  needs: 'fdsInChildren',
  notInBun: 'its children do not change the mode of what they inherit',
  notInDeno: 'spawn() hands on only fds that Deno itself has opened',
} as const;

testWith(
  stdio,
  'handed on as the stdio of a child, a socket becomes a blocking one here: recv() does not wait',
  async () => {
    const [mine] = socketPair();
    const child = spawn('cat', { stdio: ['pipe', mine, 'ignore'] });
    await once(child, 'spawn');
    expect(isNonBlocking(mine)).toBe(false);
    expect(socket.recv(mine, new Uint8Array(1))).toBe(WOULD_BLOCK);
    setNonBlocking(mine);
    expect(socket.read(mine, new Uint8Array(1))).toBe(WOULD_BLOCK);
    child.stdin?.end();
    await once(child, 'close');
  },
);

testWith(
  { needs: 'pipe' },
  'ensureNonBlocking mends once, and only the file that it is asked for: a pipe, one end alone',
  () => {
    const [readEnd, writeEnd] = pipePair();
    setNonBlocking(readEnd, false);
    expect([isNonBlocking(readEnd), isNonBlocking(writeEnd)]).toEqual([false, true]);
    expect(native.fd.ensureNonBlocking(readEnd)).toBe(1);
    expect(native.fd.ensureNonBlocking(readEnd)).toBe(0);
    expect(socket.read(readEnd, new Uint8Array(1))).toBe(WOULD_BLOCK);
  },
);
