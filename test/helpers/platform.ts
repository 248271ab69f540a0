// What the tests know of the platform they run on; the only place in test/ that asks for it. Imports nothing of the
// package, because vitest.config.ts reads it as well.

export const isWindows = process.platform === 'win32';
/** Set by the run under Wine: some of what Windows promises does not hold there. */
export const underWine = process.env.FDREACTOR_WINE === '1';
/** Set by scripts/test/kqueue.mjs: the add-on has libkqueue's kqueue(2) in place of epoll(7). */
export const overLibkqueue = process.env.FDREACTOR_LIBKQUEUE === '1';
export const isLinux = process.platform === 'linux';
export const isMacOs = process.platform === 'darwin';
export const hasEpoll = isLinux && !overLibkqueue;
export const hasKqueue = !hasEpoll && !isWindows;
export const inBun = process.versions.bun !== undefined;
export const inDeno = process.versions.deno !== undefined;
/** Whether sockets of Node have an fd that a program can see. */
export const showsFds = !isWindows && !inBun && !inDeno;
/** Set by scripts/test/runtimes.mjs: the processor is another one, imitated, and a multiple slower. */
export const underQemu = process.env.FDREACTOR_QEMU === '1';
const oddities = [
  inBun ? ' in Bun' : '',
  inDeno ? ' in Deno' : '',
  underWine ? ' under Wine' : '',
  underQemu ? ' under qemu' : '',
  overLibkqueue ? ' over libkqueue' : '',
].join('');
export const platformName = `${process.platform}${oddities}`;

/**
 * What the kernel says of a number that is no open fd. Winsock does not tell a closed socket from what never was one.
 */
export const closedFd = isWindows ? 'ENOTSOCK' : 'EBADF';
/** A signal that any process may watch, and the tests never get by chance. */
export const aSignal: NodeJS.Signals = isWindows ? 'SIGBREAK' : 'SIGUSR2';
export const anotherSignal: NodeJS.Signals = isWindows ? 'SIGINT' : 'SIGHUP';
/**
 * The exit code of a process whom a control event has ended, on Windows: STATUS_CONTROL_C_EXIT, for which Wine has 0.
 */
export const endedByControlEvent = underWine ? 0 : 0xc000013a;

/** Why what a reset brings about may not come under Wine. */
export const wineHidesResets = 'Wine takes a reset with nothing to be received for the end of the stream';
/** What sendfile() fails with in a connection that was reset. Wine's TransmitFile() asks for the peer's name first. */
export const sendFileIntoReset = ['EPIPE', 'ECONNRESET', ...(underWine ? ['ENOTCONN'] : [])];
/** What send() fails with on a datagram socket that has no peer. Under Wine it is EINVAL. */
export const sendWithoutPeer = ['EDESTADDRREQ', 'ENOTCONN', ...(underWine ? ['EINVAL'] : [])];

const epoll = 'epoll(7) is a facility of Linux';
const errorQueue = 'error queues of sockets are a facility of Linux';
const linux = 'the calls of fdreactor/linux are those of Linux; left out beside libkqueue';
const kqueue = 'kqueue(2) is a facility of macOS and the BSDs; npm run test:kqueue runs it over libkqueue';
const iocp = 'completion ports and Winsock are facilities of Windows';
const splice = 'splice(2) is a facility of Linux, and left out beside libkqueue';
const pipes = 'there is no splice(2) and no pipe that can be polled';
const proc = 'the examples are looked at through /proc, and ended by POSIX signals';
const examples =
  'they are ended by signals and reset by their peers, and libkqueue loses some of both; some need epoll itself';
const threadAnyway = 'attach() is by a waiting thread in any case: test/contract/attach.test.ts';
const compiler = 'the compiler (a native program) is that of the machine that builds; types are the same everywhere';

const noFds = 'Node shows no fds of its sockets';
const likeNode = 'fdreactor/net is made for POSIX: the numbers of errors, the paths of Unix sockets';

