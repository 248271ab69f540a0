// systemd's protocols, against sockets of the test and systemd-socket-activate.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, unlinkSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { listenFds, type NotifyFields, notify, watchdogMs } from 'fdreactor/master';
import { bind, constants, recvFds, socket, WOULD_BLOCK } from 'fdreactor/socket';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { own, ownFile } from '../helpers/owned.js';
import { eventually } from '../helpers/patience.js';
import { caught, expectInvalidState, expectSystemError } from '../helpers/throws.js';
import { folder, MARK, RunningMaster } from './running.js';

const VARIABLES = ['LISTEN_FDS', 'LISTEN_FDNAMES', 'LISTEN_PID', 'NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID'];

beforeEach(() => {
  onTestFinished(() => {
    for (const name of VARIABLES) delete process.env[name];
  });
});

/** What systemd listens on: a datagram socket, by a path or an abstract name. */
function manager(name: string): { received(): string[]; fds: number[]; fd: number } {
  const fd = own(socket(constants.AF_UNIX, constants.SOCK_DGRAM));
  bind(fd, { path: name });
  if (!name.startsWith('\0')) onTestFinished(() => unlinkSync(name));
  const buffer = Buffer.alloc(4096);
  const fds: number[] = [];
  const received = (): string[] => {
    const all: string[] = [];
    for (;;) {
      const got: number[] = [];
      const length = recvFds(fd, buffer, got);
      if (length === WOULD_BLOCK) return all;
      for (const passed of got) fds.push(own(passed));
      all.push(buffer.toString('utf8', 0, length));
    }
  };
  return { received, fds, fd };
}

const abstract = (): string => `\0fdreactor-notify-${process.pid}-${Math.random()}`;

describe('notify()', () => {
  test('returns false where there is no NOTIFY_SOCKET', () => {
    expect(notify({ READY: 1 })).toBe(false);
    process.env.NOTIFY_SOCKET = '';
    expect(notify({ READY: 1 })).toBe(false);
  });

  test.each([
    ['a path', () => `${folder()}/notify`],
    ['an abstract name', abstract],
  ])('sends a datagram to %s', (_, nameOf) => {
    const name = nameOf();
    const { received } = manager(name);
    process.env.NOTIFY_SOCKET = name.replace('\0', '@');
    expect(notify({ READY: 1, STATUS: 'serving, as ever', MAINPID: 42 })).toBe(true);
    expect(notify({ STOPPING: 1, ERRNO: undefined } as NotifyFields)).toBe(true);
    expect(received()).toEqual(['READY=1\nSTATUS=serving, as ever\nMAINPID=42\n', 'STOPPING=1\n']);
  });

  test('RELOADING comes with the time of the monotonic clock', () => {
    const name = abstract();
    const { received } = manager(name);
    process.env.NOTIFY_SOCKET = name.replace('\0', '@');
    const before = process.hrtime.bigint() / 1000n;
    notify({ RELOADING: 1 });
    const [message] = received();
    const usec = BigInt(/^RELOADING=1\nMONOTONIC_USEC=(\d+)\n$/.exec(message as string)?.[1] as string);
    expect(usec).toBeGreaterThanOrEqual(before);
    expect(usec).toBeLessThanOrEqual(process.hrtime.bigint() / 1000n);
  });

  test('FDSTORE passes fds along', () => {
    const name = abstract();
    const { received, fds } = manager(name);
    process.env.NOTIFY_SOCKET = name.replace('\0', '@');
    const file = ownFile(openSync('/dev/null', 'r'));
    notify({ FDSTORE: 1, FDNAME: 'kept' }, [file, file]);
    expect(received()).toEqual(['FDSTORE=1\nFDNAME=kept\n']);
    expect(fds).toHaveLength(2);
  });

  test('no listener, a full queue: errors; nothing is left open, and it never waits', () => {
    process.env.NOTIFY_SOCKET = '/there/is/no/such/socket';
    expectSystemError(() => notify({ READY: 1 }), 'ENOENT');
    const name = abstract();
    process.env.NOTIFY_SOCKET = name.replace('\0', '@');
    expectSystemError(() => notify({ READY: 1 }), 'ECONNREFUSED');
    const { received } = manager(name);
    expectSystemError(() => {
      for (;;) notify({ WATCHDOG: 1 });
    }, 'EAGAIN');
    expect(received().length).toBeGreaterThan(0);
    expect(notify({ WATCHDOG: 1 })).toBe(true);
  });

  test.each([
    ['no name', {}],
    ['a name in small letters', { ready: 1 }],
    ['a line feed in a value', { STATUS: 'two\nREADY=1' }],
    ['a value of another type', { READY: true }],
  ])('refuses %s, also where there is no NOTIFY_SOCKET', (_, fields) => {
    expect(caught(() => notify(fields as NotifyFields)).code).toMatch(/^ERR_INVALID_ARG_/);
  });

  test('refuses a NOTIFY_SOCKET that is neither a path nor abstract', () => {
    process.env.NOTIFY_SOCKET = 'vsock:2:1234';
    expectInvalidState(() => notify({ READY: 1 }));
  });
});

describe('watchdogMs()', () => {
  test('the time of this process, in milliseconds', () => {
    expect(watchdogMs()).toBe(null);
    process.env.WATCHDOG_USEC = '1500';
    expect(watchdogMs()).toBe(1.5);
    process.env.WATCHDOG_PID = `${process.pid}`;
    expect(watchdogMs()).toBe(1.5);
    process.env.WATCHDOG_PID = `${process.ppid}`;
    expect(watchdogMs()).toBe(null);
    expect(watchdogMs(process.ppid)).toBe(1.5);
  });

  test.each(['', '0', '-1', 'often', '1e3'])('refuses WATCHDOG_USEC=%s', (value) => {
    process.env.WATCHDOG_USEC = value;
    expectInvalidState(() => watchdogMs());
  });
});

