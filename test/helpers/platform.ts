// What the tests know of the platform they run on; the only place in test/ that asks for it. Imports nothing of the
// package, because vitest.config.ts reads it as well.

export const isWindows = process.platform === 'win32';
/** Set by whoever runs the tests under Wine: some of what Windows promises does not hold there. */
export const underWine = process.env.FDREACTOR_WINE === '1';
export const platformName = underWine ? 'win32 under Wine' : process.platform;

/** What the kernel says of a number that is no open fd. Winsock does not tell a closed socket from what never was one. */
export const closedFd = isWindows ? 'ENOTSOCK' : 'EBADF';
/** A signal that any process may watch, and none of ours ever gets by chance. */
export const aSignal: NodeJS.Signals = isWindows ? 'SIGBREAK' : 'SIGUSR2';
export const anotherSignal: NodeJS.Signals = isWindows ? 'SIGINT' : 'SIGHUP';

const epoll = 'epoll(7) is a facility of Linux';
const pipes = 'there is no splice(2) and no pipe that can be polled';
const proc = 'the examples are looked at through /proc, and ended by POSIX signals';
const compiler = 'the compiler (a native program) is that of the machine that builds; types are the same everywhere';

/** Test files of facilities that the platform does not have, as patterns, and why. */
const absentFiles: Record<string, string> = isWindows
  ? {
      'test/examples/*.test.ts': proc,
      'test/types/*.test.ts': compiler,
      'test/raw/epoll*.test.ts': epoll,
      'test/raw/splice.test.ts': pipes,
      'test/contract/pump*.test.ts': pipes,
      'test/raw/sigpipe.test.ts': 'there is no SIGPIPE',
      'test/raw/injected-faults.test.ts': 'system calls are made to fail by strace',
      'test/raw/constants.test.ts': 'it asks the C headers; test/windows/constants.test.ts holds those of Windows',
      'test/lifecycle/interruptions.test.ts': 'there are no signals that interrupt system calls',
    }
  : {
      'test/windows/*.test.ts': 'completion ports and Winsock are facilities of Windows',
      'test/raw/iocp*.test.ts': 'completion ports are a facility of Windows',
    };

const underWineOnly: Record<string, string> = {
  'test/raw/unix.test.ts': 'Wine has no AF_UNIX',
};

export const filesNotRun: Record<string, string> = underWine ? { ...absentFiles, ...underWineOnly } : absentFiles;
