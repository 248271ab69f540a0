// A number is not a file. Other code may close an fd that is registered, and the kernel gives its number to the next
// file: a socket, a pipe, a file on a disk, the eventfd of a waker or a signal, the set of another reactor. The file
// that has the number now keeps it, with its bytes and its events. A close through the library ends the registration
// first.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Interest, Reactor, type Registration, SystemError, type Waker } from 'fdreactor';
import * as socket from 'fdreactor/socket';
import { expect } from 'vitest';
import { contractTest, recorder } from '../helpers/contract.js';
import { native } from '../helpers/fixtures/native.mjs';
import { dispose, own, ownBoth } from '../helpers/owned.js';
import { socketPair } from '../helpers/pairs.js';
import { aSignal } from '../helpers/platform.js';
import { turnFor, turnUntil } from '../helpers/wait.js';

const byte = new Uint8Array([1]);
const needs = { needs: ['pipe', 'proc'] } as const;
const thisFile = fileURLToPath(import.meta.url);

/** Closes an fd as other code does: the library does not hear of it. */
const closeBehind = (fd: number): void => {
  native.fd.close(fd);
};
const isOpen = (fd: number): boolean => fs.existsSync(`/proc/self/fd/${fd}`);

const eventfds = (): number[] =>
  fs
    .readdirSync('/proc/self/fd')
    .map(Number)
    .filter((fd) => isOpen(fd) && fs.readlinkSync(`/proc/self/fd/${fd}`) === 'anon_inode:[eventfd]');

/** A waker, and the number of its fd. */
function aWaker(reactor: Reactor): { waker: Waker; fd: number } {
  const before = eventfds();
  const waker = reactor.createWaker(() => {});
  const opened = eventfds().filter((fd) => !before.includes(fd));
  expect(opened).toHaveLength(1);
  return { waker, fd: opened[0] as number };
}

/** Opens files until one of them has the number. */
function take<T>(fd: number, open: () => T): T {
  for (let tries = 0; tries < 100; tries++) {
    const opened = open();
    if (isOpen(fd)) return opened;
  }
  throw new Error(`number ${fd} was not given out again`);
}

/** Each opens one file or two, and returns what proves that it still works. */
const strangers: Record<string, (reactor: Reactor) => () => void> = {
  'a socket': () => {
    const [a, b] = ownBoth(socket.socketpair());
    return () => {
      expect(socket.send(a, byte)).toBe(1);
      expect(socket.recv(b, new Uint8Array(9))).toBe(1);
    };
  },
  'a pipe': () => {
    const [readFd, writeFd] = ownBoth(socket.pipe());
    return () => {
      expect(socket.write(writeFd, byte)).toBe(1);
      expect(socket.read(readFd, new Uint8Array(9))).toBe(1);
    };
  },
  'a file on a disk': () => {
    const fd = own(fs.openSync(thisFile, 'r'));
    return () => expect(fs.readSync(fd, new Uint8Array(9), 0, 9, 0)).toBe(9);
  },
  'a waker of the same reactor': (reactor) => {
    let rung = 0;
    const waker = reactor.createWaker(() => rung++);
    return () => {
      waker.wake();
      turnUntil(reactor, () => rung === 1);
      rung = 0;
    };
  },
  'a signal of the same reactor': (reactor) => {
    let came = 0;
    reactor.onSignal(aSignal, () => came++);
    return () => {
      process.kill(process.pid, aSignal);
      turnUntil(reactor, () => came === 1);
      came = 0;
    };
  },
  'another reactor': () => {
    const other = dispose(new Reactor());
    return () => {
      const [a, b] = socketPair();
      socket.send(b, byte);
      let ran = 0;
      other.register(a, Interest.READABLE, (_, registration) => {
        ran++;
        registration.deregister();
      });
      turnUntil(other, () => ran === 1);
    };
  },
};

/**
 * A registration whose fd was closed by other code and whose number `open` has taken; and the proof of what took it.
 */
function movedOn(reactor: Reactor, open: (reactor: Reactor) => () => void): { reg: Registration; works: () => void } {
  const [a] = socketPair();
  const reg = reactor.register(a, Interest.READABLE, () =>
    expect.unreachable('the handler of the file that is closed'),
  );
  closeBehind(a);
  return { reg, works: take(a, () => open(reactor)) };
}

const actions: Record<string, (reg: Registration) => void> = {
  'deregister()': (reg) => reg.deregister(),
  'close()': (reg) => expect(reg.close()).toBe(false),
  'modify()': (reg) => expect(() => reg.modify(Interest.WRITABLE)).toThrow(),
  'deregister(), then close()': (reg) => {
    reg.deregister();
    expect(reg.close()).toBe(false);
  },
};

const ofDeno = 'a signal that Deno handles ends it';
for (const [what, open] of Object.entries(strangers)) {
  for (const [action, act] of Object.entries(actions)) {
    contractTest(
      `a number closed by other code and taken by ${what}: ${action} leaves it alone`,
      ({ reactor }) => {
        const { reg, works } = movedOn(reactor, open);
        works();
        act(reg);
        expect(reg.active).toBe(false);
        expect(reactor.size).toBe(0);
        works();
        turnFor(reactor, 20);
        works();
      },
      { ...needs, notInDeno: what.includes('signal') ? ofDeno : undefined, notOnLibkqueue: 'a knote survives its fd' },
    );
  }
}

