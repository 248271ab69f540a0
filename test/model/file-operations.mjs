// Operations on files, with and without the package: opening, closing, duplicating, and moving tagged bytes.
import * as socket from 'fdreactor/socket';
import { attempt, CONNECTION_ERRORS, perform } from './calls.mjs';
import { probe } from './probe.mjs';
import { touch } from './world.mjs';

/** @typedef {import('./world.mjs').World} World */
/** @typedef {import('./world.mjs').File} File */
/** @typedef {import('./plan.mjs').Operation} Operation */

const MAX_FILES = 40;
const { SOL_SOCKET, SO_LINGER, SHUT_RD, SHUT_WR, SHUT_RDWR } = socket.constants;
const RESET = Buffer.from(new Int32Array([1, 0]).buffer);
const buffer = Buffer.alloc(4096);

/** @template T @param {readonly T[]} list @param {number} n @returns {T | undefined} */
export const pick = (list, n) => list[n % Math.max(1, list.length)];

/** @param {World} world @param {number} n @param {(file: File) => boolean} [fits] */
export function pickNumber(world, n, fits = () => true) {
  return pick(
    world.userNumbers.filter((fd) => fits(/** @type {File} */ (world.numbers.get(fd)))),
    n,
  );
}

/** @param {File} file */
const isConnection = (file) => file.kind === 'unix' || file.kind === 'tcp';
/** @param {File} file */
const isReadable = (file) => isConnection(file) || file.kind === 'pipeRead' || file.kind === 'eventfd';
/** @param {File} file */
const isWritable = (file) => isConnection(file) || file.kind === 'pipeWrite' || file.kind === 'eventfd';

/** @param {World} world @param {string} name @param {[string, string]} kinds @param {() => readonly number[]} make */
function openPair(world, name, kinds, make) {
  const [a, b] = /** @type {[number, number]} */ (perform(world, name, make).value);
  const [first, second] = [world.open(kinds[0], a), world.open(kinds[1], b)];
  first.peer = second;
  second.peer = first;
  world.log[world.log.length - 1] += ` ${a}, ${b}: ${first}, ${second}`;
}

/** @param {World} world @param {string} kind @param {number} fd */
function openOne(world, kind, fd) {
  world.note(`${fd}: ${world.open(kind, fd)}`);
}

/** @param {World} world */
function listen(world) {
  const fd = socket.listenTcp({ host: '127.0.0.1', port: 0 });
  openOne(world, 'listener', fd);
  const { port } = /** @type {{ port: number }} */ (socket.getsockname(fd));
  /** @type {File} */ (world.numbers.get(fd)).port = port;
}

/** @param {World} world @param {File} listener */
function connect(world, listener) {
  const fd = socket.connectTcp({ host: '127.0.0.1', port: listener.port });
  openOne(world, 'tcp', fd);
  const { port } = /** @type {{ port: number }} */ (socket.getsockname(fd));
  /** @type {File} */ (world.numbers.get(fd)).port = port;
  touch(listener);
}

/** @param {World} world @param {number} listener */
function accept(world, listener) {
  const { value: fd = -1 } = perform(world, `accept(${listener})`, () => socket.accept(listener));
  touch(/** @type {File} */ (world.numbers.get(listener)));
  if (fd === -1) return;
  const file = world.open('tcp', fd);
  const port = attempt(() => /** @type {{ port: number }} */ (socket.getpeername(fd)).port).value;
  const client = world.files.find(
    (other) => other.kind === 'tcp' && other.isOpen && other.port === port && other !== file,
  );
  if (client !== undefined && client.peer === null) {
    file.peer = client;
    client.peer = file;
    touch(client);
  }
  world.log[world.log.length - 1] += ` ${file}, peer ${file.peer}`;
}

