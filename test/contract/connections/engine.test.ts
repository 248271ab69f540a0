// The contract of an engine of streams (lib/reactor/stream-turn.ts, native/sys/streams/stream_area.h): what commands do
// and what is told. The same for the engine of each backend and for one without a kernel, which shows that the contract
// is not one of readiness.
import { describe, expect, test } from 'vitest';
import { testUnless } from '../../helpers/needs.js';
import { bytesOf, Desk, type Ground, Op, type Peer, Role, type Stream, textOf } from '../../helpers/streams/desk.js';
import { kernelGrounds } from '../../helpers/streams/kernel-ground.js';
import { scriptedGround } from '../../helpers/streams/scripted-ground.js';

const pattern = (length: number, seed = 0): Buffer =>
  Buffer.from(Array.from({ length }, (_, i) => (i * 7 + seed) % 251));

const MUCH = pattern(3_000_000);

/** What the peer receives until the end, or until nothing comes any more; turns are taken meanwhile. */
function receiveAll(desk: Desk, peer: Peer, length = Number.POSITIVE_INFINITY) {
  const parts: Buffer[] = [];
  let last = 'nothing';
  let total = 0;
  const told = desk.until('what the peer receives', () => {
    for (;;) {
      const got = peer.receive();
      if (typeof got === 'string') {
        last = got;
        return got !== 'nothing' || total >= length;
      }
      parts.push(got);
      total += got.length;
    }
  });
  return { bytes: Buffer.concat(parts), last, told };
}

/** A stream of a desk, and its peer. */
function open(ground: Ground, limits = {}): { desk: Desk; stream: Stream; peer: Peer; fd: number } {
  const desk = new Desk(ground, limits);
  const { fd, peer } = ground.pair();
  return { desk, stream: desk.add(fd), peer, fd };
}

/** Sends until the kernel takes no more, also once it has moved bytes on to the peer. Returns how much it took. */
function fill(desk: Desk, stream: Stream): number {
  let taken = 0;
  do {
    desk.send(stream, MUCH);
    const told = desk.flush();
    if (told.length > 0) expect(told).toMatchObject([{ kind: 'PARTIAL', ...stream }]);
    taken += told[0]?.number ?? MUCH.length;
  } while (textOf(desk.idle(), stream).includes('ROOM'));
  return taken;
}

