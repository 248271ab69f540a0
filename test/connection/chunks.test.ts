// Chunks: a Buffer in every way, but that slice() copies; and what becomes of one that is kept.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Reactor } from 'fdreactor';
import { type Chunk, Connection } from 'fdreactor/connection';
import * as socket from 'fdreactor/socket';
import { expect, test } from 'vitest';
import { dispose, own } from '../helpers/owned.js';
import { turnUntil } from '../helpers/wait.js';

/** Calls `look` with a chunk, within its handler. */
function withChunk(text: string, look: (chunk: Chunk) => void): void {
  const reactor = dispose(new Reactor());
  const [a, b] = socket.socketpair();
  let seen = 0;
  new Connection(reactor, a, {
    data: (_, bytes) => {
      seen++;
      look(bytes);
    },
  });
  socket.send(own(b), Buffer.from(text));
  turnUntil(reactor, () => seen > 0);
}

test('it is a Buffer', () => {
  withChunk('häuser 42', (chunk) => {
    expect(Buffer.isBuffer(chunk)).toBe(true);
    expect(chunk).toBeInstanceOf(Uint8Array);
    expect(chunk.toString()).toBe('häuser 42');
    expect(chunk.toString('hex', 0, 2)).toBe('68c3');
    expect(chunk.indexOf('42')).toBe(8);
    expect(chunk.readUInt16BE(0)).toBe(0x68c3);
    expect(chunk.equals(Buffer.from('häuser 42'))).toBe(true);
    expect(Buffer.concat([chunk, chunk]).length).toBe(20);
    expect([...chunk].length).toBe(10);
    expect(chunk.subarray(1, 3).length).toBe(2);
    expect(Buffer.from(chunk).buffer).not.toBe(chunk.buffer);
    expect(JSON.parse(JSON.stringify(chunk)).type).toBe('Buffer');
  });
});

test('slice() and keep() copy; subarray() is a view', () => {
  withChunk('0123456789', (chunk) => {
    const slice = chunk.slice(2, 5);
    const kept = chunk.keep();
    const view = chunk.subarray(2, 5);
    chunk.fill(0x78);
    expect(slice.toString()).toBe('234');
    expect(kept.toString()).toBe('0123456789');
    expect(view.toString()).toBe('xxx');
    expect(slice.slice(0, 1).buffer).toBe(slice.buffer); // a Buffer like any other
  });
});

test('a chunk that is kept is overwritten at once under FDREACTOR_DEBUG=views', () => {
  const program = fileURLToPath(new URL('kept-chunk.mjs', import.meta.url));
  const run = (debug: string) =>
    spawnSync(process.execPath, [program], { encoding: 'utf8', env: { ...process.env, FDREACTOR_DEBUG: debug } });
  expect(run('').stdout).toBe('hello hello\n');
  expect(run('other,views').stdout).toBe('\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd} hello\n');
});