/** The number's bytes, all of which must be its own. @param {World} world @param {number} fd @param {number} most */
export function receive(world, fd, most) {
  const file = /** @type {File} */ (world.numbers.get(fd));
  const length = file.kind === 'eventfd' ? 8 : 1 + (most % 64);
  const read = () => socket.read(fd, buffer, 0, length);
  const { value: count = -1 } = perform(world, `read(${fd}, ${length})`, read, CONNECTION_ERRORS);
  touch(file);
  if (file.kind === 'eventfd') return;
  for (let i = 0; i < count; i++) {
    world.check(buffer[i] === file.tag, () => `fd ${fd}, ${file}, received a byte of #${buffer[i]}`);
  }
}

/** @param {World} world @param {number} fd @param {number} count */
function transmit(world, fd, count) {
  const file = /** @type {File} */ (world.numbers.get(fd));
  const bytes = file.kind === 'eventfd' ? new Uint8Array(new BigUint64Array([1n]).buffer) : buffer.subarray(0, count);
  if (file.kind !== 'eventfd') {
    if (file.peer === null) return; // the receiver is not known yet
    bytes.fill(file.peer.tag);
  }
  const { value = -1 } = perform(
    world,
    `write(${fd}, ${bytes.length})`,
    () => socket.write(fd, bytes),
    CONNECTION_ERRORS,
  );
  touch(file);
  const to = file.kind === 'eventfd' ? file : /** @type {File} */ (file.peer);
  if (value > 0) touch(to, to.isSynchronous);
}

/** close(2) by the package. @param {World} world @param {number} fd */
export function closeSocket(world, fd) {
  perform(world, `socket.close(${fd})`, () => socket.close(fd));
  for (const registration of world.registrations) {
    if (registration.active && registration.fd === fd) registration.retire();
  }
  world.take(fd);
}

/** close(2) by other code. @param {World} world @param {number} fd */
export function closeBehind(world, fd) {
  world.note(`closeBehind(${fd})`);
  probe.closeBehind(fd);
  world.take(fd);
}

/** Runs `open` so that what it opens gets this number first. @param {number} fd @param {() => void} open */
function withNumber(fd, open) {
  const below = [];
  for (;;) {
    const lowest = probe.dup(0);
    if (lowest >= fd) {
      probe.closeBehind(lowest);
      break;
    }
    below.push(lowest);
  }
  open();
  for (const lower of below) probe.closeBehind(lower);
}

/**
 * @type {Record<string, (world: World, operation: Operation, self: import('./registrations.mjs').ModelRegistration |
 * null) => void>}
 */
