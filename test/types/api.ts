// Compiled, never run: every name of the contract with its documented type, and uses that must be refused.
import type { ServerResponse } from 'node:http';
import type { Server, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import {
  Acceptor,
  capabilities,
  type Handler,
  Interest,
  Reactor,
  Ready,
  type Registration,
  SystemError,
  UnsupportedError,
  Waker,
  WOULD_BLOCK,
} from 'fdreactor';
import {
  Connection,
  type ConnectionHandlers,
  type ConnectionsOptions,
  configureConnections,
  connect,
  DelimiterFramer,
  FixedFramer,
  type Framer,
  LengthFramer,
  Listener,
} from 'fdreactor/connection';
import { EPOLLET, EPOLLIN, EPOLLONESHOT, Epoll, EpollEvents, supported } from 'fdreactor/epoll';
import { CompletionPort, Overlapped } from 'fdreactor/iocp';
import { KeventList, Kqueue } from 'fdreactor/kqueue';
import * as linux from 'fdreactor/linux';
import { constants, GpioLineEvents, type GpioLines, type IoctlRequests, ioctl } from 'fdreactor/linux';
import {
  type ListenFd,
  listenFds,
  Master,
  type MasterInfo,
  notify,
  WorkerError,
  watchdogMs,
  worker,
} from 'fdreactor/master';
import {
  type FdDuplex,
  fdOf,
  type SentFile,
  type SplicedSockets,
  sendFile,
  sharedReactor,
  splice as spliceSockets,
  type TakenFd,
  takeFd,
  toDuplex,
  toSocket,
} from 'fdreactor/node';
import * as socket from 'fdreactor/socket';
import { PipePool, Pump, sendfile, splice, tee, vmsplice } from 'fdreactor/transfer';

const bytes = new Uint8Array(16);

export function theReactor(): void {
  const reactor: Reactor = new Reactor({ backend: 'epoll', maxEvents: 64 });
  const backend: 'epoll' | 'kqueue' | 'iocp' = reactor.backend;
  const size: number = reactor.size;

  const plain = reactor.register(0, Interest.READABLE | Interest.WRITABLE, (ready, registration) => {
    const bits: number = ready & (Ready.READ_CLOSED | Ready.WRITE_CLOSED | Ready.ERROR | Ready.HANGUP | Ready.PRIORITY);
    const fd: number = registration.fd + bits;
    registration.modify(fd);
  });
  const mode: 'level' | 'edge' | 'oneshot' = plain.mode;
  const active: boolean = plain.active;

  const withData = reactor.register(1, Interest.READABLE, (_, { data }) => data.name.length, { data: { name: 'one' } });
  const name: string = withData.data.name;
  const shared: Handler<{ count: number }> = (_, registration) => registration.data.count++;
  const another: Registration<{ count: number }> = reactor.register(2, 1, shared, {
    mode: 'edge',
    exclusive: true,
    data: { count: 0 },
  });
  another.deregister();
  another.close();

  const ran: number = reactor.poll() + reactor.poll(0) + reactor.poll(0.4);
  reactor.run();
  reactor.stop();
  reactor.attach();
  reactor.detach();
  reactor.ref();
  reactor.unref();
  const timer = reactor.setTimer(1.5, () => {}, { repeatMs: 10 });
  timer.cancel();
  const signal = reactor.onSignal('SIGTERM', (which) => which.length);
  signal.deregister();
  const waker: Waker = reactor.createWaker(() => {});
  const woken: boolean = Waker.from(waker.transfer()).wake();
  const { turns, events, timersFired, staleEvents, waitTimeMs, dispatchTimeMs, registered } = reactor.metrics();
  const sum: number = turns + events + timersFired + staleEvents + waitTimeMs + dispatchTimeMs + registered;
  reactor.close();
  void [backend, size, mode, active, name, ran, woken, sum];

  const acceptor = new Acceptor(reactor, 3, (fd: number) => socket.close(fd), { maxPerTurn: 8, retryMs: 50 });
  const members: [number, number, number, boolean] = [acceptor.fd, acceptor.accepted, acceptor.pauses, acceptor.paused];
  const lost: number = acceptor.failed;
  acceptor.pause();
  acceptor.resume();
  acceptor.close();
  const {
    backends,
    edge,
    oneshot,
    priority,
    sendfile: hasSendfile,
    splice: hasSplice,
    reusePort,
    signals,
  } = capabilities();
  const can: boolean = edge && oneshot && priority && hasSendfile && hasSplice && reusePort && signals;
  const names: readonly string[] = backends;
  void [members, can, names, lost];
}

export function disposal(): void {
  using reactor = new Reactor();
  using registration = reactor.register(0, 1, () => {});
  using timer = reactor.setTimer(1, () => {});
  using waker = reactor.createWaker(() => {});
  using set = new Epoll();
  void [registration, timer, waker, set];
}

export function messages(udp: number, client: number, listener: number): void {
  const message = new socket.Message({ buffers: [bytes, Buffer.alloc(4)], maxFds: 3 });
  let n =
    socket.recvmsg(udp, message) + socket.recvmsg(udp, message, 1) + socket.sendmsg(udp, message, 0, message.bytes);
  message.setSource(message.localAddress, message.interfaceIndex);
  message.setTtl(null);
  const told: [number, bigint, boolean, number[]] = [
    message.ttl,
    message.timestampNs,
    message.truncated,
    message.takeFds(),
  ];
  const reported: string | undefined = message.extendedError?.offender.address;
  const fds: number[] = [];
  n +=
    socket.sendFds(client, bytes, [listener]) + socket.recvFds(client, bytes, fds) + socket.recvFds(1, bytes, fds, 1);
  void [told, reported, n === WOULD_BLOCK];
}

export function sockets(): void {
  const listener: number = socket.listenTcp({
    host: '::1',
    port: 0,
    backlog: 5,
    reusePort: true,
    reuseAddress: true,
    ipv6Only: true,
    deferAccept: true,
  });
  const client: number = socket.connectTcp({ host: '::1', port: 1, localAddress: '::1', localPort: 0, noDelay: true });
  const unix: number[] = [socket.listenUnix({ path: '/x', backlog: 1 }), socket.connectUnix({ path: '/x' })];
  const udp: number = socket.bindUdp({ host: '127.0.0.1', port: 0 });
  const accepted: number = socket.accept(listener);
  let n: number = socket.recv(client, bytes) + socket.recv(client, bytes, 0, 4, 0) + socket.read(client, bytes, 0, 4);
  n += socket.send(client, bytes) + socket.send(client, bytes, 0, 4, 0) + socket.write(client, Buffer.from('x'));
  n += socket.readv(client, [bytes, bytes]) + socket.writev(client, [bytes]);
  const sender = new socket.SocketAddress();
  n += socket.recvfrom(udp, bytes, 0, 16, 0, sender) + socket.sendto(udp, bytes, 0, 16, 0, sender);
  n +=
    socket.sendto(udp, bytes, 0, 1, 0, { host: '127.0.0.1', port: 1 }) +
    socket.sendto(udp, bytes, 0, 1, 0, { path: '/x' });
  const family: 'IPv4' | 'IPv6' | 'unix' | 'vsock' | 'netlink' | null = sender.family;
  const domain: number = sender.domain;
  const sockaddr: Uint8Array = socket.SocketAddress.fromBytes(sender.bytes).bytes;
  const { cid, pid, groups }: { cid: number | null; pid: number | null; groups: number | null } = sender;
  const numbers: socket.SocketAddress[] = [
    socket.SocketAddress.vsock(socket.constants.VMADDR_CID_HOST ?? 2, 1234),
    socket.SocketAddress.netlink(),
    socket.SocketAddress.netlink(0, socket.constants.RTMGRP_LINK),
  ];
  const peerKnown: number = socket.accept(listener, sender);
  const [a, b]: [number, number] = socket.socketpair();
  const [readEnd, writeEnd]: [number, number] = socket.pipe();
  const peer = socket.getpeername(client);
  const where: string = 'path' in peer ? peer.path : `${peer.address}:${peer.port} ${peer.family}`;
  const error: SystemError | null = socket.takeError(client);
  type Maybe<T> = T | undefined;
  const details: [string, number, string, Maybe<number>, Maybe<string>, Maybe<number>, Maybe<string>] | null =
    error && [error.code, error.errno, error.syscall, error.fd, error.address, error.port, error.path];
  const option: Maybe<string> = error?.option;
  socket.shutdown(client, socket.constants.SHUT_WR);
  socket.setsockopt(client, socket.constants.SOL_SOCKET, socket.constants.SO_KEEPALIVE, 1);
  socket.setNonBlocking(client);
  socket.setNonBlocking(client, !socket.isNonBlocking(client));
  socket.close(client);
  socket.detachFd(a);
  socket.release(a); // the old name
  void [
    unix,
    accepted,
    n === WOULD_BLOCK,
    family,
    b,
    readEnd,
    writeEnd,
    where,
    details,
    domain,
    sockaddr,
    cid,
    pid,
    groups,
    numbers,
    peerKnown,
    option,
  ];
}

export function connections(): void {
  const reactor = new Reactor();
  const sizes: ConnectionsOptions = { slabBytes: 1, sendAreaBytes: 1, maxReceiveBytes: 1, minReceiveBytes: 1 };
  configureConnections(reactor, { ...sizes, acceptBatch: 1, maxCommands: 1, maxReports: 1 });
  const framer: Framer = new DelimiterFramer({ delimiter: 'x', maxBytes: 10 });
  const framers: Framer[] = [framer, new FixedFramer(4), new LengthFramer({ prefix: 'uint16be' })];
  const handlers: ConnectionHandlers<{ name: string }> = {
    open: (connection) => {
      connection.data = { name: 'one' };
    },
    data: (connection, chunk) => {
      const room: boolean = connection.write(chunk) && connection.write(connection.data.name, 'utf8');
      framer.push(chunk, (frame) => connection.end(frame));
      if (!room) connection.pause();
    },
    drain: (connection) => connection.resume(),
    end: (connection) => connection.end('bye', 'latin1'),
    error: (connection, error) => void [connection.fd, error.message],
    close: (connection) => void [connection.bytesRead + connection.bytesWritten + connection.queued, connection.ended],
  };
  const listener = new Listener(reactor, { host: '::', port: 0, backlog: 5, noDelay: true, reusePort: true }, handlers);
  const n: number = listener.accepted + listener.pauses + listener.size;
  for (const connection of listener.connections()) connection.reset();
  listener.close({ graceMs: 5 });
  const client: Connection<{ name: string }> = connect(reactor, { host: '::1', port: 1, highWaterMark: 1 }, handlers);
  const plain: Connection = connect(reactor, { path: '/x', maxQueued: 5 }, {});
  const adopted = new Connection(reactor, 3, handlers, { maxQueued: 5 });
  const { fd, unread, unsent }: { fd: number; unread: Buffer; unsent: Buffer } = adopted.detach();
  const peer: socket.AddressInfo | null = client.remoteAddress;
  void [n, plain.closed, fd, unread, unsent, peer, framers];

  // @ts-expect-error it has no port
  new Listener(reactor, { host: 5 }, {});
  // @ts-expect-error a number is no bytes
  client.write(5);
  // @ts-expect-error the data of another kind
  const wrong: Connection<number> = client;
  // @ts-expect-error no such handler
  connect(reactor, { path: '/x' }, { message: () => {} });
  void wrong;
}

export async function nodeBorder(response: ServerResponse, accepted: Socket, server: Server): Promise<void> {
  const { signal } = new AbortController();
  const all = { start: 1, end: 2, signal, close: true, more: true, fallback: true };
  const sent: SentFile = await sendFile(response, new URL('file:///x'), all);
  const via: 'sendfile' | 'copy' = (await sendFile(accepted, 3)).via;
  const { fd, unread, ended }: TakenFd = takeFd(accepted);
  const back: Socket = toSocket(fd, { unread, noDelay: true, keepAlive: true, keepAliveInitialDelay: 5 });
  const reactor: Reactor = sharedReactor();
  const fds: number[] = [fdOf(back), fdOf(server)];
  const joining: Promise<SplicedSockets> = spliceSockets(accepted, back, { signal, timeoutMs: 5, fallback: true });
  const { aToB, bToA, via: way } = await joining;
  const joined: [number, number, 'splice' | 'copy'] = [aToB, bToA, way];
  const streamOptions = { highWaterMark: 1, allowHalfOpen: true, close: false, signal, readBytes: 1 };
  const stream: FdDuplex = toDuplex(4, streamOptions).unref().ref();
  const duplexes: Duplex[] = [stream, toDuplex(reactor.register(5, 0, () => {}, { data: { name: 'x' } }))];
  const counts: number[] = [stream.fd, stream.bytesRead, stream.bytesWritten];
  void [sent.bytes, via, ended, reactor, fds, joined, duplexes, counts];

  // @ts-expect-error no file
  sendFile(response, {});
  // @ts-expect-error no socket
  takeFd(server);
  // @ts-expect-error one socket
  spliceSockets(accepted);
  // @ts-expect-error no fd
  toDuplex(accepted);
}

export function transfers(): void {
  let n: number = sendfile(1, 2, 0, 100) + splice(1, null, 2, 0, 100, 0) + tee(1, 2, 100, 0) + vmsplice(1, [bytes], 0);
  const pool: PipePool = new PipePool({ maxIdle: 4, pipeBytes: 65536 });
  const pump = new Pump(1, 2, { pool, budgetBytes: 1024 });
  n += pump.move() + pump.sourceInterest + pump.destinationInterest + pump.bytes + pump.pending + pool.idle;
  const done: boolean = pump.done;
  pump.close();
  PipePool.shared.close();
  void [n, done];
}

export function rawLayers(): void {
  const set = new Epoll();
  set.add(0, EPOLLIN | EPOLLET | EPOLLONESHOT, 2 ** 50);
  set.modify(0, EPOLLIN);
  set.delete(0);
  const events = new EpollEvents(8);
  const n: number =
    set.wait(events) + set.wait(events, 0.4) + events.data(0) + events.events(0) + events.capacity + set.fd;
  const here: boolean = supported;
  const others = [Kqueue, KeventList, CompletionPort, Overlapped];
  const refusal: Error = new UnsupportedError('x');
  void [n, here, others, refusal];
}

export function devices(): void {
  const size: { rows: number; cols: number; xpixel: number; ypixel: number } = ioctl(0, 'TIOCGWINSZ');
  const zero: number = ioctl(0, 'TIOCSWINSZ', { rows: 25, cols: 80 });
  const settings = ioctl(0, 'TCGETS2');
  ioctl(0, 'TCSETS2', { ...settings, cflag: settings.cflag | constants.CS8 });
  const { name, flags }: { name: string; flags: number } = ioctl(3, 'TUNSETIFF', { flags: constants.IFF_TUN });
  ioctl(4, 'SIOCSIFADDR', { name, address: { host: '10.0.0.1', port: 0 } });
  ioctl(4, 'SIOCSIFADDR', { name, address: new socket.SocketAddress() });
  const address: socket.SocketAddress = ioctl(4, 'SIOCGIFADDR', { name }).address;
  const attrs = [{ id: constants.GPIO_V2_LINE_ATTR_ID_DEBOUNCE, debouncePeriodUs: 1, mask: 1n }];
  const lines: GpioLines = ioctl(5, 'GPIO_V2_GET_LINE_IOCTL', { offsets: [1], config: { flags: 4, attrs } });
  const events = new GpioLineEvents(8);
  const when: bigint = events.timestampNs(events.read(lines.fd));
  const what: number = events.id(0) + events.offset(0) + events.seqno(0) + events.lineSeqno(0) + events.capacity;
  const bytes64: bigint = ioctl(6, 'BLKGETSIZE64');
  const requests: (keyof IoctlRequests)[] = ['FIONREAD', 'EPIOCSPARAMS'];
  const detail: string | undefined = new SystemError(1, 'ioctl').request;
  void [size, zero, flags, address, when, what, bytes64, requests, detail];

  // @ts-expect-error a name, not a number
  ioctl(0, 0x5413);
  // @ts-expect-error no such request: it types into a terminal
  ioctl(0, 'TIOCSTI', 'x');
  // @ts-expect-error it takes nothing
  ioctl(0, 'TIOCGWINSZ', {});
  // @ts-expect-error it takes a size
  ioctl(0, 'TIOCSWINSZ');
  // @ts-expect-error the columns are missing
  ioctl(0, 'TIOCSWINSZ', { rows: 1 });
  // @ts-expect-error no such field
  ioctl(4, 'SIOCSIFMTU', { name: 'lo', mtu: 1, speed: 1 });
}

export function linuxFds(): void {
  const { constants: numbers } = linux;
  let n: number = linux.eventfd() + linux.eventfd(1, numbers.EFD_SEMAPHORE);
  n += linux.eventfd_read(0) + linux.eventfd_write(0, 1) + linux.eventfd_write(0, 1n);
  n += linux.timerfd_create(numbers.CLOCK_MONOTONIC) + linux.timerfd_create(numbers.CLOCK_REALTIME, 0);
  const previous: linux.TimerfdTimes = linux.timerfd_settime(0, numbers.TFD_TIMER_ABSTIME, 1.5, 10);
  const { valueMs, intervalMs }: { valueMs: number; intervalMs: number } = linux.timerfd_gettime(0);
  n += linux.timerfd_read(0) + valueMs + intervalMs + previous.valueMs;
  n += linux.inotify_init1() + linux.inotify_add_watch(0, '/x', numbers.IN_CREATE);
  n += linux.inotify_add_watch(0, bytes, numbers.IN_ALL_EVENTS);
  linux.inotify_rm_watch(0, 1);
  const events = new linux.InotifyEvents();
  n += new linux.InotifyEvents(272).read(0) + events.wd(0) + events.mask(0) + events.cookie(0) + events.bytes;
  const named: [string, Uint8Array] = [events.name(0), events.nameBytes(0)];
  n += linux.pidfd_open(1) + linux.pidfd_open(1, 0);
  linux.pidfd_send_signal(0, 'SIGTERM');
  linux.pidfd_send_signal(0, 15);
  const child: linux.ChildState | null = linux.waitid(numbers.P_PIDFD, 0, numbers.WEXITED | numbers.WNOWAIT);
  const { pid, uid, status, code } = child ?? { pid: 0, uid: 0, status: 0, code: numbers.CLD_EXITED };
  n += linux.memfd_create('x') + linux.memfd_create(bytes, numbers.MFD_ALLOW_SEALING) + pid + uid + status + code;
  const [master, slave]: [number, number] = linux.openpty({ rows: 24, cols: 80 });
  n += linux.fcntl(master, numbers.F_GETFL) + linux.fcntl(slave, numbers.F_SETFL, numbers.O_NONBLOCK);
  const none: boolean = n === linux.WOULD_BLOCK && linux.supported && linux.openpty().length === 2;
  const known: linux.LinuxConstant = 'IN_CREATE';
  void [named, none, known];
}

export function theConnections(reactor: Reactor): void {
  const handlers: ConnectionHandlers<{ name: string }> = {
    open: (connection) => {
      connection.data = { name: 'one' };
    },
    data: (connection, chunk) => {
      const copies: Buffer[] = [chunk.keep(), chunk.slice(1), chunk.slice(0, -1)];
      const room: boolean = connection.write(chunk) && connection.write('text', 'latin1') && connection.writev(copies);
      if (!room) connection.pause();
    },
    drain: (connection) => connection.resume(),
    end: (connection) => connection.end(connection.data.name),
    timeout: (connection, reason: 'idle' | 'deadline') => connection.end(reason),
    error: (_, error: Error) => error.message,
    close: (connection, _error: unknown) => connection.data.name,
  };
  configureConnections(reactor, { slabBytes: 1 << 20 });
  const listener = new Listener(
    reactor,
    { host: '::1', port: 0, idleTimeoutMs: 1, maxQueued: 2, noDelay: false },
    handlers,
  );
  new Listener(reactor, { path: '/x', backlog: 1 }, {}).close();
  new Listener(reactor, { fd: 3 }, handlers).close({ graceMs: 1 });
  const names: string[] = [...listener.connections()].map(({ data }) => data.name);
  const plain: Connection = connect(reactor, { path: '/x' }, {});
  const client: Connection<{ name: string }> = connect(reactor, { host: '::1', port: 1, localPort: 2 }, handlers);
  const { fd, unread }: { fd: number; unread: Buffer } = new Connection(reactor, 0, {}).detach();
  const numbers: number[] = [fd, plain.bytesRead, plain.bytesWritten, plain.queued, listener.size, listener.accepted];
  const flags: boolean[] = [plain.closed, plain.ended, plain.paused, plain.sendFile(0, 0, 1, { close: true })];
  client.setDeadline(null);
  client.setIdleTimeout(0);
  client.reset();
  const framers: Framer[] = [new DelimiterFramer(), new LengthFramer({ prefix: 'varint' }), new FixedFramer(4)];
  for (const framer of framers) framer.push(unread, (frame: Buffer) => frame.length);
  void [names, numbers, flags, plain.remoteAddress, plain.localAddress];
}

export function whatIsRefused(reactor: Reactor): void {
  // @ts-expect-error the data is not of the connection's type
  new Connection<number>(reactor, 0, {}).data = 'text';
  // @ts-expect-error a chunk is bytes, not text
  new Connection(reactor, 0, { data: (_, chunk: string) => chunk });
  // @ts-expect-error no such prefix
  new LengthFramer({ prefix: 'uint64' });
  // @ts-expect-error no such backend
  new Reactor({ backend: 'select' });
  // @ts-expect-error no such mode
  reactor.register(0, Interest.READABLE, () => {}, { mode: 'level-triggered' });
  // @ts-expect-error a handler is needed
  reactor.register(0, Interest.READABLE);
  // @ts-expect-error an fd is a number
  reactor.register('0', Interest.READABLE, () => {});
  // @ts-expect-error the data is not of the handler's type
  reactor.register<{ n: number }>(0, 1, (_, { data }) => data.n, { data: { n: 'one' } });
  // @ts-expect-error no such signal
  reactor.onSignal('SIGNONSENSE', () => {});
  // @ts-expect-error the fd of a registration is fixed
  reactor.register(0, 1, () => {}).fd = 2;
  // @ts-expect-error the size is counted, not set
  reactor.size = 1;
  // @ts-expect-error a constant
  Interest.READABLE = 2;
  // @ts-expect-error text is no buffer
  socket.send(0, 'text');
  // @ts-expect-error other typed arrays are no buffers
  socket.recv(0, new Int32Array(4));
  // @ts-expect-error a port is needed
  socket.listenTcp({ host: '127.0.0.1' });
  // @ts-expect-error the list is of buffers
  socket.writev(0, ['text']);
  // @ts-expect-error EpollEvents, not an array
  new Epoll().wait([]);
  // @ts-expect-error no such signal
  linux.pidfd_send_signal(0, 'SIGNONSENSE');
  // @ts-expect-error milliseconds are a number
  linux.timerfd_settime(0, 0, 1n);
  // @ts-expect-error times are numbers
  reactor.poll('1');
}

export async function processes(reactor: Reactor): Promise<void> {
  const master: Master = new Master({
    worker: new URL('file:///worker.js'),
    workers: 2,
    spare: 1,
    listeners: { http: { fdName: 'http', host: '::', port: 80 }, local: { path: '/socket' } },
    drainMs: 1,
    heartbeatMs: 0,
    maxGenerations: 2,
  });
  master.on('workerError', (error) => error instanceof WorkerError && error.generation);
  master.on('failed', (action: 'reload' | 'upgrade', error: Error) => [action, error]);
  await master.start();
  await master.reload();
  await master.upgrade();
  await master.stop();
  const state: MasterInfo = master.state();
  const numbers: number[] = [state.pid, ...state.workers.map(({ turns }) => turns)];
  worker.onServe(({ http }) => numbers.push(http ?? 0));
  worker.onDrain((deadlineMs: number) => numbers.push(deadlineMs));
  worker.ready(reactor);
  worker.drained();
  const passed: ListenFd[] = listenFds();
  const told: boolean = notify({ READY: 1, MAINPID: 1, X_OWN: 'value' }, [passed[0]?.fd ?? 0]);
  const timeMs: number | null = watchdogMs();
  console.log(told, timeMs);
  // @ts-expect-error a worker program
  new Master({});
  // @ts-expect-error of systemd
  notify({ READY: true });
}
