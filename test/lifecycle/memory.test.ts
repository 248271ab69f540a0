// Heavy loops leave neither memory nor fds behind: what grew after a warm-up is a leak.
import { describe, expect, test } from 'vitest';
import { reportOf, type Toolbox } from '../helpers/child.js';
import { type Conditions, casesThatHold } from '../helpers/needs.js';
import { patience, sanitized } from '../helpers/patience.js';
import { underWine } from '../helpers/platform.js';

// A sanitizer keeps what was freed for a while, and needs more for everything.
const env: Record<string, string> = sanitized
  ? { ASAN_OPTIONS: `${process.env.ASAN_OPTIONS}:quarantine_size_mb=1` }
  : {};
const mostGrownBytes = (sanitized ? 24 : 6) * 2 ** 20; // 8,000 times anything of 1 KB would show

/** System calls are slow under Wine: a quarter of the rounds, which show anything of 4 KB, and each handle. */
const rounds = underWine ? 2000 : 8000;

/** Each gives the loop's body; it runs thousands of times. */
const loops: Record<string, { body: (toolbox: Toolbox) => (i: number) => unknown } & Conditions> = {
  'connections made, used and closed': {
    body: ({ Reactor, Interest, socket }) => {
      const reactor = new Reactor();
      const buffer = Buffer.alloc(64);
      return () => {
        const [a, b] = socket.socketpair();
        const reg = reactor.register(a, Interest.READABLE, () => socket.recv(a, buffer));
        socket.send(b, buffer);
        reactor.poll(0);
        reg.close();
        socket.close(b);
      };
    },
  },
  'errors thrown': {
    body: ({ socket, outcomeOf }) => {
      const [a, b] = socket.socketpair();
      socket.close(b);
      return () => {
        outcomeOf(() => socket.send(a, new Uint8Array(1)));
        outcomeOf(() => socket.recv(-1, new Uint8Array(1)));
      };
    },
  },
  'timers set, fired and cancelled': {
    body: ({ Reactor }) => {
      const reactor = new Reactor();
      return () => {
        reactor.setTimer(1e6, () => {}).cancel();
        reactor.setTimer(0, () => {});
        reactor.poll(0);
      };
    },
  },
  'reactors with wakers and signals': {
    body: ({ Reactor, aSignal }) => {
      return () => {
        const reactor = new Reactor({ maxEvents: 16 });
        reactor.createWaker(() => {}).wake();
        reactor.onSignal(aSignal, () => {});
        reactor.poll(0);
        reactor.close();
      };
    },
  },
  'attach and detach': {
    body: ({ Reactor }) => {
      const reactor = new Reactor();
      return async (i) => {
        reactor.attach();
        reactor.setTimer(0, () => {});
        if (i % 16 === 0) await new Promise((resolve) => setImmediate(resolve));
        reactor.detach();
        if (i % 16 === 0) await new Promise((resolve) => setImmediate(resolve));
      };
    },
  },
  'epoll sets and event buffers': {
    needs: 'epoll',
    body: ({ Epoll, EpollEvents, epoll, socket }) => {
      const [a] = socket.socketpair();
      return () => {
        const ep = new Epoll();
        ep.add(a, epoll.EPOLLOUT);
        ep.wait(new EpollEvents(64), 0);
        ep.close();
      };
    },
  },
  'kqueues and lists of events': {
    needs: 'kqueue',
    body: ({ kqueue, socket }) => {
      const [a] = socket.socketpair();
      return () => {
        const queue = new kqueue.Kqueue();
        const list = new kqueue.KeventList(64);
        list.push(a, kqueue.EVFILT_WRITE, kqueue.EV_ADD);
        queue.kevent(list, list, 0);
        list.clear();
        list.push(a, kqueue.EVFILT_WRITE, kqueue.EV_DELETE);
        queue.kevent(list, null);
        queue.close();
      };
    },
  },
  'datagrams with new and reused addresses': {
    body: ({ socket }) => {
      const fd = socket.bindUdp({ host: '127.0.0.1', port: 0 });
      const { port } = socket.getsockname(fd) as { port: number };
      const sender = new socket.SocketAddress();
      const buffer = new Uint8Array(8);
      return () => {
        socket.sendto(fd, buffer, 0, 8, 0, { host: '127.0.0.1', port });
        socket.recvfrom(fd, buffer, 0, 8, 0, sender);
        socket.recvfrom(fd, buffer, 0, 8, 0, new socket.SocketAddress());
        return sender.address;
      };
    },
  },
  'messages, and fds that are not taken': {
    notOnWindows: 'no socket of Windows passes fds',
    body: ({ socket }) => {
      const [a, b] = socket.socketpair(undefined, socket.constants.SOCK_DGRAM);
      const buffer = new Uint8Array(8);
      return () => {
        const message = new socket.Message({ buffers: [buffer], maxFds: 2 });
        message.setFds([a, b]);
        socket.sendmsg(a, message);
        message.setName(null);
        socket.recvmsg(b, message);
        const fds: number[] = [];
        socket.sendFds(a, buffer, [a]);
        socket.recvFds(b, buffer, fds);
        for (const fd of fds) socket.close(fd);
        return message.fdCount;
      };
    },
  },
  'pumps, dirty ones too': {
    needs: 'splice',
    body: ({ socket, transfer }) => {
      const pool = new transfer.PipePool({ maxIdle: 2 });
      const bytes = new Uint8Array(100);
      return (i) => {
        const pairs = [socket.socketpair(), socket.socketpair()] as const;
        const pump = new transfer.Pump(pairs[0][1], pairs[1][0], { pool });
        socket.send(pairs[0][0], bytes);
        if (i % 2 === 0) socket.shutdown(pairs[1][0], socket.SHUT_WR);
        try {
          pump.move();
        } catch {
          // EPIPE: the bytes are left in the pipe
        }
        pump.close();
        for (const fd of pairs.flat()) socket.close(fd);
      };
    },
  },
  'vmsplice and writev': {
    needs: 'splice',
    body: ({ socket, transfer }) => {
      const [readEnd, writeEnd] = socket.pipe();
      const sink = new Uint8Array(65536);
      return () => {
        const parts = [Buffer.alloc(1000), Buffer.alloc(1000)];
        transfer.vmsplice(writeEnd, parts, 0);
        socket.readv(readEnd, [sink]);
        socket.writev(writeEnd, parts);
        socket.read(readEnd, sink);
      };
    },
  },
};

