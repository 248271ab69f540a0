// The engines of this platform, over TCP sockets of the loopback address.
import { spawnSync } from 'node:child_process';
import { WOULD_BLOCK } from 'fdreactor';
import * as socket from 'fdreactor/socket';
import { errorOf } from '../../../lib/base/errors.js';
import { native } from '../../../lib/native/table.js';
import type { BackendKind } from '../../../lib/reactor/backend.js';
import { availableBackends } from '../../../lib/reactor/backends/index.js';
import { libkqueue } from '../kqueue/libkqueue.js';
import { openFds } from '../open-fds.js';
import { dispose, own } from '../owned.js';
import { acceptOne, listen, refusingPort, reset, tcpPair } from '../pairs.js';
import { isLinux, overLibkqueue, underWine, wineHidesResets } from '../platform.js';
import type { Ground, Peer } from './desk.js';

const host = '127.0.0.1';
const { SOL_SOCKET, SO_SNDBUF, SO_RCVBUF } = socket.constants;
const SMALL = new Uint8Array(new Int32Array([16_384]).buffer);
const buffer = Buffer.alloc(65_536);

const takesErrors = overLibkqueue ? libkqueue.error : undefined;

function shrink(fd: number): void {
  for (const option of [SO_SNDBUF, SO_RCVBUF]) socket.setsockopt(fd, SOL_SOCKET, option, SMALL);
}

/** The peer of a stream, by its fd. */
function peerOf(fd: number): Peer {
  const attempt = (call: () => number): number | 'reset' => {
    try {
      return call();
    } catch {
      return 'reset';
    }
  };
  return {
    send: (bytes) => {
      const sent = attempt(() => socket.send(fd, bytes));
      return typeof sent === 'number' ? Math.max(0, sent) : 0;
    },
    receive: (most = buffer.length) => {
      const count = attempt(() => socket.recv(fd, buffer, 0, Math.min(most, buffer.length)));
      if (count === 'reset') return 'reset';
      if (count === WOULD_BLOCK) return 'nothing';
      return count === 0 ? 'end' : Buffer.from(buffer.subarray(0, count));
    },
    end: () => socket.shutdown(fd, socket.SHUT_WR),
    close: () => socket.close(fd),
    reset: () => reset(fd),
  };
}

/** Takes all fds up to the limit; a host that closes some of its own in threads has done so. */
function takeAll(taken: number[]): void {
  const still = new Int32Array(new SharedArrayBuffer(4));
  for (let isQuiet = false; !isQuiet; ) {
    const before = taken.length;
    try {
      for (;;) taken.push(socket.socket(socket.constants.AF_INET, socket.constants.SOCK_STREAM, 0));
    } catch {
      isQuiet = taken.length === before;
      if (!isQuiet) Atomics.wait(still, 0, 0, 20);
    }
  }
}

/** Runs the body while the process has no room for another fd. The limit is changed from outside (prlimit(1)). */
function outOfFds(body: (again: () => void) => void): void {
  const limit = (soft: number | string): void => {
    const { status, stderr } = spawnSync('prlimit', [`--pid=${process.pid}`, `--nofile=${soft}:`]);
    if (status !== 0) throw new Error(`prlimit: ${stderr}`);
  };
  const { stdout } = spawnSync('prlimit', [`--pid=${process.pid}`, '--nofile', '--output=SOFT', '--noheadings']);
  const before = stdout.toString().trim();
  const spare = 40; // for the program that changes it back
  const highest = Math.max(...openFds().keys());
  limit(highest + spare);
  const taken: number[] = [];
  try {
    takeAll(taken);
    body(() => takeAll(taken));
  } finally {
    for (const fd of taken) socket.close(fd);
    limit(before);
  }
}

function kernelGround(kind: BackendKind): Ground {
  return {
    name: kind.name,
    open: (memory, limits) => {
      const backend = kind.open(64);
      const engine = backend.openStreams?.(memory, limits);
      if (engine === undefined) throw new Error(`${kind.name} has no streams`);
      dispose({ close: () => backend.close() });
      let isOpen = true;
      const close = engine.close.bind(engine);
      engine.close = () => {
        if (isOpen) close();
        isOpen = false;
      };
      dispose(engine);
      return { engine, wait: (timeoutMs) => void backend.wait(timeoutMs, Number.POSITIVE_INFINITY) };
    },
    pair: () => {
      const [client, server] = tcpPair();
      for (const fd of [client, server]) shrink(fd);
      return { fd: server, peer: peerOf(client) };
    },
    listener: () => {
      const { listener, port } = listen();
      return { fd: listener, connect: () => peerOf(own(socket.connectTcp({ host, port }))) };
    },
    connecting: (outcome) => {
      const { listener, port } = outcome === 'made' ? listen() : { listener: -1, port: refusingPort() };
      return { fd: own(socket.connectTcp({ host, port })), peer: () => peerOf(acceptOne(listener)) };
    },
    outOfFds: isLinux && spawnSync('prlimit', ['--version']).status === 0 ? outOfFds : undefined,
    hidesResets: underWine ? wineHidesResets : takesErrors,
    takesErrors,
    isOpen: (fd) => native.socket.getsockopt(fd, SOL_SOCKET, SO_RCVBUF, new Uint8Array(4)) >= 0,
    takeError: (fd) => {
      const error = native.socket.takeError(fd, new Uint8Array(native.address.bytes));
      return error < 0 ? errorOf(error) : error;
    },
    close: socket.close,
    errors: (...names) => names.map((name) => (native.constants.error as Record<string, number>)[name] as number),
  };
}

/** Those that have streams. */
export const kernelGrounds: Ground[] = availableBackends().flatMap((kind) => {
  const backend = kind.open(1);
  const hasStreams = backend.openStreams !== undefined;
  backend.close();
  return hasStreams ? [kernelGround(kind)] : [];
});
