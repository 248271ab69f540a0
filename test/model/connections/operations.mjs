// The operations: each on one of the ends, which its numbers select, or on the world.
import { Connection, connect } from 'fdreactor/connection';
import * as socket from 'fdreactor/socket';
import { Direction, file, LONGEST, reopenFile } from './directions.mjs';
import { NearEnd } from './near-end.mjs';
import { Piped } from './piped.mjs';
import { RawEnd } from './raw-end.mjs';

/** @typedef {import('../plan.mjs').Operation} Operation */
/** @typedef {import('./world.mjs').World} World */
/** @typedef {(world: World, operation: Operation, self: NearEnd | null, handler: string) => void} Operate */

const MOST_ENDS = 24;

/** From 0 to 200 KB, small ones most often. @param {number} c */
const sizeOf = (c) => [c % 4, c % 100, c % 2000, c % 20_000, c * 3][(c >> 4) % 5] ?? 0;

/** @template T @param {readonly T[]} list @param {number} i @returns {T | undefined} */
const pick = (list, i) => list[i % Math.max(1, list.length)];

/** @param {World} world @param {number} a @returns {NearEnd | undefined} */
const nearOf = (world, a) =>
  pick(
    world.ends.flatMap((end) => (end instanceof NearEnd && end.isLive ? [end] : [])),
    a,
  );

/** @param {World} world @param {number} a @returns {RawEnd | undefined} */
const rawOf = (world, a) =>
  pick(
    world.ends.flatMap((end) => (end instanceof RawEnd && end.isLive ? [end] : [])),
    a,
  );

/** A call after end() throws. @param {NearEnd} end @param {() => unknown} call */
function refusesAfterEnd(end, call) {
  let code = 'nothing';
  try {
    call();
  } catch (error) {
    code = /** @type {NodeJS.ErrnoException} */ (error).code ?? String(error);
  }
  const isRight = code === 'ERR_INVALID_STATE' || (end.isFull && code === 'nothing');
  end.world.check(isRight, () => `${end}: write() after end() threw ${code}`);
}

/** @param {NearEnd} end @param {Operation} operation */
const write = (end, { b, c }) => writeBytes(end, sizeOf(c), b);

/** @param {NearEnd} end @param {number} wanted @param {number} b selects the encoding */
function writeBytes(end, wanted, b) {
  const { world } = end;
  const connection = /** @type {Connection<any>} */ (end.connection);
  if (end.isReadOnly) return;
  if (end.isEnding && !connection.closed && !end.hasFailed) {
    refusesAfterEnd(end, () => connection.write('x'));
    return;
  }
  const length = world.spend(Math.min(LONGEST, wanted));
  const bytes = end.out.next(length);
  world.note(`${end}: writes ${length}`);
  const encoding = /** @type {const} */ ([undefined, undefined, 'latin1', 'base64', 'hex'])[b % 5];
  end.write(length, () =>
    encoding === undefined ? connection.write(bytes) : connection.write(bytes.toString(encoding), encoding),
  );
}

/**
 * Many small writes in a row, which share the send area until it is full.
 * @param {NearEnd} end @param {Operation} operation
 */
function burst(end, { b, c }) {
  for (let i = b % 40; i >= 0; i--) {
    if (end.connection?.closed !== false || end.isEnding) return;
    writeBytes(end, (c + i * 37) % 1500, b + i);
  }
}

/** Where there is a writev(): the same bytes in some parts. @param {NearEnd} end @param {Operation} operation */
function writev(end, operation) {
  const connection = /** @type {any} */ (end.connection);
  if (typeof connection.writev !== 'function' || end.isReadOnly || end.isEnding) {
    write(end, operation);
    return;
  }
  const { world } = end;
  const length = world.spend(Math.min(LONGEST, sizeOf(operation.c)));
  const bytes = end.out.next(length);
  const middle = operation.b % (length + 1);
  world.note(`${end}: writes ${middle} and ${length - middle}`);
  end.write(length, () => connection.writev([bytes.subarray(0, middle), bytes.subarray(middle)]));
}

/**
 * The same bytes out of a file: the one that all share, or one that is closed behind it.
 * @param {NearEnd} end @param {Operation} operation
 */
function sendFile(end, { b, c }) {
  if (end.isReadOnly || end.isEnding) return;
  const { world } = end;
  const connection = /** @type {Connection<any>} */ (end.connection);
  const length = world.spend(Math.min(LONGEST, sizeOf(c)));
  const { place } = end.out;
  const close = b % 2 === 0;
  world.note(`${end}: sends ${length} of a file`);
  end.sendFile(length, () => connection.sendFile(close ? reopenFile() : file, place, place + length, { close }));
}

