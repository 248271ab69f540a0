// The matrix of the objects that a call fills: lists of events, and messages.
import { Interest } from 'fdreactor';
import { EV_ADD, EVFILT_READ, KeventList, Kqueue } from 'fdreactor/kqueue';
import * as linux from 'fdreactor/linux';
import * as socket from 'fdreactor/socket';
import { expect } from 'vitest';
import { own, ownFile } from '../helpers/owned.js';
import { pipePair, portOf } from '../helpers/pairs.js';
import { isWindows } from '../helpers/platform.js';
import { awaitReady } from '../helpers/wait.js';
import { type Matrix, testMatrices } from './matrix.js';

const keventList: Matrix = {
  needs: 'kqueue',
  prototype: () => KeventList.prototype,
  states: {
    fresh: (probe) => probe(pushed(new KeventList(2))),
    'of a closed queue': (probe) => {
      const list = pushed(new KeventList(2));
      const queue = new Kqueue();
      queue.kevent(null, list, 0);
      queue.close();
      probe(pushed(list));
    },
  },
  calls: {
    push: pushed,
    clear: (list) => list.clear(),
    ...Object.fromEntries(
      (['ident', 'filter', 'flags', 'fflags', 'data', 'dataBigInt', 'udata'] as const).map((name) => [
        name,
        (list: KeventList) => list[name](0),
      ]),
    ),
    members: (list) => [list.capacity, list.length],
  },
  refused: {},
};

function pushed(list: KeventList): KeventList {
  list.push(0, EVFILT_READ, EV_ADD);
  return list;
}

const gpioLineEvents: Matrix = {
  needs: 'epoll',
  prototype: () => linux.GpioLineEvents.prototype,
  states: {
    fresh: (probe) => probe(new linux.GpioLineEvents(2)),
    'after a read of nothing': (probe) => {
      const events = new linux.GpioLineEvents(2);
      events.read(pipePair()[0]);
      probe(events);
    },
  },
  calls: {
    read: (events) => events.read(pipePair()[0]),
    ...Object.fromEntries(
      (['timestampNs', 'id', 'offset', 'seqno', 'lineSeqno'] as const).map((name) => [
        name,
        (events: linux.GpioLineEvents) => events[name](0),
      ]),
    ),
    members: (events) => events.capacity,
  },
  refused: {},
};

/** An inotify with one event in its queue. */
function inotifyWithEvent(): number {
  const fd = ownFile(linux.inotify_init1());
  linux.inotify_rm_watch(fd, linux.inotify_add_watch(fd, '/', linux.constants.IN_DELETE_SELF));
  return fd;
}

const inotifyEvents: Matrix = {
  needs: 'epoll',
  prototype: () => linux.InotifyEvents.prototype,
  states: {
    fresh: (probe) => probe(new linux.InotifyEvents(64)),
    'with events': (probe) => {
      const events = new linux.InotifyEvents(64);
      expect(events.read(inotifyWithEvent())).toBe(1);
      probe(events);
    },
    'of an inotify that was closed': (probe) => {
      const events = new linux.InotifyEvents(64);
      const fd = inotifyWithEvent();
      events.read(fd);
      socket.close(fd);
      probe(events);
    },
  },
  calls: {
    read: (events) => events.read(inotifyWithEvent()),
    ...Object.fromEntries(
      (['wd', 'mask', 'cookie', 'name', 'nameBytes'] as const).map((name) => [
        name,
        (events: linux.InotifyEvents) => events[name](0),
      ]),
    ),
    members: (events) => events.bytes,
  },
  refused: {},
};

const mayPassFds = isWindows ? 0 : 2;
const message: Matrix = {
  prototype: () => socket.Message.prototype,
  states: {
    fresh: (probe) => probe(new socket.Message({ maxFds: mayPassFds })),
    received: (probe) => {
      const fd = own(socket.bindUdp({ host: '127.0.0.1', port: 0 }));
      const made = new socket.Message({ buffers: [new Uint8Array(4)], maxFds: mayPassFds });
      made.setName({ host: '127.0.0.1', port: portOf(fd) });
      socket.sendmsg(fd, made);
      awaitReady(fd, Interest.READABLE);
      socket.recvmsg(fd, made);
      probe(made);
    },
  },
  calls: {
    setName: (m) => m.setName({ host: '::1', port: 1 }),
    setSource: (m) => m.setSource(m.localAddress, 1),
    setTtl: (m) => m.setTtl(1),
    setTos: (m) => m.setTos(1),
    setSegmentBytes: (m) => m.setSegmentBytes(1),
    setCredentials: (m) => m.setCredentials(1, 2, 3),
    setFds: (m) => m.setFds(isWindows ? [] : [0]),
    clearControl: (m) => m.clearControl(),
    takeFds: (m) => m.takeFds(),
    takePidfd: (m) => m.takePidfd(),
    closeFds: (m) => m.closeFds(),
    dispose: (m) => m[Symbol.dispose](),
    members: (m) => [
      [m.buffers, m.bytes, m.name, m.flags, m.truncated, m.controlTruncated, m.destination, m.localAddress],
      [m.interfaceIndex, m.ttl, m.tos, m.ecn, m.timestampNs, m.hardwareTimestampNs, m.segmentBytes],
      [m.pid, m.uid, m.gid, m.fdCount, m.extendedError],
    ],
  },
  refused: {},
};

testMatrices({ keventList, gpioLineEvents, inotifyEvents, message });