describe.each([scriptedGround, ...kernelGrounds])('$name: sending', (ground) => {
  test('parts leave in order, each to its stream', () => {
    const { desk, stream, peer } = open(ground);
    const other = ground.pair();
    const second = desk.add(other.fd);
    const head = desk.send(stream, 'one ');
    desk.send(second, 'other');
    const middle = desk.sendMore(stream, head, 'two ');
    desk.sendMore(stream, middle, 'three');
    expect(desk.wait()).toEqual([]);
    expect(receiveAll(desk, peer, 13).bytes.toString()).toBe('one two three');
    expect(receiveAll(desk, other.peer, 5).bytes.toString()).toBe('other');
  });

  test('hundreds of parts are one send', () => {
    const { desk, stream, peer } = open(ground, { commands: 400 });
    let place = desk.send(stream, '0,');
    for (let i = 1; i < 300; i++) place = desk.sendMore(stream, place, `${i},`);
    desk.flush();
    const text = Array.from({ length: 300 }, (_, i) => `${i},`).join('');
    expect(receiveAll(desk, peer, text.length).bytes.toString()).toBe(text);
  });

  test('a send of nothing does nothing', () => {
    const { desk, stream, peer } = open(ground);
    desk.sendMore(stream, desk.send(stream, ''), 'x');
    desk.send(stream, '');
    expect(desk.idle()).toEqual([]);
    expect(receiveAll(desk, peer, 1).bytes.toString()).toBe('x');
  });

  test('what is taken in part is told with how much, and room once there is some', () => {
    const { desk, stream, peer } = open(ground);
    const taken = fill(desk, stream);
    const { bytes, told } = receiveAll(desk, peer, taken);
    expect(bytes.length).toBe(taken);
    expect(textOf([...told, ...desk.idle()], stream)).toEqual(['ROOM']);
    desk.send(stream, 'more');
    expect(desk.flush()).toEqual([]);
    expect(receiveAll(desk, peer, 4).bytes.toString()).toBe('more');
  });

  test('room is told once for each time that it is asked for', () => {
    const { desk, stream } = open(ground);
    for (let i = 0; i < 2; i++) {
      desk.push(Op.AWAIT_ROOM, stream);
      expect(textOf(desk.told(), stream)).toEqual(['ROOM']);
      expect(desk.idle()).toEqual([]);
    }
  });

  test('the end comes after all that was sent, and does not keep the stream from receiving', () => {
    const { desk, stream, peer } = open(ground);
    desk.send(stream, 'last');
    desk.push(Op.SHUTDOWN, stream);
    desk.flush();
    expect(receiveAll(desk, peer)).toMatchObject({ bytes: Buffer.from('last'), last: 'end' });
    peer.send(Buffer.from('answer'));
    expect(textOf(desk.told(), stream)).toEqual(['answer']);
  });

  test('the end does nothing while room is awaited: there is more to send', () => {
    const { desk, stream, peer } = open(ground);
    const taken = fill(desk, stream);
    desk.push(Op.SHUTDOWN, stream);
    expect(receiveAll(desk, peer, taken).last).toBe('nothing');
    desk.idle();
    desk.send(stream, 'rest');
    desk.push(Op.SHUTDOWN, stream);
    expect(receiveAll(desk, peer)).toMatchObject({ bytes: Buffer.from('rest'), last: 'end' });
  });

  test('what is sent before a close leaves', () => {
    const { desk, stream, peer, fd } = open(ground);
    desk.send(stream, 'bye');
    desk.push(Op.CLOSE, stream);
    expect(desk.flush()).toEqual([]);
    expect(ground.isOpen(fd)).toBe(false);
    expect(receiveAll(desk, peer)).toMatchObject({ bytes: Buffer.from('bye'), last: 'end' });
  });

  testUnless(ground.hidesResets, 'a reset reaches the peer', () => {
    const { desk, stream, peer } = open(ground);
    desk.push(Op.RESET, stream);
    desk.flush();
    expect(receiveAll(desk, peer).last).toBe('reset');
  });

  test('close() of the engine closes all streams', () => {
    const { desk, stream, peer, fd } = open(ground);
    desk.send(stream, 'x');
    desk.flush();
    desk.close();
    expect(ground.isOpen(fd)).toBe(false);
    const got: (Buffer | string)[] = [peer.receive(), peer.receive()];
    expect(got).toEqual([Buffer.from('x'), 'end']);
  });
});

describe.each([scriptedGround, ...kernelGrounds])('$name: receiving', (ground) => {
  test('bytes are told once, in order, and the end after them, once', () => {
    const { desk, stream, peer } = open(ground);
    const sent = pattern(60_000);
    let rest: Buffer = sent;
    const told = desk.until('the end', (all) => {
      rest = rest.subarray(peer.send(rest));
      if (rest.length === 0) peer.end();
      return all.at(-1)?.kind === 'END';
    });
    expect(bytesOf(told, stream).equals(sent)).toBe(true);
    expect(told.filter(({ kind }) => kind === 'END')).toHaveLength(1);
    for (const { kind, bytes } of told) if (kind === 'DATA') expect(bytes.length).toBeLessThanOrEqual(16_384);
    expect(desk.idle()).toEqual([]);
  });

  test.each([1, 2, 7])('a slab of %i bytes: all comes, and then the end', (slabBytes) => {
    const { desk, stream, peer } = open(ground, { slabBytes, commands: 1, reports: 1 });
    peer.send(pattern(100));
    peer.end();
    const told = desk.until('the end', (all) => all.at(-1)?.kind === 'END');
    expect(bytesOf(told, stream).equals(pattern(100))).toBe(true);
  });

  test('paused, neither bytes nor an end are told; resumed, both are', () => {
    const { desk, stream, peer } = open(ground);
    desk.push(Op.PAUSE, stream);
    desk.flush();
    peer.send(Buffer.from('held'));
    peer.end();
    expect(desk.idle()).toEqual([]);
    desk.push(Op.RESUME, stream);
    expect(textOf(desk.told(2), stream)).toEqual(['held', 'END']);
  });

  test('a pause and a resume in one turn cancel each other, in either order', () => {
    const { desk, stream, peer } = open(ground);
    desk.push(Op.PAUSE, stream);
    desk.push(Op.RESUME, stream);
    peer.send(Buffer.from('a'));
    expect(textOf(desk.told(), stream)).toEqual(['a']);
    desk.push(Op.RESUME, stream);
    desk.push(Op.PAUSE, stream);
    desk.flush();
    peer.send(Buffer.from('b'));
    expect(desk.idle()).toEqual([]);
  });

  test('after the end of the peer bytes are sent as before', () => {
    const { desk, stream, peer } = open(ground);
    peer.end();
    expect(textOf(desk.told(), stream)).toEqual(['END']);
    desk.send(stream, 'still');
    desk.push(Op.SHUTDOWN, stream);
    desk.flush();
    expect(receiveAll(desk, peer)).toMatchObject({ bytes: Buffer.from('still'), last: 'end' });
  });
});