contractTest(
  'modify() of a number that is closed, or a file on a disk by now, is a SystemError and ends the registration',
  ({ reactor }) => {
    const { reg } = movedOn(reactor, () => strangers['a file on a disk']?.(reactor) as () => void);
    expect(() => reg.modify(Interest.WRITABLE)).toThrow(SystemError);
    const [a] = socketPair();
    const closed = reactor.register(a, Interest.READABLE, () => {});
    closeBehind(a);
    expect(() => closed.modify(Interest.WRITABLE)).toThrow(SystemError);
    expect([reg.active, closed.active, reactor.size]).toEqual([false, false, 0]);
  },
  { ...needs, notOnKqueue: 'a file on a disk can be watched there' },
);

contractTest('close() says whether it closed the fd', ({ reactor }) => {
  const [a] = socketPair();
  const reg = reactor.register(a, Interest.READABLE, () => {});
  expect([reg.close(), reg.close()]).toEqual([true, false]);
  const [b] = socketPair();
  const other = reactor.register(b, Interest.READABLE, () => {});
  other.deregister();
  expect([other.close(), other.close()]).toEqual([true, false]);
});

contractTest(
  'after deregister() and a close of the fd, close() does not close the next owner of the number',
  ({ reactor }) => {
    const [a] = socketPair();
    const reg = reactor.register(a, Interest.READABLE, () => {});
    reg.deregister();
    socket.close(a);
    const works = take(a, () => strangers['a socket']?.(reactor) as () => void);
    expect(reg.close()).toBe(false);
    works();
  },
  needs,
);

contractTest(
  'after the reactor is closed, close() of a registration closes only its own file',
  ({ newReactor }) => {
    const reactor = newReactor();
    const [a] = socketPair();
    const [b] = socketPair();
    const first = reactor.register(a, Interest.READABLE, () => {});
    const second = reactor.register(b, Interest.READABLE, () => {});
    reactor.close();
    closeBehind(a);
    const works = take(a, () => strangers['a pipe']?.(reactor) as () => void);
    expect([first.close(), second.close()]).toEqual([false, true]);
    works();
  },
  needs,
);

contractTest(
  'socket.close() of an fd that a handler of the same batch has yet to hear of: that handler does not run',
  ({ reactor }) => {
    const pairs = Array.from({ length: 4 }, () => socketPair());
    const ran: number[] = [];
    const fresh = recorder();
    for (const [a] of pairs) {
      reactor.register(a, Interest.READABLE, () => {
        ran.push(a);
        if (ran.length > 1) return;
        for (const [other] of pairs) if (other !== a) socket.close(other);
        for (let i = 0; i < 3; i++) {
          const [again, peer] = socketPair();
          socket.send(peer, byte);
          reactor.register(again, Interest.WRITABLE, fresh.handler);
        }
      });
    }
    for (const [, b] of pairs) socket.send(b, byte);
    expect(reactor.poll(1000)).toBe(1);
    expect(ran).toHaveLength(1);
    expect(fresh.ready).toEqual([]);
    expect(reactor.metrics().staleEvents).toBe(0);
    turnUntil(reactor, () => fresh.ready.length >= 3);
  },
);

contractTest(
  'socket.close() while a child holds the socket: no event reaches the old handler, whatever gets the number',
  async ({ reactor }) => {
    const [a, b] = socketPair();
    const { handler, ready } = recorder();
    reactor.register(a, Interest.READABLE, handler);
    const child = spawn('cat', { stdio: ['pipe', 'pipe', 'inherit', a] });
    socket.close(a);
    expect(reactor.size).toBe(0);
    const works = take(a, () => strangers['a socket']?.(reactor) as () => void);
    socket.send(b, byte);
    turnFor(reactor, 30);
    expect(ready).toEqual([]);
    expect(reactor.metrics().staleEvents).toBe(0);
    works();
    child.stdin?.end();
    await once(child, 'close');
  },
  { ...needs, needs: ['pipe', 'proc', 'shell', 'fdsInChildren'] },
);

contractTest('socket.close() ends the registrations of all reactors of the thread', ({ newReactor }) => {
  const reactors = [newReactor(), newReactor()];
  const [a] = socketPair();
  const regs = reactors.map((reactor) => reactor.register(a, Interest.READABLE, () => {}));
  socket.close(a);
  expect(regs.map(({ active }) => active)).toEqual([false, false]);
  expect(regs.map((reg) => reg.close())).toEqual([false, false]);
});

contractTest(
  'the fd of a waker or a signal cannot be closed by its number',
  ({ reactor }) => {
    const { waker, fd } = aWaker(reactor);
    expect(() => socket.close(fd)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_STATE' }));
    waker.close();
    expect(isOpen(fd)).toBe(false);
  },
  { needs: 'epoll' },
);

contractTest(
  'a waker whose fd other code closed: its close(), and that of the reactor, leave the next owner of the number alone',
  ({ newReactor }) => {
    for (const how of ['waker', 'reactor']) {
      const reactor = newReactor();
      const { waker, fd } = aWaker(reactor);
      closeBehind(fd);
      const works = take(fd, () => strangers['a socket']?.(reactor) as () => void);
      if (how === 'waker') waker.close();
      reactor.close();
      works();
    }
  },
  { needs: ['epoll', 'proc'] },
);
