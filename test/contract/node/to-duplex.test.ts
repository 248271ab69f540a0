// toDuplex() on sockets, with every backend and in every runtime: bytes both ways, ends, back-pressure, and who may
// close the fd. What other fds are as streams: ../../node/to-duplex.test.ts.
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { pipeline } from 'node:stream/promises';
import { Interest, type Reactor } from 'fdreactor';
import { Connection } from 'fdreactor/connection';
import { type FdDuplex, toDuplex } from 'fdreactor/node';
import * as socket from 'fdreactor/socket';
import { expect } from 'vitest';
import { contractTest } from '../../helpers/contract.js';
import { dispose } from '../../helpers/owned.js';
import { reset, tcpPair } from '../../helpers/pairs.js';
import { eventually } from '../../helpers/patience.js';
import { expectInvalidState, expectSystemError } from '../../helpers/throws.js';

const needs = { needs: 'attach' } as const;
const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Both ends of a TCP connection, over the reactor, which is attached. */
function streams(reactor: Reactor): [FdDuplex, FdDuplex] {
  reactor.attach();
  const made = tcpPair().map((fd) => {
    const stream = toDuplex(reactor.register(fd, 0, () => {}));
    dispose({ close: () => stream.destroy() });
    return stream;
  });
  return made as [FdDuplex, FdDuplex];
}

contractTest(
  'five megabytes each way at once, an end each way, and both are closed',
  async ({ reactor }) => {
    const [left, right] = streams(reactor);
    const bytes = randomBytes(5_000_000);
    const hashes = [left, right].map(async (stream) => {
      const parts: Buffer[] = [];
      stream.on('data', (part) => parts.push(part));
      for (let at = 0; at < bytes.length; at += 99_999) {
        if (!stream.write(bytes.subarray(at, at + 99_999))) await once(stream, 'drain');
      }
      stream.end();
      if (!stream.readableEnded) await once(stream, 'end');
      return hashOf(Buffer.concat(parts));
    });
    expect(await Promise.all(hashes)).toEqual([hashOf(bytes), hashOf(bytes)]);
    await eventually('both are closed', () => left.fd === -1 && right.fd === -1);
    expect(reactor.size).toBe(0);
  },
  needs,
);

contractTest(
  'a peer that stops reading holds the writer, and gets all in the end',
  async ({ reactor }) => {
    const [left, right] = streams(reactor);
    let made = 0;
    const source = async function* (): AsyncGenerator<Buffer> {
      for (; made < 400; made++) yield Buffer.alloc(100_000, made);
    };
    const piping = pipeline(source, left);
    await eventually('it waits for room', () => left.writableNeedDrain);
    expect(made).toBeLessThan(400);
    expect(left.writableLength).toBeLessThan(300_000);
    right.resume();
    await piping;
    if (!right.readableEnded) await once(right, 'end');
    expect(right.bytesRead).toBe(40_000_000);
    right.end();
  },
  needs,
);

contractTest(
  'a half-close: the other way goes on',
  async ({ reactor }) => {
    const [left, right] = streams(reactor);
    left.end('question');
    let question = '';
    right.on('data', (part) => {
      question += part;
    });
    await once(right, 'end');
    right.end(`${question} and answer`);
    let answer = '';
    left.on('data', (part) => {
      answer += part;
    });
    await once(left, 'end');
    expect(answer).toBe('question and answer');
  },
  needs,
);

contractTest(
  'a reset destroys the stream with a SystemError',
  async ({ reactor }) => {
    reactor.attach();
    const [a, b] = tcpPair();
    const stream = toDuplex(reactor.register(a, Interest.READABLE, () => {}));
    dispose({ close: () => stream.destroy() });
    stream.write(Buffer.alloc(50_000_000));
    reset(b);
    const [error] = await once(stream, 'error');
    expect(error.name).toBe('SystemError');
    expect([stream.destroyed, stream.fd, reactor.size]).toEqual([true, -1, 0]);
  },
  needs,
);

contractTest(
  'one owner an fd: of a stream, of a Connection, of a registration',
  ({ reactor, newReactor }) => {
    const [left] = streams(reactor);
    expectInvalidState(() => socket.close(left.fd));
    expectInvalidState(() => toDuplex(left.fd));
    expectInvalidState(() => new Connection(newReactor(), left.fd, {}));
    const [a, b] = tcpPair();
    const connection = new Connection(reactor, a, {});
    expectInvalidState(() => socket.close(a));
    expectInvalidState(() => new Connection(newReactor(), a, {}));
    expectSystemError(() => new Connection(reactor, a, {}), 'EEXIST');
    expectInvalidState(() => toDuplex(a));
    connection.close();
    reactor.register(b, 0, () => {});
    expectInvalidState(() => toDuplex(b));
  },
  needs,
);