export const fileOperations = {
  unixPair: (world) => {
    if (world.numbers.size < MAX_FILES) openPair(world, 'socketpair()', ['unix', 'unix'], () => socket.socketpair());
  },
  tcpPair: (world) => {
    if (world.numbers.size >= MAX_FILES) return;
    listen(world);
    const [listener] = /** @type {[number]} */ (world.userNumbers.slice(-1));
    connect(world, /** @type {File} */ (world.numbers.get(listener)));
    accept(world, listener);
    closeSocket(world, listener);
  },
  pipe: (world) => {
    if (world.numbers.size < MAX_FILES) openPair(world, 'pipe()', ['pipeRead', 'pipeWrite'], () => socket.pipe());
  },
  eventfd: (world) => {
    if (world.numbers.size < MAX_FILES) openOne(world, 'eventfd', probe.openEventfd());
  },
  regularFile: (world) => {
    if (world.numbers.size < MAX_FILES) openOne(world, 'regular', probe.openFile());
  },
  listen: (world) => {
    if (world.numbers.size < MAX_FILES) listen(world);
  },
  connect: (world, { a }) => {
    const fd = pickNumber(world, a, (file) => file.kind === 'listener');
    if (fd !== undefined && world.numbers.size < MAX_FILES) connect(world, /** @type {File} */ (world.numbers.get(fd)));
  },
  accept: (world, { a }) => {
    const fd = pickNumber(world, a, (file) => file.kind === 'listener');
    if (fd !== undefined) accept(world, fd);
  },
  recv: (world, { a, b }) => {
    const fd = pickNumber(world, a, isReadable);
    if (fd !== undefined) receive(world, fd, b);
  },
  recvOwn: (world, { b }, self) => {
    if (self === null || self.hasMoved) return; // the number is a stranger's: the model knows, a user would not
    if (self.file.kind === 'listener') accept(world, self.fd);
    else if (isReadable(self.file)) receive(world, self.fd, b);
  },
  send: (world, { a, b }) => {
    const fd = pickNumber(world, a, isWritable);
    if (fd !== undefined) transmit(world, fd, 1 + (b % 16));
  },
  fill: (world, { a }) => {
    const fd = pickNumber(world, a, (file) => file.peer !== null && isWritable(file) && file.kind !== 'eventfd');
    for (let i = 0; fd !== undefined && i < 64; i++) transmit(world, fd, buffer.length);
  },
  shutdown: (world, { a, b }) => {
    const fd = pickNumber(world, a, isConnection);
    if (fd === undefined) return;
    const how = /** @type {number} */ (pick([SHUT_RD, SHUT_WR, SHUT_RDWR], b));
    const file = /** @type {File} */ (world.numbers.get(fd));
    perform(world, `shutdown(${fd}, ${how})`, () => socket.shutdown(fd, how), CONNECTION_ERRORS);
    touch(file);
  },
  reset: (world, { a }) => {
    const fd = pickNumber(world, a, (file) => file.kind === 'tcp');
    if (fd === undefined) return;
    perform(world, `linger(${fd})`, () => socket.setsockopt(fd, SOL_SOCKET, SO_LINGER, RESET));
    closeSocket(world, fd);
  },
  takeError: (world, { a }) => {
    const fd = pickNumber(world, a, isConnection);
    if (fd === undefined) return;
    perform(world, `takeError(${fd})`, () => socket.takeError(fd)?.code);
    touch(/** @type {File} */ (world.numbers.get(fd)));
  },
  dup: (world, { a }) => {
    const fd = pickNumber(world, a);
    if (fd === undefined || world.numbers.size >= MAX_FILES) return;
    const other = probe.dup(fd);
    world.note(`dup(${fd}): ${other}`);
    world.give(other, /** @type {File} */ (world.numbers.get(fd)));
  },
  // The number that a registration's file had before: it is that file again.
  dupBack: (world, { a }) => {
    const gone = world.registrations.filter(({ fd, file }) => file.isOpen && !world.numbers.has(fd));
    const registration = pick(gone, a);
    if (registration === undefined) return;
    const [from] = registration.file.numbers;
    probe.dupTo(/** @type {number} */ (from), registration.fd);
    world.note(`dup2(${from}, ${registration.fd})`);
    world.give(registration.fd, registration.file);
  },
  closeSocket: (world, { a }) => {
    const fd = pickNumber(world, a);
    if (fd !== undefined) closeSocket(world, fd);
  },
  closeBehind: (world, { a, b }) => {
    const fd = pickNumber(world, a);
    if (fd === undefined) return;
    if (b % 2 === 0) fileOperations.dup?.(world, { kind: 'dup', a, b, c: 0 }, null);
    closeBehind(world, fd);
  },
  closeOwnBehind: (world, _, self) => {
    if (self !== null && !self.hasMoved) closeBehind(world, self.fd);
  },
};

/** What may take a number that was closed. */
const TAKERS = ['unixPair', 'pipe', 'eventfd', 'regularFile', 'listen', 'createWaker', 'onSignal', 'openReactor'];

/**
 * A registered number is closed, by other code or by the package, with or without a duplicate, and given to another.
 * @param {World} world @param {Operation} operation @param {number | undefined} fd
 * @param {Record<string, (world: World, operation: Operation, self: null) => void>} operations
 */
export function reuse(world, { a, b, c }, fd, operations) {
  if (fd === undefined || world.numbers.get(fd)?.isOwn !== false) return;
  if (b % 3 === 0) {
    const other = probe.dup(fd);
    world.note(`dup(${fd}): ${other}`);
    world.give(other, /** @type {File} */ (world.numbers.get(fd)));
  }
  if (c % 3 === 0) closeSocket(world, fd);
  else closeBehind(world, fd);
  const taker = /** @type {string} */ (pick(TAKERS, a));
  withNumber(fd, () => operations[taker]?.(world, { kind: taker, a, b: b >> 4, c }, null));
}