/** @param {NearEnd} end @param {Operation} operation */
function setDeadline(end, { b, c }) {
  const delayMs = b % 4 === 0 ? null : c % 20;
  end.deadlineAt = delayMs === null ? null : performance.now() + delayMs;
  end.world.note(`${end}: deadline ${delayMs}`);
  end.connection?.setDeadline(delayMs);
}

/** @param {NearEnd} end @param {Operation} operation */
function setIdleTimeout(end, { b, c }) {
  end.idleMs = b % 4 === 0 ? 0 : 1 + (c % 20);
  end.idleFrom = performance.now();
  end.world.note(`${end}: idle for ${end.idleMs}`);
  end.connection?.setIdleTimeout(end.idleMs);
}

/** @param {NearEnd} end @param {Operation} operation @param {boolean} withBytes */
function endIt(end, { c }, withBytes) {
  const { world } = end;
  const connection = /** @type {Connection<any>} */ (end.connection);
  if (end.isEnding || connection.closed) {
    connection.end('ignored');
    return;
  }
  const length = withBytes && !end.isReadOnly ? world.spend(Math.min(LONGEST, sizeOf(c))) : 0;
  world.note(`${end}: ends with ${length} bytes`);
  const before = connection.bytesWritten;
  const bytes = end.out.next(length);
  end.out.sent += length;
  end.markEnding();
  connection.end(length > 0 ? bytes : undefined);
  const taken = connection.bytesWritten - before;
  end.out.sent += taken - length;
  if (taken === length || connection.closed) return;
  end.isFull = true;
  end.breakOff();
}

/** @param {NearEnd} end @param {'close' | 'reset'} call */
function closeIt(end, call) {
  end.world.note(`${end}: ${call}s`);
  if (!end.isClosed) {
    end.mayClose = true;
    end.breakOff();
  }
  end.connection?.[call]();
}

/** @param {NearEnd} end @param {boolean} isPaused */
function setPaused(end, isPaused) {
  end.world.note(`${end}: ${isPaused ? 'pauses' : 'resumes'}`);
  end.pausedIn = isPaused ? end.world.drives : -1;
  if (isPaused) end.connection?.pause();
  else end.connection?.resume();
}

/** @param {NearEnd} end */
function detach(end) {
  if (!end.isOpened || end.isReadOnly || end.connection?.closed !== false) return;
  end.world.note(`${end}: detaches`);
  end.detach();
}

/** @param {World} world @returns {[Direction, Direction]} */
const directions = (world) => [new Direction(world), new Direction(world)];

/** @param {World} world @param {string} name @param {Direction} out @param {Direction} into @param {number} fd */
function adopt(world, name, out, into, fd) {
  const kind = world.nextHandlers();
  const end = new NearEnd(world, name, out, into, kind);
  end.isOpened = true;
  end.begin(new Connection(world.reactor, fd, kind.handlers, world.options));
  return end;
}

/** @param {World} world @param {number} fd @param {Direction} out @param {Direction} into */
function await_(world, fd, out, into) {
  const { port } = /** @type {{ port: number }} */ (socket.getsockname(fd));
  world.awaited.set(port, new NearEnd(world, 'accepted', out, into, world.listenerKind));
}

/** @type {Record<string, Operate>} */
const openings = {
  openPair: (world) => {
    const [fd, peer] = socket.socketpair();
    const [out, into] = directions(world);
    world.shrinkBuffers(fd);
    world.shrinkBuffers(peer);
    new RawEnd(world, 'peer', into, out, peer);
    adopt(world, 'pair', out, into, fd);
  },
  openBoth: (world) => {
    const [fd, peer] = socket.socketpair();
    const [out, into] = directions(world);
    world.shrinkBuffers(fd);
    world.shrinkBuffers(peer);
    adopt(world, 'left', out, into, fd);
    adopt(world, 'right', into, out, peer);
  },
  openPipe: (world) => {
    const [reader, writer] = socket.pipe();
    const [out, into] = directions(world);
    new RawEnd(world, 'pipe', into, out, writer, true);
    adopt(world, 'reader', out, into, reader).isReadOnly = true;
  },
  openPiped: (world) => {
    const [there, back] = directions(world);
    const piped = new Piped(world, [there, back]);
    const [before, behind] = /** @type {[number, number]} */ (piped.peers);
    piped.ends = [new RawEnd(world, 'before', there, back, before), new RawEnd(world, 'behind', back, there, behind)];
  },
  openAccepted: (world) => {
    const fd = socket.connectTcp({ ...world.address, noDelay: true });
    const [out, into] = directions(world);
    world.shrinkBuffers(fd);
    new RawEnd(world, 'client', into, out, fd);
    await_(world, fd, out, into);
  },
  openConnected: (world) => {
    const kind = world.nextHandlers();
    const connection = connect(world.reactor, { ...world.address, ...world.options }, kind.handlers);
    const [out, into] = directions(world);
    world.shrinkBuffers(connection.fd);
    new NearEnd(world, 'connected', into, out, kind).begin(connection);
    await_(world, connection.fd, out, into);
  },
  refuse: (world) => {
    const holder = socket.socket(socket.constants.AF_INET, socket.constants.SOCK_STREAM, 0);
    socket.bind(holder, { host: '127.0.0.1', port: 0 });
    const { port } = /** @type {{ port: number }} */ (socket.getsockname(holder));
    const kind = world.nextHandlers();
    const [out, into] = directions(world);
    const end = new NearEnd(world, 'refused', out, into, kind);
    end.isRefused = true;
    end.breakOff();
    end.begin(connect(world.reactor, { host: '127.0.0.1', port, ...world.options }, kind.handlers));
    socket.close(holder);
  },
  closeListener: (world) => world.renewListener(),
};