describe('listenFds()', () => {
  test.each([
    ['nothing is set', {}],
    ['it is for another process', { LISTEN_FDS: '1', LISTEN_PID: '1' }],
    ['their number is 0', { LISTEN_FDS: '0', LISTEN_PID: `${process.pid}` }],
  ])('none where %s, and the variables are gone', (_, variables) => {
    Object.assign(process.env, variables);
    expect(listenFds()).toEqual([]);
    expect(Object.keys(process.env).filter((name) => name.startsWith('LISTEN_'))).toEqual([]);
  });

  test.each([
    { LISTEN_FDS: 'many', LISTEN_PID: `${process.pid}` },
    { LISTEN_FDS: '-1', LISTEN_PID: `${process.pid}` },
    { LISTEN_FDS: '99999999', LISTEN_PID: `${process.pid}` },
    { LISTEN_FDS: '1', LISTEN_PID: 'self' },
    { LISTEN_FDS: '1', LISTEN_PID: `${process.pid}`, LISTEN_FDNAMES: 'a:b' },
  ])('refuses %o', (variables) => {
    Object.assign(process.env, variables);
    expectInvalidState(() => listenFds());
  });

  test('what systemd-socket-activate passes: names, non-blocking, and no child sees or inherits it', async () => {
    const program = fileURLToPath(new URL('fixtures/activated.mjs', import.meta.url));
    const path = `${folder()}/socket`;
    const port = await unusedPort();
    const argv = ['-l', `127.0.0.1:${port}`, '-l', path, '--fdname=http:local', process.execPath, program];
    const child = spawn('systemd-socket-activate', argv, { stdio: ['ignore', 'pipe', 'pipe'] });
    onTestFinished(() => {
      child.kill('SIGKILL');
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors += text;
    });
    await eventually('it listens', () => errors.includes(`Listening on ${path}`));
    const client = connect(port, '127.0.0.1').on('error', () => {});
    await once(child, 'close');
    client.destroy();
    unlinkSync(path);
    const { passed, again, left, inherited } = JSON.parse(output);
    expect(passed).toMatchObject([
      { fd: 3, name: 'http', address: { address: '127.0.0.1', port }, nonBlocking: true },
      { fd: 4, name: 'local', address: { path }, nonBlocking: true },
    ]);
    expect({ again, left, inherited }).toEqual({ again: [], left: [], inherited: [] });
  });
});

describe('a Master under systemd', () => {
  test('tells the start, a reload, the watchdog, an upgrade and the stop; no worker can', async () => {
    const name = abstract();
    const { received } = manager(name);
    const env = { NOTIFY_SOCKET: name.replace('\0', '@'), WATCHDOG_USEC: '200000' };
    const master = await RunningMaster.start({ workers: 1 }, { env });
    const told: string[] = [];
    const hears = (text: string): Promise<void> =>
      eventually(text, () => {
        told.push(...received());
        return told.some((message) => message.includes(text));
      });
    await hears(`READY=1\nMAINPID=${master.child.pid}\n`);
    await hears('WATCHDOG=1\n');
    expect(await master.get('/environment')).not.toMatch(/NOTIFY_SOCKET|WATCHDOG_|LISTEN_|FDREACTOR_(WORKER|UPGRADE)/);
    told.length = 0;
    master.child.kill('SIGHUP');
    await hears('RELOADING=1\n');
    await hears('READY=1\nSTATUS=serving\n');
    told.length = 0;
    master.child.kill('SIGUSR2');
    const { by } = await master.reported('upgraded');
    await hears(`MAINPID=${by}\n`);
    await hears(`READY=1\nMAINPID=${by}\n`);
    await master.reported('stopped');
    told.length = 0;
    received();
    await hears('WATCHDOG=1\n'); // of the new one
    await master.stop();
    await hears('STOPPING=1\n');
  });

  test('takes the socket that systemd passed, over reloads and upgrades', async () => {
    const port = await unusedPort();
    // It passes no other variables on: the mark is what finds the processes.
    const wrap = ['systemd-socket-activate', '-E', MARK, '-l', `127.0.0.1:${port}`, '--fdname=http'];
    const listeners = { http: { fdName: 'http' } };
    const starting = RunningMaster.start({ workers: 1, listeners }, { wrap });
    const master = await RunningMaster.activated(starting, port);
    expect(master.port).toBe(port);
    expect(await master.get('/generation')).toBe('1');
    master.child.kill('SIGHUP');
    await master.reported('serving', 2);
    master.child.kill('SIGUSR2');
    await master.reported('upgraded');
    await master.reported('stopped');
    await master.answersFrom(3);
    await master.stop();
  });

  test('a name that systemd did not pass is an error, unless there is an address', async () => {
    const listeners = { http: { fdName: 'http' } };
    const master = await RunningMaster.start({ workers: 1, listeners }, { awaitStart: false });
    expect((await master.reported('startFailed')).message).toBe('systemd has passed no socket named http');
    await master.ended();
    const other = await RunningMaster.start({ workers: 1, listeners: { http: { ...tcp, fdName: 'http' } } });
    expect(await other.get('/generation')).toBe('1');
    await other.stop();
  });
});

const tcp = { host: '127.0.0.1', port: 0 };

async function unusedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
