// datagrams(): a socket of datagrams for a loop: what comes is whole, bounded and the receiver's to keep; what is sent
// waits for room in order; errors are told once; the fd is closed however the loop ends.
import { datagrams } from 'fdreactor/async';
import * as socket from 'fdreactor/socket';
import { expect } from 'vitest';
import { contractTest } from '../../helpers/contract.js';
import { own, ownBoth } from '../../helpers/owned.js';
import { eventually } from '../../helpers/patience.js';
import { isLinux, sendWithoutPeer } from '../../helpers/platform.js';
import {
  caught,
  expectArgumentType,
  expectBadArgument,
  expectInvalidState,
  expectOutOfRange,
  expectSystemError,
} from '../../helpers/throws.js';
import { turnFor, turnUntil } from '../../helpers/wait.js';
import { sendTo, udpPair } from './sources.js';

// biome-ignore lint/suspicious/noExplicitAny: wrong values are the point
type Any = any;

const OVERHEAD = 256;
const attached = { needs: 'attach' } as const;
const { constants } = socket;

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

contractTest(
  'an echo server is a loop',
  async ({ reactor }) => {
    reactor.attach();
    const { fd, address, peer } = udpPair();
    const udp = datagrams(reactor, fd);
    const client = datagrams(reactor, peer);
    const echo = (async () => {
      for await (const { bytes, from } of udp) {
        await udp.send(bytes, from);
        if (bytes.length === 0) break;
      }
    })();
    const seen: string[] = [];
    for (const word of ['one', 'two', 'x'.repeat(9000), '']) {
      await client.send(Buffer.from(word), address);
      const { bytes, from, truncated } = await client.receive();
      seen.push(text(bytes));
      expect([from.address, from.port, truncated]).toEqual([address.host, address.port, false]);
    }
    expect(seen).toEqual(['one', 'two', 'x'.repeat(9000), '']);
    await echo;
    expect([udp.closed, udp.fd, udp.localAddress]).toEqual([true, -1, null]);
    expect(client.localAddress).toMatchObject({ address: '127.0.0.1', family: 'IPv4' });
    client.close();
    expect(reactor.size).toBe(0);
  },
  attached,
);

contractTest("datagrams of a turn wait, in order, and each is the receiver's own", async ({ reactor }) => {
  const { fd, address, peer } = udpPair();
  const udp = datagrams(reactor, fd);
  for (let i = 0; i < 10; i++) sendTo(peer, `${i}`, address);
  turnUntil(reactor, () => udp.unread === 10 * (OVERHEAD + 1));
  const all: { bytes: Buffer; from: object }[] = [];
  for (let i = 0; i < 10; i++) all.push(udp.receive() as { bytes: Buffer; from: object });
  expect(all.map(({ bytes }) => text(bytes))).toEqual([...'0123456789']);
  expect(new Set(all.map(({ from }) => from)).size).toBe(10);
  expect(udp.unread).toBe(0);
  udp.close();
});

contractTest(
  'what is not taken is bounded: the rest waits in the system, and comes when all is taken',
  async ({ reactor }) => {
    const { fd, address, peer } = udpPair();
    const udp = datagrams(reactor, fd, { maxUnread: 3 * (OVERHEAD + 10) });
    for (let i = 0; i < 8; i++) sendTo(peer, `datagram ${i}`, address);
    turnUntil(reactor, () => udp.unread === 4 * (OVERHEAD + 10));
    turnFor(reactor);
    expect(udp.unread).toBe(4 * (OVERHEAD + 10));
    const { turns } = reactor.metrics();
    reactor.poll(20);
    expect(reactor.metrics().turns - turns).toBeLessThan(3); // it does not spin
    const seen: string[] = [];
    while (seen.length < 8) {
      if (udp.unread === 0) turnUntil(reactor, () => udp.unread > 0);
      seen.push(text((udp.receive() as { bytes: Buffer }).bytes));
    }
    expect(seen).toEqual(Array.from({ length: 8 }, (_, i) => `datagram ${i}`));
    udp.close();
  },
);

contractTest('with maxUnread 0 it receives one at a time', ({ reactor }) => {
  const { fd, address, peer } = udpPair();
  const udp = datagrams(reactor, fd, { maxUnread: 0 });
  for (const word of ['a', 'b']) sendTo(peer, word, address);
  for (const word of ['a', 'b']) {
    turnUntil(reactor, () => udp.unread > 0);
    turnFor(reactor, 5);
    expect(udp.unread).toBe(OVERHEAD + 1);
    expect(text((udp.receive() as { bytes: Buffer }).bytes)).toBe(word);
  }
  udp.close();
});