/** @type {(call: (end: NearEnd, operation: Operation) => void) => Operate} */
const onNear = (call) => (world, operation) => {
  const end = nearOf(world, operation.a);
  if (end !== undefined) call(end, operation);
};
/** @type {(call: (end: NearEnd, operation: Operation) => void) => Operate} */
const onOwn = (call) => (_world, operation, self) => {
  if (self?.connection != null) call(self, operation);
};
/** @type {(call: (end: RawEnd, operation: Operation) => void) => Operate} */
const onRaw = (call) => (world, operation) => {
  const end = rawOf(world, operation.a);
  if (end !== undefined) call(end, operation);
};

/** @type {(call: (piped: Piped, side: number) => void) => Operate} */
const onPiped =
  (call) =>
  (world, { a, b }) => {
    const piped = pick(world.piped, a);
    if (piped !== undefined) call(piped, b % 2);
  };

/** @type {Record<string, Operate>} */
export const operations = {
  write: onNear(write),
  writev: onNear(writev),
  burst: onNear(burst),
  burstOwn: onOwn(burst),
  sendFile: onNear(sendFile),
  setDeadline: onNear(setDeadline),
  setIdleTimeout: onNear(setIdleTimeout),
  pause: onNear((end) => setPaused(end, true)),
  resume: onNear((end) => setPaused(end, false)),
  end: onNear((end, operation) => endIt(end, operation, false)),
  endWithBytes: onNear((end, operation) => endIt(end, operation, true)),
  close: onNear((end) => closeIt(end, 'close')),
  reset: onNear((end) => closeIt(end, 'reset')),
  detach: onNear(detach),
  writeOwn: onOwn(write),
  burstAndEndOwn: onOwn((end, operation) => {
    burst(end, operation);
    if (end.connection !== null) endIt(end, operation, false);
  }),
  pauseOwn: onOwn((end) => setPaused(end, true)),
  endOwn: onOwn((end, operation) => endIt(end, operation, operation.c % 2 === 0)),
  closeOwn: onOwn((end) => closeIt(end, 'close')),
  resetOwn: onOwn((end) => closeIt(end, 'reset')),
  detachOwn: onOwn(detach),
  rawSend: onRaw((end, { c }) => end.send(end.world.spend(Math.min(LONGEST, sizeOf(c))))),
  rawReceive: onRaw((end, { c }) => void end.receive(1 + sizeOf(c))),
  rawReceiveOne: onRaw((end) => void end.receive(1)),
  rawEnd: onRaw((end) => end.end()),
  rawClose: onRaw((end) => end.close()),
  rawReset: onRaw((end) => end.reset()),
  feedPiped: onPiped((piped, side) => piped.feed(side)),
  pipeAgain: onPiped((piped, side) => piped.again(side)),
  pausePiped: onPiped((piped, side) => piped.pause(side)),
  resumePiped: onPiped((piped, side) => piped.resume(side)),
  closePiped: onPiped((piped, side) => piped.close(side, 'close')),
  resetPiped: onPiped((piped, side) => piped.close(side, 'reset')),
  nothing: () => {},
  throwError: (_world, _operation, self, handler) => self?.throwIn(handler),
};
for (const [name, open] of Object.entries(openings)) {
  operations[name] = (world, operation, self, handler) => {
    if (world.ends.length < MOST_ENDS) open(world, operation, self, handler);
  };
}