describe.each(casesThatHold('leave nothing behind', loops))('%s', (_, { body }) => {
  test('leave nothing behind', { timeout: patience(40_000) }, async () => {
    const wrapped = {
      toString: () => `async (toolbox) => {
        const { openFds, handleCount, report } = toolbox;
        const once = (${body})(toolbox);
        const measure = async (times) => {
          for (let i = 0; i < times; i++) { const result = once(i); if (result instanceof Promise) await result; }
          for (let i = 0; i < 3; i++) { gc(); await new Promise((resolve) => setTimeout(resolve, 5)); }
          return { rss: process.memoryUsage.rss(), fds: openFds().length, handles: handleCount() };
        };
        const { rounds, mostGrownBytes } = toolbox.args;
        await measure(rounds / 2);
        const before = await measure(rounds / 4);
        let grown = Infinity;
        let after = before;
        // A leak grows every time; what Node itself takes now and then does not.
        for (let i = 0; i < 4 && grown >= mostGrownBytes; i++) {
          const start = after;
          after = await measure(rounds);
          grown = after.rss - start.rss;
        }
        report({ grown, fds: after.fds - before.fds, handles: after.handles - before.handles });
        process.exit(0);
      }`,
    } as unknown as (toolbox: Toolbox) => void;
    const { grown, fds, handles } = await reportOf(wrapped, {
      args: { rounds, mostGrownBytes },
      execArgv: ['--expose-gc'],
      env,
      timeoutMs: 35_000,
    });
    expect(fds).toBe(0);
    expect(handles).toBeLessThan(100); // Node's own come and go; 8,000 times one would show
    expect(grown).toBeLessThan(mostGrownBytes);
  });
});
