// A file that is sent and given up in the same turn: its number may have another file by the time of the send, whose
// bytes are not the peer's.
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Connection, ConnectionHandlers, ConnectionOptions } from 'fdreactor/connection';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ownFile } from '../../helpers/owned.js';
import { socketPair } from '../../helpers/pairs.js';
import { turnFor, turnUntil } from '../../helpers/wait.js';
import { newReactor, pair, Reader, side, Writer, ways } from './pipings.js';

let folder = '';
let shown = '';
let secret = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fdreactor-given-up-'));
  shown = join(folder, 'shown');
  secret = join(folder, 'secret');
  writeFileSync(shown, 'shown'.repeat(200));
  writeFileSync(secret, 'secret'.repeat(200));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Opens the secret file until it has this number. */
function openAs(number: number): void {
  for (let tries = 0; tries < 100; tries++) if (ownFile(openSync(secret, 'r')) === number) return;
  throw new Error(`number ${number} was not given out again`);
}

/** What the peer gets where the file is given up by `giveUp`, and its number is given out again. */
function sentBy(
  giveUp: (connection: Connection, file: number) => void,
  {
    handlers = {},
    options = {},
    close = true,
  }: { handlers?: ConnectionHandlers; options?: ConnectionOptions; close?: boolean } = {},
): string {
  const reactor = newReactor('copy');
  const { connection, peer } = side(reactor, socketPair(), handlers, options);
  const file = openSync(shown, 'r');
  connection.write('head ');
  connection.sendFile(file, 0, 1000, { close });
  giveUp(connection, file);
  openAs(file);
  turnFor(reactor);
  return new Reader(peer).read().text;
}

describe('the number of the file is used again', () => {
  test.each(['close', 'reset'] as const)('after %s()', (call) => {
    expect(sentBy((connection) => connection[call]())).not.toContain('secret');
  });

  test('after a write that is too much', () => {
    const text = sentBy((connection) => expect(connection.write(Buffer.alloc(100))).toBe(false), {
      options: { maxQueued: 10 },
    });
    expect(text).not.toContain('secret');
  });

  test('where the handler `close` closes it', () => {
    let file = -1;
    const handlers: ConnectionHandlers = { close: () => closeSync(file) };
    const text = sentBy(
      (connection, number) => {
        file = number;
        connection.close();
      },
      { handlers, close: false },
    );
    expect(text).not.toContain('secret');
  });
});

describe.each(ways)('by %s', (way) => {
  test('what is piped into a connection that sends a file follows it', () => {
    const { reactor, source, target } = pair(way);
    target.connection.sendFile(ownFile(openSync(shown, 'r')));
    source.connection.pipeTo(target.connection);
    new Writer(source.peer, 5).write();
    const reader = new Reader(target.peer);
    turnUntil(reactor, () => reader.read().bytes === 1005);
  });
});