const onWindows: Record<string, string> = {
  'test/examples/*.test.ts': proc,
  'test/examples/file-server/{framing,http,load,paths}.test.ts': proc,
  'test/examples/behind-haproxy/*.test.ts': proc,
  'test/types/*.test.ts': compiler,
  'test/raw/epoll/*.test.ts': epoll,
  'test/raw/kqueue/*.test.ts': kqueue,
  'test/raw/linux/*.test.ts': linux,
  'test/raw/number-addresses.test.ts': 'vsock(7) and netlink(7) are families of Linux',
  'test/raw/messages/error-queue.test.ts': errorQueue,
  'test/raw/messages/fds.test.ts': 'no socket of Windows passes fds: messages.test.ts holds the refusal',
  'test/raw/splice.test.ts': pipes,
  'test/raw/vmsplice.test.ts': pipes,
  'test/contract/pump/*.test.ts': pipes,
  'test/contract/acceptor-faults.test.ts': 'system calls are made to fail by strace',
  'test/contract/signal-orders.test.ts': 'there is no kill(2), and no disposition of a signal',
  'test/contract/identity.test.ts': 'the numbers of files are asked of /proc',
  'test/lifecycle/torn-state.test.ts': proc,
  'test/model/model.test.ts': 'poll(2) and the files of POSIX are the reference',
  'test/net/*.test.ts': likeNode,
  'test/node/{border-processes,injected-faults,listen-fd,processes,take-fd}.test.ts': noFds,
  'test/node/to-*.test.ts': noFds,
  'test/node/send-file*.test.ts': noFds,
  'test/node/{splice/*,splice-*}.test.ts': noFds,
  'test/master/*.test.ts': 'a process does not inherit sockets: refusals.test.ts holds the refusal',
  'test/raw/sigpipe.test.ts': 'there is no SIGPIPE',
  'test/raw/injected-faults.test.ts': 'system calls are made to fail by strace',
  'test/raw/constants.test.ts': 'it asks the C headers; test/windows/constants.test.ts holds those of Windows',
  'test/lifecycle/interruptions.test.ts': 'there are no signals that interrupt system calls',
  'test/lifecycle/waiting-thread.test.ts': threadAnyway,
};

const onPosix: Record<string, string> = { 'test/windows/*.test.ts': iocp, 'test/raw/iocp/*.test.ts': iocp };

const withEpoll: Record<string, string> = { 'test/raw/kqueue/*.test.ts': kqueue };

const withKqueue: Record<string, string> = {
  'test/lifecycle/waiting-thread.test.ts': threadAnyway,
  'test/raw/epoll/*.test.ts': epoll,
  'test/raw/linux/*.test.ts': linux,
  'test/raw/number-addresses.test.ts': 'the helpers of vsock(7) and netlink(7) are left out beside libkqueue',
  'test/examples/**/*.test.ts': examples,
  'test/raw/splice.test.ts': splice,
  'test/raw/vmsplice.test.ts': splice,
  'test/contract/pump/*.test.ts': splice,
  'test/node/splice/*.test.ts': splice,
};

/** Beside those of withKqueue, on a kernel that is not Linux. */
const withoutProc: Record<string, string> = {
  'test/master/*.test.ts': 'the processes of a test are found through /proc',
  'test/raw/messages/error-queue.test.ts': errorQueue,
  'test/examples/*.test.ts': proc,
  'test/examples/file-server/{framing,http,load,paths}.test.ts': proc,
  'test/examples/behind-haproxy/*.test.ts': proc,
  'test/raw/constants.test.ts': 'it compares with the C headers of Linux',
  'test/raw/injected-faults.test.ts': 'system calls are made to fail by strace',
};

const underWineOnly: Record<string, string> = {
  'test/docs/*.test.ts':
    'the programs of the pages are compiled first, and the compiler is one of the machine that builds',
  'test/raw/unix.test.ts': 'Wine has no AF_UNIX',
  'test/scripts/*.test.ts': 'the scripts work on the sources, and run on the machine that builds',
};

const start = 'it starts Node again and again, and a start takes seconds there';
const strace = 'system calls are made to fail by strace';
const qemuOnly: Record<string, string> = {
  'test/contract/signal-orders.test.ts': start,
  'test/lifecycle/blocked-hosts.test.ts': start,
  'test/lifecycle/terminated.test.ts': start,
  'test/lifecycle/torn-state.test.ts': start,
  'test/model/*.test.ts': 'two thousand sequences take minutes there',
  'test/contract/attach-exit.test.ts': start,
  'test/contract/wakers.test.ts': start,
  'test/contract/acceptor-faults.test.ts': strace,
  'test/contract/pump/faults.test.ts': strace,
  'test/contract/pump/sides.test.ts': 'qemu does not know TCGETS2, which makes its terminals raw',
  'test/raw/linux/gpio.test.ts': 'qemu does not know all requests of ioctl(2)',
  'test/raw/linux/ioctl.test.ts': 'qemu does not know all requests of ioctl(2)',
  'test/raw/linux/tun.test.ts': 'qemu does not know all requests of ioctl(2)',
  'test/raw/constants.test.ts':
    'the headers at hand are those of another processor, on which O_DIRECT has another value',
};

const otherRuntimes: Record<string, string> = {
  'test/contract/signal-orders.test.ts': 'it is about the watchers of libuv, which this runtime does not have',
};

/** Test files of facilities that the platform does not have, as patterns, and why. */
export const filesNotRun: Record<string, string> = isWindows
  ? { ...onWindows, ...(underWine ? underWineOnly : {}) }
  : {
      ...onPosix,
      ...(hasEpoll ? withEpoll : withKqueue),
      ...(isLinux ? {} : withoutProc),
      ...(underQemu ? qemuOnly : {}),
      ...(inBun || inDeno ? otherRuntimes : {}),
    };