contractTest('one that is longer than maxBytes is cut off, and says so', async ({ reactor }) => {
  const { fd, address, peer } = udpPair();
  const udp = datagrams(reactor, fd, { maxBytes: 4 });
  for (const word of ['four', 'longer']) sendTo(peer, word, address);
  turnUntil(reactor, () => udp.unread === 2 * (OVERHEAD + 4));
  expect(await udp.receive()).toMatchObject({ truncated: false });
  const { bytes, truncated } = await udp.receive();
  expect([text(bytes), truncated]).toEqual(['long', true]);
  udp.close();
});

contractTest('a queue that never becomes empty keeps its order, and nothing that was taken', async ({ reactor }) => {
  const { fd, address, peer } = udpPair();
  const udp = datagrams(reactor, fd);
  sendTo(peer, '0', address);
  for (let i = 1; i <= 500; i++) {
    sendTo(peer, `${i}`, address);
    turnUntil(reactor, () => udp.unread > 2 * OVERHEAD);
    expect(text((await udp.receive()).bytes)).toBe(`${i - 1}`);
  }
  udp.close();
});

contractTest(
  'datagrams that the system joined are handed on one by one',
  async ({ reactor }) => {
    const { fd, address, peer } = udpPair();
    socket.setsockopt(fd, constants.IPPROTO_UDP, constants.UDP_GRO as number, 1);
    const sent = new socket.Message({ buffers: [Buffer.from('aabbccd')] });
    sent.setName(address);
    sent.setSegmentBytes(2);
    const udp = datagrams(reactor, fd);
    socket.sendmsg(peer, sent);
    turnUntil(reactor, () => udp.unread === 4 * OVERHEAD + 7);
    const seen: string[] = [];
    while (udp.unread > 0) seen.push(text((await udp.receive()).bytes));
    expect(seen).toEqual(['aa', 'bb', 'cc', 'd']);
    udp.close();
  },
  { needs: 'epoll' },
);

contractTest(
  'an abort ends the wait of receive() alone, and loses no datagram',
  async ({ reactor }) => {
    reactor.attach();
    const { fd, address, peer } = udpPair();
    const udp = datagrams(reactor, fd);
    const reason = new Error('enough');
    const aborting = new AbortController();
    const waits = udp.receive({ signal: aborting.signal });
    expect(waits).toBeInstanceOf(Promise);
    expectInvalidState(() => udp.receive());
    await expect(udp.next()).rejects.toMatchObject({ code: 'ERR_INVALID_STATE' });
    aborting.abort(reason);
    await expect(waits).rejects.toMatchObject({ code: 'ABORT_ERR', cause: reason });
    expect(caught(() => udp.receive({ signal: aborting.signal })).code).toBe('ABORT_ERR');
    expect(caught(() => udp.send(Buffer.of(1), address, { signal: aborting.signal })).code).toBe('ABORT_ERR');
    const racing = new AbortController();
    const raced = Promise.resolve(udp.receive({ signal: racing.signal })).catch(() => null);
    sendTo(peer, 'not lost', address);
    racing.abort();
    expect(text(((await raced) ?? (await udp.receive())).bytes)).toBe('not lost');
    udp.close();
    expectInvalidState(() => udp.receive());
    expectInvalidState(() => udp.send(Buffer.of(1), address));
  },
  attached,
);

contractTest(
  'close() and the end of the reactor reject what waits, and close the fd',
  async ({ reactor, newReactor }) => {
    for (const [end, message] of [
      ['socket', /closed while a call waited/],
      ['reactor', /the reactor is closed/],
    ] as const) {
      const its = newReactor();
      const { fd } = udpPair();
      const udp = datagrams(its, fd);
      const waits = Promise.resolve(udp.receive());
      if (end === 'socket') udp.close();
      else its.close();
      await expect(waits).rejects.toMatchObject({ code: 'ERR_INVALID_STATE', message: expect.stringMatching(message) });
      expect(caught(() => socket.getsockname(fd))).toBeInstanceOf(Error);
    }
    expect(reactor.size).toBe(0);
  },
);

