// examples/attach: connections and Node's own server and timer in one process, neither waiting for the other.
import { expect, test } from 'vitest';
import { bytes, connect, readExactly, readToEnd, resetAtEveryPoint, roundTrip, sha256 } from './clients.js';
import { start } from './running.js';

interface Status {
  ticks: number;
  accepted: number;
  reactor: { turns: number };
}

test('both answer, and the timers of Node go on', async () => {
  const both = await start('attach');
  const status = async (): Promise<Status> =>
    (await (await fetch(`http://127.0.0.1:${both.port('http')}/`)).json()) as Status;
  const socket = await connect(both.port());
  const first = await status();
  for (let i = 0; i < 100; i++) {
    socket.write(`round ${i}\n`);
    expect((await readExactly(socket, `round ${i}\n`.length)).toString()).toBe(`round ${i}\n`);
  }
  let last = await status();
  while (last.ticks < first.ticks + 3) last = await status();
  expect(last.accepted).toBe(1);
  expect(last.reactor.turns).toBeGreaterThanOrEqual(100);
  socket.end();
  await readToEnd(socket);
});

test('every byte comes back, also to a client that reads late', async () => {
  const both = await start('attach');
  const socket = await connect(both.port());
  socket.pause();
  const sent = bytes(16 << 20);
  socket.end(sent);
  await roundTrip(await connect(both.port()), 'others are served meanwhile');
  expect(sha256(await readToEnd(socket))).toBe(sha256(sent));
});

test('resets at every point leak nothing', async () => {
  const both = await start('attach');
  await roundTrip(await connect(both.port()), 'one stays');
  const before = both.openFds();
  await resetAtEveryPoint(both.port());
  await roundTrip(await connect(both.port()), 'alive');
  await both.leaksNothing(before + 1);
  expect(both.stderr).toBe('');
});

test('SIGTERM gives all back, so that the process ends by itself', async () => {
  const both = await start('attach');
  const socket = await connect(both.port());
  socket.write('x');
  await readExactly(socket, 1);
  await fetch(`http://127.0.0.1:${both.port('http')}/`);
  expect([await both.stop(), both.stderr]).toEqual([0, '']);
});