describe.each([scriptedGround, ...kernelGrounds])('$name: a reset of the peer', (ground) => {
  const broken = ground.errors('ECONNRESET', 'EPIPE');

  testUnless(ground.hidesResets, 'is told once, and nothing after it', () => {
    const { desk, stream, peer } = open(ground);
    peer.reset();
    const [told] = desk.told();
    expect(told).toMatchObject({ kind: 'FAILED', ...stream });
    expect(broken).toContain(told?.number);
    desk.push(Op.RESUME, stream);
    expect(desk.idle()).toEqual([]);
  });

  testUnless(ground.takesErrors, 'is told while the stream is paused', () => {
    const { desk, stream, peer } = open(ground);
    desk.push(Op.PAUSE, stream);
    desk.flush();
    peer.reset();
    expect(textOf(desk.told(), stream)).toEqual(['FAILED']);
  });

  testUnless(ground.takesErrors, 'is told after the end of the peer', () => {
    const { desk, stream, peer } = open(ground);
    peer.end();
    expect(textOf(desk.told(), stream)).toEqual(['END']);
    peer.reset();
    expect(textOf(desk.told(), stream)).toEqual(['FAILED']);
    expect(desk.idle()).toEqual([]);
  });

  testUnless(ground.hidesResets, 'of many at once with room for one report: each is told', () => {
    const desk = new Desk(ground, { reports: 1 });
    const all = Array.from({ length: 10 }, (_, i) => {
      const { fd, peer } = ground.pair();
      const stream = desk.add(fd);
      if (i % 2 === 0) desk.push(Op.PAUSE, stream);
      return { stream, peer };
    });
    desk.flush();
    for (const { peer } of all) peer.reset();
    const told = desk.told(10);
    for (const { stream } of all) expect(textOf(told, stream)).toEqual(['FAILED']);
  });

  test('while room is awaited: there is room, and the next send fails', () => {
    const { desk, stream, peer } = open(ground);
    fill(desk, stream);
    desk.push(Op.PAUSE, stream);
    desk.flush();
    peer.reset();
    const [told] = textOf(desk.told(), stream);
    if (told === 'ROOM') {
      desk.send(stream, 'x');
      expect(textOf(desk.told(), stream)).toEqual(['FAILED']);
    } else expect(told).toBe('FAILED');
  });

  test('before a send: that fails, and no other stream', () => {
    const { desk, stream, peer } = open(ground);
    const other = ground.pair();
    const second = desk.add(other.fd);
    desk.push(Op.PAUSE, stream);
    desk.push(Op.PAUSE, second);
    desk.flush();
    peer.reset();
    let told = desk.flush();
    for (let tries = 0; told.length === 0 && tries < 1000; tries++) {
      desk.send(stream, 'x');
      desk.send(second, 'y');
      told = desk.flush();
    }
    expect(told).toMatchObject([{ kind: 'FAILED', ...stream }]);
    expect(broken).toContain(told[0]?.number);
    expect(other.peer.receive(1)).toEqual(Buffer.from('y'));
    expect(desk.idle()).toEqual([]);
  });
});