contractTest(
  'an error of the socket is thrown by receive(), after which it goes on; a loop ends with it',
  async ({ reactor }) => {
    const { fd } = udpPair();
    const gone = own(socket.bindUdp({ host: '127.0.0.1', port: 0 }));
    const { port } = socket.getsockname(gone) as { port: number };
    socket.connect(fd, { host: '127.0.0.1', port });
    socket.close(gone);
    const refused = { code: 'ECONNREFUSED' };
    const udp = datagrams(reactor, fd);
    udp.send(Buffer.from('to no one'));
    const { turns } = reactor.metrics();
    turnUntil(reactor, () => reactor.metrics().events > 0);
    turnFor(reactor, 10);
    expect(reactor.metrics().turns - turns).toBeLessThan(20); // it does not spin
    expectSystemError(() => udp.receive(), 'ECONNREFUSED');
    const waits = expect(udp.receive()).rejects.toMatchObject(refused);
    udp.send(Buffer.from('once more'));
    turnUntil(reactor, () => reactor.metrics().events > 1);
    await waits;
    expect(udp.closed).toBe(false);
    udp.send(Buffer.from('and for a loop'));
    turnFor(reactor, 10);
    await expect(
      (async () => {
        for await (const _ of udp) throw new Error('a step');
      })(),
    ).rejects.toMatchObject(refused);
    expect(udp.closed).toBe(true);
  },
  {
    notOnWindows: 'how an earlier refusal is told differs: test/windows holds it',
    notOnKqueue: 'the refusal is told of the next call',
  },
);

contractTest('send() throws what the system refuses at once; nothing is queued', ({ reactor }) => {
  const { fd, address } = udpPair();
  const udp = datagrams(reactor, fd);
  expectSystemError(() => udp.send(Buffer.alloc(100_000), address), 'EMSGSIZE');
  expect(caught(() => udp.send(Buffer.of(1), { ...address, port: 0 }))).toMatchObject({ syscall: 'sendto' });
  expect(sendWithoutPeer).toContain((caught(() => udp.send(Buffer.of(1))) as NodeJS.ErrnoException).code);
  expectArgumentType(() => udp.send('text' as Any, address));
  expectBadArgument(() => udp.send(Buffer.of(1), { host: 'localhost', port: 1 }));
  expectBadArgument(() => udp.send(Buffer.of(1), null as Any));
  expectArgumentType(() => udp.send(Buffer.of(1), address, { signal: 1 as Any }));
  expect(udp.queued).toBe(0);
  udp.close();
});

/** A pair of which one has a queue that is full. */
function fullPair(): { fd: number; peer: number; sent: number } {
  const [fd, peer] = ownBoth(socket.socketpair(constants.AF_UNIX, constants.SOCK_DGRAM));
  let sent = 0;
  while (socket.send(fd, Buffer.from(`${sent}`)) >= 0) sent++;
  return { fd, peer, sent };
}

const unix = { needs: ['attach', 'pipe'] } as const;
const buffer = Buffer.alloc(100);
const next = (fd: number): string => buffer.toString('latin1', 0, socket.recv(fd, buffer));

contractTest(
  'send() waits for room, in order, and keeps a copy',
  async ({ reactor }) => {
    reactor.attach();
    const { fd, peer, sent } = fullPair();
    const udp = datagrams(reactor, fd);
    const bytes = Buffer.from('first');
    const waits = [udp.send(bytes)];
    bytes.fill('x');
    waits.push(udp.send(Buffer.from('second')));
    expect(waits.every((promise) => promise instanceof Promise)).toBe(true);
    expect(udp.queued).toBe(2 * OVERHEAD + 11);
    for (let i = 0; i < sent; i++) expect(next(peer)).toBe(`${i}`);
    await Promise.all(waits);
    expect([next(peer), next(peer), udp.queued]).toEqual(['first', 'second', 0]);
    expect(udp.send(Buffer.from('third'))).toBe(undefined);
    udp.close();
  },
  unix,
);

contractTest(
  'what waits to be sent is bounded; an abort, close() and the end of the reactor take it back',
  async ({ reactor }) => {
    const { fd, sent } = fullPair();
    const udp = datagrams(reactor, fd, { maxQueued: 3 * (OVERHEAD + 1) });
    const aborting = new AbortController();
    const one = Buffer.of(1);
    const aborted = expect(udp.send(one, undefined, { signal: aborting.signal })).rejects.toMatchObject({
      code: 'ABORT_ERR',
    });
    const closed = expect(udp.send(one)).rejects.toMatchObject({ code: 'ERR_INVALID_STATE' });
    const also = expect(udp.send(one)).rejects.toMatchObject({ code: 'ERR_INVALID_STATE' });
    expect(caught(() => udp.send(one))).toMatchObject({ code: 'ERR_QUEUE_FULL' });
    aborting.abort();
    await aborted;
    expect(udp.queued).toBe(2 * (OVERHEAD + 1));
    turnFor(reactor, 5);
    udp.close();
    await Promise.all([closed, also]);
    expect(udp.queued).toBe(0);
    const another = fullPair();
    const lost = expect(datagrams(reactor, another.fd).send(one)).rejects.toMatchObject({
      message: /reactor is closed/,
    });
    reactor.close();
    await lost;
    expect(sent).toBeGreaterThan(0);
  },
  unix,
);

