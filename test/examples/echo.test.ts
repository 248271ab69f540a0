// examples/echo and echo-connection: every byte comes back, though other clients reset, stall or stay too long.
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { eventually } from '../helpers/patience.js';
import { bytes, connect, readToEnd, resetAtEveryPoint, roundTrip, sha256 } from './clients.js';
import { start } from './running.js';

const MIB = 1024 * 1024;

describe.each(['echo', 'echo-connection'])('%s', (name) => {
  test('many clients at once get their own bytes back, in order', async () => {
    const echo = await start(name);
    const exchange = async (): Promise<void> => {
      const socket = await connect(echo.port());
      const sent = bytes(MIB);
      for (let at = 0; at < sent.length; ) {
        const piece = sent.subarray(at, at + 1 + Math.floor(Math.random() * 100_000));
        socket.write(piece);
        at += piece.length;
      }
      socket.end();
      expect(sha256(await readToEnd(socket))).toBe(sha256(sent));
    };
    await Promise.all(Array.from({ length: 50 }, exchange));
  });

  test('a client that sends all, then its FIN, and only then reads gets all', async () => {
    const echo = await start(name);
    const socket = await connect(echo.port());
    socket.pause();
    const sent = bytes(32 * MIB); // more than the kernel keeps: send() takes a part, and the server waits
    socket.end(sent);
    await roundTrip(await connect(echo.port()), 'others are served meanwhile');
    expect(sha256(await readToEnd(socket))).toBe(sha256(sent));
  });

  test('a client that never reads costs no memory and delays no other', async () => {
    const echo = await start(name);
    const other = await connect(echo.port());
    await roundTrip(other, 'warm');
    const before = echo.ownBytes();
    const greedy = await connect(echo.port());
    greedy.pause();
    const sent = 64 * MIB;
    greedy.write(Buffer.alloc(sent));
    let left: number;
    do {
      left = greedy.writableLength;
      for (let i = 0; i < 20; i++) await roundTrip(other, `still here ${i}`);
      await delay(50);
    } while (greedy.bytesWritten === 0 || greedy.writableLength !== left);
    await echo.rests();
    expect(echo.ownBytes() - before).toBeLessThan(16 * MIB);
  });

  test('resets at every point leak nothing', async () => {
    const echo = await start(name);
    await roundTrip(await connect(echo.port()), 'one stays');
    const before = echo.openFds();
    await resetAtEveryPoint(echo.port());
    await roundTrip(await connect(echo.port()), 'alive');
    await echo.leaksNothing(before + 1);
  });

  test('more clients than fds: no busy loop, and waiting clients are served when others leave', async () => {
    const echo = await start(name, [], { fdLimit: 64 });
    const sockets = await Promise.all(Array.from({ length: 100 }, () => connect(echo.port())));
    await eventually('no fd left', () => echo.openFds() >= 60);
    await echo.rests(1500);
    // Each leaves once it was served, which makes room for one more.
    await Promise.all(
      sockets.map(async (socket, i) => {
        await roundTrip(socket, `number ${i}`);
        socket.end();
        await readToEnd(socket);
      }),
    );
    await roundTrip(await connect(echo.port()), 'and a new one');
  });

  test.each(['SIGTERM', 'SIGINT'] as const)('%s ends it with exit code 0, clients or not', async (signal) => {
    const echo = await start(name);
    const socket = await connect(echo.port());
    await roundTrip(socket, 'x');
    expect(await echo.stop(signal)).toBe(0);
    expect(await readToEnd(socket)).toHaveLength(0);
    expect(echo.stderr).toBe('');
  });

  test('IPv6 as well', async () => {
    const echo = await start(name, [0, '::1']);
    expect(echo.stdout).toMatch(/^listening on \[::1\]:\d+$/m);
    await roundTrip(await connect(echo.port(), '::1'), 'six');
  });
});