describe.each([scriptedGround, ...kernelGrounds])('$name: fairness', (ground) => {
  const STREAMS = 20;

  test.each([
    { slabBytes: 4, mostReceived: 4 },
    { slabBytes: 1, mostReceived: 1 },
    { slabBytes: 65_536, mostReceived: 4, reports: 1 },
  ])('a turn that is too small for all: none starves (%o)', (limits) => {
    const desk = new Desk(ground, limits);
    const all = Array.from({ length: STREAMS }, () => {
      const { fd, peer } = ground.pair();
      peer.send(pattern(10_000));
      return { stream: desk.add(fd), peer };
    });
    desk.told(); // the first may come when not all have arrived
    const told = Array.from({ length: 10 * STREAMS }, () => desk.wait(10)).flat();
    const counts = all.map(({ stream }) => bytesOf(told, stream).length / limits.mostReceived);
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(9);
    expect(Math.max(...counts)).toBeLessThanOrEqual(11);
  });

  test.each([1, 2])('neither does a listener, nor what awaits room, with room for %i reports', (reports) => {
    const desk = new Desk(ground, { slabBytes: 4, mostReceived: 4, reports });
    const busy = Array.from({ length: 8 }, () => {
      const { fd, peer } = ground.pair();
      peer.send(pattern(10_000));
      return desk.add(fd);
    });
    const { fd, connect } = ground.listener();
    const listener = desk.add(fd, Role.LISTENER);
    const idle = desk.add(ground.pair().fd);
    desk.push(Op.AWAIT_ROOM, idle);
    connect();
    const told = desk.until('both', (all) => {
      return textOf(all, listener).length > 0 && textOf(all, idle).length > 0;
    });
    expect(textOf(told, listener)).toEqual(['ACCEPTED']);
    expect(textOf(told, idle)).toEqual(['ROOM']);
    expect(told.length).toBeLessThan(20 * busy.length);
  });
});

describe.each([scriptedGround, ...kernelGrounds])('$name: accepting', (ground) => {
  test('each connection is told with its slot and fd, so many in a turn, and serves at once', () => {
    const desk = new Desk(ground, { mostAccepted: 2 });
    const { fd, connect } = ground.listener();
    const listener = desk.add(fd, Role.LISTENER);
    const peers = Array.from({ length: 5 }, connect);
    for (const [i, peer] of peers.entries()) peer.send(Buffer.from(`${i}`));
    const first = desk.until('one', (all) => all.length > 0).filter(({ kind }) => kind === 'ACCEPTED');
    expect(first.length).toBeLessThanOrEqual(2);
    const told = desk.until('the others', (all) => {
      return [...first, ...all].filter(({ kind }) => kind === 'DATA').length === 5;
    });
    const accepted = [...first, ...told].flatMap((one) => (one.kind === 'ACCEPTED' ? [one.accepted] : []));
    expect(accepted).toHaveLength(5);
    for (const stream of accepted) {
      expect(ground.isOpen(stream.fd)).toBe(true);
      desk.send(stream, `to ${bytesOf(told, stream)}`);
    }
    desk.flush();
    const answers = peers.map((peer) => receiveAll(desk, peer, 4).bytes.toString());
    expect(answers.sort()).toEqual(['to 0', 'to 1', 'to 2', 'to 3', 'to 4']);
    desk.push(Op.PAUSE, listener);
    desk.flush();
    connect();
    expect(desk.idle()).toEqual([]);
    desk.push(Op.RESUME, listener);
    expect(textOf(desk.told(), listener)).toEqual(['ACCEPTED']);
    desk.close();
    for (const stream of accepted) expect(ground.isOpen(stream.fd)).toBe(false);
  });

  const reason = ground.outOfFds === undefined ? 'there is no prlimit(1)' : undefined;
  testUnless(reason, 'out of fds: it is told once, the listener rests until it is resumed, and none is lost', () => {
    const desk = new Desk(ground);
    const { fd, connect } = ground.listener();
    const listener = desk.add(fd, Role.LISTENER);
    const peer = connect();
    const [emfile] = ground.errors('EMFILE');
    ground.outOfFds?.((again) => {
      expect(desk.told()).toMatchObject([{ kind: 'ACCEPT_FAILED', ...listener, number: emfile }]);
      expect(desk.idle()).toEqual([]);
      again();
      desk.push(Op.RESUME, listener);
      expect(textOf(desk.told(), listener)).toEqual(['ACCEPT_FAILED']);
    });
    desk.push(Op.RESUME, listener);
    const [told] = desk.told();
    expect(told?.kind).toBe('ACCEPTED');
    desk.send(told?.accepted as Stream, 'hello');
    expect(receiveAll(desk, peer, 5).bytes.toString()).toBe('hello');
    desk.close();
  });

  test('a connection that is made gives room once; its bytes come when it is resumed', () => {
    const desk = new Desk(ground);
    const { fd, peer } = ground.connecting('made');
    const stream = desk.add(fd, Role.CONNECTING);
    expect(textOf(desk.told(), stream)).toEqual(['ROOM']);
    expect(ground.takeError(fd)).toBe(0);
    const other = peer();
    other.send(Buffer.from('early'));
    expect(desk.idle()).toEqual([]);
    desk.push(Op.RESUME, stream);
    expect(textOf(desk.told(), stream)).toEqual(['early']);
    desk.close();
  });

  testUnless(ground.takesErrors, 'one that is refused gives room, and its error is there to be taken', () => {
    const desk = new Desk(ground, { reports: 1 });
    const { fd } = ground.connecting('refused');
    const stream = desk.add(fd, Role.CONNECTING);
    expect(textOf(desk.told(), stream)).toEqual(['ROOM']);
    expect(ground.errors('ECONNREFUSED')).toContain(ground.takeError(fd));
    desk.close();
  });
});