contractTest(
  'inside run() a send that has to wait throws, and what can be done at once is done',
  ({ reactor }) => {
    const { fd, peer } = fullPair();
    const udp = datagrams(reactor, fd);
    sendBack(peer, 'here');
    const seen: unknown[] = [];
    reactor.setTimer(20, () => {
      seen.push(caught(() => udp.send(Buffer.of(1))).code, text((udp.receive() as Any).bytes));
      seen.push(caught(() => udp.receive()).code);
      reactor.stop();
    });
    reactor.run();
    expect(seen).toEqual(['ERR_INVALID_STATE', 'here', 'ERR_INVALID_STATE']);
    expect(udp.queued).toBe(0);
    udp.close();
  },
  unix,
);

function sendBack(fd: number, word: string): void {
  socket.send(fd, Buffer.from(word));
}

contractTest(
  'an unconnected socket of AF_UNIX whose receiver is full is writable all the time: it does not spin, and sends in time',
  async ({ reactor }) => {
    const path = `\0fdreactor-datagrams-${process.pid}`;
    const full = own(socket.socket(constants.AF_UNIX as number, constants.SOCK_DGRAM as number));
    const fd = own(socket.socket(constants.AF_UNIX as number, constants.SOCK_DGRAM as number));
    socket.bind(full, { path });
    let sent = 0;
    while (socket.sendto(fd, Buffer.from(`${sent}`), undefined, undefined, undefined, { path }) >= 0) sent++;
    reactor.attach();
    const udp = datagrams(reactor, fd);
    const waits = udp.send(Buffer.from('late'), { path });
    const { turns } = reactor.metrics();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(reactor.metrics().turns - turns).toBeLessThan(80);
    for (let i = 0; i < sent; i++) expect(next(full)).toBe(`${i}`);
    await waits;
    expect(next(full)).toBe('late');
    udp.close();
    expect(reactor.metrics().timers).toBe(0);
  },
  isLinux ? unix : { needs: 'epoll' },
);

contractTest('it owns the fd: nothing else closes it', ({ reactor }) => {
  const { fd } = udpPair();
  const udp = datagrams(reactor, fd);
  expect(caught(() => socket.close(fd)).message).toMatch(/belongs to a DatagramSocket/);
  expectInvalidState(() => datagrams(reactor, fd));
  udp.close();
  expect(caught(() => socket.getsockname(fd))).toBeInstanceOf(Error);
});

contractTest("wrong arguments are refused by name, and the fd stays the program's", async ({ reactor }) => {
  const { fd } = udpPair();
  const wrong =
    (...args: Any[]) =>
    (): unknown =>
      (datagrams as Any)(...args);
  expectArgumentType(wrong({}, fd));
  for (const value of [undefined, '1', null]) expectArgumentType(wrong(reactor, value));
  expectOutOfRange(wrong(reactor, -1));
  for (const value of [null, 1]) expectArgumentType(wrong(reactor, fd, value));
  expectArgumentType(wrong(reactor, fd, { signal: {} }));
  for (const name of ['maxBytes', 'maxUnread', 'maxQueued']) {
    for (const value of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expectOutOfRange(wrong(reactor, fd, { [name]: value }));
      expect(caught(wrong(reactor, fd, { [name]: value })).message).toContain(`options.${name}`);
    }
    expectArgumentType(wrong(reactor, fd, { [name]: '1' }));
  }
  const listener = own(socket.listenTcp({ host: '127.0.0.1', port: 0 }));
  expect(caught(wrong(reactor, listener)).message).toMatch(/^fd must be a socket of datagrams/);
  const watched = reactor.register(fd, 1, () => {});
  expectSystemError(wrong(reactor, fd), 'EEXIST');
  watched.deregister();
  expect(socket.getsockname(fd)).toBeTruthy();
  reactor.close();
  expectInvalidState(wrong(reactor, fd));
  expect(socket.getsockname(fd)).toBeTruthy();
  await eventually('nothing is left', () => reactor.closed);
});
