// @ts-check
// Uses every facility, in the main thread and in workers, closes what it opened or leaves it to the end of the
// thread, and ends by itself. `npm run test:asan` runs it under the leak sanitizer. An allocation of the add-on that
// is unreachable at the end is a leak.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { Acceptor, Interest, Reactor, SystemError, Waker } from 'fdreactor';
import { EPOLLIN, Epoll, EpollEvents } from 'fdreactor/epoll';
import * as linux from 'fdreactor/linux';
import * as socket from 'fdreactor/socket';
import { PipePool, Pump, sendfile, vmsplice } from 'fdreactor/transfer';

const here = fileURLToPath(import.meta.url);

function useRawLayers() {
  const epoll = new Epoll();
  const [readFd, writeFd] = socket.pipe();
  epoll.add(readFd, EPOLLIN);
  vmsplice(writeFd, [Buffer.from('gathered')], 0);
  socket.writev(writeFd, [Buffer.from('one'), Buffer.from('two')]);
  epoll.wait(new EpollEvents(8), 0);
  socket.readv(readFd, [Buffer.alloc(3), Buffer.alloc(300)]);
  for (const fd of [readFd, writeFd]) socket.close(fd);
  epoll.close();
  try {
    socket.recv(readFd, Buffer.alloc(1));
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
  }
}

function useDatagrams() {
  const fd = socket.bindUdp({ host: '127.0.0.1', port: 0 });
  const listener = socket.listenTcp({ host: '127.0.0.1', port: 0, reusePort: true });
  socket.steerByCpu(listener, 2);
  socket.stopSteering(listener);
  socket.close(listener);
  const sender = new socket.SocketAddress();
  const name = socket.getsockname(fd);
  if ('port' in name) socket.sendto(fd, Buffer.from('x'), 0, 1, 0, { host: '127.0.0.1', port: name.port });
  socket.recvfrom(fd, Buffer.alloc(1), 0, 1, 0, sender);
  socket.close(fd);
}

function useLinuxFds() {
  const { constants } = linux;
  const timer = linux.timerfd_create(constants.CLOCK_MONOTONIC);
  linux.timerfd_settime(timer, 0, 1, 1);
  linux.timerfd_gettime(timer);
  const counter = linux.eventfd(1);
  linux.eventfd_write(counter, 1n);
  linux.eventfd_read(counter);
  const inotify = linux.inotify_init1();
  linux.inotify_rm_watch(inotify, linux.inotify_add_watch(inotify, '/', constants.IN_CREATE));
  const events = new linux.InotifyEvents();
  for (let i = events.read(inotify) - 1; i >= 0; i--) events.nameBytes(i);
  const pidfd = linux.pidfd_open(process.pid);
  linux.pidfd_send_signal(pidfd, 0);
  const memory = linux.memfd_create('leak-check');
  const second = linux.fcntl(memory, constants.F_DUPFD_CLOEXEC);
  for (const fd of [timer, counter, inotify, pidfd, memory, second, ...linux.openpty()]) socket.close(fd);
}

async function useTransfer() {
  const file = await open(here);
  const [near, far] = socket.socketpair();
  const [start, end] = socket.socketpair();
  const pool = new PipePool();
  const pump = new Pump(far, start, { pool });
  sendfile(near, file.fd, 0, 1000);
  pump.move();
  pump.close();
  pool.close();
  for (const fd of [near, far, start, end]) socket.close(fd);
  await file.close();
}

/** @param {Reactor} reactor */
function populate(reactor) {
  const [readable, peer] = socket.socketpair();
  const registration = reactor.register(readable, Interest.READABLE, () => registration.close(), { data: {} });
  socket.send(peer, Buffer.from('x'));
  reactor.setTimer(0, () => socket.close(peer));
  reactor.setTimer(1e6, () => {}).cancel();
  const signal = reactor.onSignal('SIGUSR2', () => signal.deregister());
  process.kill(process.pid, 'SIGUSR2');
  const listener = socket.listenTcp({ host: '127.0.0.1', port: 0 });
  const acceptor = new Acceptor(reactor, listener, (fd) => socket.close(fd));
  reactor.setTimer(20, () => acceptor.close());
}

function useReactor() {
  const driven = new Reactor();
  populate(driven);
  driven.createWaker(() => {}).wake();
  driven.poll(0);
  driven.close();
}

async function useAttachedReactor() {
  const reactor = new Reactor();
  populate(reactor);
  reactor.attach();
  const woken = new Promise((resolve) => {
    const waker = reactor.createWaker(() => resolve(waker.close()));
    new Worker(here, { workerData: { waker: waker.transfer() } });
  });
  await woken;
  while (reactor.size > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  reactor.close();
}

// What a worker leaves open is given back when it ends, by itself or because it is told to, blocked or not.
async function endWorkers() {
  for (const ending of ['leave', 'exit', 'block']) {
    const worker = new Worker(here, { workerData: { ending } });
    const ended = once(worker, 'exit'); // which may come together with the message
    await once(worker, 'message');
    if (ending === 'block') await worker.terminate();
    await ended;
  }
}

/** @param {string} ending */
async function endAs(ending) {
  const { parentPort } = await import('node:worker_threads');
  const reactor = new Reactor();
  populate(reactor);
  if (ending === 'leave') reactor.attach();
  parentPort?.postMessage('ready');
  if (ending === 'exit') process.exit(0);
  if (ending === 'block') for (;;) reactor.poll(-1);
}

if (isMainThread) {
  // Another thread may take a worker's signal after that worker has ended. Without a handler it would end the process.
  process.on('SIGUSR2', () => {});
  useRawLayers();
  useDatagrams();
  useLinuxFds();
  await useTransfer();
  useReactor();
  await useAttachedReactor();
  await endWorkers();
  if (!readFileSync('/proc/self/maps', 'latin1').includes('libasan')) throw new Error('no leak sanitizer is loaded');
} else if (workerData.waker !== undefined) {
  Waker.from(workerData.waker).wake();
} else {
  await endAs(workerData.ending);
}