describe.each([scriptedGround, ...kernelGrounds])('$name: streams that are gone', (ground) => {
  test('commands of an earlier stream of the slot do nothing to the one that has it', () => {
    const { desk, stream } = open(ground);
    desk.push(Op.CLOSE, stream);
    desk.flush();
    const next = ground.pair();
    const second = desk.add(next.fd);
    expect(second.slot).toBe(stream.slot);
    expect(second.generation).not.toBe(stream.generation);
    desk.send(stream, 'stranger');
    for (const op of [Op.PAUSE, Op.SHUTDOWN, Op.AWAIT_ROOM, Op.DETACH, Op.RESET, Op.CLOSE]) desk.push(op, stream);
    expect(desk.flush()).toEqual([]);
    next.peer.send(Buffer.from('mine'));
    expect(textOf(desk.told(), second)).toEqual(['mine']);
    expect(next.peer.receive()).toBe('nothing');
  });

  test('commands behind the close of their own turn, and of slots that never were, do nothing', () => {
    const { desk, stream, peer } = open(ground);
    desk.send(stream, 'before');
    desk.push(Op.CLOSE, stream);
    desk.send(stream, 'after');
    desk.push(Op.RESUME, stream);
    for (const slot of [-1, 1, 5000, 2 ** 30, 2 ** 31 - 1]) {
      desk.send({ slot, generation: 1 }, 'nowhere');
      desk.push(Op.CLOSE, { slot, generation: 1 });
    }
    expect(desk.flush()).toEqual([]);
    expect(receiveAll(desk, peer)).toMatchObject({ bytes: Buffer.from('before'), last: 'end' });
  });

  test('a stream that is detached stays open, and nothing of it is told', () => {
    const { desk, stream, peer, fd } = open(ground);
    desk.push(Op.DETACH, stream);
    desk.flush();
    peer.send(Buffer.from('x'));
    expect(desk.idle()).toEqual([]);
    desk.close();
    expect(ground.isOpen(fd)).toBe(true);
    ground.close(fd);
  });

  test('what came before the close of the same turn is not told of the next stream of the slot', () => {
    const desk = new Desk(ground, { slabBytes: 1, reports: 1 });
    const all = Array.from({ length: 4 }, () => ground.pair());
    const streams = all.map(({ fd }) => desk.add(fd));
    for (const { peer } of all) peer.send(Buffer.from('old'));
    desk.told();
    for (const stream of streams) desk.push(Op.CLOSE, stream);
    desk.flush();
    const next = Array.from({ length: 4 }, () => ground.pair());
    const after = next.map(({ fd }) => desk.add(fd));
    expect(desk.idle()).toEqual([]);
    for (const { peer } of next) peer.send(Buffer.from('n'));
    const told = desk.told(4);
    for (const stream of after) expect(textOf(told, stream)).toEqual(['n']);
  });

  test('a number that is no open fd is refused, and leaves nothing behind', () => {
    const { desk, stream, fd, peer } = open(ground);
    const gone = ground.pair();
    ground.close(gone.fd);
    expect(desk.tryAdd(gone.fd, Role.CONNECTED)).toBeLessThan(-1);
    peer.send(Buffer.from('x'));
    expect(textOf(desk.told(), stream)).toEqual(['x']);
    desk.close();
    expect(ground.isOpen(fd)).toBe(false);
  });
});
